"""What a booking costs, from its fares."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from c360.converters import currency
from c360.errors import PartnerFault
from c360.values import CurrencyCode, Money
from plugins.rental.payloads import WireFare, WireFarePart

_LARGEST_EXPONENT = 18


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """A total, as far as the fares allow to say it."""

    amount: Money | None = None
    estimated: bool | None = None


_FREE = Price()
"""Of which nothing is said."""


def total(fares: Iterable[WireFare | None]) -> Price:
    """The fares of a booking and its legs, which the API adds up.

    The amount stays open where a part depends on the use (``FLEX``), where the currency is missing,
    and where there are several. ``MAX`` parts bound a fare and add nothing.

    Raises:
        PartnerFault: a number or a currency is not one, or beyond any amount of money.
    """
    known = [fare for fare in fares if fare is not None]
    if not known:
        return _FREE
    estimated = any(fare.estimated for fare in known)
    amount = Decimal(0)
    currencies: set[CurrencyCode | None] = set()
    fixed = True
    for fare in known:
        for part in fare.parts:
            kind = _type(part, fare)
            if kind != "MAX":
                fixed = fixed and kind == "FIXED"
                currencies.add(currency(part.currency_code) if part.currency_code else None)
                amount += _signed(part)
    (only,) = currencies if len(currencies) == 1 else (None,)
    if only is None or not fixed:
        return Price(estimated=estimated)
    return Price(amount=Money(amount=amount, currency=only), estimated=estimated)


def exact(value: Decimal) -> Decimal:
    """The number itself.

    Raises:
        PartnerFault: it is not finite, or beyond any amount of money.
    """
    if not value.is_finite() or (value and abs(value.adjusted()) > _LARGEST_EXPONENT):
        raise PartnerFault("a number is not finite or far out of range")
    return value


def _type(part: WireFarePart, fare: WireFare) -> str | None:
    """The type; that of an only part may be missing and is then ``FIXED``."""
    return part.type or ("FIXED" if len(fare.parts) == 1 else None)


def _signed(part: WireFarePart) -> Decimal:
    """The amount, a discount negative: the API demands that in words but forbids it in its schema."""
    amount = exact(part.amount)
    return -abs(amount) if part.kind == "DISCOUNT" else amount
