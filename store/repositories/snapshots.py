"""Last-known copies of partners' records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, delete, select

from store.data import SnapshotData, SnapshotKeyData
from store.keyring import DataKey, bind
from store.models import IdentityLink, Snapshot
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.vault import Vault

_Parties = dict[tuple[str, str], frozenset[str]]
"""Ids of the parties by (customer id, instance id)."""
_NOBODY: frozenset[str] = frozenset()


class SnapshotRepository(Repository):
    """Keeps the newest copy per customer, connector instance, kind and set of parties, encrypted."""

    async def read(self, keys: Sequence[SnapshotKeyData]) -> list[SnapshotData]:
        """The copies that exist of all parties that the customer has at the partner now.

        Usually one for each key. Of customers that were merged and not fetched together yet there are as
        many as there were customers: their records together are the copy. Erased customers have none.

        Raises:
            KeyringError: they were sealed under another master key, or are damaged.
        """
        wanted = {(key.customer_id, key.connector, key.kind) for key in keys}
        rows = await self._session.execute(
            select(
                Snapshot.customer_id,
                Snapshot.connector,
                Snapshot.kind,
                Snapshot.since,
                Snapshot.until,
                Snapshot.fetched_at,
                Snapshot.ciphertext,
                Snapshot.parties,
                Snapshot.sealed_for,
            ).where(
                Snapshot.tenant == self._tenant,
                self._scope.among(Snapshot.customer_id, {customer for customer, _, _ in wanted}),
                self._scope.among(Snapshot.connector, {connector for _, connector, _ in wanted}),
                self._scope.among(Snapshot.kind, {kind for _, _, kind in wanted}),
            )
        )
        found: dict[tuple[str, str, str], list[Row[*tuple[Any, ...]]]] = {}
        for row in rows:
            key = (row.customer_id, row.connector, row.kind)
            if key in wanted:
                found.setdefault(key, []).append(row)
        if not found:
            return []
        parties = await self._parties((customer, connector) for customer, connector, _ in found)
        shown = [
            row
            for (customer, connector, _), mine in found.items()
            for row in _covering(mine, parties.get((customer, connector), _NOBODY))
        ]
        data_keys = await Vault(self._scope).keys({row.sealed_for for row in shown})
        return [self._data(row, data_keys[row.sealed_for]) for row in shown if row.sealed_for in data_keys]

    async def write(self, snapshots: Sequence[SnapshotData]) -> None:
        """Keep copies, each replacing an older one of the same parties.

        Erased and merged customers are passed over, and so are copies of a party that is not the
        customer's any more.
        """
        keys = await Vault(self._scope).ensure({snapshot.customer_id for snapshot in snapshots})
        keys = {each: keys[each] for each in await self._scope.living(keys)}
        held = await self._parties((each.customer_id, each.connector) for each in snapshots)
        newest: dict[tuple[str, str, str, frozenset[str]], SnapshotData] = {}
        for snapshot in sorted(snapshots, key=lambda each: each.fetched_at):
            mine = held.get((snapshot.customer_id, snapshot.connector), _NOBODY)
            of = mine if snapshot.parties is None else frozenset(snapshot.parties)
            if of <= mine:
                newest[(snapshot.customer_id, snapshot.connector, snapshot.kind, of)] = snapshot
        # In the order of the key: two writers that lock in the same order cannot block each other for good.
        rows = [
            self._row(newest[key], key[3], keys[key[0]]) | {"tenant": self._tenant}
            for key in sorted(newest, key=lambda key: (*key[:3], sorted(key[3])))
            if key[0] in keys
        ]
        if not rows:
            return
        insert = self._scope.upsert(Snapshot)
        replaced = ("since", "until", "fetched_at", "ciphertext", "sealed_for")
        statement = insert.on_conflict_do_update(
            index_elements=["tenant", "customer_id", "connector", "kind", "parties_hash"],
            set_={name: insert.excluded[name] for name in replaced},
            # A slow writer does not put an older copy over a newer one.
            where=insert.excluded["fetched_at"] >= table(Snapshot).c.fetched_at,
        )
        await self._session.execute(statement, rows)

    async def forget(self, *, before: datetime) -> int:
        """Delete copies fetched before a moment; how many they were."""
        return await self._scope.change(
            delete(Snapshot).where(Snapshot.tenant == self._tenant, Snapshot.fetched_at < before)
        )

    async def drop(self, connector: str, customer_ids: Iterable[str], kinds: Iterable[str]) -> int:
        """Delete copies that are known to be untrue; how many they were.

        Args:
            connector: the partner that told.
            customer_ids: whose.
            kinds: kinds of record.
        """
        return await self._scope.change(
            delete(Snapshot).where(
                Snapshot.tenant == self._tenant,
                Snapshot.connector == connector,
                self._scope.among(Snapshot.customer_id, customer_ids),
                self._scope.among(Snapshot.kind, kinds),
            )
        )

    async def _parties(self, pairs: Iterable[tuple[str, str]]) -> _Parties:
        wanted = set(pairs)
        rows = await self._session.execute(
            select(IdentityLink.customer_id, IdentityLink.connector, IdentityLink.party_id).where(
                IdentityLink.tenant == self._tenant,
                self._scope.among(IdentityLink.customer_id, {customer for customer, _ in wanted}),
                self._scope.among(IdentityLink.connector, {connector for _, connector in wanted}),
                IdentityLink.unlinked_at.is_(None),
            )
        )
        found: dict[tuple[str, str], set[str]] = {}
        for customer_id, connector, party_id in rows:
            found.setdefault((customer_id, connector), set()).add(party_id)
        return {pair: frozenset(parties) for pair, parties in found.items()}

    def _row(self, snapshot: SnapshotData, of: frozenset[str], key: DataKey) -> dict[str, Any]:
        about = (self._tenant, snapshot.customer_id, snapshot.connector, snapshot.kind)
        parties = sorted(of)
        return {
            "customer_id": snapshot.customer_id,
            "connector": snapshot.connector,
            "kind": snapshot.kind,
            "parties_hash": hashlib.sha256(bind(*parties)).digest()[:16],
            "parties": msgspec.json.encode(parties).decode(),
            "sealed_for": snapshot.customer_id,
            "since": snapshot.since,
            "until": snapshot.until,
            "fetched_at": snapshot.fetched_at,
            "ciphertext": key.seal(snapshot.content, *about),
        }

    def _data(self, row: Row[*tuple[Any, ...]], key: DataKey) -> SnapshotData:
        about = (self._tenant, row.sealed_for, row.connector, row.kind)
        return SnapshotData(
            customer_id=row.customer_id,
            connector=row.connector,
            kind=row.kind,
            since=row.since,
            until=row.until,
            fetched_at=row.fetched_at,
            content=key.open(row.ciphertext, *about),
            parties=tuple(sorted(_of(row))),
        )


def _of(row: Row[*tuple[Any, ...]]) -> frozenset[str]:
    return frozenset(msgspec.json.decode(row.parties, type=list[str]))


def _covering(
    rows: Sequence[Row[*tuple[Any, ...]]], parties: frozenset[str]
) -> Iterator[Row[*tuple[Any, ...]]]:
    """Copies that together are of all these parties, each of them once; none where there are no such.

    The copy of most parties goes first, so that one that was fetched together is preferred.
    """
    chosen = []
    missing = set(parties)
    for row in sorted(rows, key=lambda row: (-len(_of(row)), row.parties)):
        of = _of(row)
        if of <= missing and (of or not parties):
            chosen.append(row)
            missing -= of
    if not missing:
        yield from chosen
