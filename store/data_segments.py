"""What the store takes and gives about segments: versions of definitions, counts of the population, members.

A definition is text to the store: what it means is known above it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import msgspec


class SegmentDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a definition. Versions are only ever added."""

    name: str
    version: int
    """From 1, without gaps."""
    definition: str | None
    """JSON; ``None``: the name is defined no more from this version on."""
    active_from: datetime
    by: str
    """Who brought it in."""
    recorded_at: datetime


class SegmentDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that becomes the next version of its name."""

    name: str
    definition: str | None


class Tally(msgspec.Struct, frozen=True):
    """Customers and what they are worth together; amounts in the currency of the count."""

    customers: int = 0
    profit: float = 0.0
    """Of those whose profit is known."""
    lifetime_value: float = 0.0
    """Of those whose lifetime value is known."""


class CountData(msgspec.Struct, frozen=True, kw_only=True):
    """A count of the whole population for one day: how far it is, and what it has found up to there."""

    day: date
    versions: Mapping[str, int]
    """The definitions it counts by, by name: a count by others begins anew."""
    currency: str
    position: str | None = None
    """The last customer counted; ``None``: none yet."""
    customers: int = 0
    """Counted so far."""
    segments: Mapping[str, Tally] = {}
    """By name."""
    cells: Mapping[str, Tally] = {}
    """By the labels of value, risk and lifecycle, with a full stop between them."""
    finished_at: datetime | None = None


class SegmentSize(msgspec.Struct, frozen=True, kw_only=True):
    """How large a segment was on one day."""

    name: str
    day: date
    version: int
    """Of its definition that day."""
    tally: Tally
    population: int
    """Customers counted that day, whatever their segments."""
    currency: str


class CellSize(msgspec.Struct, frozen=True, kw_only=True):
    """How many customers had the same labels on one day."""

    value: str
    risk: str
    lifecycle: str
    tally: Tally


class CustomerScore(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a customer, by which customers are put in order."""

    customer_id: str
    figure: str
    line: str
    """Line of business; empty: over all of them."""
    score: float


class StandingPage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a list of customers."""

    ids: tuple[str, ...]
    scores: tuple[float, ...] = ()
    """One for each customer, where the list is in their order."""
    cursors: tuple[str, ...]
    """One for each customer: where to go on from."""
    has_next: bool
    has_previous: bool
