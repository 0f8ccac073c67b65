"""Last-known copies: when they answer instead of a partner, and when they do not."""

from __future__ import annotations

import asyncio
import time
from datetime import date, timedelta
from typing import Any

import msgspec

from c360.contract import Need
from c360.errors import ProblemCode, RetryLater
from connectors.results import SourceState

WINDOWED = "banking.transactions"


def counting(kit: Any, calls: list[Any], *, fails: list[bool], kind: str = "party.profile") -> None:
    async def body(self: Any, needs: Any, refs: Any) -> Any:
        calls.append(needs)
        if fails[0]:
            raise RetryLater("HTTP 503")
        async for item in kit.everybody(self, needs, refs):
            yield item

    kit.add("shop", body, domain=kind.partition(".")[0].replace("party", "loyalty"), fetches={kind: 1})


def test_a_copy_within_the_asked_freshness_is_kept_and_nothing_is_sent(kit: Any) -> None:
    calls: list[Any] = []
    counting(kit, calls, fails=[False])

    async def scenario() -> None:
        host = kit.host()
        live = await host.gather(kit.request("a", at=["shop"]))
        await host.close()
        assert kit.snapshots.reads == [], "copies are not read while partners answer"
        kit.clock.time += timedelta(minutes=5)
        kept = await host.gather(kit.request("a", at=["shop"], max_age=timedelta(minutes=10)))
        (result,) = kept.of("a")
        assert len(calls) == 1
        assert kit.snapshots.reads == [1]
        assert result.state is SourceState.KEPT
        assert kept.at - result.fetched_at == timedelta(minutes=5)
        assert result.latency is None
        assert result.kinds["party.profile"].records == live.of("a")[0].kinds["party.profile"].records
        again = await host.gather(kit.request("a", at=["shop"], max_age=timedelta(minutes=1)))
        assert again.of("a")[0].state is SourceState.FRESH
        assert len(calls) == 2

    asyncio.run(scenario())


def test_a_copy_stands_in_with_its_age_when_the_partner_fails(kit: Any) -> None:
    calls: list[Any] = []
    fails = [False]
    counting(kit, calls, fails=fails)

    async def scenario(**more: Any) -> None:
        host = kit.host()
        fails[0] = False
        await host.gather(kit.request("a", at=["shop"]))
        await host.close()
        fails[0] = True
        kit.clock.time += timedelta(days=3)
        gathered = await host.gather(kit.request("a", at=["shop"], **more))
        (result,) = gathered.of("a")
        assert (result.state, result.problem.code) == (SourceState.STALE, ProblemCode.PARTNER_UNAVAILABLE)
        assert gathered.at - result.fetched_at == timedelta(days=3)
        assert len(result.kinds["party.profile"].records) == 1
        assert len(kit.snapshots.reads) == 1

    asyncio.run(scenario())
    kit.snapshots.reads.clear()
    asyncio.run(scenario(max_age=timedelta(seconds=1)))


def test_a_copy_stands_in_for_a_hung_partner_within_the_deadline(kit: Any) -> None:
    hangs = [False]

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        if hangs[0]:
            await asyncio.sleep(60)
        async for item in kit.everybody(self, needs, refs):
            yield item

    kit.add("shop", body)

    async def scenario() -> None:
        host = kit.host()
        await host.gather(kit.request("a", at=["shop"]))
        await host.close()
        hangs[0] = True
        started = time.perf_counter()
        gathered = await host.gather(kit.request("a", at=["shop"], deadline=0.2))
        assert time.perf_counter() - started < 0.35
        (result,) = gathered.of("a")
        assert (result.state, result.problem.code) == (SourceState.STALE, ProblemCode.DEADLINE_EXCEEDED)
        # a store that hangs as well must not cost time either
        kit.snapshots.before_read = lambda: asyncio.sleep(60)
        started = time.perf_counter()
        gathered = await host.gather(
            kit.request("a", at=["shop"], deadline=0.2, max_age=timedelta(seconds=1))
        )
        assert time.perf_counter() - started < 0.35
        assert gathered.of("a")[0].state is SourceState.UNAVAILABLE
        await host.close()

    asyncio.run(scenario())


def test_known_only_sends_nothing_however_old_the_copy(kit: Any) -> None:
    calls: list[Any] = []
    counting(kit, calls, fails=[False])

    async def scenario() -> None:
        host = kit.host()
        await host.gather(kit.request("a", at=["shop"]))
        await host.close()
        kit.clock.time += timedelta(days=900)
        gathered = await host.gather(kit.request("a", "b", at=["shop"], all_known_only=True))
        assert gathered.of("a")[0].state is SourceState.KEPT
        without = gathered.of("b")[0]
        assert (without.state, without.problem.code) == (SourceState.UNAVAILABLE, ProblemCode.NOT_KEPT)
        assert len(calls) == 1

    asyncio.run(scenario())


def test_a_copy_serves_only_a_window_that_it_covers(kit: Any) -> None:
    calls: list[Any] = []
    counting(kit, calls, fails=[False], kind=WINDOWED)
    today = kit.clock().date()

    def need(days: int) -> Need:
        return Need(kind=WINDOWED, since=today - timedelta(days=days), until=today)

    async def scenario() -> None:
        host = kit.host()
        for days, sent in ((90, 1), (30, 1), (91, 2), (90, 2)):
            request = kit.request("a", at=["shop"], needs=[need(days)], max_age=timedelta(hours=1))
            gathered = await host.gather(request)
            assert gathered.of("a")[0].state in {SourceState.FRESH, SourceState.KEPT}
            assert len(calls) == sent, days
            await host.close()
        kit.clock.time += timedelta(days=1)  # a rolling window moves on; the copy reached to its present
        rolling = Need(kind=WINDOWED, since=today - timedelta(days=60), until=today + timedelta(days=1))
        request = kit.request("a", at=["shop"], needs=[rolling], max_age=timedelta(days=2))
        assert (await host.gather(request)).of("a")[0].state is SourceState.KEPT

    asyncio.run(scenario())


def test_windows_of_one_kind_are_fetched_once_in_their_widest_extent(kit: Any) -> None:
    calls: list[Any] = []
    counting(kit, calls, fails=[False], kind=WINDOWED)
    needs = [
        Need(kind=WINDOWED, since=date(2026, 1, 1), until=date(2026, 2, 1)),
        Need(kind=WINDOWED, since=date(2025, 6, 1), until=date(2025, 7, 1)),
    ]
    asyncio.run(kit.host().gather(kit.request("a", at=["shop"], needs=needs)))
    assert calls == [(Need(kind=WINDOWED, since=date(2025, 6, 1), until=date(2026, 2, 1)),)]


def test_a_copy_of_an_old_shape_or_format_is_ignored(kit: Any) -> None:
    calls: list[Any] = []
    counting(kit, calls, fails=[False])

    async def scenario() -> None:
        host = kit.host()
        await host.gather(kit.request("a", at=["shop"]))
        await host.close()
        (key, copy) = next(iter(kit.snapshots.kept.items()))
        for content in (b"", b"\xff" + copy.content[1:], copy.content[:1] + b"[1]", copy.content[:-3]):
            kit.snapshots.kept[key] = msgspec.structs.replace(copy, content=content)
            gathered = await host.gather(kit.request("a", at=["shop"], max_age=timedelta(days=1)))
            assert gathered.of("a")[0].state is SourceState.FRESH
            await host.close()

    asyncio.run(scenario())


def test_failing_stores_cost_neither_the_answer_nor_the_next_one(kit: Any) -> None:
    async def broken() -> None:
        raise OSError("disk")

    calls: list[Any] = []
    counting(kit, calls, fails=[True])
    kit.snapshots.before_read = broken
    (result,) = asyncio.run(kit.host().gather(kit.request("a", at=["shop"]))).of("a")
    assert result.problem.code is ProblemCode.PARTNER_UNAVAILABLE
