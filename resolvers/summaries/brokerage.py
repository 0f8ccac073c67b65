"""What a customer holds and does at custodians. Pure."""

from __future__ import annotations

from c360.records.brokerage import CustodyAccount, CustodyAccountKind, Position, TradeKind, TradeTransaction
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.money import negated
from resolvers.needs import needs
from resolvers.summaries.figures import YEAR, Figures, amounts, count, day, joined, within
from resolvers.summaries.measures import Line, Measure

_TRADES = frozenset(
    {TradeKind.BUY, TradeKind.SELL, TradeKind.BUY_TO_CLOSE, TradeKind.SELL_TO_OPEN, TradeKind.SUBSCRIPTION}
)


@needs("brokerage.accounts")
def accounts(records: Records) -> Figures:
    """Safekeeping accounts. The standard does not say since when an account has been there."""
    found = records.of("brokerage.accounts", CustodyAccount)
    held = sum(one.kind is CustodyAccountKind.SAFEKEEPING for one in found)
    return count(Line.BROKERAGE, Measure.CONTRACTS, held)


@needs("brokerage.positions")
def positions(records: Records) -> Figures:
    """The value of what is held, and of what is owed, in the customer's reference currency if it is told."""
    values = [_value(one) for one in records.of("brokerage.positions", Position)]
    owed = [negated(each) for each in values if each.amount < 0]
    return joined(
        amounts(Line.BROKERAGE, Measure.BALANCE, [each for each in values if each.amount >= 0]),
        amounts(Line.LENDING, Measure.BALANCE, owed) if owed else (),
    )


@needs("brokerage.transactions")
def trades(records: Records) -> Figures:
    """Purchases and sales of securities. A trade that was reversed did not happen."""
    found = records.of("brokerage.transactions", TradeTransaction)
    undone = {one.reverses for one in found if one.reversal}
    days = [
        on
        for one in found
        if one.kind in _TRADES and not one.reversal and one.transaction_id not in undone
        if (on := one.traded_on or one.transacted_on) <= records.today
    ]
    return joined(
        day(Line.BROKERAGE, Measure.LAST_ON, max(days, default=None)),
        count(Line.BROKERAGE, Measure.TRADES_12M, sum(within(on, records.today, YEAR) for on in days)),
    )


def _value(position: Position) -> Money:
    return position.reference_value or position.value
