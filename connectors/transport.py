"""The host's own transport: pools of connections for all instances, and a chain of stages for each.

``Sharing → Retrying → Limiting → Reaching``. A further stage is one more class with ``send`` around the next.
"""

from __future__ import annotations

import random

import httpx

from c360.addresses import AddressPolicy
from c360.certificates import TlsIdentity
from c360.contract import Limits
from c360.http import Transport
from c360.pools import Pools
from c360.sending import TIMEOUT, Sending
from connectors.breaking import Breakers
from connectors.health import Health
from connectors.leaving import Leaving
from connectors.limiting import Limiting
from connectors.operation import current
from connectors.operations import OperationNames
from connectors.reaching import Origins, Reaching
from connectors.resilience import Resilience
from connectors.retrying import Retrying
from connectors.sharing import Sharing


class HostTransport:
    """Owns the connections that all instances share.

    Args:
        base: what carries the requests; by default pyreqwest and httpx do over the network, which is told
            nothing by the environment (no proxies, no netrc).
        resilience: what is done about failing partners.
        addresses: where connections may go; by default to the internet alone. Of no account where
            ``base`` carries the requests.
    """

    def __init__(
        self,
        base: httpx.AsyncBaseTransport | None = None,
        resilience: Resilience | None = None,
        addresses: AddressPolicy | None = None,
    ) -> None:
        self.resilience = resilience or Resilience()
        addresses = addresses or AddressPolicy()
        self._pools = Pools(addresses)
        self._origins = Origins(addresses) if base is None else None
        self._chance = random.Random()  # noqa: S311  # spreads retries, hides nothing
        # No httpx.AsyncClient around it: of what that adds, redirects, cookies, proxies and credentials from
        # the environment are unwanted here, and the rest costs more than all stages of the host together.
        self._base = base if base is not None else self._pools

    def for_instance(
        self,
        limits: Limits,
        health: Health,
        *,
        breakers: Breakers | None = None,
        base_url: str = "",
        identity: TlsIdentity | None = None,
    ) -> Transport:
        """The chain of one instance.

        Args:
            limits: what the partner bears.
            health: counts and times the requests.
            breakers: which operations are left alone; none of its own where they are of no interest.
            base_url: where the partner's API starts.
            identity: what TLS with the partner needs beyond the ordinary.

        Raises:
            Reconfigure: the identity cannot be used.
        """
        known_as = self._pools.admit(identity) if identity is not None else ""
        sending = Leaving(Sending(self._base, limits.max_bytes, known_as, left=_left))
        limiting = Limiting(
            self._reaching(sending, limits, known_as, identity),
            limits,
            health,
            breakers=breakers or Breakers("", self.resilience.breaker),
            names=OperationNames(base_url),
            queue=self.resilience.queue,
            timeout=TIMEOUT,
        )
        return Sharing(Retrying(limiting, self.resilience.retries, self._chance))

    def _reaching(
        self, sending: Leaving, limits: Limits, known_as: str, identity: TlsIdentity | None
    ) -> Transport:
        if self._origins is None or (identity is not None and identity.authorities is not None):
            return sending
        return Reaching(self._origins, sending, limits.max_bytes, known_as, identity)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._origins is not None:
            await self._origins.close()
        await self._base.aclose()


def _left() -> float:
    """Seconds until the operation's deadline; without one, as long as a request may take."""
    operation = current()
    return operation.remaining() if operation else TIMEOUT
