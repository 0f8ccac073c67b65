"""Everything that the hub itself notes of a customer, in the order of time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import Select, func, literal, or_, select, union_all

from store.columns import UtcDateTime
from store.models import Appointment, Booking, Complaint, ConsentDecision, Interaction, OfferResponse
from store.models.base import Base, table
from store.repositories.base import Repository

SOURCES: Mapping[str, tuple[type[Base], str]] = {
    "APPOINTMENT": (Appointment, "starts_at"),
    "BOOKING": (Booking, "starts_at"),
    "COMPLAINT": (Complaint, "opened_at"),
    "CONSENT": (ConsentDecision, "at"),
    "INTERACTION": (Interaction, "started_at"),
    "OFFER_RESPONSE": (OfferResponse, "at"),
}
"""What stands on the timeline, by the name of its kind: the table, and the column that says when."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at: datetime
    kind: str
    """One of :data:`SOURCES`."""
    id: str

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Where it stands; no two entries stand at one place."""
        return (self.at, self.kind, self.id)


class TimelineRepository(Repository):
    """Reads what several tables hold in one order, so that a page costs no more than its rows."""

    def today(self) -> date:
        """The day that the store's clock shows, in UTC."""
        return self._scope.clock().astimezone(UTC).date()

    async def of(
        self,
        customer_ids: Collection[str],
        *,
        kinds: Collection[str],
        first: int,
        since: datetime,
        until: datetime,
        before: tuple[datetime, str, str] | None = None,
        apart: Collection[str] = (),
    ) -> Mapping[str, tuple[Entry, ...]]:
        """What happened with each customer within a time, the latest first. One query.

        Args:
            customer_ids: the customers.
            kinds: what is looked at: some of :data:`SOURCES`.
            first: so many of each customer at the most.
            since: not before that.
            until: before that.
            before: the place behind which it goes on.
            apart: kinds that not everybody may see: so many of them come beside so many of the others, so
                that a page is full without them.
        """
        parts = [
            self._of_kind(kind, customer_ids, first, since=since, until=until, before=before)
            for kind in sorted(SOURCES.keys() & set(kinds))
        ]
        if not parts:
            return {}
        every = union_all(*parts).subquery()
        ordered = (every.c.at.desc(), every.c.kind.desc(), every.c.id.desc())
        group = (every.c.customer_id, every.c.kind.in_(sorted(apart)))
        place = func.row_number().over(partition_by=group, order_by=ordered)
        numbered = select(every, place.label("place")).subquery()
        rows = await self._session.execute(
            select(numbered).where(numbered.c.place <= first).order_by(numbered.c.place)
        )
        found: dict[str, tuple[Entry, ...]] = {}
        for row in rows:
            entry = Entry(at=row.at, kind=row.kind, id=row.id)
            found[row.customer_id] = (*found.get(row.customer_id, ()), entry)
        return found

    def _of_kind(
        self,
        kind: str,
        customer_ids: Collection[str],
        first: int,
        *,
        since: datetime,
        until: datetime,
        before: tuple[datetime, str, str] | None,
    ) -> Select[Any]:
        model, moment = SOURCES[kind]
        columns: Any = table(model).c
        at = columns[moment]
        conditions: list[Any] = [
            columns.tenant == self._tenant,
            self._scope.among(columns.customer_id, customer_ids),
            at >= since,
            at < until,
        ]
        if before is not None:
            conditions.append(_behind(kind, at, columns.id, before))
        place = func.row_number().over(
            partition_by=columns.customer_id, order_by=(at.desc(), columns.id.desc())
        )
        mine = (
            select(
                columns.customer_id.label("customer_id"),
                at.label("at"),
                columns.id.label("id"),
                place.label("place"),
            )
            .where(*conditions)
            .subquery()
        )
        return select(mine.c.customer_id, mine.c.at, literal(kind).label("kind"), mine.c.id).where(
            mine.c.place <= first
        )


def _behind(kind: str, at: Any, row_id: Any, before: Sequence[Any]) -> Any:
    moment, its_kind, its_id = literal(before[0], UtcDateTime()), before[1], before[2]
    if kind > its_kind:
        return at < moment
    if kind < its_kind:
        return at <= moment
    return or_(at < moment, (at == moment) & (row_id < its_id))
