"""What happened on everyday accounts: income, days overdrawn, how steady the balance is. Pure.

Banks tell today's balance and the movements; balances of the past are reckoned backwards from them.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from c360.records.banking import Account, Balance, BankTransaction, BankTransactionKind, TransactionStatus
from resolvers.groups.base import Records
from resolvers.needs import needs
from resolvers.summaries.banking import EVERYDAY, owned
from resolvers.summaries.figures import YEAR, Figures, amounts, count, day_of, joined, within
from resolvers.summaries.measures import Figure, Line, Measure

MONTHS = 12
"""Month-ends that the steadiness of a balance is judged by."""
FEWEST = 3
"""Month-ends without which nothing can be said of it."""
_DISHONOURED = re.compile(r"dishonou?r|returned|unpaid|insufficient funds", re.IGNORECASE)
"""Words by which banks name the fee for a payment that was not honoured; the standard has no code for it."""
_INCOME = frozenset(
    {BankTransactionKind.TRANSFER_INCOMING, BankTransactionKind.PAYMENT, BankTransactionKind.OTHER}
)


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The balance of one account at the end of each day, as far as it changed."""

    account: Account
    currency: str
    limited: bool
    """Whether it may be overdrawn."""
    now: Decimal
    changes: tuple[tuple[date, Decimal], ...]
    """What was posted on a day, the latest day first."""

    def ends(self, first: date, last: date) -> Iterator[tuple[date, date, Decimal]]:
        """Stretches of days, the latest first, within which the account ended each day at one balance."""
        upper, balance = last, self.now
        for on, moved in self.changes:
            if on > last:
                balance -= moved
                continue
            start = max(on, first)
            if start <= upper:
                yield start, upper, balance
            balance -= moved
            upper = min(upper, on - timedelta(1))
        if first <= upper:
            yield first, upper, balance

    def at(self, on: date) -> Decimal:
        """The balance at the end of a day."""
        return self.now - sum((moved for moment, moved in self.changes if moment > on), Decimal(0))


@needs("banking.accounts", "banking.balances", "banking.transactions")
def histories(records: Records) -> Figures:
    """Days overdrawn and the steadiness of the balance, of everyday accounts."""
    found = _histories(records)
    if not found:
        return ()
    first = records.today - timedelta(YEAR - 1)
    overdrawn: set[int] = set()
    for one in found:
        if not one.limited:
            start = max(first, one.account.opened_on or first)
            for since, until, balance in one.ends(start, records.today):
                if balance < 0:
                    overdrawn.update(range(since.toordinal(), until.toordinal() + 1))
    return joined(
        count(Line.DEPOSITS, Measure.OVERDRAWN_DAYS_12M, len(overdrawn)), _volatility(found, records.today)
    )


@needs("banking.accounts", "banking.transactions")
def income(records: Records) -> Figures:
    """What came in, and what was sent back for want of money."""
    accounts = owned(records)
    everyday = {key for key, one in accounts.items() if one.kind in EVERYDAY}
    if not everyday:
        return ()
    moved = [
        one
        for one in records.of("banking.transactions", BankTransaction)
        if one.account_id in accounts
        and one.status is TransactionStatus.POSTED
        and within(_ordered(one), records.today, YEAR)
    ]
    own = Counter(_trace(one, -1) for one in moved if one.amount.amount < 0)
    came: list[BankTransaction] = []
    for one in moved:
        if one.amount.amount <= 0:
            continue
        if own[_trace(one, 1)] > 0:  # the other side of a transfer between the customer's own accounts
            own[_trace(one, 1)] -= 1
        elif one.account_id in everyday and one.kind in _INCOME and one.merchant_name is None:
            came.append(one)
    returned = sum(
        one.kind is BankTransactionKind.FEE and _DISHONOURED.search(one.description) is not None
        for one in moved
    )
    return joined(
        amounts(Line.DEPOSITS, Measure.INCOME_12M, [one.amount for one in came]),
        count(Line.DEPOSITS, Measure.RETURNED_12M, returned) if returned else (),
    )


def _histories(records: Records) -> list[History]:
    accounts = {key: one for key, one in owned(records).items() if one.kind in EVERYDAY}
    changes: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for one in records.of("banking.transactions", BankTransaction):
        posted = day_of(one.posted_at)
        if one.status is TransactionStatus.POSTED and posted is not None:
            changes[one.account_id][posted] += one.amount.amount
    return [
        History(
            account=accounts[one.account_id],
            currency=one.current.currency,
            limited=one.credit_limit is not None and one.credit_limit.amount > 0,
            now=one.current.amount,
            changes=tuple(sorted(changes[one.account_id].items(), reverse=True)),
        )
        for one in records.of("banking.balances", Balance)
        if one.account_id in accounts
    ]


def _volatility(found: Sequence[History], today: date) -> Figures:
    """By currency, of which the most unsteady counts."""
    ratios = []
    for currency in sorted({one.currency for one in found}):
        mine = [one for one in found if one.currency == currency]
        ends = [
            float(sum((one.at(on) for one in there), Decimal(0)))
            for on in month_ends(today)
            if (
                there := [one for one in mine if one.account.opened_on is None or one.account.opened_on <= on]
            )
        ]
        if len(ends) >= FEWEST and (mean := statistics.fmean(ends)) > 0:
            ratios.append(statistics.pstdev(ends) / mean)
    if not ratios:
        return ()
    return (Figure(line=Line.DEPOSITS, measure=Measure.BALANCE_VOLATILITY, value=max(ratios)),)


def month_ends(today: date) -> list[date]:
    """The last days of the last twelve months that are over, the latest first."""
    found, on = [], today
    for _ in range(MONTHS):
        on = on.replace(day=1) - timedelta(1)
        found.append(on)
    return found


def _ordered(one: BankTransaction) -> date | None:
    return day_of(one.executed_at or one.posted_at)


def _trace(one: BankTransaction, sign: int) -> tuple[str, Decimal, date | None]:
    """What both sides of a transfer have in common."""
    return one.amount.currency, sign * one.amount.amount, _ordered(one)
