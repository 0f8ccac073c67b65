"""Who asks, for what purpose, and how a repeated request is recognised."""

from __future__ import annotations

import enum
from datetime import datetime
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
    FRAUD = "FRAUD"
    """Finding out whether somebody deceives, where the law allows it without the customer's leave."""
    ANALYTICS = "ANALYTICS"
    """Learning from many customers, of whom none is addressed."""

    __hash__ = object.__hash__  # members are one of each; the library's own is a call in Python


class Reach(enum.Enum):
    """Whose data a caller may come to, before any other rule."""

    EVERYBODY = "EVERYBODY"
    """All customers of the tenant."""
    BOOK = "BOOK"
    """The customers in the caller's own book of business."""
    PARTNER = "PARTNER"
    """What the caller's own connector instances hold, and nothing of the others."""
    SELF = "SELF"
    """The one customer who is the caller."""
    NOBODY = "NOBODY"
    """No customer at all."""

    __hash__ = object.__hash__  # as above


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """The caller as authentication found it. What is not granted here is denied."""

    subject: str
    """Stable id of the person or program that asks."""
    tenant: TenantId = DEFAULT_TENANT
    purposes: frozenset[Purpose] = frozenset({Purpose.SERVICE})
    """Purposes the token allows."""
    roles: frozenset[str] = frozenset()
    """Names of the roles it holds, as far as the hub knows them."""
    scopes: frozenset[str] = frozenset()
    """What it may do: names of the graph's scopes."""
    reach: Reach = Reach.NOBODY
    customer_id: str | None = None
    """Who the caller is, where its reach is :attr:`Reach.SELF`: the customer's local id."""
    connectors: frozenset[str] = frozenset()
    """The caller's own connector instances, where its reach is :attr:`Reach.PARTNER`."""
    client: str = ""
    """The application that the token was issued to, where that is told."""
    expires_at: datetime | None = None
    """When the token that said all this ends; long answers are cut off then."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """A principal acting for one purpose: what shared work is keyed by."""

    principal: Principal
    purpose: Purpose = Purpose.SERVICE

    @property
    def tenant(self) -> TenantId:
        """Tenant of the principal."""
        return self.principal.tenant
