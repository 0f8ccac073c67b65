"""What the store takes and gives of products and of how customers answered offers of them."""

from __future__ import annotations

import enum
from datetime import date, datetime

import msgspec


class ProductState(enum.Enum):
    """Whether a product can be offered."""

    DRAFT = "DRAFT"
    """Being prepared: kept, never offered."""
    ACTIVE = "ACTIVE"
    """Offered within its dates."""
    RETIRED = "RETIRED"
    """Offered no more; kept, because customers were offered it."""


class ProductDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A product as it is to be kept."""

    id: str
    domain: str
    line: str
    """Line of business."""
    name: str
    description: str
    state: ProductState = ProductState.ACTIVE
    valid_from: date | None = None
    valid_until: date | None = None
    """Last day on which it is offered."""
    content: str
    """Value, rules, levers and caps as JSON: always read as a whole, by those who know what they mean."""


class ProductData(ProductDraft, frozen=True, kw_only=True):
    """A product as it is kept."""

    version: int
    """Counts from 1; another one after every change."""
    since: datetime
    """When it became what it is."""


class CatalogueChange(msgspec.Struct, frozen=True, kw_only=True):
    """What an import of products did, by their ids."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()


class OfferEventKind(enum.Enum):
    """What became of an offer."""

    PRESENTED = "PRESENTED"
    """The customer saw it or heard of it."""
    ACCEPTED = "ACCEPTED"
    """The customer wants it."""
    DECLINED = "DECLINED"
    """The customer does not want it."""


class OfferEventDraft(msgspec.Struct, frozen=True, kw_only=True):
    """Something that became of an offer, with what the models said at that moment."""

    customer_id: str
    product_id: str
    product_version: int
    event: OfferEventKind
    agent: str
    """Who told it."""
    channel: str | None = None
    doing: str | None = None
    """What the customer was doing."""
    reason: str | None = None
    """Why, in words or as a code."""
    stage: str
    """How far the product came for this customer."""
    propensity: float | None = None
    priority: float | None = None
    explored: bool = False
    """Whether it was shown to learn from rather than for its priority."""
    parts: str = "{}"
    """What the priority was made of, and the features behind it, as JSON: what a model is fitted to later."""


class OfferEvent(OfferEventDraft, frozen=True, kw_only=True):
    """The same as it is kept."""

    id: str
    at: datetime


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """An event as contact policy needs it."""

    product_id: str
    event: OfferEventKind
    at: datetime
    channel: str | None
