"""The outbox: events written by the transactions that they tell of, and read without missing any.

A place is drawn before its transaction commits, so that places become visible out of order: whoever read
place 7 and goes on from there would miss place 6, which commits later. On SQLite there is one writer at a
time and the problem does not exist. On PostgreSQL a transaction that is about to draw places first takes a
shared advisory lock whose number says where the sequence stood then. Each place that it draws is greater,
and the lock goes with the commit, behind which its rows are seen by everybody. A reader looks

1. where the sequence stands,
2. which such locks are held,
3. at the rows up to the lesser of the two.

Who drew a place up to (1) had the lock before. At (2) it either has it still, and nothing from there on is
read yet, or it has ended, and (3) sees what it wrote. Nobody waits for anybody, and a transaction that
writes no event holds nothing up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import RowMapping, delete, func, select, text

from store.columns import new_id
from store.data_events import EventData, EventDraft
from store.errors_events import EventForgotten
from store.models import OutboxEvent
from store.models.base import table
from store.repositories.base import Repository, Scope

_CLASS = 0x633336
"""First bits of the advisory locks of the outbox, above the forty of a place."""
_WHERE_IT_STANDS = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_sequence")
_LOCK = text(
    "SELECT pg_advisory_xact_lock_shared(CAST(:class AS bigint) << 40 "
    "| CASE WHEN is_called THEN last_value ELSE 0 END) FROM outbox_sequence"
)
_DRAW = text("SELECT nextval('outbox_sequence') FROM generate_series(1, :count)")
_ONE = (
    "INSERT INTO outbox (tenant, sequence, id, kind, version, customer_ids, data, at) VALUES (%(tenant)s, "
    "nextval('outbox_sequence'), %(id)s, %(kind)s, %(version)s, %(customer_ids)s, %(data)s, %(at)s)"
)
"""An event that is the only one of its transaction, as most are, draws its place as it is written."""
_LEAST_LOCKED = text(
    "SELECT min((classid::bigint << 32 | objid::bigint) & ((1::bigint << 40) - 1)) FROM pg_locks "
    "WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid::bigint >> 8 = :class "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_ANNOUNCE = text("SELECT pg_notify(:channel, :tenant)")


class OutboxRepository(Repository):
    """Events of a tenant."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        self._drafts: list[EventDraft] = []
        self.written = 0
        """Events that this unit of work has written."""

    def add(self, drafts: Iterable[EventDraft]) -> None:
        """Tell of what happened, once the unit of work ends well. Draws no place before: see above."""
        self._drafts.extend(drafts)

    async def flush(self) -> None:
        """Write what was added; the unit of work does it last of all, right before it commits."""
        drafts, self._drafts = self._drafts, []
        if not drafts:
            return
        now = self._scope.clock()
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "kind": draft.kind,
                "version": draft.version,
                "customer_ids": msgspec.json.encode(draft.customer_ids).decode(),
                "data": msgspec.json.encode(draft.data).decode(),
                "at": now,
            }
            for draft in drafts
        ]
        if self._scope.postgres:
            await self._session.execute(_LOCK, {"class": _CLASS})
        if self._scope.postgres and len(rows) == 1:
            await self._session.exec_driver_sql(_ONE, {"tenant": self._tenant, **rows[0]})
        else:
            places = await self._draw(len(rows))
            await self._scope.insert_many(
                OutboxEvent, [{"sequence": place, **row} for place, row in zip(places, rows, strict=True)]
            )
        self.written += len(rows)

    async def _draw(self, count: int) -> Sequence[int]:
        if not self._scope.postgres:
            # The newest event is never pruned, so that the count never goes back.
            last = await self._newest()
            return range(last + 1, last + 1 + count)
        return sorted(await self._session.scalars(_DRAW, {"count": count}))

    async def _newest(self) -> int:
        statement = select(func.max(OutboxEvent.sequence)).where(OutboxEvent.tenant == self._tenant)
        return (await self._session.scalar(statement)) or 0

    async def _horizon(self) -> int | None:
        """The last place that can be read without missing one before it; none: all can be."""
        if not self._scope.postgres:
            return None
        standing: int = (await self._session.execute(_WHERE_IT_STANDS)).scalar_one()
        locked: int | None = await self._session.scalar(_LEAST_LOCKED, {"class": _CLASS})
        return standing if locked is None else min(standing, locked)

    async def head(self) -> int:
        """The place of the latest event that :meth:`after` gives; 0 before the first."""
        horizon = await self._horizon()
        statement = select(func.max(OutboxEvent.sequence)).where(OutboxEvent.tenant == self._tenant)
        if horizon is not None:
            statement = statement.where(OutboxEvent.sequence <= horizon)
        return (await self._session.scalar(statement)) or 0

    async def after(self, sequence: int, *, limit: int = 500) -> tuple[EventData, ...]:
        """The events behind a place, in order. What comes later never has a place before theirs.

        Args:
            sequence: a place; 0 for all that are kept.
            limit: so many at the most.
        """
        columns = table(OutboxEvent).c
        horizon = await self._horizon()
        statement = select(table(OutboxEvent)).where(
            columns.tenant == self._tenant, columns.sequence > sequence
        )
        if horizon is not None:
            statement = statement.where(columns.sequence <= horizon)
        rows = await self._session.execute(statement.order_by(columns.sequence).limit(limit))
        return tuple(_event(row) for row in rows.mappings())

    async def get(self, ids: Collection[str]) -> tuple[EventData, ...]:
        """Events by id, in order; those that are not kept any more are left out."""
        columns = table(OutboxEvent).c
        rows = await self._session.execute(
            select(table(OutboxEvent))
            .where(columns.tenant == self._tenant, self._scope.among(OutboxEvent.id, ids))
            .order_by(columns.sequence)
        )
        return tuple(_event(row) for row in rows.mappings())

    async def place_of(self, event_id: str) -> int:
        """Where to go on behind an event.

        Raises:
            EventForgotten: it is not kept any more, or never was: what came behind it may be gone too.
        """
        found = await self.get([event_id])
        if not found:
            raise EventForgotten
        return found[0].sequence

    async def place_at(self, moment: datetime) -> int:
        """The place before the first event that is kept and happened at a moment or later."""
        statement = select(func.min(OutboxEvent.sequence)).where(
            OutboxEvent.tenant == self._tenant, OutboxEvent.at >= moment
        )
        first: int | None = await self._session.scalar(statement)
        return await self._newest() if first is None else first - 1

    async def kept(self, sequence: int) -> bool:
        """Whether nothing behind a place was pruned yet."""
        if not sequence:
            return True
        statement = select(OutboxEvent.sequence).where(
            OutboxEvent.tenant == self._tenant, OutboxEvent.sequence == sequence
        )
        return await self._session.scalar(statement) is not None

    async def prune(self, before: datetime, *, limit: int = 5_000) -> int:
        """Delete events that happened before a moment, but never the newest.

        Returns:
            how many went; ``limit`` where there may be more.
        """
        columns = table(OutboxEvent).c
        newest = select(func.max(columns.sequence)).where(columns.tenant == self._tenant).scalar_subquery()
        old = (
            select(columns.sequence)
            .where(columns.tenant == self._tenant, columns.at < before, columns.sequence < newest)
            .order_by(columns.at)
            .limit(limit)
        )
        return await self._scope.change(
            delete(OutboxEvent).where(
                OutboxEvent.tenant == self._tenant,
                OutboxEvent.sequence.in_(old),
            )
        )

    async def announce(self, channel: str) -> None:
        """On PostgreSQL: wake those who listen on a channel, once this unit of work ends."""
        if self._scope.postgres:
            await self._session.execute(_ANNOUNCE, {"channel": channel, "tenant": self._tenant})


def _event(row: RowMapping) -> EventData:
    values: dict[str, Any] = {name: row[name] for name in EventData.__struct_fields__}
    values["customer_ids"] = msgspec.json.decode(row["customer_ids"], type=tuple[str, ...])
    values["data"] = msgspec.json.decode(row["data"])
    return EventData(**values)
