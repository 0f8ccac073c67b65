"""What the store takes and gives of the hub's own addresses at partners, by which these call it."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec

from c360.values import Secret
from store.data_actions import ActionRejection, PartnerActionState


class RegistrationWish(enum.Enum):
    """What a partner was asked for last."""

    CALL = "CALL"
    """To call the hub."""
    CALL_NO_MORE = "CALL_NO_MORE"
    """Not to call it any more."""


class RegistrationData(msgspec.Struct, frozen=True, kw_only=True):
    """The hub's address at a partner: what was asked for last, and how that stands."""

    connector: str
    """Instance id of the partner."""
    id: str
    """Also the idempotency key that the partner gets."""
    url: str
    wish: RegistrationWish
    state: PartnerActionState
    """Of what is wished for; goes on as that of an action does."""
    seq: int
    """How many steps it has taken: changes with whatever changes."""
    attempts: int = 0
    requested_by: str
    requested_at: datetime
    valid_until: datetime
    """Until when it may be sent."""
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    next_at: datetime | None = None
    """When the hub does something about it next. While a process is doing something: when that one is given
    up."""
    references: tuple[str, ...] = ()
    """The partner's own ids of it."""
    rejection: ActionRejection | None = None
    problem: str | None = None
    """Code of what stood in the way last."""
    signed: bool = False
    """Whether a secret is kept that its calls are signed with."""


class RegistrationChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a step makes of a registration. A field that is not given stays as it is."""

    after: PartnerActionState
    next_at: datetime | None = None
    """When the hub does something about it next; always set anew."""
    problem: str | None = None
    """Always set anew."""
    rejection: ActionRejection | None = None
    references: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    secret: Secret | msgspec.UnsetType | None = msgspec.UNSET
    sent: bool = False
    """Whether it goes out now."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where a partner calls, and what its calls are signed with."""

    url: str
    secret: Secret | None
