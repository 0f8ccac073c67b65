"""What customers decided about the use of their data, where gathering and answering meet it.

Read anew in every operation, within its one unit of work: what is withdrawn before an operation begins is
not shown by it, whatever lies in memory or among the last-known copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from c360.access import Purpose
from c360.errors import ProblemCode
from connectors.problems import problem
from connectors.results import SourceResult, SourceState
from resolvers.consents.customer import CustomerConsents
from schema.execution.context import OperationContext
from store.data import CustomerData
from store.data_consents import DecisionData

Decisions = Mapping[str, tuple[DecisionData, ...]]
"""By customer id; of those who decided anything."""
_NOBODY: frozenset[str] = frozenset()


def closed(
    context: OperationContext, customer: CustomerData, decisions: Sequence[DecisionData]
) -> frozenset[str]:
    """Connector instances that may not be asked about a customer for the operation's purpose."""
    if not decisions:
        return _NOBODY
    mine = CustomerConsents(decisions, at=context.at)
    purpose = context.access.purpose
    return frozenset(
        connector
        for connector in {link.connector for link in customer.links}
        if not mine.gathers(purpose, connector)
    )


def without(customer: CustomerData, shut: frozenset[str]) -> CustomerData:
    """A customer without what closed partners say of them."""
    if not shut:
        return customer
    values = tuple(one for one in customer.values if one.connector not in shut)
    return msgspec.structs.replace(customer, values=values)


def withheld(sources: Sequence[SourceResult], shut: frozenset[str]) -> Sequence[SourceResult]:
    """The sources of a customer, with the closed ones saying why they are."""
    if not shut:
        return sources
    return tuple(
        msgspec.structs.replace(
            source, state=SourceState.WITHHELD, problem=problem(ProblemCode.CONSENT_WITHDRAWN)
        )
        if source.connector in shut
        else source
        for source in sources
    )


def always(purpose: Purpose) -> bool:
    """Whether decisions matter even where no partner is asked: for all but the plain service."""
    return purpose is not Purpose.SERVICE
