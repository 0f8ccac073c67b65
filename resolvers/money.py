"""Adding money: exactly, and only within one currency."""

from __future__ import annotations

import decimal
from collections.abc import Iterable
from decimal import Decimal

from c360.currencies import minor_digits
from c360.values import CurrencyCode, Money

_EXACT = decimal.Context(prec=200)
"""Digits enough that a sum never rounds, so that its order cannot matter."""


def total(amounts: Iterable[Money | None]) -> tuple[Money, ...]:
    """One sum per currency, in the order of the currency codes; absent amounts are skipped.

    A currency whose amounts cancel out stays, with zero; without any amount there is no sum.
    """
    sums: dict[CurrencyCode, Decimal] = {}
    for money in amounts:
        if money is not None:
            sums[money.currency] = _EXACT.add(sums.get(money.currency, Decimal(0)), money.amount)
    return tuple(Money(amount=sums[currency], currency=currency) for currency in sorted(sums))


def negated(money: Money) -> Money:
    """The same amount with the other sign: what is owed, as a debt."""
    return Money(amount=_EXACT.minus(money.amount), currency=money.currency)


def rounded(amount: float, currency: CurrencyCode) -> Money:
    """An amount that was reckoned, rounded half-even to the currency's minor unit."""
    unit = Decimal(1).scaleb(-minor_digits(currency))
    return Money(
        amount=Decimal(amount).quantize(unit, decimal.ROUND_HALF_EVEN, _EXACT) + 0, currency=currency
    )


def scaled(money: Money, numerator: int, denominator: int) -> Money:
    """A share of an amount, rounded half-even to the amount's own decimals, at least two."""
    exponent = money.amount.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    share = _EXACT.divide(_EXACT.multiply(money.amount, Decimal(numerator)), Decimal(denominator))
    return Money(
        amount=share.quantize(Decimal(1).scaleb(-places), decimal.ROUND_HALF_EVEN, _EXACT),
        currency=money.currency,
    )
