"""Kinds of record that rules of retention, duties to keep and legal holds name, with their tables."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from store.models import (
    Appointment,
    Booking,
    Compensation,
    Complaint,
    ConsentDecision,
    Interaction,
    Note,
    OfferResponse,
    PartnerAction,
    PartnerActionStep,
    ProfileValue,
    Reveal,
    ScoreContest,
    Snapshot,
    Task,
    Touchpoint,
    Verification,
)
from store.models.base import Base


class Kind(msgspec.Struct, frozen=True):
    """A kind of record."""

    model: type[Base]
    over: str
    """The column that says when its time to be kept begins; a row without is not over yet, and stays."""
    parts: tuple[tuple[type[Base], str, str], ...] = ()
    """Tables whose rows are parts of it: the model, its column, and the column of the kind's that it has."""
    expires: bool = True
    """Whether rules may have it deleted while the customer is one; otherwise it is only held and kept."""


KINDS: Mapping[str, Kind] = {
    "INTERACTION": Kind(Interaction, "started_at"),
    "NOTE": Kind(Note, "written_at"),
    "TASK": Kind(Task, "closed_at"),
    "COMPLAINT": Kind(Complaint, "closed_at", parts=((Compensation, "complaint_id", "id"),)),
    "APPOINTMENT": Kind(Appointment, "ends_at"),
    "BOOKING": Kind(Booking, "ends_at"),
    "TOUCHPOINT": Kind(Touchpoint, "at"),
    "OFFER_RESPONSE": Kind(OfferResponse, "at"),
    "SCORE_CONTEST": Kind(ScoreContest, "decided_at"),
    "COPY": Kind(Snapshot, "fetched_at"),
    "PROFILE_HISTORY": Kind(ProfileValue, "recorded_to"),
    "VERIFICATION": Kind(Verification, "until"),
    "REVEAL": Kind(Reveal, "at"),
    # What follows from decisions would be another thing without the earlier ones.
    "CONSENT": Kind(ConsentDecision, "recorded_at", expires=False),
    # An action and its last step refer to each other: they go with the customer.
    "PARTNER_ACTION": Kind(
        PartnerAction, "settled_at", parts=((PartnerActionStep, "action_id", "id"),), expires=False
    ),
}
"""Every kind by its name in the graph."""
ALL = "ALL"
"""Stands for every kind, where a hold names none."""
