"""What execution asks of the store about who comes to whom, and about who did."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from store.data_access import (
    BookChange,
    BookEntryData,
    EmergencyData,
    EmergencyState,
    EmergencyVerdict,
    RevealData,
    RevealReason,
    VerificationData,
    VerificationMethod,
)
from store.data_audit import AuditFilter, AuditPage, SealEntry, WriteEntry
from store.data_service import OwnPage
from store.repositories.own import Stretch


class Books(Protocol):
    """Books of business; see :class:`store.repositories.books.BookRepository`."""

    async def assign(self, agent: str, customer_ids: Collection[str], *, by: str) -> BookChange:
        """Bring customers into an agent's book."""
        ...

    async def unassign(self, agent: str, customer_ids: Collection[str], *, by: str) -> BookChange:
        """Take customers out of an agent's book."""
        ...

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[BookEntryData, ...]]:
        """In whose books each customer is."""
        ...


class Verifications(Protocol):
    """Verified callers; see :class:`store.repositories.verifications.VerificationRepository`."""

    async def open(
        self,
        customer_id: str,
        method: VerificationMethod,
        *,
        by: str,
        lasting: timedelta,
        session: str | None = None,
        answers: int = 0,
    ) -> VerificationData:
        """Note that somebody made sure who the caller is."""
        ...

    async def end(
        self, *, by: str, customer_id: str | None = None, session: str | None = None
    ) -> tuple[str, ...]:
        """End what somebody's verifications opened; whom they had opened."""
        ...

    async def end_of(
        self, session: str, *, customer_id: str, agent: str | None, since: datetime
    ) -> tuple[str, ...]:
        """End what belongs to a call or visit that is over; whom it had opened."""
        ...

    async def verified(self, subject: str, customer_ids: Iterable[str]) -> Mapping[str, datetime]:
        """Until when each of these customers is verified for somebody."""
        ...

    async def check_allowed(self, customer_id: str, *, by: str, most: int) -> str:
        """Make sure that another answer may be compared; the present id of the customer."""
        ...

    async def note_answer(self, customer_id: str, attribute: str, *, matched: bool, by: str) -> None:
        """Note that an answer was compared."""
        ...


class Reveals(Protocol):
    """Revealed values; see :class:`store.repositories.reveals.RevealRepository`."""

    async def note(
        self, customer_id: str, path: str, reason: RevealReason, *, note: str | None, by: str, most: int
    ) -> RevealData:
        """Note that a value is shown."""
        ...


class Emergencies(Protocol):
    """Emergency access; see :class:`store.repositories.emergencies.EmergencyRepository`."""

    async def open(
        self, customer_id: str, *, reason: str, ticket: str, by: str, lasting: timedelta
    ) -> EmergencyData:
        """Open a customer to somebody."""
        ...

    async def review(
        self, access_id: str, verdict: EmergencyVerdict, *, note: str | None, by: str
    ) -> EmergencyData:
        """Say whether it was right."""
        ...

    async def standing(self, customer_id: str, *, by: str) -> EmergencyData | None:
        """The one by which a customer is open to somebody at this moment."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, EmergencyData]:
        """Emergency accesses by id."""
        ...

    async def page(
        self, *, state: EmergencyState = EmergencyState.OPEN, stretch: Stretch
    ) -> OwnPage[EmergencyData]:
        """A stretch of them, the oldest first."""
        ...

    async def count(self, *, state: EmergencyState = EmergencyState.OPEN) -> int:
        """How many stand so."""
        ...


class Audit(Protocol):
    """Who changed what; see :class:`store.repositories.audit.AuditRepository`."""

    async def append(self, entry: WriteEntry) -> SealEntry:
        """Keep a change in the transaction that makes it."""
        ...

    async def page(self, which: AuditFilter, *, first: int = 20, after: str | None = None) -> AuditPage:
        """A page of the entries that meet a filter, the newest first."""
        ...
