"""Customers' grants at a partner: asking for one, renewing it, giving it back, by the connector's flow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec

from c360.auth.grants import CodeFlow, Pending
from c360.auth.tokens import Token
from c360.errors import C360Error, RetryLater
from connectors.instances import Instance, InstanceState

PATIENCE = 15.0
"""Seconds that an authorization server gets to answer."""
CALLBACK, START = "/grants/callback", "/grants/start"
"""Where customers come back to, and where they set out from."""


class GrantRefused(C360Error):
    """A grant cannot be asked for; the message says why, and may be shown."""


class RedirectRefused(GrantRefused):
    """The settings do not allow customers to be sent to that address."""


class GrantSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where customers who grant access come back to."""

    callback_url: str = ""
    """The hub's own address; empty: nobody is asked."""
    return_to: tuple[str, ...] = ()
    """Where they may be sent in the end, to the letter."""

    def start_url(self, flow_id: str) -> str:
        """Where a customer sets out from."""
        return f"{self.callback_url.removesuffix(CALLBACK)}{START}?flow={flow_id}"


class Granting:
    """Asks the partners of a host.

    Args:
        settings: where customers come back to.
    """

    def __init__(self, settings: GrantSettings) -> None:
        self.settings = settings

    def begin(self, instance: Instance, return_to: str) -> Pending:
        """Make the question for a customer.

        Args:
            instance: whose partner is asked.
            return_to: where the customer is to be sent in the end.

        Raises:
            GrantRefused: nobody can be asked for this partner.
            RedirectRefused: customers are not sent to that address.
            Reconfigure: the partner's address cannot be one.
        """
        flow = self._flow(instance)
        if flow is None or not self.settings.callback_url:
            raise GrantRefused("Access to this partner cannot be granted here.")
        if return_to not in self.settings.return_to:
            raise RedirectRefused("Customers are not sent to this address: see grants.return_to.")
        return flow.begin()

    async def finish(self, instance: Instance, pending: Pending, answer: Mapping[str, str]) -> Token:
        """Exchange the code that a customer came back with, once. See :meth:`CodeFlow.finish`."""
        async with _asking(instance):
            return await self._needed(instance).finish(instance.connector.ctx.http, pending, answer)

    async def renew(self, instance: Instance, token: Token) -> Token:
        """Renew a grant, once. See :meth:`CodeFlow.refresh`."""
        async with _asking(instance):
            return await self._needed(instance).refresh(instance.connector.ctx.http, token)

    async def revoke(self, instance: Instance, token: Token) -> bool:
        """Give a grant back; ``False`` where the partner has no way to. See :meth:`CodeFlow.revoke`."""
        flow = self._flow(instance)
        if flow is None or flow.revoke_url is None:
            return False
        async with _asking(instance):
            await flow.revoke(instance.connector.ctx.http, token)
        return True

    def _flow(self, instance: Instance) -> CodeFlow | None:
        if instance.state in {InstanceState.FAULTY, InstanceState.DISABLED}:
            return None
        flow: CodeFlow | None = instance.connector.grant_flow(self.settings.callback_url)
        return flow

    def _needed(self, instance: Instance) -> CodeFlow:
        flow = self._flow(instance)
        if flow is None:
            raise RetryLater("the instance does not take work, or its settings name no token endpoint")
        return flow


@asynccontextmanager
async def _asking(instance: Instance) -> AsyncIterator[None]:
    try:
        with instance.working():
            async with asyncio.timeout(PATIENCE):
                yield
    except TimeoutError:
        raise RetryLater("the authorization server did not answer in time") from None
