from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from c360.contract import KeyKind, PartyQuery
from c360.errors import ProblemCode, RetryLater, SkipCustomer
from connectors.results import SourceState

QUERY = PartyQuery(key=KeyKind.EMAIL, value="ada@example.org", limit=2)


def searchable(kit: Any, name: str, identify: Any, *keys: KeyKind) -> None:
    kit.add(name, identifies=keys or (KeyKind.EMAIL,), methods={"identify": identify})


def test_every_source_ends_as_a_result(kit: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def finds(self: Any, query: PartyQuery) -> Any:
        assert query == QUERY
        return [kit.person(str(number)) for number in range(5)]

    async def hangs(self: Any, query: PartyQuery) -> Any:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)

    async def is_down(self: Any, query: PartyQuery) -> Any:
        raise RetryLater("HTTP 503", retry_after=7)

    async def knows_nobody(self: Any, query: PartyQuery) -> Any:
        raise SkipCustomer

    async def crashes(self: Any, query: PartyQuery) -> Any:
        raise ValueError(query.value)

    async def answers_nonsense(self: Any, query: PartyQuery) -> Any:
        return [query.value]

    searchable(kit, "finds", finds)
    kit.add("unsearchable")
    searchable(kit, "by_phone", finds, KeyKind.PHONE)
    for method in (hangs, is_down, knows_nobody, crashes, answers_nonsense):
        searchable(kit, method.__name__, method)

    async def scenario() -> Any:
        host = kit.host()
        started = time.perf_counter()
        results = await host.identify(QUERY, access=kit.access(), deadline=timedelta(seconds=0.1))
        assert time.perf_counter() - started < 0.4
        assert [each.connector for each in results] == [each.id for each in host.instances]
        (only,) = await host.identify(
            QUERY, access=kit.access(), deadline=timedelta(seconds=1), only={"finds"}
        )
        assert only.connector == "finds"
        await host.close()
        return results

    results = asyncio.run(scenario())
    assert [(each.connector, each.state, each.problem and each.problem.code) for each in results] == [
        ("finds", SourceState.FRESH, None),
        ("unsearchable", SourceState.NOT_REQUESTED, ProblemCode.NOT_SEARCHABLE),
        ("by_phone", SourceState.NOT_REQUESTED, ProblemCode.NOT_SEARCHABLE),
        ("hangs", SourceState.UNAVAILABLE, ProblemCode.DEADLINE_EXCEEDED),
        ("is_down", SourceState.UNAVAILABLE, ProblemCode.PARTNER_UNAVAILABLE),
        ("knows_nobody", SourceState.FRESH, None),
        ("crashes", SourceState.UNAVAILABLE, ProblemCode.CONNECTOR_FAULT),
        ("answers_nonsense", SourceState.UNAVAILABLE, ProblemCode.CONNECTOR_FAULT),
    ]
    found = results[0]
    assert [(party.party_id, party.connector) for party in found.parties] == [("0", "finds"), ("1", "finds")]
    assert found.latency is not None
    assert "ada@" not in caplog.text
