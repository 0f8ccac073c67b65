"""Customers that may be the one a partner tells of."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, and_, literal, select, union_all

from c360.records.party import PartyKind
from store.data import EnrolKey, ProfileValueData
from store.data_identity import CandidateData, CandidateParty, CandidateSet, PartyRef
from store.models import Customer, LookupKey
from store.repositories.base import Repository
from store.repositories.keys import KeyRepository
from store.repositories.profiles import ProfileRepository

MOST = 50
"""Candidates that are compared, at the most."""
_MOST_KEYS = 60
"""Keys and blocks that are looked up, at the most; no party of flesh and blood has more."""


class CandidateRepository(Repository):
    """Finds candidates by keys and blocks, which are stored as keyed hashes only."""

    async def find(
        self, keys: Iterable[EnrolKey], blocks: Iterable[str] = (), *, limit: int = MOST
    ) -> CandidateSet:
        """The customers that any of the keys or blocks leads to, with what their parties say now.

        Two queries, however many keys. Of a key that leads to many customers only so many are looked at
        as candidates are wanted, and the key is reported as crowded.

        Args:
            keys: normalised e-mail addresses, phones and numbers.
            blocks: what a party is found by where no key agrees, such as birth date and a word of the
                name; normalised as when the party was brought in.
            limit: how many candidates at the most: those of the rarest keys, and of most of them, first.

        Raises:
            KeyringError: the database was opened without a keyring.
        """
        wanted = tuple(dict.fromkeys(keys))[:_MOST_KEYS]
        named = tuple(dict.fromkeys(blocks))[: _MOST_KEYS - len(wanted)]
        if not wanted and not named:
            return CandidateSet()
        hashes = KeyRepository(self._scope).hashes(wanted, named)
        rows = (
            await self._session.execute(
                union_all(
                    *(
                        self._led_to(place, kind, digest, limit)
                        for place, (digest, kind) in enumerate(hashes.items())
                    )
                )
            )
        ).all()
        places: dict[str, set[int]] = {}
        kinds: dict[str, PartyKind] = {}
        led: dict[int, set[str]] = {}
        for row in rows:
            led.setdefault(row.place, set()).add(row.id)
            places.setdefault(row.id, set()).add(row.place)
            kinds[row.id] = PartyKind(row.kind)
        # What few share says more than what many share; what a crowd shares says next to nothing.
        telling = {
            customer_id: sum(1 / len(led[place]) for place in found) for customer_id, found in places.items()
        }
        best = sorted(telling, key=lambda customer_id: (-telling[customer_id], customer_id))[:limit]
        values = await ProfileRepository(self._scope).present(best)
        return CandidateSet(
            candidates=tuple(
                CandidateData(
                    customer_id=customer_id,
                    kind=kinds[customer_id],
                    hits=len(places[customer_id]),
                    parties=_parties(values.get(customer_id, ())),
                )
                for customer_id in best
            ),
            crowded=tuple(key for place, key in enumerate(wanted) if len(led.get(place, ())) > limit),
        )

    def _led_to(self, place: int, kind: str, digest: bytes, limit: int) -> Select[int, str, str]:
        """Customers of one key, one more than is wanted so that a crowd is seen as one."""
        found = (
            select(LookupKey.customer_id)
            .distinct()
            .where(
                LookupKey.tenant == self._tenant,
                LookupKey.kind == kind,
                LookupKey.hash == digest,
            )
            .order_by(LookupKey.customer_id)
            .limit(limit + 1)
            .subquery()
        )
        return (
            select(literal(place).label("place"), Customer.id, Customer.kind)
            .select_from(found)
            .join(Customer, and_(Customer.tenant == self._tenant, Customer.id == found.c.customer_id))
        )


def _parties(values: Iterable[ProfileValueData]) -> tuple[CandidateParty, ...]:
    found: dict[PartyRef, list[ProfileValueData]] = {}
    for value in values:
        found.setdefault(PartyRef(value.connector, value.party_id), []).append(value)
    return tuple(CandidateParty(party=party, values=tuple(said)) for party, said in sorted(found.items()))
