"""What every field of a subscription does: say which events it follows, and answer for those that come.

It is a root field like those of queries and takes the same steps, once when it is opened, with nothing
selected below it, and then for each answer, with what the operation selects.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from connectors.infos import InstanceInfo
from resolvers.identity.recognition import Recogniser
from schema import cursors
from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.inputs import Arguments, Gather
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from store.data import CustomerData
from store.data_events import EventData

REFRESHED = "customer.refreshed"
"""The kind of event that tells that partners have answered behind an answer."""

_SCOPE = "events"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a field answers for."""

    events: tuple[EventData, ...] = ()
    """In their order; none where it says how things are before the first one."""
    place: int = 0
    """Up to where events have been read."""
    opening: bool = False
    """Whether nothing is answered yet, and it is found out what there is to follow."""

    @property
    def cursor(self) -> str:
        """After which the next answer begins."""
        return cursors.encode(_SCOPE, (str(self.place),))


NOTHING = Told()
"""For what is no answer of a subscription."""


def tellers_of(event: EventData) -> frozenset[str]:
    """Ids of the connector instances whose partners told of an event; none where the hub itself did."""
    told = event.data
    return frozenset(one for one in (told.get("connector"), *told.get("connectors", ())) if one)


def place_of(cursor: str, *, argument: str = "after") -> int:
    """The place that a cursor stands for.

    Raises:
        InputError: ``INVALID_CURSOR``, no subscription gave it.
    """
    (text,) = cursors.decode(cursor, scope=_SCOPE, parts=1, argument=argument)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise cursors.refused(argument)
    return int(text)


class FollowArguments(Arguments, frozen=True, kw_only=True):
    """Where following begins."""

    after: Annotated[
        str | None,
        Meta(description="Cursor of the last answer that arrived: nothing after it is missed."),
    ] = None
    initial: Annotated[
        bool,
        Meta(description="Whether to answer at once with how things are, before anything changes."),
    ] = False
    gather: Annotated[Gather | None, Meta(description="How fresh and how long, for every answer.")] = None


class SubscriptionField(RootField):
    """A root field of a subscription. A subclass says what it follows and how it answers."""

    payload_type: ClassVar[type[msgspec.Struct]]
    kinds: ClassVar[frozenset[str]]
    """Of the event catalogue: what it follows."""
    gathers: ClassVar[bool] = True
    """Whether events that come close to each other are answered together; otherwise each by itself."""

    arguments: Any
    head: int = 0
    """The place of the latest event; known once it was opened."""
    is_over: bool = False
    """Whether nothing more is to come; known once it has answered."""
    is_silent: bool = False
    """Whether the answer is for nobody's eyes and is not sent; known once it has answered."""

    def __init__(
        self,
        arguments: Any,
        *,
        count: bool,
        infos: Sequence[InstanceInfo],
        recogniser: Recogniser | None = None,
        told: Told,
    ) -> None:
        """Take a field as planned; for what is told, see :class:`RootField`."""
        self.told = told
        super().__init__(arguments, count=count, infos=infos, recogniser=recogniser)

    async def read(self, unit: Unit) -> None:
        """Where following begins unless told."""
        if self.told.opening:
            self.head = await unit.outbox.head()

    @property
    def follows(self) -> Collection[str] | None:
        """Local ids of the customers whose events it follows; ``None``: of everybody. Known once answered."""
        return None

    def wants(self, event: EventData) -> bool:
        """Whether an event that it follows is one to answer for."""
        return True

    def require(self) -> None:
        """Make sure that there is something to follow, once it was opened.

        Raises:
            InputError: There is not, or not for this caller.
        """


class CustomerField(SubscriptionField):
    """A field that follows one customer."""

    customer_id: str
    """The local id that is asked for."""

    def want(self, lookups: Lookups, searched: object) -> None:  # nothing is searched
        """The customer who answers for the id."""
        lookups.ids[self.customer_id] = None

    def candidates(self, lookups: Lookups) -> Sequence[str]:
        """That one."""
        known = lookups.known.get(self.customer_id)
        return () if known is None else (known,)

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """The same."""
        self._found = tuple(loaded)
        return self._found

    @property
    def follows(self) -> Collection[str]:
        """The id that was asked for, and the one that answers for it."""
        return {self.customer_id, *self._found}

    def require(self) -> None:
        """There has to be a customer."""
        if self.is_over:
            message = "There is no such customer: look it up again."
            raise InputError(message, code=ErrorCode.NOT_FOUND, argument="customerId")

    def shown(self, customers: Mapping[str, CustomerAnswer]) -> CustomerAnswer | None:
        """The customer as it is now; without one, nothing more is to come."""
        found = next(iter(customers.values()), None)
        self.is_over = found is None
        return found
