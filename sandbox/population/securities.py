"""What can be bought at the custodian. Names and prices are made up; the ISINs check."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.population.model import Security
from sandbox.population.numbers import isin

_Row = tuple[str, str, str, str, str, float, float, float, float, float, tuple[int, ...]]

_START = date(2020, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument with the course of its price and what it pays."""

    name: str
    isin: str
    type: str
    currency: str
    base: float
    """Price in 2020."""
    drift: float
    """Change per year."""
    swing: float
    period: float
    """Years from one high to the next."""
    pays: float
    """Dividend or coupon per year, as a share of the price."""
    paid_in: tuple[int, ...]
    """Months of payment."""

    def cents(self, on: date) -> int:
        """The price of one unit in cents of its currency."""
        return _cents(self, on.toordinal())

    def quoted(self, on: date) -> Security:
        """The instrument with its price on a day."""
        return Security(self.name, self.isin, self.type, self.currency, Decimal(self.cents(on)).scaleb(-2))


@functools.lru_cache(maxsize=65536)
def _cents(listed: Listed, ordinal: int) -> int:
    years = (ordinal - _START) / 365.25
    wave = listed.swing * math.sin(2 * math.pi * years / listed.period)
    ripple = listed.swing * 0.15 * math.sin(years * 41 + listed.base)
    growth = math.pow(1 + listed.drift, years)
    return max(100, round(listed.base * 100 * growth * (1 + wave + ripple)))


@functools.cache
def universe() -> tuple[Listed, ...]:
    """All instruments, in an order that never changes."""
    rows: tuple[_Row, ...] = (
        ("Alpenglas Holding", "CH", "001234567", "equity", "CHF", 142.0, 0.05, 0.18, 3.1, 0.028, (4,)),
        ("Bodensee Pharma", "CH", "002345678", "equity", "CHF", 88.5, 0.03, 0.12, 2.4, 0.032, (3,)),
        ("Gotthard Versicherung", "CH", "003456789", "equity", "CHF", 415.0, 0.04, 0.10, 4.2, 0.045, (4,)),
        ("Rhône Énergie", "CH", "004567890", "equity", "CHF", 61.2, -0.02, 0.25, 1.9, 0.05, (5,)),
        ("Uhrwerk Jura", "CH", "005678901", "equity", "CHF", 236.0, 0.02, 0.22, 2.8, 0.02, (5,)),
        ("Nordlicht Automobil", "DE", "000111222", "equity", "EUR", 54.3, 0.01, 0.27, 2.2, 0.038, (5,)),
        ("Hansa Logistik", "DE", "000333444", "equity", "EUR", 32.8, 0.06, 0.14, 3.4, 0.025, (6,)),
        ("Vins de Loire", "FR", "000555666", "equity", "EUR", 118.0, 0.03, 0.16, 2.6, 0.022, (6, 12)),
        ("Lisboa Telecom", "PT", "000777888", "equity", "EUR", 9.4, -0.01, 0.15, 2.1, 0.06, (5,)),
        ("Prairie Soft", "US", "111222333", "equity", "USD", 171.0, 0.11, 0.24, 2.5, 0.006, (3, 6, 9, 12)),
        ("Great Lakes Rail", "US", "222333444", "equity", "USD", 94.0, 0.05, 0.13, 3.7, 0.02, (2, 5, 8, 11)),
        ("Cascade Foods", "US", "333444555", "equity", "USD", 47.5, 0.02, 0.09, 3.0, 0.031, (1, 4, 7, 10)),
        ("Confederation Bond 2031", "CH", "010000001", "bond", "CHF", 101.5, 0.0, 0.03, 5.0, 0.0125, (6,)),
        ("Canton Bond 2029", "CH", "010000002", "bond", "CHF", 99.2, 0.0, 0.02, 4.0, 0.009, (9,)),
        ("Hansa 3.25 % 2028", "DE", "010000003", "bond", "EUR", 98.7, 0.0, 0.04, 4.4, 0.0325, (10,)),
        ("Great Lakes 4.5 % 2033", "US", "010000004", "bond", "USD", 100.4, 0.0, 0.05, 4.8, 0.045, (3, 9)),
        ("World Equity Fund", "CH", "020000001", "fund", "CHF", 122.0, 0.055, 0.11, 3.3, 0.015, (11,)),
        ("Swiss Balanced Fund", "CH", "020000002", "fund", "CHF", 108.0, 0.03, 0.06, 3.3, 0.012, (11,)),
        ("Dividend Fund", "LU", "020000003", "fund", "EUR", 76.0, 0.03, 0.10, 2.7, 0.035, (3, 6, 9, 12)),
        ("Small Companies Fund", "LU", "020000004", "fund", "USD", 64.0, 0.06, 0.19, 2.3, 0.0, ()),
    )  # fmt: skip
    return tuple(
        Listed(name, isin(country, body), kind, currency, base, drift, swing, period, pays, paid_in)
        for name, country, body, kind, currency, base, drift, swing, period, pays, paid_in in rows
    )
