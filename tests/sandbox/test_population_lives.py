"""Lives hang together: what one partner sees fits what the others see, and balances add up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.population import Population, ledger
from sandbox.population.model import AccountType, Event, EventKind, Life, Line, Member
from sandbox.population.rates import rate

TODAY = date(2026, 6, 15)
NOW = datetime.combine(TODAY, time(12), tzinfo=UTC)
BOOKINGS = {EventKind.STAY, EventKind.RENTAL, EventKind.STAY_CANCELLED, EventKind.RENTAL_CANCELLED}


@pytest.fixture(scope="module")
def town() -> Population:
    return Population(people=240, companies=20, seed=11, today=TODAY)


@pytest.fixture(scope="module")
def lives(town: Population) -> list[tuple[Member, Life]]:
    return [(member, town.life(member.id)) for member in town.members]


def twins(life: Life) -> dict[tuple[str, str], Event]:
    return {(event.deed, event.domain): event for event in life.events}


def banks(life: Life, at: datetime) -> bool:
    return any(account.opened <= at.date() for account in life.accounts)


def test_events_are_in_order_and_have_ids_of_their_own(lives: list[tuple[Member, Life]]) -> None:
    ids: set[str] = set()
    for _, life in lives:
        moments = [event.at for event in life.events]
        assert moments == sorted(moments)
        assert len(ids & {event.id for event in life.events}) == 0
        assert len({event.id for event in life.events}) == len(life.events)
        ids |= {event.id for event in life.events}


def test_everything_has_happened_but_bookings(lives: list[tuple[Member, Life]]) -> None:
    ahead: Counter[EventKind] = Counter()
    for _, life in lives:
        for event in life.events:
            assert event.at.date() >= life.since
            if event.at > NOW:
                ahead[event.kind] += 1
                assert event.at < NOW + timedelta(days=160)
                assert datetime.fromisoformat(event.detail["booked_at"]) <= NOW
    assert set(ahead) <= BOOKINGS
    assert ahead[EventKind.STAY] > 5
    assert ahead[EventKind.RENTAL] > 0


def test_partners_see_nothing_before_they_knew_the_member(
    town: Population, lives: list[tuple[Member, Life]]
) -> None:
    for member, life in lives:
        known = town.member_presences(member.id)
        for event in life.events:
            assert known[event.domain].since <= event.at.date()


def test_every_premium_is_debited_at_the_bank(lives: list[tuple[Member, Life]]) -> None:
    checked = 0
    for _, life in lives:
        by_deed = twins(life)
        for event in life.at("insurance"):
            debit = by_deed.get((event.deed, "banking"))
            if event.kind is EventKind.PREMIUM_PAID and banks(life, event.at):
                assert debit
                assert (debit.kind, debit.at) == (EventKind.PREMIUM_PAID, event.at)
                assert debit.detail["original_amount"] == str(event.amount)
                assert debit.detail["original_currency"] == event.currency == "BRL"
                assert_converted(debit)
                checked += 1
            if event.kind is EventKind.PREMIUM_MISSED:
                assert debit is None or debit.kind is EventKind.FEE
    assert checked > 500


def assert_converted(event: Event) -> None:
    original = Decimal(event.detail["original_amount"])
    at_rate = original * Decimal(event.detail["rate"])
    assert event.detail["rate"] == str(rate(event.detail["original_currency"], "AUD", event.at.date()))
    assert event.amount is not None
    assert abs(event.amount - at_rate) <= Decimal("0.01")


@pytest.mark.parametrize(("kind", "domain"), [(EventKind.STAY, "hotel"), (EventKind.RENTAL, "rental")])
def test_journeys_are_paid_by_card_and_earn_points(
    town: Population, lives: list[tuple[Member, Life]], kind: EventKind, domain: str
) -> None:
    paid = earned = 0
    for member, life in lives:
        known = town.member_presences(member.id)
        by_deed = twins(life)
        for event in life.at(domain):
            purchase, points = by_deed.get((event.deed, "banking")), by_deed.get((event.deed, "loyalty"))
            assert event.until is not None
            if event.kind is not kind or event.until > NOW:
                assert purchase is None
                assert points is None
                continue
            if banks(life, event.until):
                assert purchase
                assert (purchase.kind, purchase.at) == (EventKind.CARD_PURCHASE, event.until)
                assert Decimal(purchase.detail["original_amount"]) == event.amount
                assert_converted(purchase)
                paid += 1
            if "loyalty" in known and known["loyalty"].since <= event.until.date():
                assert points
                assert event.amount is not None
                assert points.quantity == int(event.amount)
                earned += 1
    assert paid > 30
    assert earned > 30


def test_stays_do_not_end_before_they_begin(lives: list[tuple[Member, Life]]) -> None:
    for _, life in lives:
        for event in (*life.at("hotel"), *life.at("rental")):
            assert event.until is not None
            assert event.until > event.at > datetime.fromisoformat(event.detail["booked_at"])
            if event.domain == "hotel":
                assert (event.until.date() - event.at.date()).days == event.quantity
                assert event.amount == Decimal(event.detail["nightly_rate"]) * (event.quantity or 0)


def test_balances_are_what_went_in_less_what_went_out(lives: list[tuple[Member, Life]]) -> None:
    for _, life in lives:
        for account in life.accounts:
            moved = ledger.movements(life, account)
            total = life.openings[account.id] + sum((m.amount for m in moved), Decimal(0))
            assert ledger.balance(life, account, TODAY) == total
            if moved:
                assert moved[-1].balance == total
                middle = moved[len(moved) // 2]
                on = middle.event.at.date()
                last_of_day = [m for m in moved if m.event.at.date() <= on][-1]
                assert ledger.balance(life, account, on) == last_of_day.balance
                assert min(m.event.at.date() for m in moved) >= account.opened
        inside = sum(
            (m.amount for a in life.accounts for m in ledger.movements(life, a)
             if m.event.kind in {EventKind.CARD_PAYMENT, EventKind.LOAN_INSTALMENT}), Decimal(0)
        )  # fmt: skip
        assert inside == 0


def test_deposits_are_not_overdrawn_by_habit_nor_loans_overpaid(lives: list[tuple[Member, Life]]) -> None:
    for member, life in lives:
        for account in life.accounts:
            balance = ledger.balance(life, account, TODAY)
            if account.type in {AccountType.SAVINGS, AccountType.TERM_DEPOSIT}:
                assert balance >= 0
            if account.type in {AccountType.MORTGAGE, AccountType.PERSONAL_LOAN}:
                assert account.principal is not None
                assert -account.principal * Decimal("1.35") <= balance <= 0
            if account.type is AccountType.EVERYDAY and not member.organization:
                assert balance > -20_000


def test_custody_adds_up(lives: list[tuple[Member, Life]]) -> None:
    trades = 0
    for _, life in lives:
        assert ledger.custody_cash(life, TODAY) == life.custody_cash >= 0
        held = {security.isin: units for security, units in life.securities}
        traded = {event.holding for event in life.at("brokerage") if event.kind is EventKind.TRADE}
        for isin in {*held, *(name for name in traded if name)}:
            assert ledger.units(life, isin, TODAY) == held.get(isin, 0) >= 0
        for event in life.at("brokerage"):
            if event.kind is EventKind.TRADE:
                assert (event.detail["side"] == "SELL") == ((event.quantity or 0) < 0)
                trades += 1
            assert event.currency == "CHF"
    assert trades > 100


def test_transfers_to_the_custodian_leave_the_bank(lives: list[tuple[Member, Life]]) -> None:
    seen = 0
    for _, life in lives:
        by_deed = twins(life)
        for event in life.at("brokerage"):
            if event.kind is EventKind.TRANSFER and event.counter_holding and banks(life, event.at):
                left = by_deed[event.deed, "banking"]
                assert left.at == event.at
                assert left.detail["original_amount"] == str(event.amount)
                seen += 1
    assert seen > 20


def test_points_are_never_overspent(lives: list[tuple[Member, Life]]) -> None:
    redeemed = 0
    for _, life in lives:
        balance = life.openings["points"]
        for event in life.at("loyalty"):
            spent = event.kind is EventKind.POINTS_REDEEMED
            redeemed += spent
            balance += (-1 if spent else 1) * (event.quantity or 0)
            assert balance >= 0
        assert ledger.points(life, TODAY) == balance
        assert ledger.lifetime_points(life, TODAY) >= balance
    assert redeemed > 50


def test_who_goes_quiet_does_nothing_any_more(lives: list[tuple[Member, Life]]) -> None:
    quiet = 0
    for member, life in lives:
        if member.quiet_since:
            quiet += 1
            assert member.quiet_since <= TODAY
            assert all((event.until or event.at).date() < member.quiet_since for event in life.events)
    assert quiet > 10


def test_claims_end_paid_unpaid_or_open(lives: list[tuple[Member, Life]]) -> None:
    states: Counter[str] = Counter()
    for member, life in lives:
        by_deed = twins(life)
        policies = {policy.id: policy for policy in life.policies}
        for event in life.at("insurance"):
            if event.kind is not EventKind.CLAIM:
                continue
            state = event.detail["status"]
            states[state] += 1
            assert event.holding is not None
            policy = policies[event.holding]
            assert event.amount is not None
            assert 0 < event.amount <= policy.sum_insured
            assert policy.line in {Line.AUTO, Line.HOUSING}
            credit = by_deed.get((event.deed, "banking"))
            settled = datetime.fromisoformat(event.detail.get("settled_on", "9999-01-01")).date()
            gone = member.quiet_since is not None and member.quiet_since <= settled
            if state == "CLOSED_PAID" and not gone and settled < TODAY and banks(life, event.at):
                assert credit
                assert credit.detail["original_amount"] == event.detail["paid_amount"]
            if state != "CLOSED_PAID":
                assert credit is None
    assert states["CLOSED_PAID"] > 5
    assert states["CLOSED_UNPAID"] > 0


def test_three_missed_premiums_end_a_policy(lives: list[tuple[Member, Life]]) -> None:
    lapsed = 0
    for _, life in lives:
        missed: defaultdict[str, int] = defaultdict(int)
        ended: dict[str, date] = {}
        for event in life.at("insurance"):
            if event.kind is EventKind.CLAIM or event.holding is None:
                continue
            assert event.holding not in ended
            missed[event.holding] = missed[event.holding] + 1 if event.kind is EventKind.PREMIUM_MISSED else 0
            if missed[event.holding] == 3:
                ended[event.holding] = event.at.date()
        for policy in life.policies:
            if policy.id in ended:
                assert policy.end == ended[policy.id] + timedelta(days=1)
                lapsed += 1
    assert lapsed > 0


def test_there_is_variety(lives: list[tuple[Member, Life]]) -> None:
    kinds = Counter(event.kind for _, life in lives for event in life.events)
    assert set(kinds) == set(EventKind)
    incomes = sorted(
        sum(float(e.amount or 0) for e in life.events if e.kind is EventKind.SALARY)
        for member, life in lives
        if not member.organization and life.accounts and not member.quiet_since
    )
    assert incomes[-len(incomes) // 10] > 3 * incomes[len(incomes) // 10]
    held = Counter(account.type for _, life in lives for account in life.accounts)
    assert set(held) == set(AccountType)


def _history(life: Life, until: datetime) -> Iterator[tuple[str, datetime, Decimal | None]]:
    for event in life.events:
        if event.at <= until and event.kind not in BOOKINGS | {EventKind.NO_SHOW}:
            yield event.id, event.at, event.amount


@settings(max_examples=12, deadline=None)
@given(days=st.integers(1, 15), seed=st.integers(1, 50))
def test_another_day_adds_to_a_life_and_changes_nothing(days: int, seed: int) -> None:
    now = Population(people=12, companies=1, seed=seed, today=TODAY)
    later = Population(people=12, companies=1, seed=seed, today=TODAY + timedelta(days=days))
    for member in now.members:
        if later.member(member.id).quiet_since == member.quiet_since:
            before, after = now.life(member.id), later.life(member.id)
            assert list(_history(before, NOW)) == list(_history(after, NOW))
            assert {a.id: before.openings[a.id] for a in before.accounts} == {
                a.id: after.openings[a.id] for a in before.accounts
            }
