"""Integrators register endpoints, look at what became of deliveries, and have events sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from c360.access import Reach, TenantId
from c360.addresses import AddressPolicy
from schema.build import Schema
from schema.engine import GraphEngine
from schema.execution.context import EngineSettings
from schema.permissions.roles import every_scope
from store.data_endpoints import Attempt, DeliveryFailure
from store.data_events import EventDraft
from store.database import Database
from store.keyring import Keyring
from store.models import Base
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")
SCOPES = every_scope() - {"operations:read"}
REGISTER = """
mutation Register($input: RegisterEndpointInput!) {
  registerEndpoint(input: $input) {
    secret endpoint { id url kinds state owner pending dead failingSince }
    problems { __typename code path message }
  }
}
"""
LIST = "{ endpoints { id url kinds state owner pending dead failingSince } }"
DELIVERIES = """
query Deliveries($id: ID!, $state: DeliveryState, $first: Int, $after: String) {
  deliveries(endpointId: $id, state: $state, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { id endpointId eventId kind state attempts nextAt lastAt responseStatus failure } }
  }
}
"""


def changing(name: str, more: str = "endpoint { state pending dead }") -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    if name in ("rotateEndpointSecret", "pauseEndpoint", "resumeEndpoint", "removeEndpoint"):
        kind = "EndpointInput"
    return (
        f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {more} "
        "problems { __typename code path } } }"
    )


class Hub:
    """An engine over a real store."""

    def __init__(self, runner: asyncio.Runner, database: Database, engine: GraphEngine) -> None:
        self._run = runner.run
        self.database = database
        self._engine = engine
        self.access = access_of("shop", scopes=SCOPES)

    def raw(self, query: str, **variables: Any) -> Any:
        return self._run(self._engine.execute(query, variables, access=self.access))

    def ask(self, query: str, **variables: Any) -> Any:
        response = self.raw(query, **variables)
        assert not response.errors, response.errors
        return next(iter(response.data.values()))

    def register(self, url: str = "https://shop.example/hook", **more: Any) -> Any:
        return self.ask(REGISTER, input={"url": url, **more})

    def problem(self, query: str, **given: Any) -> tuple[str, str, list[str]]:
        (problem,) = self.ask(query, input=given)["problems"]
        return problem["__typename"], problem["code"], problem["path"]

    def tell(self, *kinds: str) -> None:
        async def go() -> None:
            async with self.database.unit(TENANT) as unit:
                unit.outbox.add([EventDraft(kind=kind) for kind in kinds])

        self._run(go())

    def fail(self, *, dead: bool) -> None:
        """Make out deliveries and let the first of each endpoint fail."""

        async def go() -> None:
            async with self.database.unit(TENANT) as unit:
                await unit.deliveries.plan(lambda *_: True)
                for turn in await unit.deliveries.next_ones():
                    now = datetime.now(UTC)
                    later = None if dead else now + timedelta(hours=1)
                    failed = Attempt(
                        at=now, response_status=500, failure=DeliveryFailure.STATUS, next_at=later
                    )
                    await unit.deliveries.attempted(turn, failed)

        self._run(go())


@pytest.fixture
def hub(database_url: str, schema: Schema, make_world: Callable[..., Any]) -> Iterator[Hub]:
    host = make_world().host
    settings = EngineSettings(
        endpoint_addresses=AddressPolicy(["10.1.0.0/16"], field="webhooks.allowed_networks")
    )
    with asyncio.Runner() as runner:
        database = Database(database_url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32))
        engine = GraphEngine(schema, database, host, lambda: datetime.now(UTC), settings=settings)
        yield Hub(runner, database, engine)
        runner.run(database.dispose())


def test_an_endpoint_is_registered_and_its_secret_shown_once(hub: Hub) -> None:
    made = hub.register(kinds=["customer.changed", "customer.changed"], idempotencyKey="k1")
    assert made["problems"] == []
    assert made["secret"].startswith("whsec_")
    assert made["endpoint"] == {
        "id": made["endpoint"]["id"],
        "url": "https://shop.example/hook",
        "kinds": ["customer.changed"],
        "state": "ENABLED",
        "owner": "shop",
        "pending": 0,
        "dead": 0,
        "failingSince": None,
    }
    again = hub.register(kinds=["customer.changed", "customer.changed"], idempotencyKey="k1")
    assert (again["secret"], again["endpoint"]) == (None, made["endpoint"])
    assert hub.ask(LIST) == [made["endpoint"]]
    rotated = hub.ask(
        changing("rotateEndpointSecret", "secret overlapUntil"), input={"endpointId": made["endpoint"]["id"]}
    )
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != made["secret"]
    assert rotated["overlapUntil"]


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"url": "http://shop.example/hook"}, ["input", "url"]),
        ({"url": "https://127.0.0.1/hook"}, ["input", "url"]),
        ({"url": "https://[::1]/hook"}, ["input", "url"]),
        ({"url": "https://169.254.169.254/latest"}, ["input", "url"]),
        ({"url": "https://localhost/hook"}, ["input", "url"]),
        ({"url": "https://me:secret@shop.example/"}, ["input", "url"]),
        ({"url": "ftp://shop.example/"}, ["input", "url"]),
        ({"url": "https://shop.example/#top"}, ["input", "url"]),
        ({"url": "https://sh\u00f6p.example/"}, ["input", "url"]),
        ({"url": "https://shop.example/" + "x" * 2000}, ["input", "url"]),
        ({"kinds": ["customer.sneezed"]}, ["input", "kinds", "0"]),
    ],
)
def test_what_cannot_be_delivered_is_refused(hub: Hub, given: dict[str, Any], path: list[str]) -> None:
    url = given.get("url", "https://shop.example/")
    assert hub.problem(REGISTER, **{"url": url, **given}) == ("InputProblem", "BAD_USER_INPUT", path)
    (problem,) = hub.register(**{"url": url, **given})["problems"]
    assert "secret" not in problem["message"]
    assert hub.ask(LIST) == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_the_operator_lists_is_allowed(hub: Hub) -> None:
    assert hub.register("http://10.1.2.3:8080/hook")["problems"] == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_nobody_receives_more_than_they_may_know(hub: Hub) -> None:
    hub.access = access_of("shop", scopes=frozenset({"endpoints:write", "customers:read"}))
    assert hub.problem(REGISTER, url="https://shop.example/", kinds=["offer.responded"]) == (
        "InputProblem",
        "BAD_USER_INPUT",
        ["input", "kinds", "0"],
    )
    hub.access = access_of("shop", reach=Reach.PARTNER)
    assert hub.problem(REGISTER, url="https://shop.example/") == (
        "EndpointProblem",
        "ENDPOINT_BEYOND_REACH",
        [],
    )


@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_endpoint_is_its_owners_own_and_an_operators(hub: Hub) -> None:
    made = hub.register()["endpoint"]["id"]
    hub.access = access_of("rival", scopes=SCOPES)
    assert hub.ask(LIST) == []
    for name in ("rotateEndpointSecret", "pauseEndpoint", "resumeEndpoint", "removeEndpoint"):
        assert hub.problem(changing(name, ""), endpointId=made) == (
            "NotFoundProblem",
            "NOT_FOUND",
            ["input", "endpointId"],
        )
    (error,) = hub.raw(DELIVERIES, id=made).errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    hub.access = access_of("operator")
    assert [one["id"] for one in hub.ask(LIST)] == [made]
    assert hub.ask(changing("pauseEndpoint"), input={"endpointId": made})["endpoint"]["state"] == "PAUSED"
    assert hub.problem(changing("rotateEndpointSecret", ""), endpointId=made)[1] == "ENDPOINT_BEYOND_REACH"


def test_deliveries_are_seen_retried_and_replayed(hub: Hub) -> None:
    made = hub.register()["endpoint"]["id"]
    start = datetime.now(UTC).isoformat()
    hub.tell("customer.changed", "customer.changed", "offer.responded")
    hub.fail(dead=True)
    (listed,) = hub.ask(LIST)
    assert (listed["pending"], listed["dead"]) == (2, 1)
    page = hub.ask(DELIVERIES, id=made, first=1)
    assert page["pageInfo"]["hasNextPage"]
    assert page["edges"][0]["node"]["kind"] == "offer.responded"
    rest = hub.ask(DELIVERIES, id=made, after=page["pageInfo"]["endCursor"])
    assert len(rest["edges"]) == 2
    (dead,) = [edge["node"] for edge in hub.ask(DELIVERIES, id=made, state="DEAD")["edges"]]
    assert (dead["failure"], dead["responseStatus"], dead["attempts"]) == ("STATUS", 500, 1)
    retry = changing("retryDelivery", "delivery { id state nextAt } endpoint { pending dead }")
    revived = hub.ask(retry, input={"deliveryId": dead["id"]})
    assert revived["delivery"]["id"] == dead["id"]
    assert revived["delivery"]["nextAt"]
    assert revived["endpoint"] == {"pending": 3, "dead": 0}
    assert hub.problem(retry, deliveryId=dead["id"])[:2] == ("EndpointProblem", "DELIVERY_NOT_DEAD")
    replay = changing("replayEvents")
    again = hub.ask(replay, input={"endpointId": made, "eventIds": [dead["eventId"], "nobody"]})
    assert again["endpoint"]["pending"] == 4
    hub.ask(replay, input={"endpointId": made, "since": start})
    hub.fail(dead=False)
    assert hub.ask(LIST)[0]["pending"] == 7
    wrong: list[dict[str, Any]] = [{}, {"since": start, "eventIds": []}, {"eventIds": []}]
    for given in wrong:
        assert hub.problem(replay, endpointId=made, **given)[0] == "InputProblem"


def test_a_paused_endpoint_is_resumed_and_a_removed_one_is_gone(hub: Hub) -> None:
    made = hub.register()["endpoint"]["id"]
    hub.tell("customer.changed")
    hub.fail(dead=False)
    for name, state in (("pauseEndpoint", "PAUSED"), ("resumeEndpoint", "ENABLED")):
        assert hub.ask(changing(name), input={"endpointId": made})["endpoint"]["state"] == state
    (waiting,) = hub.ask(DELIVERIES, id=made)["edges"]
    assert datetime.fromisoformat(waiting["node"]["nextAt"]) <= datetime.now(UTC)
    removed = hub.ask(changing("removeEndpoint", "removedId"), input={"endpointId": made})
    assert removed["removedId"] == made
    assert hub.ask(LIST) == []


def test_no_secret_is_kept_where_it_can_be_read(hub: Hub) -> None:
    secret = hub.register(idempotencyKey="k1")["secret"]

    async def everything() -> str:
        found = []
        async with hub.database.read(TENANT) as unit:
            session = unit.endpoints._session
            for name in Base.metadata.tables:
                rows = await session.execute(text(f'SELECT * FROM "{name}"'))  # names of ours
                found += [repr(tuple(row)) for row in rows]
        return "".join(found)

    kept = hub._run(everything())
    assert "https://shop.example/hook" in kept
    assert secret.removeprefix("whsec_") not in kept
