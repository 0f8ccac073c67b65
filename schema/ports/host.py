"""What execution asks of the host."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

from c360.access import Access
from c360.auth.grants import Pending
from c360.contract import Action, PartyQuery
from connectors.acting import Acted
from connectors.granting import GrantSettings
from connectors.identify import IdentifyResult
from connectors.infos import InstanceInfo
from connectors.results import Gathered, GatherRequest


class Host(Protocol):
    """The connectors; see :class:`connectors.host.Host`."""

    def infos(self) -> tuple[InstanceInfo, ...]:
        """What can be said about every instance, in the order of the settings."""
        ...

    def outlines(self) -> tuple[InstanceInfo, ...]:
        """The same as of an earlier moment: for what does not change of an instance, at no cost."""
        ...

    @property
    def asks_by_grant(self) -> bool:
        """Whether any instance asks for customers under their own grants."""
        ...

    @property
    def grant_settings(self) -> GrantSettings:
        """Where customers who grant access come back to."""
        ...

    def begin_grant(self, instance_id: str, return_to: str) -> Pending:
        """Make the question for a customer; asks nobody."""
        ...

    async def gather(self, request: GatherRequest) -> Gathered:
        """Fetch everything that an operation needs; never raises for a partner."""
        ...

    async def identify(
        self,
        query: PartyQuery,
        *,
        access: Access,
        deadline: timedelta,
        only: Collection[str] | None = None,
    ) -> tuple[IdentifyResult, ...]:
        """Search the partners for a key; never raises for a partner."""
        ...

    async def act(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Perform an action; never raises for a partner."""
        ...

    async def trace(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Find out what became of an action; never raises for a partner."""
        ...
