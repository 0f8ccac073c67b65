"""What moves with a customer: one declaration for each table that refers to one.

Customers are a forest. A merge makes a customer a node of its survivor; the row of the node, and what hangs
on it, stay what they were but for ``customer_id``, which says who answers now. So a merge loses nothing,
and an unmerge sets ``customer_id`` back instead of remembering what there was.

A table joins by a line in :data:`MOVABLES`; a test fails for a table with a ``customer_id`` that has none.
Where a table allows one answer of several rows (of two consents for one purpose, which holds?), both rows
are kept, each with its home, and the reader takes the stricter: what a merge combined, an unmerge can part.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from store.models import (
    AnswerCheck,
    Appointment,
    BookEntry,
    Booking,
    Compensation,
    Complaint,
    ConsentDecision,
    CustomerKey,
    CustomerScore,
    DataExport,
    DataExportChunk,
    EmergencyAccess,
    Grant,
    GrantDuty,
    GrantFlow,
    HouseholdMember,
    IdentityLink,
    Interaction,
    LegalHold,
    LookupKey,
    NameToken,
    Note,
    OfferResponse,
    PartnerAction,
    PartnerActionStep,
    Preference,
    ProfileValue,
    Redirect,
    Reveal,
    ScoreContest,
    SegmentMember,
    Snapshot,
    Summary,
    Task,
    Touchpoint,
    Verification,
)
from store.models.base import Base, table


class Hangs(enum.Enum):
    """What a row of a table hangs on, and so where it goes."""

    PARTY = "PARTY"
    """On a party, by ``connector`` and ``party_id``: it goes where the party goes."""
    HOME = "HOME"
    """On the customer it was noted for, by ``home_id``: it goes where that customer's node goes."""
    PARTIES = "PARTIES"
    """On several parties at once: a copy goes with them together, and is dropped when they part."""
    NODE = "NODE"
    """On the node itself: it never moves."""


@dataclass(frozen=True, slots=True)
class Movable:
    """How the rows of one table move.

    Args:
        model: the table; it has a ``customer_id``.
        hangs: what its rows hang on.
        noted: for facts of the hub's own, the column that says when it was noted: an unmerge lists those
            that were noted after the merge.
        key: the column that names the fact in that list.
        personal: whether an erasure deletes the rows.
    """

    model: type[Base]
    hangs: Hangs
    noted: str | None = None
    key: str = "id"
    personal: bool = True

    @property
    def name(self) -> str:
        """Name of the table."""
        # Not SQLAlchemy's own kind of text, which no encoder takes.
        return str(table(self.model).name)


MOVABLES: tuple[Movable, ...] = (
    Movable(IdentityLink, Hangs.HOME),
    Movable(NameToken, Hangs.HOME),
    Movable(HouseholdMember, Hangs.HOME, noted="noted_at", key="household_id"),
    Movable(OfferResponse, Hangs.HOME, noted="at"),
    Movable(ScoreContest, Hangs.HOME, noted="raised_at"),
    # An action refers to its last step, so it goes first where both are deleted.
    Movable(PartnerAction, Hangs.HOME, noted="requested_at"),
    Movable(PartnerActionStep, Hangs.HOME),
    Movable(Task, Hangs.HOME, noted="opened_at"),
    Movable(Interaction, Hangs.HOME, noted="recorded_at"),
    Movable(Note, Hangs.HOME, noted="written_at"),
    Movable(Preference, Hangs.HOME, noted="set_at", key="key"),
    Movable(Compensation, Hangs.HOME, noted="granted_at"),
    Movable(Complaint, Hangs.HOME, noted="opened_at"),
    Movable(Appointment, Hangs.HOME, noted="booked_at"),
    Movable(Booking, Hangs.HOME, noted="recorded_at"),
    Movable(Touchpoint, Hangs.HOME, noted="recorded_at"),
    Movable(BookEntry, Hangs.HOME, noted="since"),
    Movable(Verification, Hangs.HOME),
    Movable(AnswerCheck, Hangs.HOME),
    Movable(Reveal, Hangs.HOME),
    Movable(EmergencyAccess, Hangs.HOME, noted="at"),
    Movable(GrantFlow, Hangs.HOME, noted="created_at"),
    Movable(ConsentDecision, Hangs.HOME, noted="recorded_at"),
    Movable(DataExportChunk, Hangs.HOME),
    Movable(DataExport, Hangs.HOME, noted="requested_at"),
    Movable(LegalHold, Hangs.HOME, noted="placed_at"),
    Movable(ProfileValue, Hangs.PARTY),
    Movable(LookupKey, Hangs.PARTY),
    Movable(Grant, Hangs.PARTY),
    Movable(GrantDuty, Hangs.PARTY),
    Movable(Summary, Hangs.PARTY),
    Movable(Snapshot, Hangs.PARTIES),
    Movable(CustomerKey, Hangs.NODE),
    # Reckoned of a customer as they were: the next count sees who is whose by then.
    Movable(SegmentMember, Hangs.NODE),
    Movable(CustomerScore, Hangs.NODE),
    Movable(Redirect, Hangs.NODE, personal=False),
)
"""Every table with a ``customer_id``."""
