"""What the store takes and gives of events: what happened in the hub, for those who follow it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class EventDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, to be told with the transaction in which it did."""

    kind: str
    """One of the event catalogue, such as ``customer.changed``."""
    customer_ids: tuple[str, ...] = ()
    """Local ids of the customers concerned."""
    data: Mapping[str, Any] = {}
    """What the catalogue says of the kind: ids, enums and figures, never personal data."""
    version: int = 1
    """Of the kind's data."""


class EventData(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    id: str
    """A UUIDv7: the same for everybody who hears of it, however often."""
    sequence: int
    """Its place: whoever read up to here has missed nothing before it."""
    kind: str
    version: int
    customer_ids: tuple[str, ...]
    """As they were then; an old id still leads to whoever answers for it."""
    data: Mapping[str, Any]
    at: datetime
