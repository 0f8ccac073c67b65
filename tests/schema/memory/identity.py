"""Who is who, in memory: entries of the ledger, reviews, candidates and households."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from store.data import EnrolKey
from store.data_identity import (
    CandidateSet,
    HouseholdData,
    LedgerEntry,
    LedgerPage,
    PartyRef,
    PastProfile,
    Redirect,
    ReviewData,
    ReviewPage,
    ReviewState,
)
from store.errors import CursorError

if TYPE_CHECKING:
    from tests.schema.memory.store import FakeStore


class FakeLedger:
    """Entries and redirects from lists."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def by_ids(self, ids: Iterable[str]) -> dict[str, LedgerEntry]:
        self._store.calls.append("ledger.by_ids")
        wanted = set(ids)
        return {one.id: one for one in self._store.entries if one.id in wanted}

    async def entries_of(
        self, ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> dict[str, LedgerPage]:
        self._store.calls.append("ledger.entries_of")
        return {one: self._page(one, first, after) for one in ids}

    def _page(self, customer_id: str, first: int, after: str | None) -> LedgerPage:
        mine = [one for one in self._store.entries if customer_id in {one.customer_id, *one.others}]
        places = [f"cursor-{one.id}" for one in mine]
        if after is not None and after not in places:
            raise CursorError("is damaged")
        start = 0 if after is None else places.index(after) + 1
        return LedgerPage(
            entries=tuple(mine[start : start + first]),
            cursors=tuple(places[start : start + first]),
            has_next=start + first < len(mine),
            has_previous=start > 0,
        )

    async def deciding(self, parties: Iterable[PartyRef]) -> dict[PartyRef, tuple[LedgerEntry, ...]]:
        self._store.calls.append("ledger.deciding")
        return {
            party: found
            for party in parties
            if (found := tuple(one for one in self._store.entries if party in one.parties))
        }

    async def former(self, ids: Iterable[str]) -> dict[str, tuple[Redirect, ...]]:
        self._store.calls.append("ledger.former")
        every = self._store.redirects.values()
        return {one: tuple(each for each in every if each.survivor == one) for one in ids}

    async def past(
        self, ids: Iterable[str], *, valid_at: datetime, recorded_at: datetime | None = None
    ) -> dict[str, PastProfile]:
        self._store.calls.append(f"ledger.past {valid_at:%Y} {recorded_at and recorded_at.year}")
        return {one: self._store.past[one] for one in ids if one in self._store.past}


class FakeReviews:
    """The queue from a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def get(self, ids: Iterable[str]) -> dict[str, ReviewData]:
        wanted = set(ids)
        return {one.id: one for one in self._store.reviews if one.id in wanted}

    async def page(
        self,
        *,
        state: ReviewState = ReviewState.OPEN,
        customer_id: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ReviewPage:
        if after == "rubbish":
            raise CursorError("is damaged")
        found = self._matching(state, customer_id)
        kept = found[:first] if last is None else found[-last:]
        return ReviewPage(
            reviews=tuple(kept),
            cursors=tuple(f"cursor-{one.id}" for one in kept),
            has_next=last is None and len(kept) < len(found),
            has_previous=last is not None and len(kept) < len(found),
        )

    async def count(self, *, state: ReviewState = ReviewState.OPEN, customer_id: str | None = None) -> int:
        self._store.calls.append("reviews.count")
        return len(self._matching(state, customer_id))

    def _matching(self, state: ReviewState, customer_id: str | None) -> list[ReviewData]:
        return [
            one
            for one in self._store.reviews
            if one.state is state and customer_id in {None, one.left_customer, one.right_customer}
        ]


class FakeCandidates:
    """Candidates from a list, whatever leads to them."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def find(self, keys: Iterable[EnrolKey], blocks: Iterable[str] = ()) -> CandidateSet:
        self._store.calls.append("candidates.find")
        return CandidateSet(candidates=tuple(self._store.candidates))


class FakeHouseholds:
    """Households from a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[HouseholdData, ...]]:
        self._store.calls.append("households.of")
        return {
            one: tuple(each for each in self._store.households if one in each.members) for one in customer_ids
        }
