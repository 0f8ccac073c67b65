"""Erasing a person."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select, update

from store.data_identity import PartyRef
from store.models import AnsweredRequest, Customer, ErasedParty, RecordIndex, RequestCustomer
from store.models.base import table
from store.moving import MOVABLES, Hangs, Movable
from store.repositories.apart import ApartRepository
from store.repositories.base import Repository
from store.repositories.entries import Entries
from store.repositories.families import Families
from store.repositories.keys import ERASED, KeyRepository
from store.repositories.relocation import Relocation
from store.repositories.reviews import ReviewQueue
from store.repositories.vault import Vault


class Erasure(Repository):
    """See :meth:`store.repositories.customers.CustomerRepository.erase`."""

    async def run(self, customer_id: str) -> bool:
        """Erase a customer with all its nodes."""
        families = Families(self._scope)
        present = (await families.hold([customer_id])).get(customer_id)
        if present is None:
            return False
        nodes = set(await families.nodes([present]))
        parties = [link.party for link in await Relocation(self._scope).links([present])]
        now = self._scope.clock()
        await self._scope.change(
            update(Customer)
            .where(Customer.tenant == self._tenant, self._scope.among(Customer.id, nodes))
            .values(display_name="", sort_name="", country=None, erased_at=now, updated_at=now)
        )
        for node in sorted(nodes):
            await Vault(self._scope).destroy(node)
        await self._parties(parties)
        await ReviewQueue(self._scope).forget(nodes, parties)
        await Entries(self._scope).blank(nodes, parties)
        for movable in MOVABLES:
            if movable.personal:
                await self._delete(movable, "customer_id", nodes)
            if movable.hangs is Hangs.HOME:
                # Ended links of parties that went elsewhere still say that they were hers once.
                await self._delete(movable, "home_id", nodes)
        await self._requests(nodes)
        return True

    async def _parties(self, parties: Collection[PartyRef]) -> None:
        """Leave of each party a keyed hash, by which a feed that brings it again is refused."""
        if not parties:
            return
        keys = KeyRepository(self._scope)
        now = self._scope.clock()
        await self._scope.add_many(
            ErasedParty, [{"hash": keys.party_hash(ERASED, party), "at": now} for party in sorted(parties)]
        )
        of_parties = Relocation(self._scope).of_parties(RecordIndex, parties)
        await self._scope.change(delete(RecordIndex).where(RecordIndex.tenant == self._tenant, of_parties))
        apart = ApartRepository(self._scope)
        await apart.lift(await apart.of(parties))

    async def _requests(self, nodes: Collection[str]) -> None:
        """Answers to requests about them go, with their keys."""
        about = select(RequestCustomer.key_hash).where(
            RequestCustomer.tenant == self._tenant, self._scope.among(RequestCustomer.node_id, nodes)
        )
        await self._scope.change(
            delete(AnsweredRequest).where(
                AnsweredRequest.tenant == self._tenant, AnsweredRequest.key_hash.in_(about)
            )
        )

    async def _delete(self, movable: Movable, column: str, nodes: Collection[str]) -> None:
        columns: Any = movable.model
        await self._scope.change(
            delete(movable.model).where(
                table(movable.model).c.tenant == self._tenant,
                self._scope.among(getattr(columns, column), nodes),
            )
        )
