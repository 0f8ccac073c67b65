"""Deliveries: made out in the order of the outbox, attempted one by one for each endpoint, kept a while."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, func, select, update

from store import cursors
from store.data_endpoints import (
    Attempt,
    DeliveryData,
    DeliveryFailure,
    DeliveryPage,
    DeliveryState,
    EndpointData,
)
from store.data_events import EventData
from store.errors_events import DeliveryUnknown
from store.models import Delivery, Endpoint
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.endpoints import ACTIVE, EndpointRepository
from store.repositories.entries import decode_cursor, encode_cursor
from store.repositories.outbox import OutboxRepository

Wants = Callable[[EndpointData, EventData], bool]
"""Whether an endpoint is to receive an event."""
_COLUMNS = tuple(DeliveryData.__struct_fields__)
_PENDING = DeliveryState.PENDING.value


class DeliveryRepository(Repository):
    """What is on its way to the endpoints, and what became of it."""

    async def plan(self, wants: Wants, *, limit: int = 500) -> bool:
        """Make out the deliveries of the next events, for every active endpoint.

        Args:
            wants: which events an endpoint receives.
            limit: events that are read at once.

        Returns:
            whether there may be more.
        """
        outbox, endpoints = OutboxRepository(self._scope), EndpointRepository(self._scope)
        head = await outbox.head()
        waiting: dict[int, list[EndpointData]] = {}
        for endpoint in await endpoints.active():
            if endpoint.position < head:
                waiting.setdefault(endpoint.position, []).append(endpoint)
        for position, mine in waiting.items():
            events = await outbox.after(position, limit=limit)
            for endpoint in mine:
                wanted = [event for event in events if wants(endpoint, event)]
                await self.add(endpoint.id, wanted, position=events[-1].sequence if events else head)
        return bool(waiting)

    async def add(
        self, endpoint_id: str, events: Sequence[EventData], *, position: int | None = None
    ) -> None:
        """Make out deliveries of events to an endpoint, behind those that wait already.

        Args:
            endpoint_id: where to.
            events: what, in their order.
            position: place in the outbox to move on to.

        Raises:
            EndpointUnknown: there is none of that id.
        """
        now = self._scope.clock()
        numbers = await EndpointRepository(self._scope).numbers(endpoint_id, len(events), position=position)
        rows = [
            {
                "endpoint_id": endpoint_id,
                "number": number,
                "event_id": event.id,
                "sequence": event.sequence,
                "kind": event.kind,
                "state": _PENDING,
                "created_at": now,
                "attempts": 0,
                "next_at": now,
            }
            for number, event in zip(numbers, events, strict=True)
        ]
        await self._scope.insert_many(Delivery, rows)

    async def next_ones(self, endpoint_id: str | None = None) -> tuple[DeliveryData, ...]:
        """Of each active endpoint the delivery whose turn it is, the one that is due first in front.

        Args:
            endpoint_id: of this endpoint alone.
        """
        waiting, to = table(Delivery).c, table(Endpoint).c
        first = (
            select(func.min(waiting.number))
            .where(waiting.tenant == to.tenant, waiting.endpoint_id == to.id, waiting.state == _PENDING)
            .correlate(table(Endpoint))
            .scalar_subquery()
        )
        turns = (
            select(to.id.label("endpoint_id"), first.label("number"))
            .where(
                to.tenant == self._tenant,
                to.state.in_(ACTIVE),
                *(() if endpoint_id is None else (to.id == endpoint_id,)),
            )
            .subquery()
        )
        rows = await self._session.execute(
            select(*(waiting[name] for name in _COLUMNS))
            .join(turns, (waiting.endpoint_id == turns.c.endpoint_id) & (waiting.number == turns.c.number))
            .where(waiting.tenant == self._tenant)
            .order_by(waiting.next_at)
        )
        return tuple(_delivery(row) for row in rows.mappings())

    async def attempted(self, delivery: DeliveryData, attempt: Attempt) -> bool:
        """Note how an attempt ended; whether the delivery still was as it was when the attempt began."""
        return bool(
            await self._scope.change(
                update(Delivery)
                .where(
                    *self._this(delivery.endpoint_id, delivery.number),
                    Delivery.state == _PENDING,
                    Delivery.attempts == delivery.attempts,
                )
                .values(
                    attempts=delivery.attempts + 1,
                    state=attempt.state.value,
                    next_at=attempt.next_at if attempt.state is DeliveryState.PENDING else None,
                    last_at=attempt.at,
                    response_status=attempt.response_status,
                    failure=None if attempt.failure is None else attempt.failure.value,
                )
            )
        )

    async def again(self, endpoint_id: str, number: int) -> DeliveryData:
        """Send a delivery that was given up once more, before all later ones.

        Raises:
            DeliveryUnknown: there is none, or it has not been given up.
        """
        now = self._scope.clock()
        touched = await self._scope.change(
            update(Delivery)
            .where(*self._this(endpoint_id, number), Delivery.state == DeliveryState.DEAD.value)
            # Its time begins anew, or the first failure would end it.
            .values(state=_PENDING, next_at=now, created_at=now, failure=None)
        )
        if not touched:
            raise DeliveryUnknown
        (found,) = await self._read(*self._this(endpoint_id, number))
        return found

    async def hurry(self, endpoint_id: str) -> None:
        """Let the delivery whose turn it is be due now."""
        now = self._scope.clock()
        first = (
            select(func.min(Delivery.number))
            .where(
                Delivery.tenant == self._tenant,
                Delivery.endpoint_id == endpoint_id,
                Delivery.state == _PENDING,
            )
            .scalar_subquery()
        )
        await self._scope.change(
            update(Delivery)
            .where(
                Delivery.tenant == self._tenant,
                Delivery.endpoint_id == endpoint_id,
                Delivery.number == first,
            )
            .values(next_at=now)
        )

    async def page(
        self,
        endpoint_id: str,
        *,
        state: DeliveryState | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> DeliveryPage:
        """A page of the deliveries to an endpoint, the latest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        conditions = [Delivery.tenant == self._tenant, Delivery.endpoint_id == endpoint_id]
        if state is not None:
            conditions.append(Delivery.state == state.value)
        if after is not None:
            conditions.append(Delivery.number < _number(after))
        found = await self._read(*conditions, limit=first + 1)
        return DeliveryPage(
            deliveries=found[:first],
            cursors=tuple(encode_cursor(str(each.number)) for each in found[:first]),
            has_next=len(found) > first,
            has_previous=after is not None,
        )

    async def counts(self, endpoint_ids: Collection[str]) -> Mapping[str, Mapping[DeliveryState, int]]:
        """How many deliveries of each endpoint stand so, of those that are kept."""
        statement = (
            select(Delivery.endpoint_id, Delivery.state, func.count())
            .where(Delivery.tenant == self._tenant, self._scope.among(Delivery.endpoint_id, endpoint_ids))
            .group_by(Delivery.endpoint_id, Delivery.state)
        )
        found: dict[str, dict[DeliveryState, int]] = {}
        for endpoint_id, state, count in await self._session.execute(statement):
            found.setdefault(endpoint_id, {})[DeliveryState(state)] = count
        return found

    async def prune(self, before: datetime, *, limit: int = 5_000) -> int:
        """Delete deliveries that ended before a moment; how many went, ``limit`` where there may be more."""
        columns = table(Delivery).c
        old = (
            select(columns.endpoint_id, columns.number)
            .where(columns.tenant == self._tenant, columns.state != _PENDING, columns.last_at < before)
            .limit(limit)
        )
        rows = [(row.endpoint_id, row.number) for row in await self._session.execute(old)]
        by_endpoint: dict[str, list[int]] = {}
        for endpoint_id, number in rows:
            by_endpoint.setdefault(endpoint_id, []).append(number)
        for endpoint_id, numbers in by_endpoint.items():
            await self._scope.change(
                delete(Delivery).where(
                    Delivery.tenant == self._tenant,
                    Delivery.endpoint_id == endpoint_id,
                    Delivery.number.between(min(numbers), max(numbers)),
                    Delivery.state != _PENDING,
                    Delivery.last_at < before,
                )
            )
        return len(rows)

    def _this(self, endpoint_id: str, number: int) -> tuple[Any, ...]:
        return (
            Delivery.tenant == self._tenant,
            Delivery.endpoint_id == endpoint_id,
            Delivery.number == number,
        )

    async def _read(self, *conditions: Any, limit: int | None = None) -> tuple[DeliveryData, ...]:
        columns = table(Delivery).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _COLUMNS))
            .where(*conditions)
            .order_by(columns.number.desc())
            .limit(limit)
        )
        return tuple(_delivery(row) for row in rows.mappings())


def _number(cursor: str) -> int:
    return cursors.number(decode_cursor(cursor))


def _delivery(row: RowMapping) -> DeliveryData:
    failure = row["failure"]
    values: dict[str, Any] = {
        **row,
        "state": DeliveryState(row["state"]),
        "failure": None if failure is None else DeliveryFailure(failure),
    }
    return DeliveryData(**values)
