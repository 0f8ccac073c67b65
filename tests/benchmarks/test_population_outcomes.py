"""What becomes of a customer: contracts begun and ended in the year, and payments missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from benchmarks.population.outcomes import Outcome, outcome_of
from sandbox.population import Population
from sandbox.population.model import (
    AccountType,
    BankAccount,
    Event,
    EventKind,
    InsurancePolicy,
    Life,
    Line,
    Member,
    Presence,
)

DAY = date(2025, 7, 1)


def account(kind: AccountType, opened: date = date(2020, 1, 1)) -> BankAccount:
    return BankAccount(kind.value, kind, "0" * 14, opened, None, None, None, Decimal(0), None, False)


def policy(line: Line, start: date, end: date) -> InsurancePolicy:
    return InsurancePolicy(f"{line.value}{start}", line, start, end, Decimal(9), Decimal(9), None, "")


def event(kind: EventKind, on: date, amount: str, holding: str | None, counter: str | None = None) -> Event:
    at = datetime(on.year, on.month, on.day, 6, tzinfo=UTC)
    return Event(
        f"{kind.value}{on}",
        "",
        kind,
        "banking",
        at,
        amount=Decimal(amount),
        holding=holding,
        counter_holding=counter,
    )


@pytest.fixture(scope="module")
def member() -> Member:
    return Population(people=1, companies=0, today=date(2026, 7, 1)).members[0]


def outcome(member: Member, life: Life, held: dict[str, Presence] | None = None) -> Outcome:
    return outcome_of(member, held or {}, life, DAY)


def life(**facts: object) -> Life:
    return replace(Life("P", (), (), (), Decimal(0), ()), **facts)  # type: ignore[arg-type]  # a life's own fields


def test_contracts_are_held_taken_or_ended(member: Member) -> None:
    found = outcome(
        member,
        life(
            accounts=(account(AccountType.EVERYDAY), account(AccountType.SAVINGS, DAY + timedelta(1))),
            policies=(
                policy(Line.AUTO, date(2024, 1, 1), DAY + timedelta(365)),
                policy(Line.AUTO, date(2023, 1, 1), DAY + timedelta(366)),
                policy(Line.HOUSING, date(2023, 1, 1), DAY),
                policy(Line.LIFE, DAY + timedelta(365), date(2040, 1, 1)),
                policy(Line.PENSION, DAY + timedelta(366), date(2040, 1, 1)),
            ),
        ),
    )
    assert {name: number for name, number in found.held.items() if number} == {"everyday": 1, "motor": 2}
    assert {name: number for name, number in found.taken.items() if number} == {"savings": 1, "life": 1}
    assert {name: number for name, number in found.ended.items() if number} == {"motor": 1}


def test_a_loan_is_over_when_it_is_paid_back(member: Member) -> None:
    loan = account(AccountType.PERSONAL_LOAN)
    owed = life(accounts=(loan,), openings={loan.id: Decimal(-50)})
    assert (outcome(member, owed).held["personal_loan"], outcome(member, owed).ended["personal_loan"]) == (
        1,
        0,
    )
    paid = replace(owed, events=(event(EventKind.LOAN_INSTALMENT, DAY + timedelta(9), "50", "e", loan.id),))
    assert outcome(member, paid).ended["personal_loan"] == 1
    before = replace(owed, events=(event(EventKind.LOAN_INSTALMENT, DAY - timedelta(9), "50", "e", loan.id),))
    assert outcome(member, before).held["personal_loan"] == 0


def test_three_payments_missed_in_a_row_are_a_default(member: Member) -> None:
    everyday, card = account(AccountType.EVERYDAY), account(AccountType.CREDIT_CARD)

    def missing(*days: int, paid: int | None = None) -> Outcome:
        fees = [event(EventKind.FEE, DAY + timedelta(day), "20", card.id) for day in days]
        pays = (
            [] if paid is None else [event(EventKind.CARD_PAYMENT, DAY + timedelta(paid), "1", "e", card.id)]
        )
        events = tuple(sorted([*fees, *pays], key=lambda each: each.at))
        return outcome(
            member, life(accounts=(everyday, card), events=events, openings={card.id: Decimal(-9)})
        )

    assert missing(30, 60, 90).defaulted is True
    assert missing(30, 60).defaulted is False
    assert missing(30, 60, 90, paid=75).defaulted is False
    assert missing(-90, -60, -30).in_default
    assert missing(-90, -60, -30).defaulted is None
    assert missing(-90, -60, -30, paid=-10).defaulted is False


def test_ninety_days_overdrawn_are_a_default(member: Member) -> None:
    everyday = account(AccountType.EVERYDAY)

    def below(first: int, last: int) -> Outcome:
        events = (
            event(EventKind.RENT_OR_BILL, DAY + timedelta(first), "10", everyday.id),
            event(EventKind.SALARY, DAY + timedelta(last), "10", everyday.id),
        )
        return outcome(member, life(accounts=(everyday,), events=events))

    assert below(10, 101).defaulted is True
    assert below(10, 100).defaulted is False
    assert below(-100, 10).in_default
    assert below(-89, 30).defaulted is True


def test_who_banks_nowhere_has_no_default(member: Member) -> None:
    assert outcome(member, life()).defaulted is None
