"""Balances that follow from a life's events: what was there at the beginning, and every movement since."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.population.chronicle import CUSTODY_CASH, OWED, POINTS
from sandbox.population.model import BankAccount, Event, EventKind, Life
from sandbox.population.securities import universe

_OUTGOING = frozenset(
    {EventKind.PREMIUM_PAID, EventKind.CARD_PURCHASE, EventKind.RENT_OR_BILL, EventKind.FEE}
)
_BETWEEN = frozenset({EventKind.CARD_PAYMENT, EventKind.LOAN_INSTALMENT, EventKind.TRANSFER})
_NOTHING = Decimal(0)


@functools.cache
def _isins() -> frozenset[str]:
    return frozenset(listed.isin for listed in universe())


@dataclass(frozen=True, slots=True)
class Movement:
    """An event as one account sees it."""

    event: Event
    amount: Decimal
    """Negative where the account is debited."""
    balance: Decimal
    """After the movement; negative where money is owed."""


def signed(event: Event, account: BankAccount) -> Decimal:
    """By how much a bank event changes an account; zero where it does not concern it."""
    amount = event.amount or _NOTHING
    if event.kind in _BETWEEN:
        return (amount if event.counter_holding == account.id else _NOTHING) - (
            amount if event.holding == account.id else _NOTHING
        )
    if event.holding != account.id:
        return _NOTHING
    if event.kind in _OUTGOING or (event.kind is EventKind.INTEREST and account.type in OWED):
        return -amount
    return amount


def movements(life: Life, account: BankAccount) -> tuple[Movement, ...]:
    """Every movement of a bank account, oldest first."""
    return tuple(all_movements(life, (account,))[account.id])


def all_movements(life: Life, accounts: Iterable[BankAccount]) -> dict[str, list[Movement]]:
    """Every movement of bank accounts, oldest first, by account id."""
    wanted = {account.id: account for account in accounts}
    found: dict[str, list[Movement]] = {account_id: [] for account_id in wanted}
    balances = {account_id: life.openings.get(account_id, _NOTHING) for account_id in wanted}
    for event in life.events:
        if event.domain == "banking":
            for mine in (event.holding, event.counter_holding):
                if mine in wanted:
                    amount = signed(event, wanted[mine])
                    balances[mine] += amount
                    found[mine].append(Movement(event, amount, balances[mine]))
    return found


def balance(life: Life, account: BankAccount, at: date) -> Decimal:
    """The posted balance of a bank account at the end of a day; negative where money is owed."""
    result = life.openings.get(account.id, _NOTHING)
    for event in life.events:
        if event.domain == "banking" and event.at.date() <= at:
            result += signed(event, account)
    return result


def custody_cash(life: Life, at: date) -> Decimal:
    """Cash at the custodian at the end of a day, in CHF."""
    result = life.openings.get(CUSTODY_CASH, _NOTHING)
    for event in life.at("brokerage"):
        amount = event.amount or _NOTHING
        if event.at.date() > at:
            break
        leaves = event.holding == CUSTODY_CASH or (
            event.kind is EventKind.TRADE and (event.quantity or 0) > 0
        )
        result += -amount if leaves else amount
    return result


def units(life: Life, isin: str, at: date) -> Decimal:
    """Units of an instrument at the end of a day."""
    return all_units(life, at).get(isin, _NOTHING)


def all_units(life: Life, at: date) -> dict[str, Decimal]:
    """Units at the end of a day of every instrument that there ever were any of, by ISIN."""
    held = {holding: amount for holding, amount in life.openings.items() if holding in _isins()}
    for event in life.events:
        if event.kind is EventKind.TRADE and event.holding is not None and event.at.date() <= at:
            held[event.holding] = held.get(event.holding, _NOTHING) + (event.quantity or _NOTHING)
    return held


def points(life: Life, at: date) -> int:
    """Points that can be spent at the end of a day."""
    return lifetime_points(life, at) - sum(
        int(event.quantity or 0)
        for event in life.events
        if event.kind is EventKind.POINTS_REDEEMED and event.at.date() <= at
    )


def lifetime_points(life: Life, at: date) -> int:
    """Points earned by the end of a day, with those there were at the beginning."""
    return int(life.openings.get(POINTS, _NOTHING)) + sum(
        int(event.quantity or 0)
        for event in life.events
        if event.kind is EventKind.POINTS_EARNED and event.at.date() <= at
    )
