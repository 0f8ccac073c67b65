"""Banking in the graph."""

from __future__ import annotations

from resolvers.groups import banking
from schema.groups.base import Group, RecordConnection, RecordList, Total

GROUP = Group(
    domain="banking",
    description="Accounts, cards and loans at every linked bank.",
    main="banking.accounts",
    lists=(
        RecordList(name="accounts", kind="banking.accounts", description="Accounts, cards and loans."),
        RecordList(
            name="direct_debits",
            kind="banking.direct_debits",
            description="Who may debit the accounts.",
        ),
    ),
    connections=(
        RecordConnection(
            name="transactions",
            timeline=banking.TRANSACTIONS,
            description="Movements on all accounts, newest first.",
        ),
    ),
    totals=(
        Total(name="deposits", compute=banking.deposits),
        Total(name="debts", compute=banking.debts),
        Total(name="available", compute=banking.available),
    ),
)
