"""What execution asks of the store about who is who."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from store.data import EnrolKey, EnrolLink
from store.data_identity import (
    Admission,
    AdmissionResult,
    CandidateSet,
    CustomerDraft,
    HouseholdData,
    LedgerEntry,
    LedgerPage,
    LinkDecision,
    MergePlan,
    MergeResult,
    PartyRef,
    PastProfile,
    Redirect,
    ReviewData,
    ReviewPage,
    ReviewResult,
    ReviewState,
    ReviewVerdict,
    SplitResult,
    UnmergeResult,
)


class Ledger(Protocol):
    """Who is who; see :class:`store.repositories.ledger.LedgerRepository`."""

    async def by_ids(self, ids: Iterable[str]) -> Mapping[str, LedgerEntry]:
        """Entries by id; unknown ones are left out."""
        ...

    async def admit(self, admissions: Sequence[Admission]) -> tuple[AdmissionResult, ...]:
        """Give parties that belong to nobody to customers, in the order given."""
        ...

    async def entries_of(
        self, ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> Mapping[str, LedgerPage]:
        """What was decided about each customer and everybody merged into it, newest first."""
        ...

    async def deciding(self, parties: Iterable[PartyRef]) -> Mapping[PartyRef, tuple[LedgerEntry, ...]]:
        """The entries by which each party is with its present customer, newest first."""
        ...

    async def former(self, ids: Iterable[str]) -> Mapping[str, tuple[Redirect, ...]]:
        """The old ids that customers answer for."""
        ...

    async def plan_merge(self, survivor: str, others: Iterable[str]) -> MergePlan:
        """What a merge would do."""
        ...

    async def merge(
        self, survivor: str, others: Iterable[str], decision: LinkDecision, *, overrule: bool = False
    ) -> MergeResult:
        """Make customers one."""
        ...

    async def unmerge(
        self,
        decision: LinkDecision,
        *,
        entry_id: str | None = None,
        customer_id: str | None = None,
        apart: bool = False,
    ) -> UnmergeResult:
        """Take back a merge, or let an old id stand on its own again."""
        ...

    async def split(
        self,
        customer_id: str,
        parties: Iterable[PartyRef],
        draft: CustomerDraft,
        decision: LinkDecision,
        *,
        apart: bool = True,
    ) -> SplitResult:
        """Let parties leave a customer."""
        ...

    async def unlink(
        self, party: PartyRef, draft: CustomerDraft, decision: LinkDecision, *, apart: bool = True
    ) -> SplitResult:
        """Let one party leave its customer."""
        ...

    async def link(self, customer_id: str, party: EnrolLink, decision: LinkDecision) -> LedgerEntry | None:
        """Link a party that belongs to nobody; none where it is linked to this customer already."""
        ...

    async def undo(
        self, entry_id: str, decision: LinkDecision, *, draft: CustomerDraft | None = None
    ) -> tuple[LedgerEntry, ...]:
        """Take back an entry, by what is the opposite of it."""
        ...

    async def past(
        self, ids: Iterable[str], *, valid_at: datetime, recorded_at: datetime | None = None
    ) -> Mapping[str, PastProfile]:
        """What ids stood for in the past."""
        ...


class Candidates(Protocol):
    """Who a party may be; see :class:`store.repositories.candidates.CandidateRepository`."""

    async def find(self, keys: Iterable[EnrolKey], blocks: Iterable[str] = ()) -> CandidateSet:
        """The customers that any of the keys or blocks leads to."""
        ...


class Reviews(Protocol):
    """The review queue; see :class:`store.repositories.reviews.ReviewRepository`."""

    async def get(self, ids: Iterable[str]) -> Mapping[str, ReviewData]:
        """Reviews by id."""
        ...

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
        """A page of the queue, oldest first."""
        ...

    async def count(self, *, state: ReviewState = ReviewState.OPEN, customer_id: str | None = None) -> int:
        """How many reviews stand so."""
        ...

    async def decide(
        self,
        review_id: str,
        verdict: ReviewVerdict,
        decision: LinkDecision,
        *,
        survivor: str | None = None,
    ) -> ReviewResult:
        """Decide a review."""
        ...


class Households(Protocol):
    """Who lives together; see :class:`store.repositories.households.HouseholdRepository`."""

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[HouseholdData, ...]]:
        """The households of each customer."""
        ...
