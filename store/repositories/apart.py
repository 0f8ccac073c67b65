"""Parties that a human keeps apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, delete, or_, select

from store.data_identity import PartyRef
from store.models import Apart
from store.repositories.base import Repository
from store.repositories.relocation import Relocation

Pair = tuple[PartyRef, PartyRef]


class ApartRepository(Repository):
    """Never-link pairs. Of two parties, the smaller one stands first."""

    async def add(self, pairs: Iterable[Pair], entry_id: str) -> None:
        """Keep pairs apart; those that are already stay with the entry that said so first."""
        await self._scope.add_many(
            Apart,
            [
                {
                    "low_connector": low.connector,
                    "low_party": low.party_id,
                    "high_connector": high.connector,
                    "high_party": high.party_id,
                    "entry_id": entry_id,
                }
                for low, high in sorted({ordered(pair) for pair in pairs})
            ],
        )

    async def of(self, parties: Collection[PartyRef]) -> set[Pair]:
        """Pairs that one of these parties is in."""
        if not parties:
            return set()
        by_connector: dict[str, set[str]] = {}
        for party in parties:
            by_connector.setdefault(party.connector, set()).add(party.party_id)
        conditions = [
            (connector == name) & self._scope.among(party_id, ids)
            for connector, party_id in (
                (Apart.low_connector, Apart.low_party),
                (Apart.high_connector, Apart.high_party),
            )
            for name, ids in sorted(by_connector.items())
        ]
        return await self._read(or_(*conditions))

    async def all(self) -> set[Pair]:
        """Every pair."""
        return await self._read()

    async def between(self, owners: Mapping[PartyRef, str]) -> tuple[Pair, ...]:
        """Pairs of these parties that belong to different owners, sorted."""
        found = await self.of(owners.keys())
        return tuple(
            sorted(
                (low, high)
                for low, high in found
                if low in owners and high in owners and owners[low] != owners[high]
            )
        )

    async def between_customers(self, customer_ids: Iterable[str]) -> tuple[Pair, ...]:
        """Pairs kept apart of parties of different ones of these customers, sorted."""
        links = await Relocation(self._scope).links(customer_ids)
        return await self.between({link.party: link.customer_id for link in links})

    async def lift(self, pairs: Iterable[Pair]) -> None:
        """Keep pairs apart no longer."""
        for low, high in sorted(pairs):
            await self._scope.change(
                delete(Apart).where(
                    Apart.tenant == self._tenant,
                    Apart.low_connector == low.connector,
                    Apart.low_party == low.party_id,
                    Apart.high_connector == high.connector,
                    Apart.high_party == high.party_id,
                )
            )

    async def lift_entry(self, entry_id: str) -> int:
        """Keep apart no longer what one entry said; how many pairs that were."""
        return await self._scope.change(
            delete(Apart).where(Apart.tenant == self._tenant, Apart.entry_id == entry_id)
        )

    async def _read(self, *conditions: ColumnElement[bool]) -> set[Pair]:
        rows = await self._session.execute(
            select(Apart.low_connector, Apart.low_party, Apart.high_connector, Apart.high_party).where(
                Apart.tenant == self._tenant,
                *conditions,
            )
        )
        return {
            (PartyRef(low_connector, low), PartyRef(high_connector, high))
            for low_connector, low, high_connector, high in rows
        }


def ordered(pair: Pair) -> Pair:
    """The pair, the smaller party first."""
    one, other = pair
    return (one, other) if one < other else (other, one)
