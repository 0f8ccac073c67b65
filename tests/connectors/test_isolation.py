"""Nobody is ever given what was fetched for another: 100,000 generated cases of concurrent requests.

Every answer of the made-up partner says for which tenant, purpose and credential its request was sent, and
about whom it was asked. Customers share parties, grants come and go, purposes and tenants mix, and everything
that may be shared is: requests under way, the answers of an operation, the memory of a moment ago.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from c360.access import Access, Principal, Purpose, TenantId
from c360.auth import ApiKey
from c360.contract import Fetched, Lookup, Need, Ref
from c360.records.party import Party
from c360.values import Secret
from connectors.cache import MemoryCache
from connectors.host import Host
from connectors.operation import current
from connectors.results import GatherRequest, Link, SourceResult, SourceState, Target
from tests.connectors.conftest import NOW
from tests.fixtures.sizes import size
from tests.fixtures.virtual import virtually

CASES = size(20_000, 100_000)
AT_ONCE = 40
PARTY = "party.profile"
TENANTS = [TenantId("t1"), TenantId("t2"), TenantId("t3")]
PURPOSES = [Purpose.SERVICE, Purpose.MARKETING, Purpose.RISK]
CUSTOMERS = [f"c{number}" for number in range(12)]
PARTY_OF = {customer: f"p{number % 7}" for number, customer in enumerate(CUSTOMERS)}
"""Several customers share a party, as a family shares an account."""


async def echo(request: httpx.Request) -> httpx.Response:
    """Says for whom the request was sent."""
    operation = current()
    assert operation is not None
    await asyncio.sleep(0.001 * (len(request.url.path) % 3))
    return httpx.Response(
        200,
        json={
            "tenant": operation.tenant,
            "purpose": operation.purpose,
            "credential": request.headers.get("authorization") or request.headers.get("x-key"),
            "about": request.url.path.rpartition("/")[2],
        },
    )


class Told(msgspec.Struct):
    """What the partner said."""

    tenant: str
    purpose: str
    credential: str
    about: str


async def fetch(self: Any, needs: Sequence[Need], refs: Sequence[Ref]) -> Any:
    for ref in refs:
        auth = ref.auth() if ref.grant is not None else None
        answer = await self.ctx.http.get(f"/parties/{ref.party_id}", auth=auth)
        told = answer.decode(Told)
        words = f"{told.tenant}|{told.purpose}|{told.credential}|{told.about}"
        yield Fetched(ref=ref, kind=PARTY, records=(Party(party_id=ref.party_id, full_name=words),))


class Grants:
    """Tokens by tenant and customer, as they are at this moment."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}

    async def tokens(
        self, tenant: TenantId, wanted: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], Secret | None]:
        return {
            (customer, instance, party): Secret(self.held[tenant, customer])
            for customer, instance, party in wanted
            if (tenant, customer) in self.held
        }

    def opened(self, tenant: TenantId, connector: str, sealed: object) -> Secret | None:
        raise AssertionError("no grant comes with a customer here")

    async def refused(self, tenant: TenantId, which: tuple[str, str, str], token: Secret) -> None:
        raise AssertionError("no partner refuses anything here")


def host(kit: Any, grants: Grants) -> Host:
    kit.grants = grants
    kit.snapshots = NoCopies()
    kit.clock = lambda: NOW + timedelta(seconds=asyncio.get_running_loop().time())
    kit.base = httpx.MockTransport(echo)
    kit.add("granted", fetch, lookup=Lookup.BY_GRANT)
    kit.add("keyed", fetch, methods={"auth": lambda self: ApiKey("x-key", Secret("hub"))}, fetches={PARTY: 4})
    made: Host = kit.host(cache=MemoryCache())
    return made


def request(chance: random.Random) -> GatherRequest:
    tenant, purpose = chance.choice(TENANTS), chance.choice(PURPOSES)
    customers = chance.sample(CUSTOMERS, chance.randint(1, 8))
    principal = Principal(subject=f"agent-{chance.randint(0, 50)}", tenant=tenant)
    return GatherRequest(
        targets=[
            Target(
                customer_id=customer,
                links=tuple(
                    Link(connector=each, party_id=PARTY_OF[customer]) for each in ("granted", "keyed")
                ),
            )
            for customer in customers
        ],
        needs={customer: frozenset({Need(kind=PARTY)}) for customer in customers},
        access=Access(principal=principal, purpose=purpose),
        deadline=timedelta(seconds=2),
        max_age=chance.choice([None, None, None, timedelta(0), timedelta(seconds=20)]),
    )


class NoCopies:
    """Last-known copies are the store's business, and show themselves as such."""

    async def read(self, tenant: TenantId, keys: Any) -> Any:
        return ()

    async def write(self, tenant: TenantId, snapshots: Any) -> None:
        return None


class Trial:
    """Asks, and checks every answer."""

    def __init__(self, kit: Any) -> None:
        self.grants = Grants()
        self.states: Counter[tuple[str, SourceState]] = Counter()
        self._chance = random.Random(360)
        self._host = host(kit, self.grants)

    async def wave(self) -> None:
        """Change some grants (given, renewed, withdrawn), then ask much at once."""
        chance = self._chance
        for tenant in TENANTS:
            customer = chance.choice(CUSTOMERS)
            if chance.random() < 0.3:
                self.grants.held.pop((tenant, customer), None)
            else:
                self.grants.held[tenant, customer] = f"token-{tenant}-{customer}-{chance.randint(0, 2)}"
        await asyncio.gather(*(self._ask() for _ in range(AT_ONCE)))
        await asyncio.sleep(chance.choice([0.0, 1.0, 30.0]))

    async def _ask(self) -> None:
        wanted = request(self._chance)
        gathered = await self._host.gather(wanted)
        for target in wanted.targets:
            for source in gathered.of(target.customer_id):
                self.states[source.connector, source.state] += 1
                self._check(source, wanted.access, target.customer_id)

    def _check(self, source: SourceResult, access: Access, customer: str) -> None:
        credential = "hub"
        records = source.kinds[PARTY].records
        if source.connector == "granted":
            token = self.grants.held.get((access.tenant, customer))
            if token is None:
                assert not records, "shown without a grant"
                return
            credential = f"Bearer {token}"
        (party,) = records
        assert isinstance(party, Party)
        assert party.full_name == f"{access.tenant}|{access.purpose.value}|{credential}|{PARTY_OF[customer]}"


@pytest.mark.timeout(240)
def test_nobody_is_given_what_was_fetched_for_another(kit: Any) -> None:
    trial = Trial(kit)

    async def scenario() -> None:
        while trial.states.total() < CASES:
            await trial.wave()

    virtually(scenario())
    for connector in ("granted", "keyed"):
        assert trial.states[connector, SourceState.FRESH] > 1_000, "some were asked"
        assert trial.states[connector, SourceState.KEPT] > 1_000, "and some were remembered"
