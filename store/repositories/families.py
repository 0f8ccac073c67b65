"""Which customer answers for which id: the forest of merged customers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update

from store.columns import new_id
from store.data_identity import Redirect as RedirectData
from store.errors import DatabaseLocked
from store.errors_identity import CustomerUnknown
from store.models import Customer, Redirect
from store.models.base import table
from store.models.customers import PRESENT
from store.repositories.base import Repository
from store.repositories.survivors import merged

_ROUNDS = 20
"""How often a customer is looked up again because somebody merged it meanwhile."""


class Edge(msgspec.Struct, frozen=True):
    """A standing redirect: a node and what it was merged into."""

    id: str
    node: str
    parent: str
    survivor: str
    entry_id: str
    merged_at: Any


class Families(Repository):
    """Finds, locks and changes who answers for whom."""

    async def resolve(self, ids: Iterable[str]) -> dict[str, str]:
        """The present customer that answers for each id; unknown and erased ones are left out. One query."""
        rows = await self._session.execute(
            select(Customer.id, func.coalesce(Redirect.survivor_id, Customer.id))
            .outerjoin(Redirect, merged(Customer.tenant, Customer.id))
            .where(
                Customer.tenant == self._tenant,
                self._scope.among(Customer.id, ids),
                Customer.erased_at.is_(None),
            )
        )
        return {asked: present for asked, present in rows}  # noqa: C416  # rows are no pairs to mypy

    async def hold(self, ids: Iterable[str], *, shared: bool = False) -> dict[str, str]:
        """The same, and nobody changes who they are until this unit of work ends.

        Locks are taken in the order of the ids. Somebody may have merged a customer while it was waited
        for; then the survivor is locked too.

        Args:
            ids: ids of customers, old ones too.
            shared: others may hold them likewise: for writing about them, not for changing who they are.

        Raises:
            DatabaseLocked: they are merged faster than they can be locked.
        """
        wanted = set(ids)
        # One who answers for itself needs no looking up. Of several none is locked before all are known: in
        # the order of those who answer for them.
        if len(wanted) == 1 and await self._locked(wanted, shared=shared):
            return {one: one for one in wanted}
        found = await self.resolve(wanted)
        for _ in range(_ROUNDS):
            present = set(found.values())
            locked = await self._locked(present, shared=shared)
            # Without other writers, what was found before the lock is what is there behind it; and who was
            # found by its own id, and is locked as present, answers for itself.
            certain = not self._scope.postgres or (present == wanted == found.keys() == locked)
            again = found if certain else await self.resolve(wanted)
            if again == found and locked >= present:
                return found
            found = again
        raise DatabaseLocked("customers are being merged all the time; try again")

    async def _locked(self, ids: set[str], *, shared: bool) -> set[str]:
        """Those who are present, locked in the order of their ids."""
        statement = select(Customer.id).where(
            Customer.tenant == self._tenant, self._scope.among(Customer.id, ids), *PRESENT
        )
        return set(await self._session.scalars(statement.order_by(Customer.id).with_for_update(read=shared)))

    async def held(self, customer_id: str) -> str:
        """Hold one customer.

        Raises:
            CustomerUnknown: it does not exist or was erased.
        """
        found = await self.hold([customer_id])
        if customer_id not in found:
            raise CustomerUnknown(customer_id)
        return found[customer_id]

    async def redirects(self, ids: Iterable[str]) -> dict[str, RedirectData]:
        """Where old ids went. One query."""
        rows = await self._session.execute(
            select(Redirect.customer_id, Redirect.survivor_id, Redirect.entry_id, Redirect.merged_at).where(
                Redirect.tenant == self._tenant,
                self._scope.among(Redirect.customer_id, ids),
                Redirect.ended_at.is_(None),
            )
        )
        return {
            customer_id: RedirectData(
                customer_id=customer_id, survivor=survivor, entry_id=entry_id, at=merged_at
            )
            for customer_id, survivor, entry_id, merged_at in rows
        }

    async def edges(self, survivors: Iterable[str]) -> list[Edge]:
        """All standing redirects to these customers, however many merges lie between."""
        rows = await self._session.execute(
            select(
                Redirect.id,
                Redirect.customer_id,
                Redirect.parent_id,
                Redirect.survivor_id,
                Redirect.entry_id,
                Redirect.merged_at,
            )
            .where(
                Redirect.tenant == self._tenant,
                self._scope.among(Redirect.survivor_id, survivors),
                Redirect.ended_at.is_(None),
            )
            .order_by(Redirect.customer_id)
        )
        return [Edge(*row) for row in rows]

    async def nodes(self, survivors: Iterable[str]) -> dict[str, str]:
        """All nodes of these customers, themselves included, with the customer each belongs to."""
        roots = set(survivors)
        found = {root: root for root in roots}
        found.update({edge.node: edge.survivor for edge in await self.edges(roots)})
        return found

    async def join(self, survivor: str, others: Collection[str], entry_id: str) -> None:
        """Make customers nodes of another one. All of them are present and held."""
        now = self._scope.clock()
        # In this order no reference is broken in between: nobody redirects to one who is merged.
        await self._scope.change(
            update(Redirect)
            .where(
                Redirect.tenant == self._tenant,
                self._scope.among(Redirect.survivor_id, others),
                Redirect.ended_at.is_(None),
            )
            .values(survivor_id=survivor)
        )
        await self._stand(others, "MERGED")
        await self._scope.insert_many(
            Redirect,
            [
                {
                    "id": new_id(),
                    "customer_id": other,
                    "parent_id": survivor,
                    "survivor_id": survivor,
                    "entry_id": entry_id,
                    "merged_at": now,
                    "ended_at": None,
                    "customer_standing": "MERGED",
                    "survivor_standing": "PRESENT",
                }
                for other in sorted(others)
            ],
        )

    async def part(self, edge: Edge) -> frozenset[str]:
        """Let a node stand on its own again, with all that was merged into it; the nodes that go along."""
        below = branch(await self.edges([edge.survivor]), edge.node)
        await self._scope.change(
            update(Redirect)
            .where(Redirect.tenant == self._tenant, Redirect.id == edge.id)
            .values(ended_at=self._scope.clock(), customer_standing=None, survivor_standing=None)
        )
        await self._stand([edge.node], "PRESENT")
        if len(below) > 1:
            redirects = table(Redirect)
            await self._session.execute(
                update(redirects)
                .where(
                    redirects.c.tenant == self._tenant,
                    redirects.c.customer_id == bindparam("node"),
                    redirects.c.ended_at.is_(None),
                )
                .values(survivor_id=edge.node),
                [{"node": node} for node in sorted(below - {edge.node})],
            )
        return below

    async def _stand(self, ids: Iterable[str], standing: str) -> None:
        await self._scope.change(
            update(Customer)
            .where(Customer.tenant == self._tenant, self._scope.among(Customer.id, ids))
            .values(standing=standing)
        )


def branch(edges: Iterable[Edge], node: str) -> frozenset[str]:
    """A node and everything merged into it, directly or not."""
    children: dict[str, list[str]] = {}
    for edge in edges:
        children.setdefault(edge.parent, []).append(edge.node)
    found: set[str] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        found.add(here)
        waiting.extend(children.get(here, ()))
    return frozenset(found)


def path(edges: Iterable[Edge], node: str) -> tuple[Edge, ...]:
    """The redirects from a node up to the customer that answers for it."""
    up = {edge.node: edge for edge in edges}
    found: list[Edge] = []
    while node in up:
        found.append(up[node])
        node = up[node].parent
    return tuple(found)
