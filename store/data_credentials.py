"""What the store takes and gives of programs' keys and of customers' grants at partners."""

from __future__ import annotations

import enum
from datetime import date, datetime

import msgspec

from c360.values import Secret


class ApiKeyKind(enum.Enum):
    """What a key is for; its name stands in the key itself, so that scanners tell which one leaked."""

    SERVICE = "SERVICE"
    """Asks the graph."""
    WEBHOOK = "WEBHOOK"
    """Lets a partner's calls in, and nothing else."""


class ApiKeyData(msgspec.Struct, frozen=True, kw_only=True):
    """A key as the hub keeps it."""

    id: str
    kind: ApiKeyKind
    name: str
    """Of the program whose it is."""
    roles: tuple[str, ...]
    scopes: tuple[str, ...] | None = None
    """What the roles are narrowed to; none: they are not."""
    purposes: tuple[str, ...] | None = None
    connectors: tuple[str, ...] = ()
    """For a partner's: its connector instances."""
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    used_on: date | None = None
    """The last day on which it was used."""

    def usable(self, at: datetime) -> bool:
        """Whether it lets anybody in at a moment."""
        return self.revoked_at is None and at < self.expires_at


class GrantState(enum.Enum):
    """How a customer's grant at a partner stands."""

    ACTIVE = "ACTIVE"
    """The hub may read there."""
    EXPIRED = "EXPIRED"
    """It has ended and was not renewed; ask the customer again."""
    REVOKED = "REVOKED"
    """The customer or the partner took it back; ask the customer again."""


class RevokedBy(enum.Enum):
    """Who took a grant back."""

    CUSTOMER = "CUSTOMER"
    """The customer, here."""
    PARTNER = "PARTNER"
    """The partner, or the customer there."""


class GrantData(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's grant, without its tokens."""

    connector: str
    party_id: str
    scopes: tuple[str, ...]
    state: GrantState
    granted_at: datetime | None
    """None for one that was imported."""
    granted_by: str | None
    """Who began it; none for one that was imported."""
    expires_at: datetime | None
    """When it ends unless it is renewed."""
    renewable: bool
    revoked_at: datetime | None
    revoked_by: RevokedBy | None


class FlowDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who is to be sent to a partner."""

    id: str
    customer_id: str
    connector: str
    party_id: str
    subject: str
    url: str
    state: Secret
    verifier: Secret
    return_to: str
    expires_at: datetime


class FlowData(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who was sent to a partner."""

    id: str
    customer_id: str
    connector: str
    party_id: str
    subject: str
    url: str
    state: Secret
    verifier: Secret
    return_to: str


class NewGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner gave for a customer's consent, or for a renewal of it."""

    access_token: Secret
    refresh_token: Secret | None = None
    scopes: tuple[str, ...] = ()
    expires_at: datetime | None = None


class DutyKind(enum.Enum):
    """What is to be done about a grant."""

    RENEW = "RENEW"
    """Renew it before it ends."""
    REVOKE = "REVOKE"
    """Tell the partner that it has ended."""


class DutyData(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done about a grant, by the one process that claimed it."""

    kind: DutyKind
    customer_id: str
    connector: str
    party_id: str
    token: Secret
    is_refresh: bool
    """Whether the token is one to refresh with."""
    attempts: int
