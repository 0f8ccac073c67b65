"""Events arrive at real endpoints: signed, in order, at least once, and nowhere they must not."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.webhooks.delivering import Delivering
from resolvers.events import retries
from schema import ids
from store.data_endpoints import DeliveryFailure, DeliveryState, EndpointState
from tests.api.webhooks.conftest import Run, Scene, T
from tests.fixtures.receiver import Call, receiving
from tests.fixtures.sizes import size

SQLITE = pytest.mark.parametrize("backend", ["sqlite"])


def statuses(*lines: str) -> Any:
    """Answers one after the other; the last one for ever."""
    waiting = list(lines)

    async def answer(_: Call) -> str:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return answer


def signed_with(call: Call, secret: str) -> bool:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join((call.id.encode(), call.headers["webhook-timestamp"].encode(), call.body))
    made = "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return made in call.headers["webhook-signature"].split()


def test_events_arrive_signed_and_in_order(scene: Scene, run: Run) -> None:
    async def go() -> None:
        async with receiving() as shop, receiving() as other, scene.delivering() as delivering:
            to = await scene.register(shop.url)
            await scene.register(other.url, "offer.responded", scopes=("offers:read",))
            told = await scene.tell("a", "b", "c")
            (offer,) = await scene.tell("d", kind="offer.responded")
            await delivering.settle()
            assert (shop.ids, other.ids) == (told, [offer])
            call = shop.calls[0]
            assert call.json == {
                "id": told[0],
                "type": "customer.changed",
                "version": 1,
                "timestamp": "2026-01-01T12:00:00Z",
                "sequence": call.json["sequence"],
                "customers": [ids.encode("Customer", "a")],
                "data": {},
            }
            assert call.headers["content-type"] == "application/json"
            assert int(call.headers["webhook-timestamp"]) == int(scene.now.timestamp())
            assert all(signed_with(each, scene.secret) for each in shop.calls)
            async with scene.database.unit(T) as unit:
                await unit.endpoints.rotate(to, "whsec_" + base64.b64encode(b"n" * 32).decode(), overlap=HOUR)
            await scene.tell("e")
            await delivering.settle()
            assert signed_with(shop.calls[-1], scene.secret)
            assert signed_with(shop.calls[-1], "whsec_" + base64.b64encode(b"n" * 32).decode())
            scene.tick(hours=1)
            await scene.tell("f")
            await delivering.settle()
            assert not signed_with(shop.calls[-1], scene.secret)

    run(go())


HOUR = timedelta(hours=1)


def test_later_events_wait_for_one_that_does_not_arrive(scene: Scene, run: Run) -> None:
    async def go() -> None:
        answers = statuses(
            "500 No", "503 Later\r\nretry-after: 90", "302 There\r\nlocation: /other", "200 OK"
        )
        async with receiving(answers) as shop, scene.delivering() as delivering:
            to = await scene.register(shop.url)
            first, second = await scene.tell("a", "b")
            await delivering.settle()
            assert shop.ids == [first]
            scene.tick(seconds=7)
            await delivering.settle()
            assert shop.ids == [first, first]
            (failed, waiting) = await scene.deliveries(to)
            assert (failed.attempts, failed.response_status) == (2, 503)
            assert failed.next_at == scene.now + timedelta(seconds=90)
            assert (waiting.attempts, waiting.state) == (0, DeliveryState.PENDING)
            scene.tick(seconds=89)
            await delivering.settle()
            assert len(shop.calls) == 2
            scene.tick(seconds=1)
            await delivering.settle()
            assert (await scene.deliveries(to))[0].failure is DeliveryFailure.REDIRECT
            assert {call.path for call in shop.calls} == {"/hook"}
            assert (await scene.endpoint(to)).failing_since is not None
            scene.tick(hours=1)
            await delivering.settle()
            assert shop.ids == [first, first, first, first, second]
            assert (await scene.endpoint(to)).failing_since is None

    run(go())


@SQLITE
def test_a_dead_endpoint_is_given_up_and_what_was_dead_can_be_sent_again(scene: Scene, run: Run) -> None:
    async def go() -> None:
        async with receiving(statuses("500 No")) as shop, scene.delivering() as delivering:
            to = await scene.register(shop.url)
            told = await scene.tell("a", "b")
            seen = set()
            for _ in range(50):
                await delivering.settle()
                endpoint = await scene.endpoint(to)
                seen.add(endpoint.state)
                if endpoint.state is EndpointState.DISABLED:
                    break
                if DeliveryState.PENDING not in {one.state for one in await scene.deliveries(to)}:
                    await scene.tell("later")
                scene.tick(hours=6)
            assert seen == {EndpointState.ENABLED, EndpointState.FAILING, EndpointState.DISABLED}
            dead = [one for one in await scene.deliveries(to) if one.state is DeliveryState.DEAD]
            assert [one.event_id for one in dead][:2] == told
            assert {one.failure for one in dead} == {DeliveryFailure.STATUS}
            calls = len(shop.calls)
            scene.tick(days=1)
            await delivering.settle()
            assert len(shop.calls) == calls
            shop.answering = statuses("200 OK")
            async with scene.database.unit(T) as unit:
                await unit.endpoints.set_state(to, EndpointState.ENABLED)
                await unit.deliveries.again(to, 1)
            await delivering.settle()
            assert told[0] in shop.ids[calls:]

    run(go())


@SQLITE
def test_who_is_gone_is_sent_nothing_more(scene: Scene, run: Run) -> None:
    async def go() -> None:
        async with receiving(statuses("410 Gone")) as shop, scene.delivering() as delivering:
            to = await scene.register(shop.url)
            await scene.tell("a", "b")
            await delivering.settle()
            assert len(shop.calls) == 1
            assert (await scene.endpoint(to)).state is EndpointState.DISABLED

    run(go())


@SQLITE
@pytest.mark.parametrize(
    ("url", "networks"),
    [
        ("http://127.0.0.1:{port}/", ["10.0.0.0/8"]),
        ("http://localhost:{port}/", ["10.0.0.0/8"]),
        ("http://[::ffff:127.0.0.1]:{port}/", ["10.0.0.0/8"]),
        ("https://127.0.0.1:{port}/", ["10.0.0.0/8"]),
    ],
    ids=["number", "name", "mapped", "encrypted"],
)
def test_nothing_is_delivered_into_a_private_network(
    scene: Scene, run: Run, url: str, networks: list[str]
) -> None:
    async def go() -> None:
        async with receiving() as shop, scene.delivering(*networks) as delivering:
            to = await scene.register(url.format(port=shop.url.split(":")[2].partition("/")[0]))
            await scene.tell("a")
            await delivering.settle()
            assert shop.calls == []
            (failed,) = await scene.deliveries(to)
            assert failed.failure is DeliveryFailure.ADDRESS

    run(go())


@SQLITE
def test_a_name_that_resolves_elsewhere_later_gets_nothing(
    scene: Scene, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the name was of the internet when the endpoint was registered."""

    async def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", ("127.0.0.1", 0))]

    async def go() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        async with receiving() as shop, scene.delivering("10.0.0.0/8") as delivering:
            port = shop.url.split(":")[2].partition("/")[0]
            to = await scene.register(f"https://shop.example:{port}/")
            await scene.tell("a")
            await delivering.settle()
            assert shop.calls == []
            assert (await scene.deliveries(to))[0].failure is DeliveryFailure.ADDRESS

    run(go())


@SQLITE
def test_an_endless_answer_and_none_at_all(scene: Scene, run: Run) -> None:
    async def go() -> None:
        async with receiving(statuses("200 OK")) as shop, scene.delivering(seconds=0.3) as delivering:
            shop.tail = b"x" * 1_000_000
            to = await scene.register(shop.url)
            closed = await scene.register("http://127.0.0.1:9/")
            await scene.tell("a")
            await delivering.settle()
            assert (await scene.deliveries(to))[0].state is DeliveryState.DELIVERED
            assert (await scene.deliveries(closed))[0].failure is DeliveryFailure.CONNECTION

    run(go())


@SQLITE
def test_a_slow_endpoint_holds_nobody_up(scene: Scene, run: Run) -> None:
    async def never(_: Call) -> str:
        await asyncio.Event().wait()
        return ""

    async def go() -> None:
        async with (
            receiving(never) as slow,
            receiving() as quick,
            scene.delivering(seconds=0.5) as delivering,
        ):
            hung = await scene.register(slow.url)
            await scene.register(quick.url)
            told = await scene.tell("a", "b", "c")
            settling = asyncio.create_task(delivering.settle())
            async with asyncio.timeout(5):
                while quick.ids != told:  # noqa: ASYNC110  # the receiver tells nobody
                    await asyncio.sleep(0.01)
            assert not settling.done()
            await settling
            assert (await scene.deliveries(hung))[0].failure is DeliveryFailure.TIMEOUT

    run(go())


@SQLITE
def test_one_that_runs_is_woken_by_events(scene: Scene, run: Run) -> None:
    async def go() -> None:
        async with receiving() as shop, scene.delivering() as delivering:
            await scene.register(shop.url)
            told = await scene.tell("a")
            running = asyncio.create_task(delivering.run())
            async with asyncio.timeout(5):
                while shop.ids != told:  # noqa: ASYNC110  # the receiver tells nobody
                    await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    run(go())


class Crash:
    """An endpoint that answers by a script; a crash ends the worker before it hears the answer."""

    def __init__(self, script: list[str], delivering: Delivering) -> None:
        self._script = list(script)
        self._delivering = delivering

    async def __call__(self, _: Call) -> str:
        step = self._script.pop(0) if self._script else "200 OK"
        if step == "crash":
            for task in self._delivering._busy.values():
                task.cancel()
            return "200 OK"
        return step


@SQLITE
@settings(
    max_examples=size(10, 20),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    script=st.lists(st.sampled_from(["200 OK", "500 No", "429 Slowly", "crash"]), max_size=8),
    count=st.integers(1, 5),
)
def test_each_event_arrives_at_least_once_and_in_order_whatever_breaks(
    scene: Scene, run: Run, script: list[str], count: int
) -> None:
    """None is given up here: the script is over before three days are."""

    async def go() -> None:
        async with receiving() as shop, scene.delivering() as delivering:
            shop.answering = Crash(script, delivering)
            to = await scene.register(shop.url)
            told = await scene.tell(*map(str, range(count)))
            for _ in range(len(script) + 1):
                await delivering.settle()
                scene.tick(seconds=retries.LONGEST.total_seconds() * 1.2)
            assert list(dict.fromkeys(shop.ids)) == told
            assert {one.state for one in await scene.deliveries(to)} == {DeliveryState.DELIVERED}
            assert len(shop.calls) <= count + sum(step != "200 OK" for step in script)
            positions = [told.index(one) for one in shop.ids]
            assert positions == sorted(positions)
            async with scene.database.unit(T) as unit:
                await unit.endpoints.remove(to)

    run(go())
