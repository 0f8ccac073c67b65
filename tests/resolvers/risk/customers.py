"""Made-up figures and records of customers, for the tests of risk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from c360.records.banking import Account, AccountKind, AccountTerms, Balance, CardTerms, LoanTerms
from c360.records.base import Record
from c360.records.brokerage import InstrumentKind, Position, QuantityKind
from c360.records.insurance import Policy, PolicyLine
from c360.values import CurrencyCode, Money
from resolvers.artefacts import Origin
from resolvers.risk.features import FEATURES
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure

TODAY = date(2026, 11, 1)
RATES: Mapping[str, float] = {"AUD": 1.0, "EUR": 1.6}
DOMAINS = {"bank": "banking", "insurer": "insurance", "hotel": "hotel", "custodian": "brokerage"}
ORIGIN = Origin(
    model="behavioural-risk",
    version="test",
    fitted_at=datetime(2026, 11, 1, tzinfo=UTC),
    trained_on="nobody",
    made_up=True,
    fingerprint="",
    customers=0,
)


def convert(amount: float, currency: str) -> float | None:
    rate = RATES.get(currency)
    return None if rate is None else amount * rate


def money(amount: str, currency: str = "AUD") -> Money:
    return Money(amount=Decimal(amount), currency=CurrencyCode(currency))


def summaries(
    lines: Mapping[Line, Mapping[Measure, float]] | None = None,
    *missing: str,
    unconverted: tuple[str, ...] = (),
) -> Summaries:
    return Summaries(day=TODAY, currency="AUD", lines=lines or {}, missing=missing, unconverted=unconverted)


_READ = sorted(
    {(line, term.measure) for feature in FEATURES for term in feature.terms for line in term.lines},
    key=lambda pair: (pair[0].value, pair[1].value),
)
_FIGURES = st.lists(
    st.tuples(st.sampled_from(_READ), st.sampled_from([0.0, 0.2, 1.0, 3.0, 17.0, 260.0, 5e4, 737_000.5])),
    max_size=30,
)


def _by_line(figures: list[tuple[tuple[Line, Measure], float]]) -> dict[Line, dict[Measure, float]]:
    lines: dict[Line, dict[Measure, float]] = {}
    for (line, measure), value in figures:
        lines.setdefault(line, {})[measure] = value
    return lines


ANY_LINES = _FIGURES.map(_by_line)
"""Any figures that a feature reads."""


class Gathered:
    """Records by kind, as functions over them see them."""

    today = TODAY

    def __init__(self, *records: Record) -> None:
        self._records = records

    def of(self, kind: str, record: type[Any]) -> tuple[Any, ...]:
        return tuple(one for one in self._records if isinstance(one, record))


def account(
    name: str,
    kind: AccountKind,
    balance: str,
    *,
    ends_on: date | None = None,
    instalment: str | None = None,
    currency: str = "AUD",
) -> tuple[Record, ...]:
    """An account with its balance and its terms."""
    is_card = kind is AccountKind.CREDIT_CARD
    paid = None if instalment is None else money(instalment, currency)
    return (
        Account(
            connector="bank", account_id=name, kind=kind, display_name="", masked_number="", product_name=""
        ),
        Balance(connector="bank", account_id=name, current=money(balance, currency)),
        AccountTerms(
            connector="bank",
            account_id=name,
            loan=None if is_card else LoanTerms(ends_on=ends_on, minimum_instalment=paid),
            card=CardTerms(minimum_payment=paid, payment_due=paid, due_on=TODAY)
            if is_card and paid is not None
            else None,
        ),
    )


def position(name: str, instrument: InstrumentKind, value: str, currency: str = "AUD") -> Position:
    return Position(
        connector="custodian",
        position_id=name,
        account_id="1",
        instrument=instrument,
        name=name,
        quantity=Decimal(1),
        quantity_kind=QuantityKind.UNIT,
        value=money(value, currency),
        as_of=TODAY,
        end_of_day=True,
    )


def policy(reserve: str | None, **more: Any) -> Policy:
    return Policy(
        connector="insurer",
        policy_id="p",
        line=PolicyLine.LIFE,
        reserve=None if reserve is None else money(reserve),
        **more,
    )
