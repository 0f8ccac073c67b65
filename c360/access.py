"""Who asks, for what purpose, and how a repeated request is recognised."""

from __future__ import annotations

import enum
from typing import NewType

import msgspec

TenantId = NewType("TenantId", str)
"""The company whose customers these are."""

IdempotencyKey = NewType("IdempotencyKey", str)
"""Chosen by the caller; the same key with the same body takes effect once."""

DEFAULT_TENANT = TenantId("default")


class Purpose(enum.Enum):
    """What the data is asked for. Comes from the token's allowed list; a header selects, never widens."""

    SERVICE = "SERVICE"
    """Serving the customer in what they have asked for or bought."""
    CLAIMS = "CLAIMS"
    """Settling what happened: a claim, a dispute, a complaint."""
    MARKETING = "MARKETING"
    """Offering what the customer has not asked for."""
    RISK = "RISK"
    """Judging what the customer can bear and what may go wrong."""
    ANALYTICS = "ANALYTICS"
    """Learning from many customers, of whom none is addressed."""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The caller as authentication found it."""

    subject: str
    """Stable id of the person or program that asks."""
    tenant: TenantId = DEFAULT_TENANT
    purposes: frozenset[Purpose] = frozenset({Purpose.SERVICE})
    """Purposes the token allows."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """A principal acting for one purpose: what shared work is keyed by."""

    principal: Principal
    purpose: Purpose = Purpose.SERVICE

    @property
    def tenant(self) -> TenantId:
        """Tenant of the principal."""
        return self.principal.tenant
