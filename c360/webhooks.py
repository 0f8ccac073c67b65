"""Calls that a partner makes to the hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from c360.access import IdempotencyKey
from c360.changes import Change
from c360.values import Secret


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it came in, byte for byte: signatures are made over bytes."""

    url: str
    """The address that the partner called; some sign it too."""
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes
    received_at: datetime
    """In UTC."""
    secrets: tuple[Secret, ...] = ()
    """What the partner gave when the hub's address was registered there; see :class:`Registration`. Valid
    beside what the settings have."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified call said."""

    event_id: str
    """The partner's id of the event: the host takes each once."""
    changes: Sequence[Change] = ()
    """Empty where the event is of no interest."""


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's address, as a partner is to call it."""

    url: str
    idempotency_key: IdempotencyKey
    """The same for every attempt at the same registration, and for no other."""


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """An address that a partner calls."""

    url: str
    references: tuple[str, ...]
    """The partner's own ids of it: several where it registers each kind of event by itself."""
    secret: Secret | None = None
    """What its calls are signed with; partners tell it once, when the address is registered."""
