"""Calls that a partner makes to the hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from c360.changes import Change


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it came in, byte for byte: signatures are made over bytes."""

    url: str
    """The address that the partner called; some sign it too."""
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes
    received_at: datetime
    """In UTC."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified call said."""

    event_id: str
    """The partner's id of the event: the host takes each once."""
    changes: Sequence[Change] = ()
    """Empty where the event is of no interest."""
