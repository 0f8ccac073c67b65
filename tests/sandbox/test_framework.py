"""The frame around every partner application: counting, behaviours, control routes, errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse
from starlette.responses import Response as WebResponse
from starlette.routing import Mount, Route

from c360.errors import RetryLater
from c360.http import Request, Response, Transport
from sandbox.framework import Mode, World, partner_app

BASE = "http://partner.test"
Run = Callable[..., Any]


@pytest.fixture
def app(world: World) -> Starlette:
    async def thing(request: WebRequest) -> WebResponse:
        if request.path_params["id"] == "missing":
            raise HTTPException(404, detail="no such thing", headers={"X-Why": "missing"})
        if request.path_params["id"] == "broken":
            raise RuntimeError("a secret detail")
        return JSONResponse({"id": request.path_params["id"], "note": "n" * 50})

    async def today(request: WebRequest) -> WebResponse:
        return JSONResponse(request.app.state.world.now().isoformat())

    def render(status: int, message: str, headers: Mapping[str, str]) -> WebResponse:
        return JSONResponse({"fault": {"status": status, "text": message}}, status, headers)

    routes = [
        Route("/things/{id}", thing, methods=["GET", "DELETE"]),
        Mount("/inner", routes=[Route("/today", today, methods=["GET"])]),
    ]
    return partner_app(world, routes, name="things", error_renderer=render)


@pytest.fixture
def http(app: Starlette, plain_http: Callable[..., Transport]) -> Transport:
    return plain_http(app, BASE)


def ask(path: str, method: str = "GET", content: bytes = b"", timeout: float | None = 5) -> Request:
    return Request(method=method, url=f"{BASE}{path}", content=content, timeout=timeout)


def test_calls_are_counted_by_route_template(world: World, http: Transport, run: Run) -> None:
    async def calls() -> None:
        await http.send(ask("/things/1"))
        await http.send(ask("/things/2"))
        await http.send(ask("/things/2", "DELETE"))
        await http.send(ask("/inner/today"))
        await http.send(ask("/nowhere"))

    run(calls())
    assert world.counters.as_dict() == {
        "DELETE /things/{id}": 1,
        "GET (unknown)": 1,
        "GET /inner/today": 1,
        "GET /things/{id}": 2,
    }
    assert world.counters["GET /things/{id}"] == 2
    assert world.counters["GET /never"] == 0
    assert world.counters.total() == 5


def test_the_clock_stands_at_noon_of_the_populations_day(http: Transport, run: Run) -> None:
    assert run(http.send(ask("/inner/today"))).content == b'"2026-06-15T12:00:00+00:00"'


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/things/missing", "GET", 404), ("/nowhere", "GET", 404), ("/things/1", "PUT", 405)],
)
def test_errors_are_written_as_the_partner_writes_them(
    http: Transport, run: Run, path: str, method: str, status: int
) -> None:
    answer: Response = run(http.send(ask(path, method)))
    assert answer.status == status
    assert json.loads(answer.content)["fault"]["status"] == status
    assert ("x-why" in answer.headers) == (path == "/things/missing")


def test_a_fault_in_a_handler_reaches_the_test(http: Transport, run: Run) -> None:
    with pytest.raises(RuntimeError, match="a secret detail"):
        run(http.send(ask("/things/broken")))


def test_down_is_503(world: World, http: Transport, run: Run) -> None:
    world.behaviour.set("down")
    answer = run(http.send(ask("/things/1")))
    assert answer.status == 503
    assert "fault" in json.loads(answer.content)
    assert world.counters.total() == 1


def test_one_operation_can_misbehave_alone(world: World, http: Transport, run: Run) -> None:
    world.behaviour.set(Mode.DOWN, operations=["GET /things/{id}"])
    assert run(http.send(ask("/things/1"))).status == 503
    assert run(http.send(ask("/things/1", "DELETE"))).status == 200
    assert run(http.send(ask("/inner/today"))).status == 200


def test_a_rule_for_an_operation_wins_over_one_for_all(world: World, http: Transport, run: Run) -> None:
    world.behaviour.set("down")
    world.behaviour.add("ok", operations=["GET /inner/today"])
    assert run(http.send(ask("/inner/today"))).status == 200
    assert run(http.send(ask("/things/1"))).status == 503
    world.behaviour.reset()
    assert run(http.send(ask("/things/1"))).status == 200


def test_rate_limited_says_when_to_come_back(world: World, http: Transport, run: Run) -> None:
    world.behaviour.set("rate_limited", retry_after=7)
    answer = run(http.send(ask("/things/1")))
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


@pytest.mark.parametrize(("share", "failures"), [(0.0, 0), (0.25, 5), (0.5, 10), (1.0, 20)])
def test_flaky_fails_exactly_the_share_told(
    world: World, http: Transport, run: Run, share: float, failures: int
) -> None:
    world.behaviour.set("flaky", share=share)

    async def calls() -> list[int]:
        return [(await http.send(ask("/things/1"))).status for _ in range(20)]

    assert run(calls()).count(503) == failures


def test_wrong_answers_are_another_shape_and_html(world: World, http: Transport, run: Run) -> None:
    world.behaviour.set("wrong")
    first, second = run(http.send(ask("/things/1"))), run(http.send(ask("/things/1")))
    assert "id" not in json.loads(first.content)
    assert second.headers["content-type"].startswith("text/html")
    assert first.status == second.status == 200


def test_truncated_breaks_off(world: World, http: Transport, run: Run) -> None:
    world.behaviour.set("truncated")
    with pytest.raises(RetryLater, match="broke"):
        run(http.send(ask("/things/1")))


def test_slow_answers_late_and_hang_never(world: World, http: Transport, run: Run) -> None:
    world.behaviour.set("slow", delay=0.05)
    assert run(http.send(ask("/things/1"))).status == 200
    with pytest.raises(RetryLater, match="in time"):
        run(http.send(ask("/things/1", timeout=0.01)))
    world.behaviour.set("hang")
    with pytest.raises(RetryLater, match="in time"):
        run(http.send(ask("/things/1", timeout=0.05)))


def test_unknown_modes_and_numbers_out_of_range_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match="mode"):
        world.behaviour.set("sleepy")
    with pytest.raises(ValueError, match="share"):
        world.behaviour.set("flaky", share=1.5)


def test_control_routes_steer_and_are_not_counted(world: World, http: Transport, run: Run) -> None:
    told = {"mode": "down", "operations": ["GET /things/{id}"], "also": [{"mode": "slow", "delay": 0.01}]}

    async def calls() -> None:
        answer = await http.send(ask("/_sandbox/behaviour", "PUT", json.dumps(told).encode()))
        assert answer.status == 200
        shown = json.loads((await http.send(ask("/_sandbox/behaviour"))).content)
        assert (shown["mode"], shown["operations"]) == ("down", ["GET /things/{id}"])
        assert (shown["also"][0]["mode"], shown["also"][0]["delay"]) == ("slow", 0.01)
        assert (await http.send(ask("/things/1"))).status == 503
        counted = json.loads((await http.send(ask("/_sandbox/counters"))).content)
        assert counted == {"GET /things/{id}": 1}
        assert (await http.send(ask("/_sandbox/counters/reset", "POST"))).status == 204
        assert world.counters.total() == 0
        bad = await http.send(ask("/_sandbox/behaviour", "PUT", b'{"mode": "sleepy"}'))
        assert bad.status == 400
        assert (await http.send(ask("/_sandbox/behaviour", "PUT", b'{"mode": "ok"}'))).status == 200
        assert (await http.send(ask("/things/1"))).status == 200

    run(calls())
