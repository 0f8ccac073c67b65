"""Every fault of a partner or a plugin, at each of the six shipped plugins and in pairs, on a virtual clock.

The partners are the sandbox's applications in this process, the host has all its stages on. Whatever fails:
the answer is there by the deadline, every other source is answered in full, and the one that failed says
why by a code of the closed list.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

import httpx
import pytest

from c360.access import Access, Principal, TenantId
from c360.contract import Fetched, Need, Ref, Upsert
from c360.errors import ProblemCode
from c360.values import Secret
from connectors.host import Host
from connectors.instances import Instance, InstanceSettings
from connectors.results import Gathered, GatherRequest, Link, SourceState, Target
from sandbox.population import Population
from sandbox.population.numbers import DOMAINS
from sandbox.server import Partner, partners
from tests.conftest import TODAY
from tests.fixtures.virtual import virtually

DEADLINE = 2.0
LATE = 0.02
"""Seconds past the deadline that are allowed."""

MAIN = {
    "banking": "banking.accounts",
    "insurance": "insurance.policies",
    "brokerage": "brokerage.positions",
    "loyalty": "loyalty.memberships",
    "hotel": "hotel.preferences",
    "rental": "rental.charges",
}
"""What is asked of each partner."""

Answer = Callable[[httpx.Request], Any]

DOWN, FAULTY = ProblemCode.PARTNER_UNAVAILABLE, ProblemCode.PARTNER_FAULT
LATE_CODE, LIMITED = ProblemCode.DEADLINE_EXCEEDED, ProblemCode.RATE_LIMITED
REFUSED = ProblemCode.MISCONFIGURED
AGAIN = ProblemCode.REAUTHORISATION_REQUIRED
PLUGIN = ProblemCode.CONNECTOR_FAULT


def status(code: int, **headers: str) -> Answer:
    return lambda _: httpx.Response(code, headers=headers, json={"errors": []})


def raising(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


class Broken(httpx.AsyncByteStream):
    """A body that ends half-way."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b'{"data": ['
        raise httpx.RemoteProtocolError("peer closed connection")


class Endless(httpx.AsyncByteStream):
    """A body without an end."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1_000_000


async def hang(_: httpx.Request) -> httpx.Response:
    await asyncio.sleep(1_000_000)
    raise AssertionError


def body(content: bytes, kind: str = "application/json") -> Answer:
    return lambda _: httpx.Response(200, headers={"content-type": kind}, content=content)


def stream(made: type[httpx.AsyncByteStream]) -> Answer:
    return lambda _: httpx.Response(200, headers={"content-type": "application/json"}, stream=made())


PARTNER: Mapping[str, tuple[Answer, set[ProblemCode]]] = {
    "down": (status(503), {DOWN}),
    "error": (status(500), {DOWN}),
    "gateway": (status(502), {DOWN}),
    "refused": (raising(httpx.ConnectError("no")), {DOWN}),
    "reset": (raising(httpx.ReadError("no")), {DOWN}),
    "truncated": (stream(Broken), {DOWN}),
    "hang": (hang, {LATE_CODE}),
    "wrong type": (body(b"<html>", "text/html"), {FAULTY}),
    "malformed": (body(b'{"data": [}'), {FAULTY}),
    "drift": (body(b'{"data": 1, "success": 1, "_embedded": 1, "customers": 1}'), {FAULTY}),
    "a list of numbers": (body(b"[1, 2, 3]"), {FAULTY}),
    "oversized": (stream(Endless), {ProblemCode.TOO_MUCH_DATA, FAULTY}),
    "401": (status(401), {AGAIN, REFUSED}),
    "403": (status(403), {AGAIN, REFUSED}),
    "404": (status(404), {ProblemCode.CUSTOMER_UNKNOWN, FAULTY}),
    "409": (status(409), {FAULTY}),
    "422": (status(422), {FAULTY}),
    "429": (status(429, **{"retry-after": "30"}), {LIMITED}),
    "redirect": (status(302, location="https://elsewhere.example"), {FAULTY}),
}
"""What a partner may do, and by which codes its source may say so."""


async def wrong(needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Any]:
    yield {"records": []}


async def raises(needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Any]:
    raise RuntimeError("a fault")
    yield


async def exits(needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Any]:
    raise SystemExit(1)
    yield


async def nothing(needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Any]:
    return
    yield


async def endless(needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Any]:
    while True:
        yield Fetched(ref=refs[0], kind=needs[0].kind)


async def sleeps(needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Any]:
    while True:
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            await asyncio.sleep(5)
            raise
    yield


async def blocks(needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Any]:
    time.sleep(0.06)  # noqa: ASYNC251  # what a plugin must not do
    raise RuntimeError("after all that")
    yield


def no_stream(needs: Sequence[Need], refs: Sequence[Ref]) -> Any:
    return [1, 2, 3]


PLUGINS: Mapping[str, tuple[Callable[..., Any], set[ProblemCode]]] = {
    "wrong yields": (wrong, {PLUGIN}),
    "exception": (raises, {PLUGIN}),
    "exit": (exits, {PLUGIN}),
    "nothing": (nothing, {PLUGIN}),
    "endless generator": (endless, {PLUGIN}),
    "deaf": (sleeps, {LATE_CODE}),
    "blocking": (blocks, {PLUGIN}),
    "no stream": (no_stream, {PLUGIN}),
}
"""What a plugin may do."""

FAULTS = (*PARTNER, *PLUGINS)

GONE = {("rental", "404")}
"""Where a fault is an answer: a booking that the operator no longer has."""


class Wire(httpx.AsyncBaseTransport):
    """Carries requests to the partners' applications, or to what some of them do instead."""

    def __init__(self, served: Mapping[str, Partner]) -> None:
        self._apps = {name: httpx.ASGITransport(partner.app) for name, partner in served.items()}
        self.instead: dict[str, Answer] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.partition(".")[0]
        fault = self.instead.get(name)
        if fault is None:
            return await self._apps[name].handle_async_request(request)
        answer = fault(request)
        return (await answer) if asyncio.iscoroutine(answer) else answer  # type: ignore[no-any-return]  # scripted


class Stage:
    """Six partners, one customer whom all of them know, and a fresh host for each case."""

    def __init__(self, population: Population) -> None:
        self._served = {each.name: each for each in partners(population, live=False)}
        member = next(
            member
            for member in population.members
            if not member.organization and set(DOMAINS) <= population.member_presences(member.id).keys()
        )
        self._presences = population.member_presences(member.id)
        self._bookings = virtually(self._indexed())

    async def _indexed(self) -> tuple[str, ...]:
        """The customer's bookings, as the worker indexes them from the operator's feed."""
        host = self._host(Wire(self._served))
        party_id = self._presences["rental"].party_id
        changes = [change async for change in host.follow("rental", "rental.bookings", None)]
        await host.close()
        return tuple(
            each.object_id for each in changes if isinstance(each, Upsert) and each.party_id == party_id
        )

    def play(self, faults: Mapping[str, str]) -> tuple[Gathered, float, Host]:
        """Gather with faults at these partners; also the seconds it took on the virtual clock."""
        wire = Wire(self._served)
        host = self._host(wire)
        for name, fault in faults.items():
            if fault in PARTNER:
                wire.instead[name] = PARTNER[fault][0]
            else:
                _misbehave(host.instance(name), PLUGINS[fault][0])

        async def scenario() -> tuple[Gathered, float, Host]:
            loop = asyncio.get_running_loop()
            started = loop.time()
            gathered = await host.gather(self._request())
            took = loop.time() - started
            await asyncio.sleep(10)  # what was cancelled ends
            await host.close()
            return gathered, took, host

        return virtually(scenario())

    def _host(self, wire: Wire) -> Host:
        settings = [
            InstanceSettings(
                id=name,
                plugin=name,
                config={"base_url": f"https://{name}.example{each.base_path}", **each.credentials},
            )
            for name, each in self._served.items()
        ]
        noon = datetime.combine(TODAY, time_of_day(12), tzinfo=UTC)
        return Host.open(
            settings, snapshots=NoCopies(), grants=Grants(self._presences), now=lambda: noon, base=wire
        )

    def _request(self) -> GatherRequest:
        since = TODAY - timedelta(days=365)
        windowed = {"rental.charges"}
        needs = frozenset(
            Need(kind=kind, since=since, until=TODAY) if kind in windowed else Need(kind=kind)
            for kind in MAIN.values()
        )
        links = tuple(
            Link(
                connector=name,
                party_id=presence.party_id,
                objects={"rental.bookings": self._bookings} if name == "rental" else {},
            )
            for name, presence in self._presences.items()
        )
        return GatherRequest(
            targets=[Target(customer_id="c", links=links)],
            needs={"c": needs},
            access=Access(principal=Principal(subject="s")),
            deadline=timedelta(seconds=DEADLINE),
        )


class NoCopies:
    """A store without last-known copies: what is answered was answered by the partner."""

    async def read(self, tenant: TenantId, keys: Any) -> Any:
        return ()

    async def write(self, tenant: TenantId, snapshots: Any) -> None:
        return None


class Grants:
    """The customer's tokens."""

    def __init__(self, presences: Mapping[str, Any]) -> None:
        self._tokens = {name: each.token for name, each in presences.items() if each.token}

    async def tokens(self, tenant: TenantId, wanted: Any) -> Any:
        return {key: Secret(self._tokens[key[1]]) for key in wanted if key[1] in self._tokens}

    def opened(self, tenant: TenantId, connector: str, sealed: object) -> Secret | None:
        raise AssertionError("no grant comes with a customer here")

    async def refused(self, tenant: TenantId, which: Any, token: Secret) -> None:
        """Nothing is kept of it."""


def _misbehave(instance: Instance, fetch: Callable[..., Any]) -> None:
    instance.connector.fetch = fetch  # type: ignore[method-assign]  # a plugin whose fetch is this


@pytest.fixture(scope="module")
def stage(population: Population) -> Stage:
    return Stage(population)


def check(stage: Stage, faults: Mapping[str, str]) -> None:
    gathered, took, host = stage.play(faults)
    assert took <= DEADLINE + LATE, faults
    sources = {each.connector: each for each in gathered.of("c")}
    for name in DOMAINS:
        source = sources[name]
        found = source.kinds[MAIN[name]]
        if name not in faults:
            assert (source.state, source.problem) == (SourceState.FRESH, None), (faults, source)
            continue
        allowed = (PARTNER.get(faults[name]) or PLUGINS[faults[name]])[1]
        if (name, faults[name]) in GONE:
            assert (source.state, found.records) == (SourceState.FRESH, ()), faults
            continue
        assert source.problem is not None, (faults, source)
        assert source.problem.code in allowed, (faults, name, source.problem)
        assert found.records == (), faults
        unknown = source.problem.code is ProblemCode.CUSTOMER_UNKNOWN
        assert source.state is (SourceState.FRESH if unknown else SourceState.UNAVAILABLE), faults
    assert {info.id for info in host.infos() if info.state.value != "READY"} == set()


def test_without_a_fault_all_six_answer(stage: Stage) -> None:
    check(stage, {})


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_at_each_plugin(stage: Stage, fault: str) -> None:
    for name in DOMAINS:
        check(stage, {name: fault})


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, marks=() if place % 8 == 0 else pytest.mark.thorough)
        for place, fault in enumerate(FAULTS)
    ],
)
def test_faults_in_pairs(stage: Stage, fault: str) -> None:
    """Every two faults together, each pair at two partners, which take turns."""
    pairs = itertools.cycle(itertools.permutations(DOMAINS, 2))
    for place, other in enumerate(FAULTS[FAULTS.index(fault) :]):
        first, second = next(itertools.islice(pairs, place, None))
        check(stage, {first: fault, second: other})


def test_everything_fails_at_once_in_as_many_ways(stage: Stage) -> None:
    for start in range(0, len(FAULTS), len(DOMAINS)):
        check(stage, dict(zip(DOMAINS, FAULTS[start:], strict=False)))
