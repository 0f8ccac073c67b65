"""What execution asks of the store about segments, offers and scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Protocol

from store.data_contests import ContestData, ContestPage, ContestState, ContestVerdict
from store.data_offers import Contact, OfferEvent, OfferEventDraft, ProductData
from store.data_segments import CountData, SegmentDefinition, SegmentSize, StandingPage


class Segments(Protocol):
    """Definitions and sizes; see :class:`store.repositories.segments.SegmentRepository`."""

    async def current(self, at: datetime | None = None) -> tuple[SegmentDefinition, ...]:
        """What is defined at a moment, now unless told."""
        ...

    async def sizes(
        self, names: Iterable[str] | None = None, *, since: date, until: date
    ) -> Mapping[str, tuple[SegmentSize, ...]]:
        """How large segments were, by name, the earliest day first."""
        ...

    async def latest(self) -> CountData | None:
        """The latest count that came to its end."""
        ...


class Standings(Protocol):
    """Members and orders; see :class:`store.repositories.standings.StandingRepository`."""

    async def members(self, name: str, *, first: int = 20, after: str | None = None) -> StandingPage:
        """The customers of a segment, by id."""
        ...

    async def best(
        self, figure: str, line: str = "", *, first: int = 20, after: str | None = None
    ) -> StandingPage:
        """Customers by a figure, the greatest first."""
        ...


class Products(Protocol):
    """What can be offered; see :class:`store.repositories.products.ProductRepository`."""

    async def current(self) -> tuple[ProductData, ...]:
        """All products as they are now, by id."""
        ...


class OfferResponses(Protocol):
    """What became of offers; see :class:`store.repositories.offer_responses.OfferResponseRepository`."""

    async def record(self, draft: OfferEventDraft, *, key: str | None = None) -> OfferEvent:
        """Keep what became of an offer, once under its key."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, OfferEvent]:
        """Events by id."""
        ...

    async def contacts(
        self, customer_ids: Iterable[str], *, within: timedelta
    ) -> Mapping[str, tuple[Contact, ...]]:
        """What became of offers to each customer within some time, the oldest first."""
        ...


class Contests(Protocol):
    """Contested scores; see :class:`store.repositories.contests.ContestRepository`."""

    async def open(self, customer_id: str, *, reason: str, by: str) -> ContestData:
        """Put a customer's score before a person."""
        ...

    async def decide(
        self, contest_id: str, verdict: ContestVerdict, *, note: str | None, by: str
    ) -> ContestData:
        """Say whether the score stands."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, ContestData]:
        """Contests by id."""
        ...

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[ContestData, ...]]:
        """The contests of each customer."""
        ...

    async def page(
        self,
        *,
        state: ContestState = ContestState.OPEN,
        first: int = 20,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ContestPage:
        """A page of the contests, the oldest first."""
        ...

    async def count(self, *, state: ContestState = ContestState.OPEN) -> int:
        """How many contests stand so."""
        ...
