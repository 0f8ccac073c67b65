"""What a change feed or a webhook tells."""

from __future__ import annotations

import msgspec

from c360.records.base import Record


class Upsert(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is new or changed at the partner."""

    kind: str
    party_id: str
    object_id: str
    """The partner's id of the record; for ``party.profile`` the party id itself."""
    record: Record


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is gone at the partner."""

    kind: str
    party_id: str | None
    object_id: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Everything up to here has been delivered; ``cursor`` continues from it, also after a restart."""

    cursor: str
    progress: float | None = None
    """Share of the present run that is done, 0 to 1, where the partner lets us know."""


class Outdated(msgspec.Struct, frozen=True, kw_only=True):
    """The partner says that something of a customer changed, without saying what it is now."""

    kind: str
    party_id: str


Change = Upsert | Deletion | Outdated | Checkpoint
