"""What the graph asks of the store about actions at partners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from resolvers.actions.ports import Actions
from store.data_actions import (
    ActionDraft,
    ActionFilter,
    PartnerActionData,
    PartnerActionPage,
    PartnerActionStep,
)


class PartnerActions(Actions, Protocol):
    """Actions at partners; see :class:`store.repositories.actions.ActionRepository`."""

    async def request(self, draft: ActionDraft) -> tuple[PartnerActionData, bool]:
        """Keep an action that is to be sent, once under the caller's key."""
        ...

    async def is_known(self, caller: str, key: str) -> bool:
        """Whether a caller's key names an action."""
        ...

    async def renew(self, action: PartnerActionData, valid_until: datetime) -> bool:
        """Let the hub go on with an action at once, as if its time began now."""
        ...

    async def steps(self, ids: Iterable[str]) -> Mapping[str, tuple[PartnerActionStep, ...]]:
        """The steps of actions, the first one first."""
        ...

    async def lasting(
        self, customer_id: str, kinds: Iterable[str], *, connector: str | None = None
    ) -> tuple[PartnerActionData, ...]:
        """Actions of a customer that have an effect, or may have."""
        ...

    async def of(
        self, customer_ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> Mapping[str, PartnerActionPage]:
        """A page of the actions of each customer, the latest first."""
        ...

    async def page(
        self,
        which: ActionFilter,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> PartnerActionPage:
        """A page of all actions that meet a filter, the latest first."""
        ...

    async def count(self, which: ActionFilter) -> int:
        """How many actions meet a filter."""
        ...
