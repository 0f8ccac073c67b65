"""What performing asks of the store and of the host. The composition root passes the real ones in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, Protocol

from c360.access import Access, TenantId
from c360.contract import Action
from c360.values import Secret
from connectors.acting import Acted
from connectors.infos import InstanceInfo
from store.data_actions import ActionChange, PartnerActionData
from store.sight import Sight


class Actions(Protocol):
    """What is kept of actions; see :class:`store.repositories.actions.ActionRepository`."""

    async def get(self, ids: Iterable[str]) -> Mapping[str, PartnerActionData]:
        """Actions by id."""
        ...

    async def contents(self, actions: Iterable[PartnerActionData]) -> Mapping[str, bytes]:
        """What was asked for in each action, by its id."""
        ...

    async def move(
        self, action: PartnerActionData, change: ActionChange, *, by: str, note: str | None = None
    ) -> PartnerActionData:
        """Let an action take its next step."""
        ...

    async def put_off(
        self,
        action: PartnerActionData,
        next_at: datetime | None,
        *,
        holder: str | None = None,
        problem: str | None = None,
        human_at: datetime | None = None,
        accepted_at: datetime | None = None,
        reference: str | None = None,
    ) -> bool:
        """Say when something is done about an action next."""
        ...

    async def claim(self, holder: str, until: datetime, *, limit: int = 20) -> tuple[PartnerActionData, ...]:
        """Take actions that are due."""
        ...


class HeldGrants(Protocol):
    """Customers' grants; see :class:`store.repositories.grants.GrantRepository`."""

    async def tokens(
        self, wanted: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], Secret | None]:
        """Tokens by (customer id, instance id, party id); none for a grant that has ended."""
        ...

    async def refused(self, which: tuple[str, str, str], token: Secret) -> Any:
        """Note that a partner refused a token, so that it is not sent again."""
        ...


class ActionUnit(Protocol):
    """One transaction."""

    @property
    def actions(self) -> Actions:
        """What is kept of actions."""
        ...

    @property
    def grants(self) -> HeldGrants:
        """Customers' grants."""
        ...


class ActionDatabase(Protocol):
    """The store; see :class:`store.database.Database`."""

    def read(self, tenant: TenantId, sight: Sight) -> AbstractAsyncContextManager[ActionUnit]:
        """A unit of work for reading."""
        ...

    def unit(self, tenant: TenantId, sight: Sight) -> AbstractAsyncContextManager[ActionUnit]:
        """A unit of work: committed when the block ends, rolled back when it raises."""
        ...


class ActingHost(Protocol):
    """The connectors; see :class:`connectors.host.Host`."""

    def infos(self) -> tuple[InstanceInfo, ...]:
        """What can be said about every instance."""
        ...

    async def act(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Perform an action; never raises for a partner."""
        ...

    async def trace(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Find out what became of an action; never raises for a partner."""
        ...
