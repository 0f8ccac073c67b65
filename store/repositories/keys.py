"""What customers are looked up by: keyed hashes of contact points, numbers and blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, select

from store.data import EnrolKey, EnrolLink
from store.data_identity import PartyRef
from store.models import LookupKey
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.relocation import Relocation

BLOCK = "BLOCK"
"""Kind of the keys by which candidates alone are found; no look-up of a customer asks for it."""
ERASED = "ERASED_PARTY"
"""What the hash of a party of an erased person is a hash of."""
_COLUMNS = ("customer_id", "connector", "party_id", "kind", "hash")


class KeyRepository(Repository):
    """Keeps the keys and blocks of parties."""

    async def put(self, links: Sequence[tuple[str, EnrolLink]]) -> frozenset[PartyRef]:
        """Let these links' keys and blocks be all that their parties have, by the customer each is of.

        Returns:
            the parties whose keys changed.

        Raises:
            KeyringError: there are keys, and the database was opened without a keyring.
        """
        brought = {_ref(link) for _, link in links}
        wanted = {
            (customer_id, link.connector, link.party_id, kind, digest)
            for customer_id, link in links
            for digest, kind in self.hashes(link.keys, link.blocks).items()
        }
        rows = await self._session.execute(
            select(*(table(LookupKey).c[name] for name in _COLUMNS)).where(
                LookupKey.tenant == self._tenant,
                self._scope.among(LookupKey.customer_id, {customer_id for customer_id, _ in links}),
            )
        )
        held = {tuple(row) for row in rows if PartyRef(row.connector, row.party_id) in brought}
        gone, new = held - wanted, wanted - held
        if gone:
            keys = table(LookupKey)
            await self._session.execute(
                delete(keys).where(
                    keys.c.tenant == self._tenant,
                    *(keys.c[name] == bindparam(f"old_{name}") for name in _COLUMNS),
                ),
                [{f"old_{name}": value for name, value in zip(_COLUMNS, key, strict=True)} for key in gone],
            )
        made: list[dict[str, Any]] = [dict(zip(_COLUMNS, key, strict=True)) for key in sorted(new)]
        await self._scope.insert_many(LookupKey, made)
        return frozenset(PartyRef(key[1], key[2]) for key in gone | new)

    async def add(self, links: Sequence[EnrolLink]) -> None:
        """Let linked parties be found by more keys and blocks; none that they have is dropped.

        Parties that are not linked are passed over. An address that a partner no longer names still leads to
        the customer until they are erased: whether it is the same person is said by comparing, not by a key.

        Raises:
            KeyringError: the database was opened without a keyring.
        """
        owners = await Relocation(self._scope).links_of({_ref(link) for link in links})
        rows = {
            (owners[_ref(link)].customer_id, link.connector, link.party_id, kind, digest)
            for link in links
            if _ref(link) in owners
            for digest, kind in self.hashes(link.keys, link.blocks).items()
        }
        await self._scope.add_many(LookupKey, [dict(zip(_COLUMNS, row, strict=True)) for row in sorted(rows)])

    def hashes(self, keys: Iterable[EnrolKey], blocks: Iterable[str]) -> dict[bytes, str]:
        """The keyed hash of each key, then of each block, with its kind."""
        digest, tenant = self._scope.keyring.lookup_hash, self._tenant
        found = {digest(tenant, key.kind.value, key.value): key.kind.value for key in keys}
        for block in blocks:
            found[digest(tenant, BLOCK, block)] = BLOCK
        return found

    def party_hash(self, purpose: str, party: PartyRef) -> bytes:
        """A keyed hash that stands for a party where its own id must not; another one for each purpose."""
        return self.party_hashes(purpose, [party])[0]

    def party_hashes(self, purpose: str, parties: Iterable[PartyRef]) -> list[bytes]:
        """The same of many, in their order."""
        # The length tells where the one ends and the other begins.
        values = [f"{len(party.connector)}:{party.connector}{party.party_id}" for party in parties]
        return self._scope.keyring.lookup_hashes(self._tenant, purpose, values)


def _ref(link: EnrolLink) -> PartyRef:
    return PartyRef(link.connector, link.party_id)
