"""How a subscription goes on: it is opened, follows events, and is answered anew for each that concerns it.

The events come from the bus, which keeps a bounded queue for each follower and reads again from the outbox
what a slow one missed. What comes close together is answered once: each answer shows how things are by then.
Who asks is found out again before every answer, and every answer is taken from their budget of cost. While it
is spent the subscription waits, and answers once for what happens meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from functools import partial

import msgspec

from c360.access import Access, Reach
from resolvers.events.bus import Bus
from resolvers.events.catalogue import CATALOGUE
from schema import cursors
from schema.errors import ErrorCode, InputError
from schema.execution.admission import RateLimited
from schema.execution.context import OperationContext
from schema.execution.operation import gather
from schema.execution.plan import Planner, Root, Selection
from schema.execution.unavailable import unavailable
from schema.live import AccessSource, check_expiry
from schema.permissions.reaching import own
from schema.reading import read_input
from schema.response import GraphResponse
from schema.subscriptions.base import SubscriptionField, Told, place_of, tellers_of
from store.data_events import EventData
from store.errors import DatabaseLocked, DatabaseUnavailable
from store.errors_events import EventForgotten

MOST_TOGETHER = 1_000
"""Events that are answered together at the most."""
PATIENCE = 60.0
"""Seconds for which an answer waits for its caller's budget. It is given back within so long, so that only
they wait in vain who spend it elsewhere meanwhile: they are told, and go on by the cursor."""
_AGAIN = 1.0
"""Seconds until it is asked again whether a token has ended that should have."""

Fields = Mapping[str, type[SubscriptionField]]


async def prepare_answer(context: OperationContext, planner: Planner, fields: Fields) -> None:
    """Plan one answer of a subscription and gather for it; fills ``context.answers``.

    Args:
        context: The operation, with what is ``told``.
        planner: Plans over its schema.
        fields: The subscriptions by name.
    """
    context.infos = own(context.services.host.infos(), context.access.principal)
    root = _root(context, planner)
    await gather(context, [(root, partial(_made, context, root, fields[root.field]))])


async def opened(context: OperationContext, planner: Planner, fields: Fields) -> SubscriptionField:
    """Check that there is something to follow, without asking any partner.

    Raises:
        GraphQLError: There is not, or an argument cannot be used.
    """
    context.infos = own(context.services.host.infos(), context.access.principal)
    root = msgspec.structs.replace(_root(context, planner), selection=Selection())
    await gather(context, [(root, partial(_made, context, root, fields[root.field]))])
    context.ready(root.key)
    if context.following is None:
        raise RuntimeError("a subscription was answered by no field")
    context.following.require()
    return context.following


def _root(context: OperationContext, planner: Planner) -> Root:
    """The one root field: validation lets none have several."""
    planned = context.planned(planner)
    if not planned:
        message = "The subscription selects nothing: its field is skipped."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT)
    return planned[0]


def _made(context: OperationContext, root: Root, kind: type[SubscriptionField]) -> SubscriptionField:
    arguments = read_input(kind.arguments_type, root.arguments) if kind.arguments_type else None
    made = kind(
        arguments,
        count=root.count,
        infos=context.infos,
        recogniser=context.services.recogniser,
        told=context.told,
    )
    context.following = made
    return made


class Following:
    """One subscription that is open.

    Args:
        bus: Where events come from.
        gathering: Seconds for which events are gathered into one answer.
        now: The present, in UTC.
        access: Finds out who asks.
        spend: Takes an answer from the caller's budget, or raises :class:`RateLimited`.
        answer: Answers for what is told: what is sent, and the field that answered.
    """

    def __init__(
        self,
        bus: Bus,
        gathering: float,
        *,
        now: Callable[[], datetime],
        access: AccessSource,
        spend: Callable[[Access], object],
        answer: Callable[[Access, Told], Awaitable[tuple[GraphResponse, SubscriptionField | None]]],
    ) -> None:
        self._bus = bus
        self._gathering = gathering
        self._now = now
        self._access = access
        self._spend = spend
        self._answer = answer

    async def answers(
        self, field: SubscriptionField, granted: Access, place: int
    ) -> AsyncGenerator[GraphResponse, None]:
        """What is to be sent, as it comes.

        Args:
            field: As it was opened.
            granted: To whom.
            place: Behind which events are followed.

        Raises:
            AccessEnded: The caller is not let in any more.
            InputError: Following cannot go on; says why.
        """
        try:
            if field.arguments.initial:
                sent, field = await self._answered(field, granted, Told(place=place))
                if not field.is_silent:
                    yield sent
            while not field.is_over:
                followed = field.follows
                async with (
                    self._bus.subscribe(kinds=field.kinds, customers=followed, after=place) as events,
                    aclosing(Batches(events, self._gathering)) as batches,
                ):
                    # A merge or its undoing changes whom to follow.
                    while not field.is_over and field.follows == followed:
                        batch = await batches.next(self._left(granted))
                        if batch is None:
                            return
                        granted = await self._renewed()
                        place = batch[-1].sequence if batch else place
                        for told in _told(field, _seen(batch, granted)):
                            news, field, granted = await self._afforded(field, granted, told)
                            if news is not None:
                                yield news
        except EventForgotten:
            raise InputError(_FORGOTTEN, code=ErrorCode.CURSOR_EXPIRED, argument="after") from None
        except (DatabaseLocked, DatabaseUnavailable) as error:
            raise unavailable(error) from None

    async def _answered(
        self, field: SubscriptionField, granted: Access, told: Told
    ) -> tuple[GraphResponse, SubscriptionField]:
        sent, answered = await self._answer(granted, told)
        return sent, answered or field  # none has answered where the hub itself had something wrong

    def _left(self, granted: Access) -> float | None:
        """Seconds until it has to be asked again who asks."""
        expires = granted.principal.expires_at
        return None if expires is None else max(_AGAIN, (expires - self._now()).total_seconds())

    async def _afforded(
        self, field: SubscriptionField, granted: Access, told: Told
    ) -> tuple[GraphResponse | None, SubscriptionField, Access]:
        """The answer for what is told, if it is one for the caller, once their budget has as much."""
        granted = await self._spent(granted)
        # Who had to wait may hear of less by now.
        if not (events := tuple(_seen(told.events, granted))):
            return None, field, granted
        sent, field = await self._answered(field, granted, msgspec.structs.replace(told, events=events))
        return None if field.is_silent else sent, field, granted

    async def _spent(self, granted: Access) -> Access:
        """Who asks, by the time at which an answer is taken from their budget.

        Raises:
            AccessEnded: The caller is not let in any more.
            InputError: There was not as much for too long.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            try:
                self._spend(granted)
            except RateLimited as limited:
                if loop.time() + limited.retry_after > until:
                    raise InputError(_SPENT, code=ErrorCode.RATE_LIMITED) from None
                await asyncio.sleep(limited.retry_after)
                granted = await self._renewed()
            else:
                return granted

    async def _renewed(self) -> Access:
        granted = await self._access()
        check_expiry(granted, self._now())
        return granted


class Batches:
    """Events as they come, those together that come close to each other.

    Args:
        events: The events.
        gathering: Seconds from the first of some to the last.
    """

    def __init__(self, events: AsyncIterator[EventData], gathering: float) -> None:
        self._events = events
        self._gathering = gathering
        self._coming: asyncio.Task[EventData | None] | None = None

    async def next(self, timeout: float | None) -> Sequence[EventData] | None:  # noqa: ASYNC109  # may be none
        """The next events; empty where none came in time, ``None`` where none will come any more."""
        if not await self._wait(timeout):
            return ()
        found: list[EventData] = []
        loop = asyncio.get_running_loop()
        until = loop.time() + self._gathering
        while len(found) < MOST_TOGETHER:
            event = self._taken()
            if event is None:
                return found or None
            found.append(event)
            if not await self._wait(max(0.0, until - loop.time())):
                break
        return found

    async def aclose(self) -> None:
        """Wait for no more."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.wait({self._coming})

    async def _wait(self, seconds: float | None) -> bool:
        """Whether there is another one, or none will come, within so long."""
        self._coming = self._coming or asyncio.ensure_future(anext(self._events, None))
        # Not cancelled where it is late: it is the next one's.
        await asyncio.wait({self._coming}, timeout=seconds)
        return self._coming.done()

    def _taken(self) -> EventData | None:
        coming, self._coming = self._coming, None
        return None if coming is None else coming.result()


def _seen(batch: Sequence[EventData], granted: Access) -> Sequence[EventData]:
    """Those that the caller may hear of: its scopes, its purpose, and of a partner what its own tell."""
    principal = granted.principal
    purpose = (granted.purpose,)
    allowed = [event for event in batch if CATALOGUE[event.kind].heard_by(principal.scopes, purpose)]
    if principal.reach is not Reach.PARTNER:
        return allowed
    return [event for event in allowed if (tellers := tellers_of(event)) and tellers <= principal.connectors]


def _told(field: SubscriptionField, batch: Sequence[EventData]) -> Iterator[Told]:
    """What is to be answered for, and up to where events have been read then."""
    wanted = tuple(event for event in batch if field.wants(event))
    if field.gathers and wanted:
        yield Told(events=wanted, place=batch[-1].sequence)
    elif not field.gathers:
        for event in wanted:
            yield Told(events=(event,), place=event.sequence)


_SPENT = (
    f"Your budget of cost has been spent for {PATIENCE:g} s: go on by the cursor of the last answer, later "
    "or with less selected."
)
_FORGOTTEN = (
    "What happened after this cursor is not kept any more: read anew what you show, and subscribe without it."
)


def begin(field: SubscriptionField, after: str | None) -> int:
    """Behind which place events are followed.

    Args:
        field: What was opened.
        after: A cursor of the transport, which stands before the argument's.

    Raises:
        InputError: The cursor is none of this graph's.
    """
    given = after or field.arguments.after
    if given is None:
        return field.head
    place = place_of(given)
    if place > field.head:
        raise cursors.refused("after")
    return place
