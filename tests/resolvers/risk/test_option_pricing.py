"""The balance sheet is the live records, and what is not known is an interval and never zero."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.records.banking import AccountKind
from c360.records.base import Record
from c360.records.brokerage import InstrumentKind
from resolvers.needs import needs_of
from resolvers.risk.balance_sheet import BalanceSheet, balance_sheet
from resolvers.risk.mapping import DefaultMapping, Household
from resolvers.risk.markets import VOLATILITY, AssetClass, MarketAssumptions, correlation, volatility
from resolvers.risk.merton import SMALLEST_VOLATILITY, Position
from resolvers.risk.models import shipped_risk
from resolvers.risk.option_pricing import Gaps, OptionPrice, score_many
from tests.resolvers.risk.customers import ORIGIN, Gathered, account, convert, policy, position

MAPPING = DefaultMapping(
    origin=ORIGIN,
    distances=(-2.0, 0.0, 4.0),
    probabilities=(0.4, 0.1, 0.01),
    no_debt=0.005,
    no_assets=0.5,
    typical=Household(assets=30_000, debt=10_000, volatility=0.05),
)
MARKET = MarketAssumptions()
AMOUNTS = st.one_of(st.just(0.0), st.floats(1.0, 1e7))


def sheet(*records: Record | tuple[Record, ...]) -> BalanceSheet:
    flat = [one for each in records for one in (each if isinstance(each, tuple) else (each,))]
    return balance_sheet(Gathered(*flat), convert)


def price(found: BalanceSheet, *, assets: tuple[str, ...] = (), debts: tuple[str, ...] = ()) -> OptionPrice:
    return OptionPrice(found, Gaps(assets=assets, debts=debts), MAPPING, MARKET)


EVERYDAY = account("1", AccountKind.TRANSACTION, "20000")
LOAN = account("2", AccountKind.LOAN, "-8000", ends_on=date(2030, 1, 1))
CARD = account("3", AccountKind.CREDIT_CARD, "-2000")


def test_short_term_counts_whole_and_long_term_half() -> None:
    found = sheet(
        EVERYDAY,
        LOAN,
        CARD,
        account("4", AccountKind.LOAN, "-500", ends_on=date(2027, 6, 1)),
        account("5", AccountKind.MORTGAGE, "-100000", ends_on=date(2045, 1, 1)),
        account("6", AccountKind.TRUST_ACCOUNT, "99999"),
        account("7", AccountKind.MARGIN_LOAN, "-10"),
        position("a", InstrumentKind.EQUITY, "1000", "EUR"),
        position("b", InstrumentKind.CASH, "-300"),
        policy("5000", starts_on=date(2020, 1, 1)),
        policy("7000", ends_on=date(2020, 1, 1)),
    )
    assert found.assets == pytest.approx(20_000 + 1_600 + 5_000)
    assert found.short_term == pytest.approx(2_000 + 500 + 10 + 300)
    assert found.long_term == pytest.approx(8_000 + 100_000)
    assert found.mortgages == pytest.approx(100_000)
    assert found.default_point(0.5) == pytest.approx(2_810 + 54_000)
    assert "banking.balances" in needs_of(balance_sheet)


def test_the_distance_is_mertons() -> None:
    found = price(sheet(EVERYDAY, LOAN, CARD))
    spread = found.sheet.volatility
    expected = (math.log(20_000 / 6_000) + 0.04 - spread**2 / 2) / spread
    assert found.distance == pytest.approx(expected, rel=1e-12)
    assert found.position is Position.SOLVENT
    assert found.probability == MAPPING.probabilities[-1]


def test_defined_answers() -> None:
    no_debt = price(sheet(EVERYDAY))
    assert (no_debt.position, no_debt.distance, no_debt.probability) == (Position.NO_DEBT, None, 0.005)
    assert no_debt.contributions == ()
    assert no_debt.baseline is None
    no_assets = price(sheet(CARD))
    assert (no_assets.position, no_assets.distance, no_assets.probability) == (Position.NO_ASSETS, None, 0.5)
    under = price(sheet(account("1", AccountKind.TRANSACTION, "100"), CARD))
    assert under.position is Position.UNDER_WATER
    assert under.probability == 0.4
    assert under.found.expected_loss == pytest.approx(2_000 * math.exp(-0.04) - 100, rel=1e-6)


def test_a_silent_bank_leaves_both_sides_open() -> None:
    nothing = price(sheet(), debts=("bank",), assets=("bank",))
    assert nothing.position is None
    assert nothing.probability is None
    assert (nothing.interval.low, nothing.interval.high) == (MAPPING.least, MAPPING.most)
    other_bank = price(sheet(EVERYDAY, LOAN, CARD), debts=("second",), assets=("second",))
    assert other_bank.probability == 0.01
    assert (other_bank.interval.low, other_bank.interval.high) == (MAPPING.least, MAPPING.most)
    assert other_bank.gaps.connectors == ("second",)


def test_a_silent_insurer_can_only_make_it_better() -> None:
    found = price(sheet(account("1", AccountKind.TRANSACTION, "100"), CARD), assets=("insurer",))
    assert (found.interval.low, found.interval.high) == (MAPPING.least, 0.4)


def test_no_assets_are_no_assets_only_where_everybody_told() -> None:
    assert price(sheet(CARD), assets=("custodian",)).probability is None


def test_nobody_told_anything() -> None:
    found = OptionPrice(sheet(), Gaps(told=False), MAPPING, MARKET)
    assert found.position is None
    assert found.interval.width == pytest.approx(MAPPING.most - MAPPING.least)


def test_a_currency_without_a_rate_is_named_and_open() -> None:
    owing = sheet(EVERYDAY, account("2", AccountKind.CREDIT_CARD, "-5", currency="XTS"))
    assert owing.debts_unconverted == ("XTS",)
    found = price(owing)
    assert found.probability is None
    assert found.interval.high == MAPPING.most
    owning = price(sheet(CARD, account("2", AccountKind.TRANSACTION, "5", currency="XTS")))
    assert owning.sheet.assets_unconverted == ("XTS",)
    assert owning.probability is None


def test_a_mortgage_is_covered_by_its_home_at_the_best() -> None:
    found = price(sheet(EVERYDAY, account("5", AccountKind.MORTGAGE, "-400000", ends_on=date(2045, 1, 1))))
    assert found.position is Position.UNDER_WATER
    assert (found.interval.low, found.interval.high) == (MAPPING.no_debt, 0.4)


@settings(max_examples=60)
@given(AMOUNTS, AMOUNTS, AMOUNTS, st.sampled_from(AssetClass))
def test_contributions_add_up_and_many_are_as_one(
    assets: float, short: float, long: float, held: AssetClass
) -> None:
    owned = {held: assets}
    found = price(
        BalanceSheet(lines=(), assets=assets, owned=owned, short_term=short, long_term=long, mortgages=0.0)
    )
    if found.distance is not None:
        assert found.baseline is not None
        total = found.baseline + sum(part.value for part in found.contributions)
        assert total == pytest.approx(found.distance, abs=1e-9)
    (many,) = score_many(
        np.array([assets]),
        np.array([found.debt]),
        np.array([found.found.volatility]),
        MAPPING,
        MARKET,
    )
    assert found.probability == pytest.approx(many, abs=1e-12)
    assert found.interval.low <= many <= found.interval.high


@given(st.floats(-10, 10))
def test_the_table_never_rises_and_stays_within_its_ends(distance: float) -> None:
    for mapping in (MAPPING, shipped_risk().mapping):
        here, further = mapping.at(distance), mapping.at(distance + 0.5)
        assert mapping.probabilities[-1] <= further <= here <= mapping.probabilities[0]
        assert mapping.at_many(np.array([distance]))[0] == pytest.approx(here, abs=1e-15)


@pytest.mark.parametrize(
    ("distances", "probabilities"),
    [((), ()), ((0.0, 0.0), (0.2, 0.1)), ((0.0, 1.0), (0.1, 0.2)), ((0.0,), (1.5,)), ((0.0, 1.0), (0.1,))],
)
def test_a_table_that_is_none_is_refused(
    distances: tuple[float, ...], probabilities: tuple[float, ...]
) -> None:
    with pytest.raises(ValueError, match="mapping"):
        DefaultMapping(
            origin=ORIGIN,
            distances=distances,
            probabilities=probabilities,
            no_debt=0.0,
            no_assets=1.0,
            typical=MAPPING.typical,
        )


@given(st.dictionaries(st.sampled_from(AssetClass), st.floats(0.01, 1e6), min_size=1))
def test_a_portfolio_moves_no_more_than_its_parts_together(owned: dict[AssetClass, float]) -> None:
    total = sum(owned.values())
    found = volatility(owned)
    assert found >= SMALLEST_VOLATILITY
    assert found <= sum(amount / total * VOLATILITY[one] for one, amount in owned.items()) + 1e-12
    weights = np.array([owned.get(one, 0.0) / total for one in AssetClass])
    moving = np.array([VOLATILITY[one] for one in AssetClass])
    correlations = np.array([[correlation(one, other) for other in AssetClass] for one in AssetClass])
    exact = math.sqrt(weights @ (correlations * np.outer(moving, moving)) @ weights)
    assert found == pytest.approx(max(exact, SMALLEST_VOLATILITY), rel=1e-9)


def test_the_correlations_can_be() -> None:
    matrix = np.array([[correlation(one, other) for other in AssetClass] for one in AssetClass])
    assert (matrix == matrix.T).all()
    assert np.linalg.eigvalsh(matrix).min() > -1e-9
