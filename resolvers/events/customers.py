"""Events about who is a customer, and that something of one is no longer what it was."""

from __future__ import annotations

import enum
from typing import Annotated

from msgspec import Meta

from resolvers.events.kinds import EventKind, Facts, GlobalId, Name


class Aspect(enum.Enum):
    """What of a customer is no longer what it was."""

    PROFILE = "PROFILE"
    """Names, contact points, addresses, dates."""
    IDENTITY = "IDENTITY"
    """Which partner records belong to the customer, or which customers are one."""
    RECORDS = "RECORDS"
    """What a partner holds: accounts, policies, memberships, stays, bookings."""
    OFFERS = "OFFERS"
    """What may be offered, or what became of an offer."""
    SCORES = "SCORES"
    """Value, risk or segments."""
    OWN = "OWN"
    """What the hub itself keeps: consents, interactions, tasks and the like."""


class CustomerChanged(Facts, frozen=True, kw_only=True):
    """What a ``customer.changed`` tells."""

    aspects: Annotated[
        tuple[Aspect, ...], Meta(description="What to read anew; empty where that is not known.")
    ] = ()
    connector: Annotated[
        Name | None, Meta(description="Connector instance of the partner that told of it, if one did.")
    ] = None


class CustomerRefreshed(Facts, frozen=True, kw_only=True):
    """What a ``customer.refreshed`` tells."""

    connectors: Annotated[
        tuple[Name, ...], Meta(description="Connector instances whose records arrived and are kept.")
    ]


class CustomersMerged(Facts, frozen=True, kw_only=True):
    """What a ``customer.merged`` tells."""

    survivor: Annotated[GlobalId, Meta(description="Who answers for all of them from now on.")]
    entry: Annotated[GlobalId, Meta(description="The merge in the ledger.")]


class CustomersParted(Facts, frozen=True, kw_only=True):
    """What a ``customer.parted`` tells."""

    customer: Annotated[GlobalId, Meta(description="Whom the others were part of.")]
    entry: Annotated[GlobalId, Meta(description="The decision in the ledger.")]


class CustomerAccessChanged(Facts, frozen=True, kw_only=True):
    """What a ``customer.access_changed`` tells: nothing but whom it concerns."""


class CustomerErased(Facts, frozen=True, kw_only=True):
    """What a ``customer.erased`` tells: nothing but whom it concerns."""


KINDS = (
    EventKind(
        name="customer.changed",
        facts=CustomerChanged,
        scope="customers:read",
        description="Something of the customers is no longer what it was: read anew what you show of them.",
    ),
    EventKind(
        name="customer.refreshed",
        facts=CustomerRefreshed,
        scope="customers:read",
        description="Partners have answered behind an answer that did not wait for them.",
    ),
    EventKind(
        name="customer.merged",
        facts=CustomersMerged,
        scope="customers:read",
        description="Somebody made customers one: their old ids lead to the survivor.",
    ),
    EventKind(
        name="customer.parted",
        facts=CustomersParted,
        scope="customers:read",
        description="Somebody made several of a customer: a merge was taken back, or records left.",
    ),
    EventKind(
        name="customer.access_changed",
        facts=CustomerAccessChanged,
        scope="customers:read",
        description="Others see the customers, or more of them: a caller was verified, or a book changed.",
    ),
    EventKind(
        name="customer.erased",
        facts=CustomerErased,
        scope="customers:read",
        description="A person was erased: delete what you keep of them.",
    ),
)
