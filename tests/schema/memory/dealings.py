"""What is done with and for customers, in memory: consents, offers, actions at partners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from store.data_actions import PartnerActionData, PartnerActionPage
from store.data_consents import DecisionData
from store.data_offers import Contact, ProductData
from tests.schema.memory.clock import NOW

if TYPE_CHECKING:
    from tests.schema.memory.store import FakeStore


class FakeConsents:
    """What customers decided about the use of their data."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[DecisionData, ...]]:
        self._store.calls.append("consents.of")
        found = {one: self._store.decisions.get(one, ()) for one in customer_ids}
        return {one: mine for one, mine in found.items() if mine}


class FakeProducts:
    """The catalogue."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def current(self) -> tuple[ProductData, ...]:
        self._store.calls.append("products")
        return self._store.products


class FakeOfferResponses:
    """What became of offers, by customer."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def contacts(
        self, customer_ids: Iterable[str], *, within: timedelta
    ) -> dict[str, tuple[Contact, ...]]:
        self._store.calls.append("contacts")
        return {
            one: tuple(found)
            for one in customer_ids
            if (found := [each for each in self._store.contacts.get(one, ()) if each.at >= NOW - within])
        }


class FakeActions:
    """No actions at partners."""

    async def get(self, ids: Iterable[str]) -> dict[str, PartnerActionData]:
        return {}

    async def of(
        self, customer_ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> dict[str, PartnerActionPage]:
        return {
            one: PartnerActionPage(actions=(), cursors=(), has_next=False, has_previous=False)
            for one in customer_ids
        }
