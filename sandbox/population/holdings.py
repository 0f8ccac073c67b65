"""What a member holds at the bank and the insurer, from the day it was opened to the day it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from sandbox.population.model import AccountType, BankAccount, InsurancePolicy, Line, Member, Presence
from sandbox.population.numbers import luhn, number, serial, uuid_of
from sandbox.population.origins import pick
from sandbox.population.rates import money
from sandbox.population.temper import Temper

_CARS = (
    "Volkswagen Gol",
    "Fiat Argo",
    "Toyota Corolla",
    "Hyundai HB20",
    "Chevrolet Onix",
    "Honda Fit",
    "Renault Kwid",
)
_LAST_START = date(2027, 6, 30)


@dataclass(frozen=True, slots=True)
class Holdings:
    """Accounts and policies that exist by a day, the oldest first."""

    accounts: tuple[BankAccount, ...]
    policies: tuple[InsurancePolicy, ...]

    def account(self, *types: AccountType) -> BankAccount | None:
        """The first account of one of these types."""
        return next((account for account in self.accounts if account.type in types), None)


def holdings_of(
    member: Member, held: Mapping[str, Presence], temper: Temper, seed: int, today: date
) -> Holdings:
    """What a member holds, as far as it has begun by today."""
    rng = Random(f"{seed}/holdings/{member.id}")
    accounts = list(_accounts(member, held["banking"].since, temper, seed, rng)) if "banking" in held else []
    policies = (
        list(_policies(member, held["insurance"].since, seed, rng, today)) if "insurance" in held else []
    )
    return Holdings(
        tuple(
            sorted(
                (account for account in accounts if account.opened <= today), key=lambda a: (a.opened, a.id)
            )
        ),
        tuple(
            sorted((policy for policy in policies if policy.start <= today), key=lambda p: (p.start, p.id))
        ),
    )


def _accounts(member: Member, since: date, temper: Temper, seed: int, rng: Random) -> Iterator[BankAccount]:
    age = 2025 - member.birth_date.year
    yield _account(member, seed, AccountType.EVERYDAY, since, rate=0)
    if rng.random() < 0.6 or member.organization:
        yield _account(member, seed, AccountType.SAVINGS, _day(rng, since), rate=0.018 + 0.025 * rng.random())
    if rng.random() < 0.6:
        limit = max(200_000, int(temper.means * (0.8 + 1.5 * rng.random())) // 50_000 * 50_000)
        rate = 0.14 + 0.07 * rng.random()
        yield _account(
            member, seed, AccountType.CREDIT_CARD, _day(rng, since), rate=rate, limit=min(limit, 3_000_000)
        )
    if rng.random() < (0.35 if 28 < age < 66 and not member.organization else 0.05):
        years = 15 + 5 * int(4 * rng.random())
        rate = 0.045 + 0.02 * rng.random()
        opened = _day(rng, max(since, date(2012, 1, 1)), _LAST_START)
        principal = _principal(temper.means * (0.2 + 0.12 * rng.random()), rate, years)
        yield _account(
            member,
            seed,
            AccountType.MORTGAGE,
            opened,
            rate=rate,
            principal=principal,
            years=years,
            joint=rng.random() < 0.6,
        )
    if rng.random() < 0.2:
        years = 2 + int(5 * rng.random())
        rate = 0.07 + 0.06 * rng.random()
        opened = _day(rng, max(since, date(2021, 1, 1)), _LAST_START)
        principal = _principal(temper.means * (0.05 + 0.08 * rng.random()), rate, years)
        yield _account(
            member, seed, AccountType.PERSONAL_LOAN, opened, rate=rate, principal=principal, years=years
        )
    if rng.random() < 0.14 and age > 35:
        opened = _day(rng, max(since, date(2022, 6, 1)), _LAST_START)
        principal = int(temper.means * (2 + 10 * rng.random())) // 100_000 * 100_000 + 100_000
        rate = 0.035 + 0.015 * rng.random()
        yield _account(
            member,
            seed,
            AccountType.TERM_DEPOSIT,
            opened,
            rate=rate,
            principal=principal,
            years=2 + int(3 * rng.random()),
        )


def _principal(monthly: float, rate: float, years: int) -> int:
    """The loan in cents, in whole thousands, that a monthly instalment pays back."""
    growth = (1 + rate / 12) ** (years * 12)
    return max(200_000, int(monthly * (growth - 1) / (growth * rate / 12)) // 100_000 * 100_000)


def _account(
    member: Member,
    seed: int,
    kind: AccountType,
    opened: date,
    *,
    rate: float,
    limit: int | None = None,
    principal: int | None = None,
    years: int | None = None,
    joint: bool = False,
) -> BankAccount:
    plain = f"0{number(seed, 'account', member.id, kind.value, digits=14):014d}"
    card = luhn(f"4{number(seed, 'card', member.id, digits=14):014d}")
    return BankAccount(
        id=uuid_of(seed, "account", member.id, kind.value),
        type=kind,
        number=card if kind is AccountType.CREDIT_CARD else plain,
        opened=opened,
        closed=None,
        limit=None if limit is None else money(limit),
        principal=None if principal is None else money(principal),
        rate=Decimal(round(rate * 10_000)).scaleb(-4),
        term_end=None if years is None else opened.replace(year=opened.year + years, day=min(opened.day, 28)),
        joint=joint,
    )


def _policies(member: Member, since: date, seed: int, rng: Random, today: date) -> Iterator[InsurancePolicy]:
    chances = {Line.AUTO: 0.6, Line.HOUSING: 0.4, Line.LIFE: 0.45, Line.PENSION: 0.25}
    if member.organization:
        chances = {Line.AUTO: 0.8, Line.HOUSING: 0.7}
    wanted = [line for line, chance in chances.items() if rng.random() < chance] or [Line.AUTO]
    if Line.AUTO in wanted and rng.random() < (0.6 if member.organization else 0.12):
        wanted.append(Line.AUTO)
    for position, line in enumerate(wanted):
        # The first was what they came for; the others followed.
        start = _day(rng, since, date(since.year, 12, 31)) if position == 0 else _day(rng, since, _LAST_START)
        place = int(member.id[1:]) * 20 + position + (10 if member.organization else 0)
        policy_id = serial(place, seed, "policy", digits=12)
        yield _policy(member, line, start, policy_id=policy_id, rng=rng, today=today)


def _policy(
    member: Member, line: Line, start: date, *, policy_id: str, rng: Random, today: date
) -> InsurancePolicy:
    cancelled = _day(rng, date(2023, 6, 1), date(2029, 1, 1)) if rng.random() < 0.3 else None
    if line is Line.AUTO:
        insured = (25_000 + int(110_000 * rng.random() ** 2)) // 500 * 500
        premium = int(insured * 100 * (0.0028 + 0.0022 * rng.random()))
        thing = f"{pick(rng, _CARS)} {2008 + int(17 * rng.random())}"
    elif line is Line.HOUSING:
        insured = (120_000 + int(700_000 * rng.random())) // 5000 * 5000
        premium = int(insured * 100 * (0.00012 + 0.0001 * rng.random()))
        home = member.address
        thing = f"{home.street} {home.number}, {home.city}"
    else:
        insured = (50_000 + int(600_000 * rng.random() ** 2)) // 10_000 * 10_000
        premium = int(insured * 100 * (0.0003 + 0.0006 * rng.random()))
        premium = max(premium, 15_000) * (2 if line is Line.PENSION else 1)
        thing = f"{member.given_name} {member.family_name}"
    term = 1 if line in {Line.AUTO, Line.HOUSING} else 10 + 5 * int(5 * rng.random())
    end = (
        _anniversary(start, today)
        if term == 1
        else start.replace(year=start.year + term, day=min(start.day, 28))
    )
    if cancelled and start < cancelled <= today:
        end = min(end, cancelled)
    reserve = _reserve(line, premium, start, min(end, today))
    return InsurancePolicy(
        id=policy_id,
        line=line,
        start=start,
        end=end,
        monthly_premium=money(premium),
        sum_insured=Decimal(insured),
        reserve=reserve,
        thing=thing,
    )


def _reserve(line: Line, premium: int, start: date, until: date) -> Decimal | None:
    """Premiums so far less costs, with interest, in whole cents."""
    if line not in {Line.LIFE, Line.PENSION}:
        return None
    months = max(0, (until.year - start.year) * 12 + until.month - start.month)
    share = 0.45 if line is Line.LIFE else 0.92
    return money(int(premium * months * share * (1 + 0.04 * months / 24)))


def _anniversary(start: date, after: date) -> date:
    """The next yearly renewal that lies beyond a day."""
    day = min(start.day, 28)
    renewal = date(max(after.year, start.year + 1), start.month, day)
    return renewal if renewal > after else renewal.replace(year=renewal.year + 1)


def _day(rng: Random, first: date, last: date = date(2025, 12, 31)) -> date:
    span = max(0, (last - first).days)
    return date.fromordinal(first.toordinal() + int(rng.random() * span))
