"""What a customer has and owes at banks, from balances: owed money is negative there."""

from __future__ import annotations

from c360.records.banking import Balance, BankTransaction
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.money import negated, total
from resolvers.needs import needs
from resolvers.timeline import Moment, Timeline


def moved_at(transaction: BankTransaction) -> Moment:
    """When a transaction was posted, or ordered where it is still pending."""
    return transaction.posted_at or transaction.executed_at


TRANSACTIONS = Timeline(
    kind="banking.transactions",
    moment=moved_at,
    id_field="transaction_id",
)


@needs("banking.balances")
def deposits(records: Records) -> tuple[Money, ...]:
    """Sum of the positive posted balances, an overpaid card included."""
    return total(one.current for one in records.of("banking.balances", Balance) if one.current.amount > 0)


@needs("banking.balances")
def debts(records: Records) -> tuple[Money, ...]:
    """Sum of what is owed on accounts, cards and loans, as a positive amount."""
    balances = records.of("banking.balances", Balance)
    return total(negated(one.current) for one in balances if one.current.amount < 0)


@needs("banking.balances")
def available(records: Records) -> tuple[Money, ...]:
    """Sum of what can be spent now, where the bank says so."""
    return total(one.available for one in records.of("banking.balances", Balance))
