"""What is remembered for a while: how old it may be, whose it is, and when it is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from c360.access import Purpose
from c360.changes import Checkpoint, Outdated
from c360.contract import Feed, Lookup
from c360.errors import ProblemCode, SkipCustomer
from c360.kinds import kinds
from c360.values import Secret
from connectors.cache import CachedPart, MemoryCache, PartKey
from connectors.host import Host
from connectors.instances import InstanceState
from connectors.results import KindResult, SourceResult, SourceState
from tests.connectors.conftest import NOW
from tests.fixtures.virtual import virtually

PARTY = "party.profile"
TTL = kinds()[PARTY].ttl


def remembering(
    kit: Any, body: Any = None, *, ttl: Mapping[str, float] | None = None, **described: Any
) -> Host:
    """A host with a memory, whose clock is the event loop's."""
    kit.clock = lambda: NOW + timedelta(seconds=asyncio.get_running_loop().time())
    kit.add("shop", body or counting(kit), **described)
    kit.settings[0] = msgspec.structs.replace(kit.settings[0], ttl=ttl or {})
    made: Host = kit.host(cache=MemoryCache())
    return made


def counting(kit: Any) -> Any:
    """Answers with a name that counts the calls."""
    kit.calls = 0

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        kit.calls += 1
        number = kit.calls
        await asyncio.sleep(0.01)
        for ref in refs:
            for need in needs:
                records = (kit.person(ref.party_id, full_name=str(number)),) if need.kind == PARTY else ()
                yield kit.fetched(ref, need.kind, *records)

    return body


async def ask(kit: Any, made: Host, customer: str = "a", **more: Any) -> SourceResult:
    gathered = await made.gather(kit.request(customer, at=["shop"], **more))
    source: SourceResult = kit.source(gathered.of(customer), "shop")
    return source


def told(source: SourceResult, kind: str = PARTY) -> tuple[SourceState, str]:
    found: KindResult = source.kinds[kind]
    return found.state, getattr(found.records[0], "full_name", "")


def test_within_its_time_to_live_an_answer_is_kept_and_says_how_old_it_is(kit: Any) -> None:
    made = remembering(kit)

    async def scenario() -> None:
        first = await ask(kit, made)
        assert told(first) == (SourceState.FRESH, "1")
        await asyncio.sleep(TTL - 1)
        again = await ask(kit, made)
        assert told(again) == (SourceState.KEPT, "1")
        assert again.fetched_at == first.fetched_at
        assert again.latency is None
        assert kit.calls == 1

    virtually(scenario())


def test_past_it_the_old_answer_is_served_while_a_new_one_is_fetched(kit: Any) -> None:
    made = remembering(kit)

    async def scenario() -> None:
        await ask(kit, made)
        await asyncio.sleep(TTL + 1)
        together = await asyncio.gather(*(ask(kit, made) for _ in range(5)))
        assert {told(each) for each in together} == {(SourceState.KEPT, "1")}
        await made.settle()
        assert kit.calls == 2, "however many ask, it is fetched anew once"
        assert told(await ask(kit, made)) == (SourceState.KEPT, "2")
        assert next(iter(kit.snapshots.kept.values())).fetched_at > NOW + timedelta(seconds=TTL)

    virtually(scenario())


def test_far_past_it_the_partner_is_asked(kit: Any) -> None:
    made = remembering(kit)

    async def scenario() -> None:
        await ask(kit, made)
        await asyncio.sleep(2 * TTL + 1)
        assert told(await ask(kit, made)) == (SourceState.FRESH, "2")

    virtually(scenario())


@pytest.mark.parametrize(
    ("age", "max_age", "state"),
    [
        (0, 0, SourceState.FRESH),
        (5, 0, SourceState.FRESH),
        (5, 4, SourceState.FRESH),
        (5, 6, SourceState.KEPT),
    ],
)
def test_what_the_caller_asks_for_rules(kit: Any, age: float, max_age: float, state: SourceState) -> None:
    made = remembering(kit)

    async def scenario() -> None:
        await ask(kit, made)
        kit.snapshots.kept.clear()
        await asyncio.sleep(age)
        source = await ask(kit, made, max_age=timedelta(seconds=max_age))
        assert source.state is state
        await made.settle()
        assert kit.calls == (1 if state is SourceState.KEPT else 2)

    virtually(scenario())


def test_what_moves_is_asked_each_time(kit: Any) -> None:
    assert kinds()["banking.balances"].ttl == 0
    made = remembering(kit, domain="banking", fetches={"banking.balances": 1})

    async def scenario() -> None:
        for _ in range(3):
            source = await ask(kit, made, kinds=["banking.balances"])
            assert source.state is SourceState.FRESH
        assert kit.calls == 3

    virtually(scenario())


@pytest.mark.parametrize(("ttl", "calls"), [({PARTY: 0.0}, 3), ({PARTY: 1000.0}, 1)])
def test_an_instance_may_have_its_own_times(kit: Any, ttl: dict[str, float], calls: int) -> None:
    made = remembering(kit, ttl=ttl)

    async def scenario() -> None:
        for _ in range(3):
            await ask(kit, made)
            await asyncio.sleep(300)
        assert kit.calls == calls

    virtually(scenario())


@pytest.mark.parametrize("ttl", [{"no.such": 1.0}, {"banking.accounts": 1.0}, {PARTY: -1.0}, {PARTY: 1e9}])
def test_a_time_that_cannot_be_is_refused_by_name(kit: Any, ttl: dict[str, float]) -> None:
    info = remembering(kit, ttl=ttl).infos()[0]
    assert info.state is InstanceState.FAULTY
    assert info.problem is not None
    assert "connectors.shop.ttl" in info.problem


def test_a_customer_whom_the_partner_does_not_know_is_not_asked_for_again_at_once(kit: Any) -> None:
    calls = []

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        calls.append(1)
        raise SkipCustomer
        yield

    made = remembering(kit, body)

    async def scenario() -> None:
        first, again = await ask(kit, made), await ask(kit, made)
        assert (first.state, again.state) == (SourceState.FRESH, SourceState.KEPT)
        assert again.problem is not None
        assert again.problem.code is ProblemCode.CUSTOMER_UNKNOWN
        assert len(calls) == 1
        await asyncio.sleep(31)
        await ask(kit, made)
        assert len(calls) == 2

    virtually(scenario())


def test_a_failure_is_not_remembered(kit: Any) -> None:
    answers = iter([RuntimeError("x"), None])

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        error = next(answers)
        if error:
            raise error
        async for item in kit.everybody(self, needs, refs):
            yield item

    made = remembering(kit, body)

    async def scenario() -> None:
        assert (await ask(kit, made)).state is SourceState.UNAVAILABLE
        assert (await ask(kit, made)).state is SourceState.FRESH

    virtually(scenario())


def test_nothing_is_shared_across_tenant_purpose_customer_or_grant(kit: Any) -> None:
    made = remembering(kit, lookup=Lookup.BY_GRANT)
    kit.grants.known = {("a", "shop"): Secret("t1"), ("b", "shop"): Secret("t2")}

    async def scenario() -> None:
        await ask(kit, made)
        for more in (
            {"access": kit.access("other")},
            {"access": kit.access(purpose=Purpose.MARKETING)},
            {"customer": "b"},
        ):
            assert (await ask(kit, made, **more)).state is SourceState.FRESH, more
        assert (await ask(kit, made)).state is SourceState.KEPT
        kit.grants.known["a", "shop"] = Secret("t3")
        assert (await ask(kit, made)).state is SourceState.FRESH, "another grant may see something else"
        del kit.grants.known["a", "shop"]
        gone = await ask(kit, made)
        assert gone.problem is not None
        assert (gone.state, gone.problem.code) == (SourceState.UNAVAILABLE, ProblemCode.GRANT_MISSING)

    virtually(scenario())


def test_what_a_feed_says_is_out_of_date_is_forgotten(kit: Any) -> None:
    async def changes(self: Any, kind: str, since: str | None) -> Any:
        yield Outdated(kind=PARTY, party_id="p-a")
        yield Checkpoint(cursor="1")

    made = remembering(kit, feeds=(Feed(kind=PARTY),), methods={"changes": changes})

    async def scenario() -> None:
        await ask(kit, made, "a")
        await ask(kit, made, "b")
        assert [type(each) async for each in made.follow("shop", PARTY, None)] == [Outdated, Checkpoint]
        assert (await ask(kit, made, "a")).state is SourceState.FRESH
        assert (await ask(kit, made, "b")).state is SourceState.KEPT

    virtually(scenario())


def test_what_is_being_fetched_while_it_changes_is_not_remembered(kit: Any) -> None:
    made = remembering(kit)

    async def scenario() -> None:
        asking = asyncio.create_task(ask(kit, made))
        await asyncio.sleep(0.005)
        await made._gatherer.forget("shop", ("p-a",))
        await asking
        assert (await ask(kit, made)).state is SourceState.FRESH

    virtually(scenario())


def test_switching_an_instance_off_forgets_it(kit: Any) -> None:
    made = remembering(kit)

    async def scenario() -> None:
        await ask(kit, made)
        await made.disable("shop")
        off = await ask(kit, made, max_age=timedelta(0))
        assert off.problem is not None
        assert off.problem.code is ProblemCode.DISABLED
        made.enable("shop")
        assert (await ask(kit, made)).state is SourceState.FRESH

    virtually(scenario())


def test_a_cache_that_fails_costs_no_answer(kit: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def read(self, key: Any) -> Any:
            raise RuntimeError("p-a")

        def write(self, key: Any, part: Any) -> None:
            raise RuntimeError("p-a")

        def forget(self, instance: str, parties: Any = None) -> None:
            raise RuntimeError("p-a")

    kit.add("shop")
    made = kit.host(cache=Broken())

    async def scenario() -> None:
        for _ in range(2):
            source = await ask(kit, made)
            assert source.state is SourceState.FRESH
            await made.forget("shop", ["p-a"])

    virtually(scenario())
    assert "the cache takes nothing" in caplog.text
    assert "p-a" not in caplog.text


def test_the_memory_is_bounded_by_its_records(kit: Any) -> None:
    cache = MemoryCache(most=100)

    def key(number: int) -> PartKey:
        access = kit.access()
        return PartKey(
            tenant=access.tenant,
            purpose=access.purpose.value,
            instance="shop",
            credential="",
            party_id=f"p-{number}",
            kind=PARTY,
        )

    async def scenario() -> None:
        part = CachedPart(records=(kit.person("p"),) * 9, fetched_at=NOW, fresh=60, keep=60)
        large = CachedPart(records=(kit.person("p"),) * 200, fetched_at=NOW, fresh=60, keep=60)
        for number in range(1_000):
            cache.write(key(number), part)
        cache.write(key(5_000), large)
        found = {number for number in range(6_000) if cache.read(key(number)) is not None}
        assert found == set(range(990, 1_000))
        cache.forget("shop", ["p-990"])
        assert cache.read(key(990)) is None
        await asyncio.sleep(61)
        assert cache.read(key(999)) is None

    virtually(scenario())
