"""The loan against a policy beside its surrender, against figures worked out by hand."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.offers.policy_loan import Policy, Terms, compare, surrendered

TERMS = Terms(
    loan_rate=0.06, discount_rate=0.05, crediting_rate=0.03, surrender_charge=0.04, tax=0.25, years=2
)
POLICY = Policy(value=10_000, premium=300, cover=500, premiums_paid=8_000)


def test_both_present_values_as_worked_out_by_hand() -> None:
    # Surrender: 10,000 less 4 % is 9,600, of which 1,600 are gain: a quarter of it is tax.
    assert surrendered(POLICY, TERMS) == pytest.approx(9_200)
    found = compare(POLICY, TERMS, loan=5_000)
    # Debt after two years 5,000 · 1.1236; value 10,000 · 1.0609; cover less premium 200 now and in a year.
    assert found.debt == pytest.approx(5_618)
    assert found.value == pytest.approx(10_609)
    assert found.loan_value == pytest.approx(5_000 - 5_618 / 1.1025 + 10_609 / 1.1025 + 200 + 200 / 1.05)
    assert found.loan_value == pytest.approx(9_917.4603, abs=0.0001)
    assert found.better == pytest.approx(717.4603, abs=0.0001)
    assert not found.over_loaned
    # ln(2) / (ln 1.06 − ln 1.03)
    assert found.lapses_after == pytest.approx(24.1430, abs=0.0001)


def test_at_the_break_even_rate_both_are_worth_the_same() -> None:
    found = compare(POLICY, TERMS, loan=5_000)
    assert found.break_even_rate is not None
    # 5,000 + 10,012.9252… + … − 9,200 over 5,000, the root of it times 1.05
    at = compare(POLICY, msgspec.structs.replace(TERMS, loan_rate=found.break_even_rate), loan=5_000)
    assert at.loan_value == pytest.approx(at.surrender_value)
    assert found.break_even_rate == pytest.approx(0.1322, abs=0.0001)


def test_as_much_is_borrowed_as_surrender_would_pay_and_no_more_than_is_lent() -> None:
    found = compare(POLICY, TERMS)
    assert found.loan == 9_000  # nine tenths of the value
    more = compare(POLICY, msgspec.structs.replace(TERMS, loan_to_value=1.0))
    assert more.loan == pytest.approx(9_200)
    assert compare(POLICY, TERMS, loan=9_001).over_loaned


def test_a_policy_lapses_when_the_debt_outgrows_it_and_never_if_it_earns_more() -> None:
    assert compare(POLICY, TERMS, loan=12_000).lapses_after == 0
    rich = msgspec.structs.replace(POLICY, crediting_rate=0.07)
    assert compare(rich, TERMS, loan=9_000).lapses_after is None
    tight = compare(POLICY, TERMS, loan=9_900)
    assert tight.lapses_after is not None
    years = tight.lapses_after
    assert 9_900 * 1.06**years == pytest.approx(10_000 * 1.03**years)


def test_without_a_loan_there_is_no_break_even_and_without_a_value_no_comparison() -> None:
    found = compare(POLICY, TERMS, loan=0)
    assert (found.break_even_rate, found.lapses_after, found.debt) == (None, None, 0)
    with pytest.raises(ValueError, match="without a value"):
        compare(Policy(value=0), TERMS)
    with pytest.raises(ValueError, match="not negative"):
        compare(POLICY, TERMS, loan=-1)


def test_cover_that_is_not_priced_is_worth_a_share_of_its_premium() -> None:
    unpriced = msgspec.structs.replace(POLICY, cover=None)
    terms = msgspec.structs.replace(TERMS, premium_value=0.5)
    priced = msgspec.structs.replace(POLICY, cover=150)
    assert compare(unpriced, terms, loan=5_000) == compare(priced, terms, loan=5_000)


def test_premiums_that_are_not_known_are_not_taxed() -> None:
    unknown = msgspec.structs.replace(POLICY, premiums_paid=None)
    assert surrendered(unknown, TERMS) == pytest.approx(9_600)
    assert surrendered(msgspec.structs.replace(POLICY, premiums_paid=20_000), TERMS) == pytest.approx(9_600)


@given(
    value=st.floats(100, 1e7),
    loan=st.floats(0, 1),
    rate=st.floats(-0.02, 0.3),
    premium=st.floats(0, 1e4),
    years=st.integers(1, 40),
)
def test_a_dearer_loan_is_never_worth_more(
    value: float, loan: float, rate: float, premium: float, years: int
) -> None:
    terms = Terms(loan_rate=rate, years=years)
    policy = Policy(value=value, premium=premium)
    wanted = loan * value
    found = compare(policy, terms, loan=wanted)
    dearer = compare(policy, msgspec.structs.replace(terms, loan_rate=rate + 0.01), loan=wanted)
    assert dearer.loan_value <= found.loan_value
    assert math.isfinite(found.loan_value)
