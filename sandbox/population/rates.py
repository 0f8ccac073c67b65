"""Exchange rates that stand for a month, made up once for all lives."""

from __future__ import annotations

import functools
import math
from datetime import date
from decimal import Decimal

_SCALE = 10_000
_BASE = {
    "AUD": (1.0, 0.0, 1.0),
    "BRL": (0.28, 0.06, 17),
    "CHF": (1.76, 0.04, 23),
    "EUR": (1.65, 0.04, 19),
    "USD": (1.52, 0.05, 29),
}
"""AUD for one unit, how far that swings, and in how many months it swings."""


@functools.lru_cache(maxsize=4096)
def _ten_thousandths(currency: str, to: str, year: int, month: int) -> int:
    return round(_aud(currency, year, month) / _aud(to, year, month) * _SCALE)


def _aud(currency: str, year: int, month: int) -> float:
    base, swing, period = _BASE[currency]
    return base * (1 + swing * math.sin(2 * math.pi * (year * 12 + month) / period))


def rate(currency: str, to: str, on: date) -> Decimal:
    """What one unit of a currency costs in another, to four decimals, all month long."""
    return Decimal(_ten_thousandths(currency, to, on.year, on.month)).scaleb(-4)


def table(to: str, on: date) -> dict[str, float]:
    """What one unit of each other currency costs, on a day."""
    return {currency: float(rate(currency, to, on)) for currency in _BASE if currency != to}


def convert(cents: int, currency: str, to: str, on: date) -> int:
    """Cents of one currency in cents of another, at the rate of the month."""
    return (cents * _ten_thousandths(currency, to, on.year, on.month) + _SCALE // 2) // _SCALE


def money(cents: int) -> Decimal:
    """Cents as an amount with two decimals."""
    return Decimal(cents).scaleb(-2)
