"""Books of business: whose customers are whose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import ColumnElement, select, update

from store.columns import new_id
from store.data_access import BookChange, BookEntryData
from store.errors_identity import CustomerUnknown
from store.models import BookEntry
from store.repositories.base import Repository
from store.repositories.families import Families

_HELD = BookEntry.until.is_(None)


class BookRepository(Repository):
    """Entries hang on the customer they were made for: a merge brings them to the survivor, an unmerge back.

    After a split the entry stays with the customer that keeps the id: whose the other one is, nobody said.
    """

    async def assign(self, agent: str, customer_ids: Collection[str], *, by: str) -> BookChange:
        """Bring customers into an agent's book. Those who are in it already stay as they are.

        Args:
            agent: subject of the agent's principal.
            customer_ids: whom; old ids stand for who answers for them.
            by: who says so.

        Raises:
            CustomerUnknown: one of them does not exist or was erased; nobody is assigned.
        """
        present = await Families(self._scope).hold(customer_ids, shared=True)
        for each in customer_ids:
            if each not in present:
                raise CustomerUnknown(each)
        new = set(present.values()) - await self._in(agent, present.values())
        now = self._scope.clock()
        await self._scope.add_many(
            BookEntry,
            [
                {
                    "id": new_id(),
                    "agent": agent,
                    "customer_id": each,
                    "home_id": each,
                    "since": now,
                    "until": None,
                    "assigned_by": by,
                    "ended_by": None,
                }
                for each in sorted(new)
            ],
        )
        return BookChange(assigned=len(new))

    async def unassign(self, agent: str, customer_ids: Collection[str], *, by: str) -> BookChange:
        """Take customers out of an agent's book; who is not in it is passed over."""
        present = await Families(self._scope).resolve(customer_ids)
        return await self._end(agent, self._scope.among(BookEntry.customer_id, present.values()), by)

    async def replace(self, agent: str, customer_ids: Collection[str], *, by: str) -> BookChange:
        """Let an agent's book hold exactly these customers.

        Raises:
            CustomerUnknown: one of them does not exist or was erased; the book stays as it was.
        """
        came = await self.assign(agent, customer_ids, by=by)
        present = await Families(self._scope).resolve(customer_ids)
        left = await self._end(agent, ~self._scope.among(BookEntry.customer_id, present.values()), by)
        return BookChange(assigned=came.assigned, ended=left.ended)

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[BookEntryData, ...]]:
        """In whose books each customer is, by agent; each agent once."""
        rows = await self._session.execute(
            select(BookEntry.customer_id, BookEntry.agent, BookEntry.since, BookEntry.assigned_by)
            .where(
                BookEntry.tenant == self._tenant,
                self._scope.among(BookEntry.customer_id, customer_ids),
                _HELD,
            )
            .order_by(BookEntry.customer_id, BookEntry.agent, BookEntry.since)
        )
        found: dict[str, dict[str, BookEntryData]] = {}
        for customer_id, agent, since, by in rows:
            entry = BookEntryData(agent=agent, customer_id=customer_id, since=since, assigned_by=by)
            found.setdefault(customer_id, {}).setdefault(agent, entry)
        return {customer_id: tuple(mine.values()) for customer_id, mine in found.items()}

    async def _in(self, agent: str, customer_ids: Iterable[str]) -> set[str]:
        return set(
            await self._session.scalars(
                select(BookEntry.customer_id).where(
                    BookEntry.tenant == self._tenant,
                    BookEntry.agent == agent,
                    self._scope.among(BookEntry.customer_id, customer_ids),
                    _HELD,
                )
            )
        )

    async def _end(self, agent: str, which: ColumnElement[bool], by: str) -> BookChange:
        mine = (BookEntry.tenant == self._tenant, BookEntry.agent == agent, _HELD, which)
        left = set(await self._session.scalars(select(BookEntry.customer_id).where(*mine)))
        await self._scope.change(
            update(BookEntry).where(*mine).values(until=self._scope.clock(), ended_by=by)
        )
        return BookChange(ended=len(left))
