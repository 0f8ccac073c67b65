"""A company's month at the bank: customers pay, suppliers and staff are paid."""

from __future__ import annotations

from datetime import datetime

from sandbox.population.chronicle import Chronicle
from sandbox.population.model import AccountType, EventKind
from sandbox.population.routines import money


def plan(life: Chronicle) -> None:
    """Put a company's month on the calendar."""
    month, rng = life.month, life.rng
    if life.everyday is None or not life.knows("banking", month.end):
        return
    sales = life.temper.job(month.number).cents
    season = (0.7, 0.85, 1.0, 1.0, 1.05, 1.1, 0.95, 0.9, 1.05, 1.1, 1.15, 1.2)[month.month - 1]
    count = 3 + int(4 * rng.random())
    for _ in range(count):
        cents = int(sales * season / count * (0.5 + rng.random()))
        number = 10_000 + int(90_000 * rng.random())
        life.plan(month.at(1 + int(28 * rng.random()), 10), _be_paid, cents, f"Invoice {number}")
    usual = life.temper.means
    life.plan(month.at(28, 6), _pay, int(usual * 0.45), "Payroll")
    life.plan(month.at(3, 6), _pay, int(usual * 0.08), "Premises lease")
    for day in (9, 19):
        life.plan(month.at(day, 6), _pay, int(usual * (0.1 + 0.1 * rng.random())), "Supplier payment")
    life.plan(month.at(22, 6), _distribute)
    money.plan_debts(life)
    money.plan_month_end(life)


def _be_paid(life: Chronicle, at: datetime, cents: int, text: str) -> None:
    life.receive(life.deed("S", at), EventKind.TRANSFER, at, cents, text)


def _pay(life: Chronicle, at: datetime, cents: int, text: str) -> None:
    # A company in need pays late, that is next month, and uses up to half a month's sales as overdraft.
    if life.funds() - cents > -life.temper.means // 2:
        life.pay(life.deed("B", at), EventKind.RENT_OR_BILL, at, cents, text)


def _distribute(life: Chronicle, at: datetime) -> None:
    """Pay the owners what is not needed, and put a reserve aside."""
    spare = life.funds() - 3 * life.temper.means
    if spare <= 0 or life.everyday is None:
        return
    savings = life.holdings.account(AccountType.SAVINGS)
    if savings and savings.opened <= at.date():
        deed = life.deed("T", at)
        life.move(
            deed, EventKind.TRANSFER, at, spare // 3, "Reserve", source=life.everyday.id, target=savings.id
        )
    life.pay(life.deed("T", at), EventKind.TRANSFER, at, spare // 2, "Distribution to owners")
