"""What execution asks of the store about customers' grants at partners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from resolvers.actions.ports import HeldGrants
from store.data_credentials import FlowDraft, GrantData


class Grants(HeldGrants, Protocol):
    """Customers' grants; see :class:`store.repositories.grants.GrantRepository`."""

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[GrantData, ...]]:
        """The grants of each customer, without their tokens."""
        ...

    async def revoke(self, customer_id: str, connector: str, *, at: datetime | None = None) -> bool:
        """Take a customer's grants at a partner back; whether there was one."""
        ...


class GrantFlows(Protocol):
    """Grants under way; see :class:`store.repositories.grant_flows.GrantFlowRepository`."""

    async def begin(self, flow: FlowDraft) -> bool:
        """Keep one that begins; ``False`` where the customer is not there any more."""
        ...
