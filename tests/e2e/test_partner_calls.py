"""Something changes at a partner, the partner calls the hub, and every process tells what is."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urljoin

import httpx
import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from api.keeping import tell
from api.listening import listen
from api.sections import GatherSettings
from api.webhooks import registering
from api.webhooks.receiving import PartnerCalls
from api.wiring import Hub, open_hub
from benchmarks.stage.graph import Graph, Stage, StageClock, fill, make_settings, open_graph
from benchmarks.stage.partners import Partners
from sandbox.partners.loyalty.application import CREDENTIALS
from sandbox.partners.loyalty.render import account_id
from sandbox.population import Population
from store.errors import DatabaseUnavailable

T = TypeVar("T")
POINTS = "query($by: CustomerKey!) { customer(by: $by) { id loyalty { memberships { id points } } } }"


@asynccontextmanager
async def listening(hub: Hub, stage: Stage, port: int = 0) -> AsyncIterator[str]:
    """The address at which partners call a hub."""
    calls = PartnerCalls(hub, stage.settings)
    app = Starlette(routes=[Route("/webhooks/{instance}", calls.answer, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
    listener = listen("127.0.0.1", port)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks/loyalty"
    finally:
        server.should_exit = True
        await serving


class Square:
    """The partner as one of its own clients has it, who leaves accounts as other tests expect them."""

    def __init__(self, stage: Stage) -> None:
        self._base = stage.partners.connectors["loyalty"]["base_url"].rstrip("/") + "/"
        self._client = httpx.AsyncClient(
            trust_env=False, headers={"authorization": f"Bearer {CREDENTIALS['access_token']}"}, timeout=30
        )
        self._key = 0
        self._added: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            for account, points in dict(self._added).items():
                await self.add(account, -points)
        finally:
            await self._client.aclose()

    async def add(self, account: str, points: int) -> None:
        self._key += 1
        body = {"idempotency_key": f"{id(self)}-{self._key}", "adjust_points": {"points": points}}
        answer = await self._client.post(urljoin(self._base, f"loyalty/accounts/{account}/adjust"), json=body)
        answer.raise_for_status()
        self._added[account] += points

    async def call(self, url: str, body: bytes, *, key: str = CREDENTIALS["webhook_signature_key"]) -> int:
        """Call the hub by hand; the status of its answer, which never says more."""
        signed = hmac.new(key.encode(), url.encode() + body, hashlib.sha256).digest()
        headers = {"x-square-hmacsha256-signature": base64.b64encode(signed).decode()}
        answer = await self._client.post(url, content=body, headers=headers)
        assert answer.content == b""
        return answer.status_code


async def points(process: Graph, key: Any) -> int:
    """The points that a process answers with."""
    answer = await process.execute(POINTS, {"by": key})
    assert not answer.errors, answer.errors
    assert answer.data
    (membership,) = answer.data["customer"]["loyalty"]["memberships"]
    found: int = membership["points"]
    return found


async def until(process: Graph, key: Any, wanted: int) -> None:
    async with asyncio.timeout(60):
        while await points(process, key) != wanted:  # noqa: ASYNC110  # only asking tells
            await asyncio.sleep(0.05)


async def elsewhere(command: Coroutine[Any, Any, T]) -> T:
    """What a command ends in that runs beside the server, as an operator runs it."""
    return await asyncio.to_thread(asyncio.run, command)


@pytest.fixture
def remembering(
    empty: Callable[[], str], partners: Partners, truth: Population, customers_file: Path
) -> Iterator[Stage]:
    """A hub whose processes remember what they fetched: what partners tell has to make them forget."""
    settings = make_settings(empty(), {"loyalty": partners.connectors["loyalty"]})
    loyalty = msgspec.structs.replace(settings.connectors["loyalty"], ttl={"loyalty.memberships": 3600.0})
    patient = msgspec.structs.replace(
        settings, gather=GatherSettings(memory=10_000, deadline=20), connectors={"loyalty": loyalty}
    )
    asyncio.run(fill(patient, customers_file))
    yield Stage(partners, truth, patient, StageClock(truth.today))
    partners.subscribe("loyalty", None)


def test_a_change_at_a_partner_shows_in_every_process(
    remembering: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = remembering
    presence = stage.truth.member_presences(stage.member("loyalty").id)["loyalty"]
    key = {"partnerRef": {"connector": "loyalty", "partyId": presence.party_id}}
    failures = iter([DatabaseUnavailable("killed half-way")])

    async def killed_once(*given: Any) -> None:
        await tell(*given)
        for failure in failures:
            raise failure

    async def scenario() -> None:
        account = account_id(presence)
        async with (
            Square(stage) as square,
            open_graph(stage.settings, stage.clock) as called,
            open_graph(stage.settings, stage.clock) as other,
            listening(called.hub, stage) as url,
            other.hub.bus.subscribe(kinds=["customer.changed"]) as events,
        ):
            before = await points(called, key)
            assert await points(other, key) == before
            await square.add(account, 5)
            assert await points(other, key) == before, "it is remembered"
            stage.partners.subscribe("loyalty", url)
            await square.add(account, 7)
            await until(called, key, before + 12)
            event = await anext(events)
            assert (event.data["connector"], event.data["aspects"]) == ("loyalty", ["RECORDS"])
            # Whoever hears of it reads what is: the process has forgotten before.
            assert await points(other, key) == before + 12
            monkeypatch.setattr("api.webhooks.receiving.tell", killed_once)
            await square.add(account, 1)
            await until(other, key, before + 13)

    asyncio.run(scenario())


def test_a_hub_has_the_partner_call_it_and_believes_what_it_signs_then(remembering: Stage) -> None:
    stage = remembering
    presence = stage.truth.member_presences(stage.member("loyalty").id)["loyalty"]
    key = {"partnerRef": {"connector": "loyalty", "partyId": presence.party_id}}
    loyalty = stage.settings.connectors["loyalty"]
    unkeyed = {name: value for name, value in loyalty.config.items() if name != "webhook_signature_key"}
    loyalty = msgspec.structs.replace(loyalty, config=unkeyed)
    settings = msgspec.structs.replace(stage.settings, connectors={"loyalty": loyalty})

    async def scenario() -> None:
        account = account_id(presence)
        async with (
            Square(stage) as square,
            open_graph(settings, stage.clock) as graph,
            listening(graph.hub, stage) as url,
        ):
            before = await points(graph, key)
            stage.partners.behave("loyalty", "down", operations=["POST /v2/webhooks/subscriptions"])
            asked = await elsewhere(registering.register(settings, "loyalty", url))
            assert asked.state.value in {"REQUESTED", "UNKNOWN"}, "it was told to be down"
            stage.partners.behave("loyalty")
            made = await elsewhere(registering.register(settings, "loyalty", url))
            assert (made.id, made.state.value, made.signed) == (asked.id, "CONFIRMED", True)
            (row,) = await elsewhere(registering.rows(settings))
            assert [(each.url, each.ours) for each in row.at_partner] == [(url, True)]
            await square.add(account, 3)
            await until(graph, key, before + 3)
            told = {"loyalty_account": {"id": "a", "program_id": "p", "customer_id": presence.party_id}}
            event = {"event_id": "f", "type": "loyalty.account.updated", "data": {"id": "a", "object": told}}
            assert await square.call(url, msgspec.json.encode(event)) == 401, "signed with another key"
            removed = await elsewhere(registering.remove(settings, "loyalty"))
            assert removed is not None
            assert (removed.state.value, removed.signed) == ("CONFIRMED", False)
            (row,) = await elsewhere(registering.rows(settings))
            assert not row.at_partner

    asyncio.run(scenario())


def test_what_is_forged_or_repeated_does_nothing(remembering: Stage) -> None:
    stage = remembering
    presence = stage.truth.member_presences(stage.member("loyalty").id)["loyalty"]
    told = {"loyalty_account": {"id": "a", "program_id": "p", "customer_id": presence.party_id}}
    event = {"event_id": "e-1", "type": "loyalty.account.updated", "data": {"id": "a", "object": told}}
    body = msgspec.json.encode(event)

    async def scenario() -> None:
        async with (
            Square(stage) as square,
            open_hub(stage.settings, clock=stage.clock) as hub,
            listening(hub, stage) as url,
        ):
            database, tenant = hub.store.database, hub.tenant

            async def events() -> int:
                async with database.read(tenant) as unit:
                    return len(await unit.outbox.after(0))

            start = await events()
            assert await square.call(url, body, key="guessed") == 401
            assert await square.call(url, b"x" * 300_000) == 413
            assert await square.call(url, b"{}") == 400
            assert await square.call(url.replace("loyalty", "nobody"), body) == 404
            assert await events() == start
            assert [await square.call(url, body) for _ in range(3)] == [204, 204, 204]
            assert await events() == start + 1
            restarted = open_hub(stage.settings, clock=stage.clock)
            async with restarted as later, listening(later, stage) as moved:
                at_once = await asyncio.gather(*(square.call(moved, body) for _ in range(5)))
                assert at_once == [204] * 5
            assert await events() == start + 1

    asyncio.run(scenario())
