"""Which of the partners' calls were taken, so that a repetition is known in every process."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from store.models import ReceivedEvent
from store.models.base import table
from store.repositories.base import Repository


class ReceivedRepository(Repository):
    """Calls by the instance that was called and the partner's id of the event."""

    async def take(self, connector: str, event_id: str) -> bool:
        """Take an event, in the unit of work that deals with it; whether it is new.

        Two that take it at once do not both find it new: the second waits for the first to end.
        """
        insert = (
            self._scope.upsert(ReceivedEvent)
            .values(tenant=self._tenant, connector=connector, event_id=event_id, at=self._scope.clock())
            .on_conflict_do_nothing()
            .returning(table(ReceivedEvent).c.event_id)
        )
        return await self._session.scalar(insert) is not None

    async def prune(self, before: datetime, *, limit: int = 5_000) -> int:
        """Forget calls that were taken before a moment; how many, ``limit`` where there may be more."""
        columns = table(ReceivedEvent).c
        old = (
            select(columns.at)
            .where(columns.tenant == self._tenant, columns.at < before)
            .order_by(columns.at)
            .limit(limit)
        )
        moments = list(await self._session.scalars(old))
        if not moments:
            return 0
        return await self._scope.change(
            delete(ReceivedEvent).where(
                ReceivedEvent.tenant == self._tenant,
                ReceivedEvent.at <= moments[-1],
                ReceivedEvent.at < before,
            )
        )
