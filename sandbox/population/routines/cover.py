"""Premiums and claims, as the insurer and the bank see them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sandbox.population.chronicle import Chronicle
from sandbox.population.model import EventKind, InsurancePolicy, Line
from sandbox.population.rates import convert, money, rate

LAPSE_AFTER = 3
"""Premiums missed in a row after which the insurer ends the policy."""


def plan(life: Chronicle) -> None:
    """Put the month's premiums and accidents on the calendar."""
    month, rng = life.month, life.rng
    for policy in life.holdings.policies:
        if policy.start >= month.at(1).date():
            continue  # the first premium is due in the month after
        day = 1 + int(policy.id[-3:]) % 28
        at = month.at(day, 3)
        forgotten, accident = rng.random(), rng.random()
        if not _in_force(life, policy, at.date()):
            continue
        life.plan(at, _pay_premium, policy, forgotten < life.temper.forgets)
        if accident < _yearly_risk(life, policy) / 12:
            when = month.at(1 + int(month.days * rng.random()), 8 + int(14 * rng.random()))
            life.plan(when, _claim, policy)


def _in_force(life: Chronicle, policy: InsurancePolicy, on: date) -> bool:
    return policy.start <= on < life.ended.get(policy.id, policy.end)


def _yearly_risk(life: Chronicle, policy: InsurancePolicy) -> float:
    if policy.line is Line.AUTO:
        return life.temper.reckless * (1.3 if life.month.month in {6, 7, 12, 1} else 1.0)
    return 0.035 if policy.line is Line.HOUSING else 0.0


def _pay_premium(life: Chronicle, at: datetime, policy: InsurancePolicy, forgotten: bool) -> None:
    if not _in_force(life, policy, at.date()):
        return
    cents = int(policy.monthly_premium * 100)
    debited = convert(cents, "BRL", "AUD", at.date())
    banks = life.everyday is not None and life.knows("banking", at)
    if banks:
        unable = life.funds() < debited
    else:
        unable = life.temper.job(life.month.number).out_of_work and life.rng.random() < 0.5
    deed = life.deed("V", at)
    detail = {"due_on": at.date().isoformat()}
    if unable or forgotten:
        life.enter(
            deed,
            EventKind.PREMIUM_MISSED,
            "insurance",
            at,
            cents=cents,
            currency="BRL",
            holding=policy.id,
            detail=detail,
        )
        if banks and unable:
            life.pay(deed, EventKind.FEE, at, 1_000, "Dishonoured direct debit")
        _count_missed(life, at, policy)
        return
    life.missed[policy.id] = 0
    life.enter(
        deed,
        EventKind.PREMIUM_PAID,
        "insurance",
        at,
        cents=cents,
        currency="BRL",
        holding=policy.id,
        text=f"Premium {policy.line.value.lower()}",
        detail=detail,
    )
    life.pay(
        deed,
        EventKind.PREMIUM_PAID,
        at,
        debited,
        f"Ipê Seguros {policy.id}",
        detail=_foreign(cents, "BRL", at),
    )


def _foreign(cents: int, currency: str, at: datetime) -> dict[str, str]:
    """What a bank notes about an amount in another currency."""
    return {
        "original_amount": str(money(cents)),
        "original_currency": currency,
        "rate": str(rate(currency, "AUD", at.date())),
    }


def _count_missed(life: Chronicle, at: datetime, policy: InsurancePolicy) -> None:
    life.missed[policy.id] = life.missed.get(policy.id, 0) + 1
    if life.missed[policy.id] >= LAPSE_AFTER:
        life.ended[policy.id] = at.date() + timedelta(days=1)


def _claim(life: Chronicle, at: datetime, policy: InsurancePolicy) -> None:
    if not _in_force(life, policy, at.date()):
        return
    rng = life.rng
    insured = int(policy.sum_insured * 100)
    small = rng.random() < 0.72
    cents = int(
        insured * (0.02 + 0.1 * rng.random()) if small else insured * (0.15 + 0.85 * rng.random() ** 2)
    )
    cents = min(cents, 40_000_000)
    causes = (
        ("collision", "hail", "theft", "glass")
        if policy.line is Line.AUTO
        else ("water", "fire", "burglary", "storm")
    )
    reported = at.date() + timedelta(days=int(11 * rng.random()))
    settled = reported + timedelta(days=18 + int(75 * rng.random()))
    refused = rng.random() < 0.15
    paid = 0 if refused else cents * 9 // 10
    detail = {"cause": causes[int(4 * rng.random())], "reported_on": reported.isoformat(), "status": "OPEN"}
    if settled <= life.now.date():
        detail["status"] = "CLOSED_UNPAID" if refused else "CLOSED_PAID"
        detail["settled_on"] = settled.isoformat()
        if paid:
            detail["paid_amount"] = str(money(paid))
    deed = life.deed("K", at)
    life.enter(
        deed,
        EventKind.CLAIM,
        "insurance",
        at,
        cents=cents,
        currency="BRL",
        holding=policy.id,
        text=policy.thing,
        detail=detail,
    )
    if paid:
        when = datetime.combine(settled, at.timetz().replace(hour=11))
        life.plan(when, _be_paid, deed, paid, policy)


def _be_paid(life: Chronicle, at: datetime, deed: str, cents: int, policy: InsurancePolicy) -> None:
    aud = convert(cents, "BRL", "AUD", at.date())
    detail = _foreign(cents, "BRL", at)
    life.receive(deed, EventKind.TRANSFER, at, aud, f"Ipê Seguros claim {policy.id}", detail=detail)
