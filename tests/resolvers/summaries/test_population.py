"""Figures of the sandbox's customers, compared with what they really did and held."""

from __future__ import annotations

import random
import statistics
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from benchmarks.population.records import Moment, Records, records_of
from c360.records.base import Record
from resolvers.summaries.cashflow import month_ends
from resolvers.summaries.customer import combined
from resolvers.summaries.measures import Figure, Line, Measure, Unit
from resolvers.summaries.reckoning import kinds_for, needs_for, reckon
from resolvers.summaries.sources import summarisers
from sandbox.partners.banking.books import POSTING_DELAY
from sandbox.population import Population, ledger
from sandbox.population.model import AccountType, Event, EventKind, Life, Presence
from tests.fixtures.sizes import size

DAY = date(2026, 3, 17)
YEAR_AGO = DAY - timedelta(365)
THREE_YEARS_AGO = DAY - timedelta(1_096)
NOON = datetime(2026, 3, 17, 12, tzinfo=UTC)


class Party:
    """A customer at one partner: what they did, what the connector gives, and what is made of that."""

    def __init__(self, presence: Presence, life: Life) -> None:
        self.domain = presence.domain
        self.life = life
        self.records: Records = records_of(presence, life, Moment.noon(DAY, THREE_YEARS_AGO + timedelta(1)))
        self.figures = reckon(self.records, DAY)

    def get(self, line: Line, measure: Measure) -> float | None:
        found = [each.value for each in self.figures if (each.line, each.measure) == (line, measure)]
        return sum(found) if found else None

    def events(self, *kinds: EventKind, after: date = YEAR_AGO) -> list[Event]:
        return [each for each in self.life.events if each.kind in kinds and after < each.at.date() <= DAY]

    def accounts(self, *types: AccountType) -> list[Any]:
        return [each for each in self.life.accounts if each.type in types and each.opened <= DAY]


@pytest.fixture(scope="module")
def parties() -> list[Party]:
    town = Population(people=32, companies=4, seed=360, today=DAY)
    return [
        Party(presence, town.life(member.id))
        for member in town.members
        for presence in town.member_presences(member.id).values()
        if presence.since <= DAY
    ]


def at(parties: list[Party], domain: str) -> Iterator[Party]:
    return (each for each in parties if each.domain == domain)


def test_what_is_told_is_what_is_declared(parties: list[Party]) -> None:
    declared = {
        (each.domain, line, measure)
        for each in summarisers()
        for told in each.told
        for line in told.lines
        for measure in told.measures
    }
    seen: Counter[tuple[str, Line, Measure]] = Counter()
    for party in parties:
        keys = [(each.line, each.measure, each.currency) for each in party.figures]
        assert len(set(keys)) == len(keys)
        assert all(isinstance(each.value, float) for each in party.figures)
        for each in party.figures:
            assert (each.currency is None) or each.measure.unit is Unit.MONEY
            assert each.currency is not None or each.measure.unit is not Unit.MONEY or each.value == 0
            seen[party.domain, each.line, each.measure] += 1
    assert seen.keys() <= declared
    # Premiums are the only payments that the sandbox does not undo, and nobody there is in debt to a broker.
    unseen = {(line, measure) for _, line, measure in declared - seen.keys()}
    assert {line for line, _ in unseen} <= {Line.OTHER_INSURANCE, Line.LENDING}, unseen


def test_the_order_of_the_records_does_not_matter(parties: list[Party]) -> None:
    rng = random.Random(1)
    for party in parties[::3]:
        shuffled = {kind: rng.sample(found, len(found)) for kind, found in party.records.items()}
        assert sorted(map(repr, reckon(shuffled, DAY))) == sorted(map(repr, party.figures))


def test_card_spending_is_purchases_that_are_posted(parties: list[Party]) -> None:
    spenders = 0
    for party in at(parties, "banking"):
        bought = [each for each in party.events(EventKind.CARD_PURCHASE) if each.at + POSTING_DELAY <= NOON]
        assert party.get(Line.CARDS, Measure.SPENT_12M) == pytest.approx(
            float(sum(each.amount or 0 for each in bought))
        )
        days = {each.at.date() for each in bought}
        assert party.get(Line.CARDS, Measure.PURCHASE_DAYS_12M) == len(days)
        if days:
            assert party.get(Line.CARDS, Measure.LAST_ON) == max(days).toordinal()
        spenders += bool(bought)
        cards = party.accounts(AccountType.CREDIT_CARD)
        assert party.get(Line.CARDS, Measure.CONTRACTS) == len(cards)
    assert spenders > 10


def test_income_is_what_came_from_outside(parties: list[Party]) -> None:
    earners = 0
    for party in at(parties, "banking"):
        everyday = {each.id for each in party.accounts(AccountType.EVERYDAY)}
        came = [
            each
            for each in party.events(EventKind.SALARY, EventKind.TRANSFER)
            if (each.kind is EventKind.SALARY and each.domain == "banking")
            or (each.kind is EventKind.TRANSFER and each.holding is None and each.counter_holding in everyday)
        ]
        assert party.get(Line.DEPOSITS, Measure.INCOME_12M) == pytest.approx(
            float(sum(each.amount or 0 for each in came))
        )
        earners += bool(came)
        dishonoured = [each for each in party.events(EventKind.FEE) if "Dishonoured" in each.text]
        assert (party.get(Line.DEPOSITS, Measure.RETURNED_12M) or 0) == len(dishonoured)
    assert earners > 10


def history(life: Life, account: Any) -> Callable[[date], float]:
    """The balance at the end of a day: a purchase is in it once it is posted, a day and a half later."""
    delay = {EventKind.CARD_PURCHASE: POSTING_DELAY}
    moves = sorted(
        (each.event.at + delay.get(each.event.kind, timedelta()), each.amount)
        for each in ledger.movements(life, account)
    )
    days = [posted.date() for posted, _ in moves if posted <= NOON]
    balances = [life.openings.get(account.id, Decimal(0))]
    for _, amount in moves:
        balances.append(balances[-1] + amount)
    return lambda on: float(balances[bisect_right(days, on)])


def test_balances_of_the_past_are_those_of_the_books(parties: list[Party]) -> None:
    overdrawn = steady = 0
    for party in at(parties, "banking"):
        own = party.accounts(AccountType.EVERYDAY, AccountType.SAVINGS)

        posted = {each: history(party.life, each) for each in own}
        year = [DAY - timedelta(back) for back in range(365)]
        days = sum(any(posted[each](on) < 0 for each in own if each.opened <= on) for on in year)
        assert party.get(Line.DEPOSITS, Measure.OVERDRAWN_DAYS_12M) == days
        overdrawn += days > 0
        ends = [
            sum(posted[each](on) for each in own if each.opened <= on)
            for on in month_ends(DAY)
            if any(each.opened <= on for each in own)
        ]
        if len(ends) >= 3 and statistics.fmean(ends) > 0:
            expected = statistics.pstdev(ends) / statistics.fmean(ends)
            assert party.get(Line.DEPOSITS, Measure.BALANCE_VOLATILITY) == pytest.approx(expected)
            steady += 1
    assert steady > 10
    assert overdrawn > 0


def test_what_is_owed_and_lies_there_is_today_s(parties: list[Party]) -> None:
    lent = 0
    for party in at(parties, "banking"):
        owed = party.accounts(AccountType.CREDIT_CARD, AccountType.MORTGAGE, AccountType.PERSONAL_LOAN)
        balances = [float(ledger.balance(party.life, each, DAY - timedelta(3))) for each in owed]
        if any(balance < 0 for balance in balances):
            lent += 1
            assert (party.get(Line.LENDING, Measure.BALANCE) or 0) > 0
        cards = [each for each in owed if each.limit]
        limit = party.get(Line.LENDING, Measure.CREDIT_LIMIT)
        assert limit == (sum(float(each.limit) for each in cards) if cards else None)
        if cards and (used := party.get(Line.LENDING, Measure.CREDIT_USED)) is not None:
            assert used >= 0
        rate = party.get(Line.LENDING, Measure.INTEREST_RATE)
        rates = [float(each.rate) for each in owed]
        assert rate is None or min(rates) - 1e-9 <= rate <= max(rates) + 1e-9
        first = min(each.opened for each in party.accounts(*AccountType) if each not in owed)
        assert party.get(Line.DEPOSITS, Measure.FIRST_ON) == first.toordinal()
    assert lent > 5


def test_policies_premiums_and_claims_are_those_of_the_line(parties: list[Party]) -> None:
    insured = claimed = 0
    lines = {"AUTO": Line.MOTOR, "HOUSING": Line.HOME, "LIFE": Line.LIFE, "PENSION": Line.PENSION}
    for party in at(parties, "insurance"):
        for name, line in lines.items():
            mine = [each for each in party.life.policies if each.line.name == name]
            if not mine:
                assert party.get(line, Measure.CONTRACTS) is None
                continue
            active = [each for each in mine if each.start <= DAY <= each.end]
            assert party.get(line, Measure.CONTRACTS) == len(active)
            assert party.get(line, Measure.FIRST_ON) == min(each.start for each in mine).toordinal()
            if active:
                assert party.get(line, Measure.SUM_INSURED) == sum(float(each.sum_insured) for each in active)
            held = {each.id for each in mine}
            claims = [
                each for each in party.events(EventKind.CLAIM, after=THREE_YEARS_AGO) if each.holding in held
            ]
            assert party.get(line, Measure.CLAIMS_36M) == len(claims)
            assert party.get(line, Measure.CLAIMED_36M) == pytest.approx(
                float(sum(each.amount or 0 for each in claims))
            )
            missed = [
                each
                for each in party.events(EventKind.PREMIUM_MISSED)
                if each.holding in {one.id for one in active} and each.at.date() < DAY
            ]
            late = max(((DAY - each.at.date()).days for each in missed), default=0)
            assert (party.get(line, Measure.ARREARS_DAYS) or 0) == late
            insured += 1
            claimed += bool(claims)
    assert insured > 15
    assert claimed > 0


def test_journeys_end_as_they_did(parties: list[Party]) -> None:
    seen: Counter[Measure] = Counter()
    for party in at(parties, "hotel"):
        stays = [each for each in party.events(EventKind.STAY, after=THREE_YEARS_AGO) if each.at <= NOON]
        cancelled = party.events(EventKind.STAY_CANCELLED, after=THREE_YEARS_AGO)
        missed = party.events(EventKind.NO_SHOW, after=THREE_YEARS_AGO)
        assert party.get(Line.HOTEL, Measure.CANCELLED_36M) == len(cancelled)
        assert party.get(Line.HOTEL, Measure.NO_SHOWS_36M) == len(missed)
        assert party.get(Line.HOTEL, Measure.TRIPS_36M) == len(stays) + len(cancelled) + len(missed)
        seen[Measure.NO_SHOWS_36M] += len(missed)
        recent = [each for each in stays if each.at.date() > YEAR_AGO]
        assert party.get(Line.HOTEL, Measure.PURCHASE_DAYS_12M) == len({each.at.date() for each in recent})
        seen[Measure.SPENT] += bool(party.get(Line.HOTEL, Measure.SPENT))
    for party in at(parties, "rental"):
        rented = [each for each in party.events(EventKind.RENTAL) if each.at <= NOON]
        assert party.get(Line.RENTAL, Measure.SPENT_12M) == pytest.approx(
            float(sum(each.amount or 0 for each in rented))
        )
        assert party.get(Line.RENTAL, Measure.DAMAGES_36M) == 0
        assert party.get(Line.RENTAL, Measure.NO_SHOWS_36M) is None
        seen[Measure.SPENT_12M] += bool(rented)
    assert seen[Measure.NO_SHOWS_36M] > 0
    assert seen[Measure.SPENT] > 5
    assert seen[Measure.SPENT_12M] > 3


def test_trades_and_points_are_counted(parties: list[Party]) -> None:
    traded = 0
    for party in at(parties, "brokerage"):
        trades = party.events(EventKind.TRADE)
        assert party.get(Line.BROKERAGE, Measure.TRADES_12M) == len(trades)
        assert party.get(Line.BROKERAGE, Measure.CONTRACTS) == 1
        traded += bool(trades)
    for party in at(parties, "loyalty"):
        assert party.get(Line.LOYALTY, Measure.POINTS) == ledger.points(party.life, DAY)
        assert party.get(Line.LOYALTY, Measure.SPENT_12M) is None
        earned = party.events(EventKind.POINTS_EARNED)
        days = {each.at.date() for each in earned}
        assert (party.get(Line.LOYALTY, Measure.PURCHASE_DAYS_12M) or 0) >= len(days)
    assert traded > 0


def test_what_is_not_given_is_not_known(parties: list[Party]) -> None:
    party = next(at(parties, "banking"))
    some = {kind: found for kind, found in party.records.items() if kind != "banking.transactions"}
    measures = {each.measure for each in reckon(some, DAY)}
    assert Measure.BALANCE in measures
    assert not measures & {Measure.INCOME_12M, Measure.SPENT, Measure.OVERDRAWN_DAYS_12M}
    assert reckon({}, DAY) == ()
    nobody: dict[str, tuple[Figure, ...]] = {"hotel.stays": ()}
    assert {each.value for each in reckon(nobody, DAY)} == {0.0}  # type: ignore[arg-type]  # empty of any kind


def test_what_is_asked_for_reaches_back_three_years() -> None:
    assert kinds_for("hotel") == ("hotel.stays",)
    assert kinds_for("workorders") == ()
    assert "banking.account_terms" not in kinds_for("banking", ["banking.accounts", "banking.balances"])
    needs = {each.kind: each for each in needs_for(kinds_for("banking"), DAY)}
    assert needs["banking.transactions"].since == THREE_YEARS_AGO + timedelta(1)
    assert needs["banking.transactions"].until == DAY
    assert needs["banking.balances"].since is None
    (trades,) = (each for each in needs_for(kinds_for("brokerage"), DAY) if each.since)
    assert (trades.kind, trades.since) == ("brokerage.transactions", YEAR_AGO + timedelta(1))


def test_figures_are_made_of_the_fields_that_are_asked_for(parties: list[Party]) -> None:
    left_out = 0
    for party in list(at(parties, "banking"))[:: size(3, 1)]:
        records: dict[str, Any] = dict(party.records)
        for need in needs_for(records, DAY):
            if need.fields is not None:
                narrow = [_only(each, need.fields) for each in records[need.kind]]
                left_out += narrow != list(records[need.kind])
                records[need.kind] = narrow
        assert reckon(records, DAY) == party.figures
    assert left_out > 0


def _only(record: Record, fields: frozenset[str]) -> Record:
    """What a connector may give that is asked for some fields: those, and what a record has to have."""
    known = msgspec.structs.fields(type(record))
    kept = [each.name for each in known if each.required or each.name in fields]
    return type(record)(**{name: getattr(record, name) for name in kept})


def test_an_insurer_cut_in_two_tells_the_same(parties: list[Party]) -> None:
    """Every figure of insurance is of one policy, so that it does not matter who insures which."""

    def convert(amount: float, _currency: str) -> float:
        return amount

    several = 0
    for party in at(parties, "insurance"):
        policies: Any = party.records["insurance.policies"]
        here = {each.policy_id for each in policies[::2]}
        parts = [
            {
                kind: tuple(one for one in found if (getattr(one, "policy_id", "") in here) is first)
                for kind, found in party.records.items()
            }
            for first in (True, False)
        ]
        whole, _ = combined(party.figures, convert)
        together, _ = combined([figure for part in parts for figure in reckon(part, DAY)], convert)
        assert together.keys() == whole.keys()
        for line, figures in whole.items():
            assert together[line] == pytest.approx(figures), line
        several += len(policies) > 1
    assert several > 3
