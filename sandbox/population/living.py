"""Writes lives: what a member held and did, month after month, from simple habits and events.

Nothing here is drawn from the models that predict it elsewhere. Each month has its own source of
chance, so that a later day only adds to a life.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random

from sandbox.population.chronicle import CUSTODY_CASH, POINTS, Chronicle, Month, month_number
from sandbox.population.holdings import Holdings, holdings_of
from sandbox.population.model import AccountType, BankAccount, Event, InsurancePolicy, Life, Member, Presence
from sandbox.population.numbers import digest
from sandbox.population.rates import money
from sandbox.population.routines import business, cover, investing, shopping, travel
from sandbox.population.routines import money as household_money
from sandbox.population.securities import universe
from sandbox.population.temper import temper_of

MONTHS_BACK = 36
MONTHS_AHEAD = 4


def first_day(today: date) -> date:
    """The day lives begin: at least 36 months back, at the beginning of a half-year.

    It moves twice a year only, so that balances do not change from one day to the next.
    """
    back = month_number(today) - MONTHS_BACK
    month = Month.of(back - back % 6)
    return date(month.year, month.month, 1)


class Biographer:
    """Writes the lives of one population.

    Args:
        seed: the population's seed.
        today: the last day that is lived.
        start: the first day of the lives, at the beginning of a month; by default that of :func:`first_day`.
    """

    def __init__(self, seed: int, today: date, start: date | None = None) -> None:
        self._seed = seed
        self._today = today
        self._start = first_day(today) if start is None else start

    def holdings(self, member: Member, held: Mapping[str, Presence]) -> Holdings:
        """What a member holds at the bank and the insurer; much cheaper than the whole life."""
        return holdings_of(member, held, temper_of(member, self._seed), self._seed, self._today)

    def life(self, member: Member, held: Mapping[str, Presence]) -> Life:
        """The whole life of a member."""
        temper = temper_of(member, self._seed)
        holdings = holdings_of(member, held, temper, self._seed, self._today)
        now = datetime.combine(self._today, time(12), tzinfo=UTC)
        life = Chronicle(member, held, temper, holdings, start=self._start, now=now)
        self._open(life)
        openings = self._openings(life)
        last = month_number(self._today)
        for number in range(month_number(self._start), last + MONTHS_AHEAD + 1):
            life.month = Month.of(number)
            self._plan(life, ahead=number > last)
            life.live(life.month)
        events = sorted(life.events, key=_order)
        return Life(
            member_id=member.id,
            accounts=holdings.accounts,
            policies=tuple(_as_of(policy, life) for policy in holdings.policies),
            securities=tuple(
                (listed.quoted(self._today), Decimal(life.units[listed.isin]))
                for listed in universe()
                if life.units.get(listed.isin)
            ),
            custody_cash=money(life.cents.get(CUSTODY_CASH, 0)),
            events=tuple(events),
            since=self._start,
            openings=openings,
        )

    def _plan(self, life: Chronicle, *, ahead: bool) -> None:
        key = int.from_bytes(digest(self._seed, "month", life.member.id, life.month.number), "big")
        if life.quiet and life.month.at(1, 0) >= life.quiet:
            return
        if travel.travels(life):
            travel.plan(life, Random(key ^ 1))
        if ahead:
            return
        life.rng = Random(key)
        cover.plan(life)
        if life.member.organization:
            business.plan(life)
        else:
            household_money.plan(life)
            shopping.plan(life)
        shopping.plan_rewards(life)
        investing.plan(life)

    def _open(self, life: Chronicle) -> None:
        """Set what was there on the eve of the first day."""
        for account in life.holdings.accounts:
            life.cents[account.id] = 0
            if account.opened < self._start:
                draw = Random(f"{self._seed}/opening/{account.id}").random()
                life.cents[account.id] = _opening(life, account, draw)
        rng = Random(f"{self._seed}/opening/{life.member.id}")
        means = life.temper.means
        if "brokerage" in life.held:
            life.cents[CUSTODY_CASH] = 0
            if life.held["brokerage"].since < self._start:
                life.cents[CUSTODY_CASH] = int(means * 1.5 * rng.random())
                for listed in investing.favourites(life):
                    wealth = means * 14 * rng.random() ** 3
                    life.units[listed.isin] = int(wealth / investing.price_in_francs(listed, self._start))
        if "loyalty" in life.held and life.held["loyalty"].since < self._start:
            life.points = int(3000 * rng.random() ** 2)

    def _openings(self, life: Chronicle) -> dict[str, Decimal]:
        openings = {holding: money(cents) for holding, cents in life.cents.items()}
        openings |= {isin: Decimal(units) for isin, units in life.units.items()}
        openings[POINTS] = Decimal(life.points)
        return openings


def _opening(life: Chronicle, account: BankAccount, draw: float) -> int:
    """What was in an older account, in cents."""
    means = life.temper.means
    match account.type:
        case AccountType.EVERYDAY:
            return int(means * (0.1 + life.temper.cushion) * (0.6 + 0.8 * draw))
        case AccountType.SAVINGS:
            return int(means * 14 * draw**3)
        case AccountType.TERM_DEPOSIT:
            return int((account.principal or 0) * 100)
        case AccountType.CREDIT_CARD:
            return -int(min(means, int(account.limit or 0) * 100) * 0.4 * draw)
        case AccountType.MORTGAGE | AccountType.PERSONAL_LOAN:
            months = month_number(life.start) - month_number(account.opened)
            return -household_money.owed_after(account, months)


def _as_of(policy: InsurancePolicy, life: Chronicle) -> InsurancePolicy:
    ended = life.ended.get(policy.id)
    return dataclasses.replace(policy, end=ended) if ended else policy


def _order(event: Event) -> tuple[datetime, str]:
    return event.at, event.id
