"""What a customer holds at custodians."""

from __future__ import annotations

from c360.records.brokerage import Position, TradeTransaction
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.money import total
from resolvers.needs import needs
from resolvers.timeline import Moment, Timeline


def transacted_on(transaction: TradeTransaction) -> Moment:
    """The date for which the custodian shows a transaction."""
    return transaction.transacted_on


TRANSACTIONS = Timeline(
    kind="brokerage.transactions",
    moment=transacted_on,
    id_field="transaction_id",
    back=30,  # the standard's API is asked day by day
)


@needs("brokerage.positions")
def portfolio_value(records: Records) -> tuple[Money, ...]:
    """Value of all positions, each in its own currency."""
    return total(position.value for position in records.of("brokerage.positions", Position))


@needs("brokerage.positions")
def reference_value(records: Records) -> tuple[Money, ...]:
    """Value of all positions as the custodians convert it to the customer's currency."""
    return total(position.reference_value for position in records.of("brokerage.positions", Position))
