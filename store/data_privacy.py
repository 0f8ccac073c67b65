"""What the store takes and gives of exports, erasures, holds and retention."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from store.data_identity import PartyRef


class ExportState(enum.Enum):
    """How an export stands."""

    REQUESTED = "REQUESTED"
    """It waits for the worker."""
    READY = "READY"
    """It can be downloaded until it expires."""
    FAILED = "FAILED"
    """It could not be made; request another one."""


class ExportData(msgspec.Struct, frozen=True, kw_only=True):
    """An export of all that is known of a person."""

    id: str
    customer_id: str
    home_id: str
    state: ExportState
    requested_at: datetime
    requested_by: str
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    """When it is deleted, once it is ready."""
    size: int | None = None
    """Bytes of JSON."""
    digest: str | None = None
    """SHA-256 of the JSON, hexadecimal."""
    problem: str | None = None
    """Why it failed, in a word of the hub's own."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """What one table keeps of a person."""

    table: str
    rows: tuple[Mapping[str, Any], ...]
    """By column, opened where they were sealed."""


class HeldPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what is known of a person that may not be deleted yet."""

    kind: str
    """A kind of record, or all of them."""
    basis: str
    """On what ground."""
    until: datetime | None = None
    """When that is over; none while it is not known."""
    hold_id: str | None = None
    """The hold; none of a duty that a retention rule names."""
    rows: int = 0
    """How many rows stay."""


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure deleted in one place."""

    table: str
    rows: int
    how: str
    """``DELETED``, ``BLANKED`` or ``SHREDDED``."""


class PartnerLeft(msgspec.Struct, frozen=True, kw_only=True):
    """A partner that keeps data of its own."""

    connector: str
    parties: int
    """Records of the person at the partner that the hub knew of."""


class CertificateData(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure did. No personal data."""

    id: str
    customer_id: str
    """The id that the erased customer had."""
    former_ids: tuple[str, ...]
    """Of customers merged into that one, erased with it."""
    reason: str
    """One of a closed list."""
    at: datetime
    by: str
    deleted: tuple[Deleted, ...]
    held: tuple[HeldPart, ...]
    partners: tuple[PartnerLeft, ...]
    finished_at: datetime | None = None
    """When what was held back was deleted too; none while something is."""
    digest: str = ""
    """SHA-256 of all the above in its canonical form, hexadecimal."""
    signature: str = ""
    """HMAC-SHA-256 of the digest with the hub's own key, hexadecimal."""


class ErasurePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure would do."""

    customer_id: str
    former_ids: tuple[str, ...]
    deleted: tuple[Deleted, ...]
    held: tuple[HeldPart, ...]
    parties: tuple[PartyRef, ...]
    """The partners' records of the person: with these numbers they are asked."""


class HoldData(msgspec.Struct, frozen=True, kw_only=True):
    """A ground on which a person's data is not deleted for now."""

    id: str
    customer_id: str
    kind: str | None
    """A kind of record; none: everything."""
    basis: str
    until: datetime | None
    placed_at: datetime
    placed_by: str
    lifted_at: datetime | None = None
    lifted_by: str | None = None


class RetentionRuleData(msgspec.Struct, frozen=True, kw_only=True):
    """How long a kind of record is kept."""

    kind: str
    days: int | None
    """After so many it is deleted; none: as long as the customer is one."""
    duty_days: int | None = None
    """For so many it is kept even where the person is erased."""
    basis: str | None = None
    """On what ground."""
    changed_at: datetime
    changed_by: str


class RetentionRunData(msgspec.Struct, frozen=True, kw_only=True):
    """What the last pass over a kind of record did."""

    kind: str
    started_at: datetime
    finished_at: datetime | None
    position: str
    """Id of the last row looked at."""
    deleted: int
    held: int
