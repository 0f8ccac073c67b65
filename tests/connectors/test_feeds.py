from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from c360.contract import Checkpoint, Deletion, Feed, Upsert
from c360.errors import ConnectorError, ProblemCode, RetryLater

KIND = "party.profile"


def follow(
    kit: Any, changes: Any, *, deletions: bool = False, kind: str = KIND, idle: float = 1
) -> list[Any]:
    kit.add("feed", feeds=(Feed(kind=KIND, deletions=deletions),), methods={"changes": changes})
    seen = []

    async def scenario() -> None:
        host = kit.host()
        try:
            async for change in host.follow("feed", kind, "cursor-0", idle=idle):
                seen.append(change)  # noqa: PERF401  # what came before an error counts as well
        finally:
            await host.close()

    try:
        asyncio.run(scenario())
    except ConnectorError as error:
        seen.append(error)
    return seen


def test_changes_come_in_order_with_their_records_signed(kit: Any) -> None:
    async def changes(self: Any, kind: str, since: str | None) -> Any:
        assert (kind, since) == (KIND, "cursor-0")
        for number in range(600):
            yield Upsert(kind=kind, party_id="p", object_id=str(number), record=kit.person("p"))
        yield Deletion(kind=kind, party_id=None, object_id="gone")
        yield Checkpoint(cursor="cursor-1", progress=1.0)

    seen = follow(kit, changes, deletions=True)
    assert [change.object_id for change in seen[:-1]] == [*(str(number) for number in range(600)), "gone"]
    assert {change.record.connector for change in seen[:600]} == {"feed"}
    assert seen[-1] == Checkpoint(cursor="cursor-1", progress=1.0)


@pytest.mark.parametrize("resists", [False, True])
def test_a_feed_that_gives_nothing_is_stuck(kit: Any, resists: bool) -> None:
    async def changes(self: Any, kind: str, since: str | None) -> Any:
        yield Checkpoint(cursor="a")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if resists:
                await asyncio.sleep(0.2)
            raise

    started = time.perf_counter()
    first, error = follow(kit, changes, idle=0.05)
    assert time.perf_counter() - started < 1
    assert first == Checkpoint(cursor="a")
    assert isinstance(error, RetryLater)


def test_wrong_changes_are_the_connectors_fault(kit: Any, caplog: pytest.LogCaptureFixture) -> None:
    party = kit.person("p-secret")
    wrong: list[Any] = [
        party,
        Checkpoint(cursor=5),  # type: ignore[arg-type]
        Upsert(kind="banking.accounts", party_id="p", object_id="1", record=party),
        Upsert(kind=KIND, party_id="", object_id="1", record=party),
        Upsert(kind=KIND, party_id="p", object_id="", record=party),
        Upsert(kind=KIND, party_id="p", object_id="1", record="p-secret"),  # type: ignore[arg-type]
        Deletion(kind=KIND, party_id="p", object_id="1"),
    ]
    for item in wrong:

        async def changes(self: Any, kind: str, since: str | None, item: Any = item) -> Any:
            yield item

        (error,) = follow(type(kit)(), changes)
        assert error.code is ProblemCode.CONNECTOR_FAULT
    assert "p-secret" not in caplog.text


def test_errors_of_partner_and_plugin(kit: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def down(self: Any, kind: str, since: str | None) -> Any:
        yield Checkpoint(cursor="a")
        raise RetryLater("HTTP 503")

    async def crash(self: Any, kind: str, since: str | None) -> Any:
        raise KeyError("ada@example.org")
        yield

    _, error = follow(kit, down)
    assert isinstance(error, RetryLater)
    (error,) = follow(type(kit)(), crash)
    assert error.code is ProblemCode.CONNECTOR_FAULT
    assert "KeyError at test_feeds.py" in caplog.text
    assert "ada@" not in caplog.text


def test_a_feed_that_was_not_declared_is_refused(kit: Any) -> None:
    async def changes(self: Any, kind: str, since: str | None) -> Any:
        raise AssertionError
        yield

    (error,) = follow(kit, changes, kind="banking.accounts")
    assert "declares no feed" in str(error)


def test_leaving_early_ends_the_plugins_work(kit: Any) -> None:
    ended = []

    async def changes(self: Any, kind: str, since: str | None) -> Any:
        try:
            while True:
                yield Checkpoint(cursor="a")
                await asyncio.sleep(0)
        finally:
            ended.append(True)

    kit.add("feed", feeds=(Feed(kind=KIND),), methods={"changes": changes})

    async def scenario() -> None:
        host = kit.host()
        stream = host.follow("feed", KIND, None)
        async for _ in stream:
            break
        await stream.aclose()
        await host.close()
        assert ended == [True]
        assert host.instance("feed").idle.is_set()

    asyncio.run(scenario())
