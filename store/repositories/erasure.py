"""Erasing a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    bindparam,
    delete,
    false,
    func,
    literal,
    not_,
    select,
    update,
)

from store.data_identity import PartyRef
from store.data_privacy import Deleted
from store.models import AnsweredRequest, Customer, CustomerKey, ErasedParty, RecordIndex, RequestCustomer
from store.models.base import table
from store.moving import MOVABLES, Hangs, Movable
from store.repositories.apart import ApartRepository
from store.repositories.base import Repository, Scope
from store.repositories.entries import Entries
from store.repositories.families import Families
from store.repositories.keys import ERASED, KeyRepository
from store.repositories.relocation import Relocation
from store.repositories.reviews import ReviewQueue
from store.repositories.vault import Vault
from store.sealed import SEALED

Keep = Mapping[str, ColumnElement[bool]]
"""By table, a condition of the rows that stay."""


class Erased:
    """What an erasure did.

    Args:
        customer_id: the present customer.
        nodes: everybody who was merged into it, itself included.
        parties: the partners' records of them.
        at: when.
    """

    def __init__(
        self, *, customer_id: str, nodes: frozenset[str], parties: frozenset[PartyRef], at: datetime
    ) -> None:
        self.customer_id, self.nodes, self.parties, self.at = customer_id, nodes, parties, at
        self._counts: dict[tuple[str, str], int] = {}

    def count(self, name: str, rows: int, how: str) -> None:
        """Note what was done to some rows of a table."""
        self._counts[name, how] = self._counts.get((name, how), 0) + rows

    @property
    def deleted(self) -> tuple[Deleted, ...]:
        """What was done, by table."""
        return tuple(
            Deleted(table=name, rows=rows, how=how) for (name, how), rows in sorted(self._counts.items())
        )


class Erasure(Repository):
    """See :meth:`store.repositories.customers.CustomerRepository.erase`."""

    async def run(self, customer_id: str, *, keep: Keep | None = None) -> Erased | None:
        """Erase a customer with all its nodes.

        Args:
            customer_id: whom.
            keep: by table, which of the rows have to stay for now; with them the key that opens them.

        Returns:
            what was done; none where there is no such customer, or no more.
        """
        families = Families(self._scope)
        present = (await families.hold([customer_id])).get(customer_id)
        if present is None:
            return None
        nodes = set(await families.nodes([present]))
        parties = [link.party for link in await Relocation(self._scope).links([present])]
        now = self._scope.clock()
        erased = Erased(customer_id=present, nodes=frozenset(nodes), parties=frozenset(parties), at=now)
        await self._blank_customers(nodes, now)
        erased.count("customer", len(nodes), "BLANKED")
        await self._parties(parties, erased)
        await ReviewQueue(self._scope).forget(nodes, parties)
        await Entries(self._scope).blank(nodes, parties)
        erased.count("identity_entry", 0, "BLANKED")
        await self.rows(nodes, keep or {}, erased)
        await self._requests(nodes)
        return erased

    async def rows(self, nodes: Collection[str], keep: Keep, erased: Erased) -> None:
        """Delete the rows of erased customers but for those that stay, and the key where none needs it."""
        for movable in MOVABLES:
            if movable.model is CustomerKey:
                continue
            kept = keep.get(movable.name)
            gone = 0
            if movable.personal:
                gone += await self._delete(movable, "customer_id", nodes, kept)
            if movable.hangs is Hangs.HOME:
                # Ended links of parties that went elsewhere still say that they were hers once.
                gone += await self._delete(movable, "home_id", nodes, kept)
            if gone:
                erased.count(movable.name, gone, "DELETED")
        if not await self._sealed(nodes, keep):
            for node in sorted(nodes):
                await Vault(self._scope).destroy(node)
            erased.count("customer_key", len(nodes), "SHREDDED")

    async def _blank_customers(self, nodes: Collection[str], now: datetime) -> None:
        rows = await self._session.execute(
            select(Customer.id, Customer.external_id).where(
                Customer.tenant == self._tenant, self._scope.among(Customer.id, nodes)
            )
        )
        hashed = [{"node": row.id, "hashed": erased_id(self._scope, row.external_id)} for row in rows.all()]
        await self._scope.change(
            update(Customer)
            .where(Customer.tenant == self._tenant, self._scope.among(Customer.id, nodes))
            .values(display_name="", sort_name="", country=None, erased_at=now, updated_at=now)
        )
        columns = table(Customer).c
        await self._session.execute(
            update(table(Customer))
            .where(columns.tenant == self._tenant, columns.id == bindparam("node"))
            .values(external_id=bindparam("hashed")),
            hashed,
        )

    async def _parties(self, parties: Collection[PartyRef], erased: Erased) -> None:
        """Leave of each party a keyed hash, by which a feed that brings it again is refused."""
        if not parties:
            return
        keys = KeyRepository(self._scope)
        now = self._scope.clock()
        await self._scope.add_many(
            ErasedParty, [{"hash": keys.party_hash(ERASED, party), "at": now} for party in sorted(parties)]
        )
        of_parties = Relocation(self._scope).of_parties(RecordIndex, parties)
        gone = await self._scope.change(
            delete(RecordIndex).where(RecordIndex.tenant == self._tenant, of_parties)
        )
        if gone:
            erased.count("record_index", gone, "DELETED")
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

    async def _sealed(self, nodes: Collection[str], keep: Keep) -> bool:
        """Whether something stays that only the key opens."""
        for movable in MOVABLES:
            if movable.name not in keep or not any(name == movable.name for name, _ in SEALED):
                continue
            found = table(movable.model)
            statement = (
                select(literal(1))
                .select_from(found)
                .where(
                    found.c.tenant == self._tenant,
                    self._scope.among(
                        _column(movable, "home_id" if "home_id" in found.c else "customer_id"), nodes
                    ),
                )
                .limit(1)
            )
            if (await self._session.execute(statement)).first() is not None:
                return True
        return False

    async def _delete(
        self, movable: Movable, column: str, nodes: Collection[str], kept: ColumnElement[bool] | None
    ) -> int:
        stays = () if kept is None else (not_(func.coalesce(kept, false())),)
        return await self._scope.change(
            delete(movable.model).where(
                table(movable.model).c.tenant == self._tenant,
                self._scope.among(_column(movable, column), nodes),
                *stays,
            )
        )


def erased_id(scope: Scope, external_id: str) -> str:
    """What stands for the external id of an erased customer: by it an import that brings it is refused."""
    hashed = scope.keyring.lookup_hash(scope.tenant, "ERASED_CUSTOMER", external_id)
    return f"erased:{hashed.hex()}"


def _column(movable: Movable, name: str) -> Any:
    return getattr(movable.model, name)
