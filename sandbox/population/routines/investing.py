"""Transfers to the custodian, trades and dividends."""

from __future__ import annotations

from datetime import date, datetime

from sandbox.population.chronicle import CUSTODY_CASH, Chronicle
from sandbox.population.model import EventKind
from sandbox.population.rates import convert, money, rate
from sandbox.population.securities import Listed, universe


def plan(life: Chronicle) -> None:
    """Put the month at the custodian on the calendar."""
    month, rng, temper = life.month, life.rng, life.temper
    if not life.knows("brokerage", month.end):
        return
    if temper.plan and not temper.job(month.number).out_of_work:
        life.plan(month.at(26, 9), _transfer, max(20_000, temper.means // 12 // 10_000 * 10_000))
        if month.number % 2:
            life.plan(month.at(29, 14), _buy, favourites(life)[0])
    wanted = temper.trades * 2 * rng.random()
    for _ in range(int(wanted) + (rng.random() < wanted % 1)):
        listed = favourites(life)[int(rng.random() * len(favourites(life)))]
        action = _sell if rng.random() < 0.35 else _buy
        life.plan(month.at(1 + int(27 * rng.random()), 9 + int(7 * rng.random())), action, listed)
    if temper.job(month.number).out_of_work and rng.random() < 0.4:
        life.plan(month.at(8, 10), _sell, favourites(life)[0])
        life.plan(month.at(12, 10), _withdraw)
    for listed in universe():
        if month.month in listed.paid_in and listed.pays:
            life.plan(month.at(10 + listed.paid_in[0], 7), _be_paid, listed)


def favourites(life: Chronicle) -> tuple[Listed, ...]:
    """The handful of instruments an investor looks at: a fund first."""
    listed = universe()
    start = sum(map(ord, life.member.id))
    count = 2 + start % 5
    picked = [listed[16 + start % 4]]
    picked += [listed[(start * 7 + 3 * place) % 16] for place in range(count)]
    return tuple(dict.fromkeys(picked))


def price_in_francs(listed: Listed, on: date) -> int:
    """The price of one unit in CHF cents."""
    return convert(listed.cents(on), listed.currency, "CHF", on)


def _transfer(life: Chronicle, at: datetime, cents: int) -> None:
    """Money from the bank, where it has the means; from elsewhere, where the member does not bank here."""
    banks = life.everyday is not None and life.knows("banking", at)
    if not life.knows("brokerage", at) or (banks and life.funds() < cents * 2):
        return
    deed = life.deed("X", at)
    francs = convert(cents, "AUD", "CHF", at.date())
    detail = {
        "original_amount": str(money(francs)),
        "original_currency": "CHF",
        "rate": str(rate("CHF", "AUD", at.date())),
    }
    life.pay(deed, EventKind.TRANSFER, at, cents, "Säntis Custody Bank", detail=detail)
    _cash(life, deed, at, francs, "Incoming payment")


def _cash(life: Chronicle, deed: str, at: datetime, francs: int, text: str) -> None:
    """Bring cash to the custody account, or take it away where ``francs`` is negative."""
    life.cents[CUSTODY_CASH] += francs
    out, into = (None, CUSTODY_CASH) if francs > 0 else (CUSTODY_CASH, None)
    life.enter(
        deed,
        EventKind.TRANSFER,
        "brokerage",
        at,
        cents=abs(francs),
        currency="CHF",
        text=text,
        holding=out,
        counter=into,
    )


def _withdraw(life: Chronicle, at: datetime) -> None:
    francs = life.cents[CUSTODY_CASH] * 4 // 5
    if francs < 10_000 or not life.knows("brokerage", at):
        return
    deed = life.deed("X", at)
    _cash(life, deed, at, -francs, "Outgoing payment")
    aud = convert(francs, "CHF", "AUD", at.date())
    life.receive(deed, EventKind.TRANSFER, at, aud, "Säntis Custody Bank")


def _buy(life: Chronicle, at: datetime, listed: Listed) -> None:
    price = price_in_francs(listed, at.date())
    units = int(life.cents[CUSTODY_CASH] * (0.5 + 0.4 * life.rng.random())) // price
    if units > 0 and life.knows("brokerage", at):
        _trade(life, at, listed, units, "BUY")


def _sell(life: Chronicle, at: datetime, listed: Listed) -> None:
    held = life.units.get(listed.isin, 0)
    units = held if life.rng.random() < 0.3 else held // 2
    if units > 0 and life.knows("brokerage", at):
        _trade(life, at, listed, -units, "SELL")


def _trade(life: Chronicle, at: datetime, listed: Listed, units: int, side: str) -> None:
    on = at.date()
    francs = price_in_francs(listed, on) * abs(units)
    life.units[listed.isin] = life.units.get(listed.isin, 0) + units
    life.cents[CUSTODY_CASH] += francs if units < 0 else -francs
    life.enter(
        life.deed("W", at),
        EventKind.TRADE,
        "brokerage",
        at,
        cents=francs,
        currency="CHF",
        holding=listed.isin,
        text=listed.name,
        quantity=units,
        detail={
            "side": side,
            "price": str(money(listed.cents(on))),
            "price_currency": listed.currency,
            "rate": str(rate(listed.currency, "CHF", on)),
        },
    )


def _be_paid(life: Chronicle, at: datetime, listed: Listed) -> None:
    units = life.units.get(listed.isin, 0)
    if units <= 0 or not life.knows("brokerage", at):
        return
    on = at.date()
    own = int(listed.cents(on) * units * listed.pays / len(listed.paid_in))
    francs = convert(own, listed.currency, "CHF", on)
    if francs > 0:
        life.cents[CUSTODY_CASH] += francs
        life.enter(
            life.deed("D", at),
            EventKind.DIVIDEND,
            "brokerage",
            at,
            cents=francs,
            currency="CHF",
            holding=listed.isin,
            text=listed.name,
            quantity=units,
            detail={
                "original_amount": str(money(own)),
                "original_currency": listed.currency,
                "rate": str(rate(listed.currency, "CHF", on)),
            },
        )
