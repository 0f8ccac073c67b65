"""What is read of customers all at once, for an operation that only looks."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from c360.contract import KeyKind
from store.data import CustomerData, PartyFigures
from store.data_consents import DecisionData
from store.data_contests import ContestData
from store.data_offers import Contact, ProductData
from store.data_segments import SegmentDefinition


class Part(enum.Enum):
    """What can be read of each customer beside who they are, or of the tenant beside its customers."""

    LINKS = "links"
    """The parties at partners that the customer is linked to; without it the customer has none."""
    VALUES = "values"
    """What partners say of the customer; without it nothing is said."""
    DECISIONS = "decisions"
    FIGURES = "figures"
    CONTESTS = "contests"
    CONTACTS = "contacts"
    GRANTS = "grants"
    """What the customer allowed partners to tell, sealed as it is kept."""
    VERIFIED = "verified"
    """Until when the caller is known to be the customer."""
    SEGMENTS = "segments"
    """The definitions in force, the same for all."""
    PRODUCTS = "products"
    """The catalogue, the same for all."""

    __hash__ = object.__hash__  # members are one of each; the library's own is a call in Python


WHOLE = frozenset({Part.LINKS, Part.VALUES})
"""The customer as everything but a few fields of the hub's own takes them."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What one operation looks up, and what it reads of those it finds."""

    ids: tuple[str, ...] = ()
    """Ids of customers, old ones among them."""
    keys: tuple[tuple[KeyKind, str], ...] = ()
    """Normalised as they were when they were brought in."""
    refs: tuple[tuple[str, str], ...] = ()
    """(instance id, party id)."""
    parts: frozenset[Part] = WHOLE
    subject: str = ""
    """For whom verifications count, where :attr:`Part.VERIFIED` is read."""
    contacts_within: timedelta = timedelta(0)
    """Up to how long ago contacts are of interest, where :attr:`Part.CONTACTS` is read."""


class SealedGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A party's access token as it is kept, with the key that opens it."""

    sealed_for: str | None
    """The customer whose key opens it; none where it has ended."""
    token: str
    """Hexadecimal."""
    master: str | None
    """Mark of the master key that wraps that customer's; none where nobody can open it any more."""
    wrapped: str | None
    """That customer's key, wrapped, hexadecimal."""
    remembered: dict[Any, Any] = msgspec.field(default_factory=dict)
    """What was worked out of it alone; never shown."""

    def __repr__(self) -> str:
        return "SealedGrant(...)"


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one customer. Parts that were not asked for are empty."""

    customer: CustomerData
    decisions: tuple[DecisionData, ...] = ()
    """The earliest first."""
    figures: tuple[PartyFigures, ...] = ()
    """By connector and party."""
    contests: tuple[ContestData, ...] = ()
    """The latest first."""
    contacts: tuple[Contact, ...] = ()
    """The oldest first."""
    verified: datetime | None = None
    grants: Mapping[tuple[str, str], SealedGrant] | None = None
    """By (connector, party id); none where they were not asked for."""
    remembered: dict[Any, Any] = msgspec.field(default_factory=dict)
    """What readers worked out of it alone, for as long as the database says the same of the customer."""


class Folders(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    known: Mapping[str, str] = {}
    """The present customer that answers for each id; unknown ones are left out."""
    by_key: Mapping[tuple[KeyKind, str], tuple[str, ...]] = {}
    """Present ids of all customers that a key leads to, sorted."""
    by_ref: Mapping[tuple[str, str], str] = {}
    """The present id of the customer that a party is linked to."""
    of: Mapping[str, Folder] = {}
    """By present id: everybody who was found by anything."""
    segments: tuple[SegmentDefinition, ...] | None = None
    products: tuple[ProductData, ...] | None = None
