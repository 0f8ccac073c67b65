"""Both methods together, and what follows from them for a loan."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.banking import AccountKind
from c360.records.insurance import Coverage, GraceKind, GracePeriod
from resolvers.risk.balance_sheet import balance_sheet
from resolvers.risk.bands import Interval, RiskBand, band_of, log_odds
from resolvers.risk.behavioural import BehaviouralScore
from resolvers.risk.combined import Combined, ReviewCause, combined
from resolvers.risk.credit_line import (
    Borrower,
    CreditDecision,
    CreditReasonCode,
    Pledge,
    Request,
    against_policy,
    unsecured,
)
from resolvers.risk.lending import LendingRules, affordable, instalment
from resolvers.risk.models import shipped_risk
from resolvers.risk.option_pricing import Gaps, OptionPrice
from resolvers.summaries.measures import Line, Measure
from tests.resolvers.risk.customers import (
    ANY_LINES,
    DOMAINS,
    TODAY,
    Gathered,
    account,
    convert,
    policy,
    summaries,
)

RULES = LendingRules()
MODELS = shipped_risk()
CALM = {
    Line.DEPOSITS: {Measure.OVERDRAWN_DAYS_12M: 0.0, Measure.BALANCE: 90_000.0, Measure.INCOME_12M: 60_000.0}
}


def both(lines: dict[Line, dict[Measure, float]], *records: Any, missing: tuple[str, ...] = ()) -> Combined:
    behaviour = BehaviouralScore(MODELS.behavioural, summaries(lines, *missing), DOMAINS)
    gaps = Gaps(assets=missing, debts=missing, told=bool(records))
    sheet = balance_sheet(Gathered(*records), convert)
    return combined(behaviour, OptionPrice(sheet, gaps, MODELS.mapping, MODELS.market))


def test_together_they_lie_between_the_two() -> None:
    found = both(CALM, *account("1", AccountKind.CREDIT_CARD, "-4000"))
    behaviour = BehaviouralScore(MODELS.behavioural, summaries(CALM), DOMAINS).probability
    assert found.probability is not None
    assert behaviour < found.probability < MODELS.mapping.most
    assert found.behavioural_weight == pytest.approx(0.5)
    assert found.disagreement == pytest.approx(log_odds(MODELS.mapping.no_assets) - log_odds(behaviour))


def test_who_is_known_by_nobody_is_for_a_person_to_judge() -> None:
    found = both({})
    assert (found.probability, found.band, found.disagreement) == (None, None, None)
    assert found.review == (ReviewCause.NOTHING_KNOWN,)


def test_missing_conduct_widens_what_means_say() -> None:
    records = account("1", AccountKind.TRANSACTION, "100")
    nobody = combined(
        BehaviouralScore(MODELS.behavioural, summaries(), DOMAINS),
        OptionPrice(balance_sheet(Gathered(*records), convert), Gaps(), MODELS.mapping, MODELS.market),
    )
    silent = combined(
        BehaviouralScore(MODELS.behavioural, summaries({}, "bank"), DOMAINS),
        OptionPrice(balance_sheet(Gathered(*records), convert), Gaps(), MODELS.mapping, MODELS.market),
    )
    assert nobody.probability == silent.probability == MODELS.mapping.no_debt
    assert nobody.interval.width == pytest.approx(0, abs=1e-12)
    assert silent.interval.low < MODELS.mapping.no_debt < silent.interval.high


def test_methods_that_disagree_ask_for_a_person() -> None:
    found = both(CALM, *account("1", AccountKind.CREDIT_CARD, "-4000"))
    assert ReviewCause.METHODS_DISAGREE in found.review


def test_a_gap_explains_a_disagreement_and_asks_for_a_person_itself() -> None:
    found = both(CALM, *account("1", AccountKind.CREDIT_CARD, "-4000"), missing=("bank",))
    assert ReviewCause.METHODS_DISAGREE not in found.review
    assert ReviewCause.BAND_UNCERTAIN in found.review


@given(ANY_LINES, st.sets(st.sampled_from(sorted(DOMAINS))))
def test_the_interval_holds_what_is_said(lines: dict[Line, dict[Measure, float]], missing: set[str]) -> None:
    found = both(lines, *account("1", AccountKind.TRANSACTION, "100"), missing=tuple(missing))
    if found.probability is not None:
        assert found.interval.low - 1e-9 <= found.probability <= found.interval.high + 1e-9
        assert found.band is band_of(found.probability)


def borrower(band: RiskBand | None = RiskBand.LOW, **more: Any) -> Borrower:
    probability = None if band is None else {"LOW": 0.01, "HIGH": 0.1, "VERY_HIGH": 0.5}[band.value]
    risk = Combined(
        probability=probability,
        band=band,
        interval=Interval(0.0, 1.0),
        behavioural_weight=0.5,
        disagreement=0.0,
        review=(),
    )
    known: dict[str, Any] = {
        "risk": risk, "monthly_income": 5_000.0, "monthly_instalments": 300.0, "unsecured_debts": 2_000.0
    }  # fmt: skip
    return Borrower(**{**known, **more})


def codes(found: Any) -> set[CreditReasonCode]:
    return {reason.code for reason in found.reasons}


@given(st.floats(100, 1e6), st.floats(0, 0.3), st.integers(1, 400))
def test_an_instalment_pays_back_what_it_affords(amount: float, rate: float, months: int) -> None:
    assert affordable(instalment(amount, rate, months), rate, months) == pytest.approx(amount, rel=1e-6)


def test_a_loan_that_fits_is_offered_up_to_its_limit() -> None:
    found = unsecured(Request(amount=10_000, months=36), borrower(), RULES)
    terms = RULES.unsecured[RiskBand.LOW]
    assert found.decision is CreditDecision.OFFERED
    assert found.limit == pytest.approx(affordable(terms.burden * 5_000 - 300, terms.rate, 36))
    assert found.instalment == pytest.approx(instalment(10_000, terms.rate, 36))
    at_the_limit = unsecured(Request(amount=found.limit, months=36), borrower(), RULES)
    assert at_the_limit.decision is CreditDecision.OFFERED


@pytest.mark.parametrize(
    ("amount", "months", "more", "code"),
    [
        (10_000, 1, {}, "TERM_OUT_OF_RANGE"),
        (10, 36, {}, "AMOUNT_TOO_SMALL"),
        (99_000, 36, {}, "AMOUNT_ABOVE_LIMIT"),
        (10_000, 36, {"monthly_instalments": 1_790.0}, "INCOME_TOO_LOW"),
        (10_000, 36, {"unsecured_debts": 55_000.0}, "DEBTS_TOO_HIGH"),
        (10_000, 36, {"monthly_income": None}, "INCOME_NOT_KNOWN"),
        (10_000, 36, {"monthly_instalments": None}, "DEBTS_NOT_KNOWN"),
    ],
)
def test_a_no_says_why(amount: float, months: int, more: dict[str, Any], code: str) -> None:
    found = unsecured(Request(amount=amount, months=months), borrower(**more), RULES)
    assert found.decision is CreditDecision.DECLINED
    assert CreditReasonCode(code) in codes(found)
    assert all(reason.text for reason in found.reasons)


def test_a_band_without_terms_gets_nothing_without_security() -> None:
    found = unsecured(Request(amount=1_000, months=12), borrower(RiskBand.VERY_HIGH), RULES)
    assert (found.limit, found.rate, codes(found)) == (0.0, None, {CreditReasonCode.RISK_TOO_HIGH})
    assert not found.human_review
    doubtful = msgspec.structs.replace(borrower(RiskBand.VERY_HIGH).risk, review=(ReviewCause.ADVERSE,))
    assert unsecured(Request(amount=1_000, months=12), borrower(risk=doubtful), RULES).human_review
    doubtful = msgspec.structs.replace(borrower().risk, review=(ReviewCause.CONTESTED,))
    referred = unsecured(Request(amount=1_000, months=12), borrower(risk=doubtful), RULES)
    assert (referred.decision, referred.human_review) == (CreditDecision.REFERRED, True)
    unknown = unsecured(Request(amount=1_000, months=12), borrower(None), RULES)
    assert codes(unknown) == {CreditReasonCode.RISK_NOT_KNOWN}


def against(reserve: float | None, amount: float = 4_000, months: int = 24, **more: Any) -> Any:
    held = policy(None if reserve is None else str(reserve), **more)
    request = Request(amount=amount, months=months)
    return against_policy(
        request, borrower(RiskBand.VERY_HIGH), Pledge(policy=held, reserve=reserve), TODAY, RULES
    )


def test_a_reserve_secures_what_income_and_risk_do_not() -> None:
    found = against(5_000.0, ends_on=date(2040, 1, 1))
    assert (found.decision, found.limit, found.loan_to_value) == (CreditDecision.OFFERED, 4_000.0, 0.8)
    above = against(5_000.0, amount=4_000.01)
    assert codes(above) == {CreditReasonCode.AMOUNT_ABOVE_LIMIT}
    assert above.limit == 4_000.0


def test_what_stands_against_a_policy() -> None:
    assert codes(against(None)) == {CreditReasonCode.POLICY_WITHOUT_RESERVE}
    assert codes(against(5_000.0, ends_on=date(2020, 1, 1))) == {CreditReasonCode.POLICY_NOT_IN_FORCE}
    assert codes(against(5_000.0, ends_on=date(2028, 10, 1))) == {CreditReasonCode.POLICY_ENDS_TOO_SOON}
    grace = GracePeriod(kind=GraceKind.WITHDRAWAL, ends_on=date(2027, 1, 1))
    assert codes(against(5_000.0, coverages=(Coverage(code="1", grace_periods=(grace,)),))) == {
        CreditReasonCode.RESERVE_LOCKED
    }
    nobody = Pledge(policy=None, reserve=None)
    found = against_policy(Request(amount=4_000, months=24), borrower(), nobody, TODAY, RULES)
    assert codes(found) == {CreditReasonCode.POLICY_NOT_FOUND}


def test_instalments_are_the_banks_where_it_names_them() -> None:
    records = (
        *account("1", AccountKind.LOAN, "-6000", instalment="200"),
        *account("2", AccountKind.LOAN, "-6000"),
        *account("3", AccountKind.CREDIT_CARD, "-1000"),
        *account("4", AccountKind.CREDIT_CARD, "-1000", instalment="45"),
        *account("5", AccountKind.MORTGAGE, "-100000"),
        *account("6", AccountKind.LOAN, "-50", instalment="200"),
        *account("7", AccountKind.LOAN, "0", instalment="200"),
    )
    sheet = balance_sheet(Gathered(*records), convert)
    assert RULES.instalments(sheet, convert) == pytest.approx(200 + 100 + 30 + 45 + 600 + 50)
