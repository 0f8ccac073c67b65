"""Brokerage in the graph."""

from __future__ import annotations

from resolvers.groups import brokerage
from schema.groups.base import Group, RecordConnection, RecordList, Total

GROUP = Group(
    domain="brokerage",
    description="Custody accounts and what they hold, at every linked custodian.",
    main="brokerage.accounts",
    lists=(
        RecordList(name="accounts", kind="brokerage.accounts", description="Cash and safekeeping accounts."),
        RecordList(name="positions", kind="brokerage.positions", description="Valued holdings."),
    ),
    connections=(
        RecordConnection(
            name="transactions",
            timeline=brokerage.TRANSACTIONS,
            description="Transactions at all custodians, newest first.",
        ),
    ),
    totals=(
        Total(name="portfolio_value", compute=brokerage.portfolio_value),
        Total(name="reference_value", compute=brokerage.reference_value),
    ),
)
