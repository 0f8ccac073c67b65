"""The dimensions that customers are told apart by, and why a customer has a label of each.

A customer has exactly one label of each dimension, so that all customers fall into the cells of value, risk
and lifecycle without overlap or gap. What is not known is a label of its own and never the worst one.
"""

from __future__ import annotations

import enum

import msgspec


class Dimension(enum.Enum):
    """What customers are told apart by."""

    VALUE = "VALUE"
    """What the company earns with them."""
    RISK = "RISK"
    """How likely they cost it money instead."""
    LIFECYCLE = "LIFECYCLE"
    """Where they stand between coming and leaving."""
    FIGURE = "FIGURE"
    """A figure of their own that a segment asks for."""


class Value(enum.Enum):
    """A customer's worth among customers of their kind."""

    TOP = "TOP"
    """The best: unless the company says otherwise the tenth that contributes most."""
    HIGH = "HIGH"
    """Below the best, above the middle: the next fifth."""
    MIDDLE = "MIDDLE"
    """Neither much nor little: the two fifths around the median."""
    LOW = "LOW"
    """Those who contribute least."""
    UNKNOWN = "UNKNOWN"
    """The figure is not known, or there is no population to rank it by."""


class Risk(enum.Enum):
    """A customer's risk."""

    LOW = "LOW"
    """Unless the company says otherwise, below 2 % to default within a year."""
    MEDIUM = "MEDIUM"
    """From 2 % to below 5 %."""
    HIGH = "HIGH"
    """5 % and more."""
    UNKNOWN = "UNKNOWN"
    """Nothing is known that it could be told from."""


class Lifecycle(enum.Enum):
    """Where a customer stands between coming and leaving."""

    PROSPECT = "PROSPECT"
    """Known, but never bought and never held anything."""
    NEW = "NEW"
    """Came within the last year, unless the company says otherwise."""
    GROWING = "GROWING"
    """Spends clearly more than before."""
    MATURE = "MATURE"
    """Goes on as before."""
    DECLINING = "DECLINING"
    """Spends clearly less than before, is silent for longer than usual, or has given up most contracts."""
    LAPSED = "LAPSED"
    """Holds nothing any more, and has been silent for so long that nothing more is expected."""
    UNKNOWN = "UNKNOWN"
    """Nothing is known of them, and a partner's part is missing."""


class By(enum.Enum):
    """What of a figure is compared with the cuts."""

    PERCENTILE = "PERCENTILE"
    """Where it stands among customers of the same kind, from 0 to 100."""
    AMOUNT = "AMOUNT"
    """The figure itself."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Why a customer has a label: a figure, and the stretch of that figure that the label stands for."""

    dimension: Dimension
    label: str
    figure: str
    """What was looked at, such as ``PROFIT_PERCENTILE`` or ``SILENT_DAYS``."""
    value: float | None
    at_least: float | None = None
    below: float | None = None
    note: str | None = None
    """Why there is no figure."""

    @property
    def cut(self) -> str | None:
        """The stretch in words; none where there was nothing to compare."""
        parts = []
        if self.at_least is not None:
            parts.append(f"at least {self.at_least:g}")
        if self.below is not None:
            parts.append(f"below {self.below:g}")
        return " and ".join(parts) or None
