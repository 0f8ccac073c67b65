"""Bookings and journeys as other systems of the company's bring them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from store.data_records import BookingData, JourneyData, TouchpointData
from store.data_service import OwnPage
from store.models import Booking, Touchpoint
from store.repositories.own import Order, OwnRepository, Stretch

MOST_TOUCHPOINTS = 1_000
"""Steps of a customer's journeys that are looked at: the latest."""


class BookingRepository(OwnRepository[BookingData]):
    """They go where the customer goes."""

    model = Booking
    data = BookingData

    async def of(
        self, customer_ids: Iterable[str], *, stretch: Stretch
    ) -> Mapping[str, OwnPage[BookingData]]:
        """The bookings of each customer, the latest first.

        Raises:
            CursorError: the cursor is damaged.
        """
        order = Order(columns=("starts_at", "id"), descending=True)
        return await self._pages(set(customer_ids), order=order, stretch=stretch)


class TouchpointRepository(OwnRepository[TouchpointData]):
    """They go where the customer goes."""

    model = Touchpoint
    data = TouchpointData

    async def journeys(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[JourneyData, ...]]:
        """The journeys of each customer, the one with the latest step first."""
        order = Order(columns=("at", "id"), descending=True)
        pages = await self._pages(set(customer_ids), order=order, stretch=Stretch(size=MOST_TOUCHPOINTS))
        return {customer: _journeys(page.items) for customer, page in pages.items()}


def _journeys(steps: Iterable[TouchpointData]) -> tuple[JourneyData, ...]:
    """Steps, the latest first, as journeys."""
    found: dict[tuple[str, str], list[TouchpointData]] = {}
    for each in steps:
        found.setdefault((each.source, each.journey), []).append(each)
    return tuple(
        JourneyData(journey=journey, source=source, touchpoints=tuple(reversed(mine)))
        for (source, journey), mine in found.items()
    )
