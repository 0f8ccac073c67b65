"""Sums per currency and their laws."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.values import CurrencyCode, Money
from resolvers.money import negated, rounded, scaled, total

amounts = st.builds(
    lambda amount, currency: Money(amount=amount, currency=CurrencyCode(currency)),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**18), max_value=10**18, places=6),
    st.sampled_from(["AUD", "BRL", "CHF"]),
)
lists = st.lists(amounts | st.none(), max_size=12)


@given(items=lists, data=st.data())
def test_order_never_matters(items: list[Money | None], data: st.DataObject) -> None:
    assert total(items) == total(data.draw(st.permutations(items)))


@given(one=lists, other=lists)
def test_a_sum_of_sums_is_the_sum(one: list[Money | None], other: list[Money | None]) -> None:
    assert total([*total(one), *total(other)]) == total([*one, *other])


@given(items=lists)
def test_currencies_stay_apart(items: list[Money | None]) -> None:
    sums = total(items)
    assert [money.currency for money in sums] == sorted({item.currency for item in items if item})
    for money in sums:
        mine = [item.amount for item in items if item is not None and item.currency == money.currency]
        assert money.amount == sum(mine, Decimal(0))


@given(items=lists)
def test_debts_cancel(items: list[Money | None]) -> None:
    opposite = [negated(item) for item in items if item is not None]
    assert all(money.amount == 0 for money in total([*items, *opposite]))


def test_a_share_is_rounded_to_the_amounts_own_decimals() -> None:
    third = scaled(Money(amount=Decimal("100.00"), currency=CurrencyCode("BRL")), 1, 3)
    assert str(third.amount) == "33.33"
    assert str(scaled(Money(amount=Decimal("1.000"), currency=CurrencyCode("BHD")), 1, 3).amount) == "0.333"


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (2.125, "AUD", "2.12"),
        (2.135, "AUD", "2.13"),
        (-0.001, "AUD", "0.00"),
        (1234.5, "JPY", "1234"),
        (0.0004, "KWD", "0.000"),
    ],
)
def test_what_was_reckoned_is_rounded_to_the_minor_unit(amount: float, currency: str, shown: str) -> None:
    assert str(rounded(amount, CurrencyCode(currency)).amount) == shown
