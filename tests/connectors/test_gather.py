"""Gathering: which calls go out, how long they are waited for, and what becomes of what they give."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from c360.contract import Fetched, Limits, Need, Ref
from c360.errors import ProblemCode, Reauthorise, RetryLater, SkipCustomer
from c360.records.loyalty import KINDS as LOYALTY_KINDS
from connectors.results import Link, SourceState, Target
from connectors.windows import merged

LOYALTY = next(kind.name for kind in LOYALTY_KINDS)


def test_fifty_customers_go_out_in_two_batches_of_thirty(kit: Any) -> None:
    seen = []

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        seen.append(len(refs))
        async for item in kit.everybody(self, needs, refs):
            yield item

    kit.add("shop", body, fetches={"party.profile": 30})
    customers = [f"c{number}" for number in range(50)]
    gathered = asyncio.run(kit.host().gather(kit.request(*customers, at=["shop"])))
    assert sorted(seen) == [20, 30]
    for customer in customers:
        (result,) = gathered.of(customer)
        (party,) = result.kinds["party.profile"].records
        assert (result.state, party.party_id) == (SourceState.FRESH, f"p-{customer}")
        assert party.connector == "shop"
        assert result.latency is not None
        assert result.fetched_at == kit.clock()


def test_kinds_of_one_batch_size_share_a_call_and_others_do_not(kit: Any) -> None:
    seen = []

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        seen.append((tuple(need.kind for need in needs), len(refs)))
        async for item in kit.everybody(self, needs, refs):
            yield item

    kit.add(
        "bank",
        body,
        domain="banking",
        fetches={"party.profile": 1, "banking.accounts": 1, "banking.balances": 10},
    )
    kinds = ["party.profile", "banking.accounts", "banking.balances"]
    asyncio.run(kit.host().gather(kit.request("a", "b", at=["bank"], kinds=kinds)))
    assert sorted(seen) == [
        (("banking.accounts", "party.profile"), 1),
        (("banking.accounts", "party.profile"), 1),
        (("banking.balances",), 2),
    ]


def test_some_fields_are_asked_for_only_where_nobody_else_gets_what_is_fetched(kit: Any) -> None:
    seen: list[frozenset[str] | None] = []

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        seen.extend(need.fields for need in needs)
        async for item in kit.everybody(self, needs, refs):
            yield item

    kit.add("shop", body)
    host = kit.host()
    some = frozenset({Need(kind="party.profile", fields=frozenset({"emails"}))})

    def ask(**settings: Any) -> None:
        request = msgspec.structs.replace(kit.request("a", at=["shop"]), needs={"a": some}, **settings)
        asyncio.run(host.gather(request))

    live = {"max_age": timedelta(0)}
    ask(**live, keep=False)
    assert seen == [frozenset({"emails"})]
    seen.clear()
    ask(**live, keep=True)  # what is kept as a last-known copy has to be whole
    ask(max_age=None, keep=False)  # what memory may serve, and renews behind the answer, too
    assert seen == [None, None]


def test_needs_of_several_fields_are_merged_to_all_that_is_wanted() -> None:
    name, other = (Need(kind="party.profile", fields=frozenset({field})) for field in ("emails", "phones"))
    (both,) = merged([name, other])
    assert both == Need(kind="party.profile", fields=frozenset({"emails", "phones"}))
    (everything,) = merged([name, Need(kind="party.profile"), other])
    assert everything == Need(kind="party.profile")


def test_different_needs_are_asked_kind_by_kind_where_that_is_fewer_calls(kit: Any) -> None:
    seen = []

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        seen.append((tuple(need.kind for need in needs), len(refs)))
        async for item in kit.everybody(self, needs, refs):
            yield item

    kit.add("shop", body, fetches={"party.profile": 30, LOYALTY: 30})
    request = msgspec.structs.replace(
        kit.request("a", "b", at=["shop"]),
        needs={
            "a": frozenset({Need(kind="party.profile")}),
            "b": frozenset({Need(kind="party.profile"), Need(kind=LOYALTY)}),
        },
    )
    asyncio.run(kit.host().gather(request))
    assert sorted(seen) == [((LOYALTY,), 1), (("party.profile",), 2)]


def test_states_of_sources_that_are_not_asked(kit: Any) -> None:
    kit.add("one")
    kit.add("two")
    kit.add("three", domain="banking", fetches={"banking.accounts": 1})
    results = asyncio.run(kit.host().gather(kit.request("c", at=["one", "three"]))).of("c")
    assert [(each.connector, each.state) for each in results] == [
        ("one", SourceState.FRESH),
        ("two", SourceState.NOT_LINKED),
        ("three", SourceState.NOT_REQUESTED),
    ]


def test_a_hung_partner_is_left_behind_at_the_deadline_and_what_it_gave_is_kept(kit: Any) -> None:
    async def hang(self: Any, needs: Any, refs: Any) -> Any:
        yield Fetched(ref=refs[0], kind="party.profile", records=(kit.person(refs[0].party_id),))
        await asyncio.sleep(60)

    kit.add("hung", hang, fetches={"party.profile": 10})
    kit.add("well")

    async def scenario() -> None:
        host = kit.host()
        started = time.perf_counter()
        gathered = await host.gather(kit.request("a", "b", at=["hung", "well"], deadline=0.2))
        assert 0.19 < time.perf_counter() - started < 0.5
        assert kit.source(gathered.of("a"), "hung").state is SourceState.FRESH
        late = kit.source(gathered.of("b"), "hung")
        assert late.state is SourceState.UNAVAILABLE
        assert late.problem.code is ProblemCode.DEADLINE_EXCEEDED
        assert late.latency == pytest.approx(timedelta(seconds=0.2), abs=timedelta(seconds=0.1))
        assert kit.source(gathered.of("b"), "well").state is SourceState.FRESH
        await host.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("swallows", [False, True])
def test_a_plugin_that_resists_its_cancellation_delays_nobody(
    kit: Any, swallows: bool, caplog: pytest.LogCaptureFixture
) -> None:
    ended = []

    async def stubborn(self: Any, needs: Any, refs: Any) -> Any:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.3)
            if not swallows:
                raise
        ended.append(True)
        yield Fetched(ref=refs[0], kind="party.profile", records=(kit.person("p-a"),))

    kit.add("stubborn", stubborn)

    async def scenario() -> None:
        host = kit.host()
        started = time.perf_counter()
        gathered = await host.gather(kit.request("a", at=["stubborn"], deadline=0.1))
        assert time.perf_counter() - started < 0.35
        (result,) = gathered.of("a")
        await host.close()
        assert ended == ([True] if swallows else [])
        assert result.state is SourceState.UNAVAILABLE, "a late answer must not change what was answered"
        assert not kit.snapshots.kept

    asyncio.run(scenario())
    assert "never retrieved" not in caplog.text


def test_a_caller_that_goes_away_takes_the_work_along(kit: Any) -> None:
    cancelled = []

    async def hang(self: Any, needs: Any, refs: Any) -> Any:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        yield

    kit.add("hung", hang)

    async def scenario() -> None:
        task = asyncio.create_task(kit.host().gather(kit.request("a", at=["hung"])))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.01)
        assert cancelled == [True]

    asyncio.run(scenario())


def test_an_answer_does_not_wait_for_what_a_plugin_does_after_its_last_record(kit: Any) -> None:
    async def lingering(self: Any, needs: Any, refs: Any) -> Any:
        yield Fetched(ref=refs[0], kind="party.profile")
        await asyncio.sleep(60)

    kit.add("lingering", lingering)
    started = time.perf_counter()
    gathered = asyncio.run(kit.host().gather(kit.request("a", at=["lingering"])))
    assert time.perf_counter() - started < 0.5
    assert gathered.of("a")[0].state is SourceState.FRESH


@pytest.mark.parametrize(
    ("error", "code", "state"),
    [
        (RetryLater("HTTP 503", retry_after=3), ProblemCode.PARTNER_UNAVAILABLE, SourceState.UNAVAILABLE),
        (
            RetryLater("HTTP 429", code=ProblemCode.RATE_LIMITED),
            ProblemCode.RATE_LIMITED,
            SourceState.UNAVAILABLE,
        ),
        (Reauthorise(), ProblemCode.REAUTHORISATION_REQUIRED, SourceState.UNAVAILABLE),
        (SkipCustomer(), ProblemCode.CUSTOMER_UNKNOWN, SourceState.FRESH),
        (ValueError("ada@example.org"), ProblemCode.CONNECTOR_FAULT, SourceState.UNAVAILABLE),
    ],
)
@pytest.mark.parametrize("yielded", [False, True])
def test_an_error_becomes_a_problem(  # noqa: PLR0917  # pytest passes them by name
    kit: Any,
    error: Exception,
    code: ProblemCode,
    state: SourceState,
    yielded: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def failing(self: Any, needs: Any, refs: Any) -> Any:
        if not yielded:
            raise error
        yield Fetched(ref=refs[0], kind="party.profile", error=error)  # type: ignore[arg-type]  # also a wrong one

    kit.add("bad", failing)
    kit.add("good")
    with caplog.at_level(logging.DEBUG):
        results = asyncio.run(kit.host().gather(kit.request("a", at=["bad", "good"]))).of("a")
    bad = kit.source(results, "bad")
    assert (bad.state, bad.problem.code) == (state, code)
    assert bad.problem.retry_after == getattr(error, "retry_after", None)
    assert kit.source(results, "good").state is SourceState.FRESH
    assert "ada@example.org" not in caplog.text + repr(bad)


def wrong_yields(kit: Any) -> dict[str, Any]:
    def ok(ref: Ref) -> Fetched:
        return kit.fetched(ref, "party.profile", kit.person("p-a"))  # type: ignore[no-any-return]

    return {
        "nothing": lambda ref: [],
        "something else": lambda ref: ["p-a"],
        "another kind": lambda ref: [kit.fetched(ref, LOYALTY)],
        "another customer": lambda ref: [kit.fetched(Ref(party_id="p-b"), "party.profile")],
        "no ref": lambda ref: [Fetched(ref="p-a", kind="party.profile")],  # type: ignore[arg-type]
        "another record": lambda ref: [Fetched(ref=ref, kind="party.profile", records=("p-a",))],  # type: ignore[arg-type]
        "no records": lambda ref: [Fetched(ref=ref, kind="party.profile", records=None)],  # type: ignore[arg-type]
        "twice": lambda ref: [ok(ref), ok(ref)],
    }


@pytest.mark.parametrize("name", list(wrong_yields(None)))
def test_a_wrong_yield_is_the_connectors_fault(kit: Any, name: str, caplog: pytest.LogCaptureFixture) -> None:
    async def wrong(self: Any, needs: Any, refs: Any) -> Any:
        for item in wrong_yields(kit)[name](refs[0]):
            yield item

    kit.add("wrong", wrong)
    (result,) = asyncio.run(kit.host().gather(kit.request("a", at=["wrong"]))).of("a")
    assert result.state is SourceState.UNAVAILABLE
    assert result.problem.code is ProblemCode.CONNECTOR_FAULT
    assert not result.kinds["party.profile"].records
    assert "plugin wrong of wrong" in caplog.text
    assert "p-a" not in caplog.text
    assert "Ada" not in caplog.text


def test_what_came_before_a_wrong_yield_is_kept(kit: Any) -> None:
    async def wrong(self: Any, needs: Any, refs: Any) -> Any:
        yield kit.fetched(refs[0], "party.profile", kit.person(refs[0].party_id))
        yield object()

    kit.add("wrong", wrong, fetches={"party.profile": 2})
    gathered = asyncio.run(kit.host().gather(kit.request("a", "b", at=["wrong"])))
    assert gathered.of("a")[0].state is SourceState.FRESH
    assert gathered.of("b")[0].state is SourceState.UNAVAILABLE


def test_skip_customer_raised_for_a_whole_batch_says_nothing_of_anybody(kit: Any) -> None:
    async def unclear(self: Any, needs: Any, refs: Any) -> Any:
        raise SkipCustomer
        yield

    kit.add("unclear", unclear, fetches={"party.profile": 2})
    gathered = asyncio.run(kit.host().gather(kit.request("a", "b", at=["unclear"])))
    assert {gathered.of(each)[0].problem.code for each in "ab"} == {ProblemCode.CONNECTOR_FAULT}


def test_records_beyond_the_limit_are_cut_off_and_said(kit: Any) -> None:
    async def many(self: Any, needs: Any, refs: Any) -> Any:
        yield kit.fetched(refs[0], "party.profile", *(kit.person(str(number)) for number in range(9)))

    kit.add("many", many, limits=Limits(max_records=4))
    (result,) = asyncio.run(kit.host().gather(kit.request("a", at=["many"]))).of("a")
    assert [party.party_id for party in result.kinds["party.profile"].records] == ["0", "1", "2", "3"]
    assert (result.state, result.problem.code) == (SourceState.FRESH, ProblemCode.TOO_MUCH_DATA)


def test_every_record_is_signed_by_its_instance_also_one_that_is_given_twice(kit: Any) -> None:
    """A plugin may keep a record and give it again, even through another instance, or sign by itself."""
    kept = kit.person("kept")

    async def again(self: Any, needs: Any, refs: Any) -> Any:
        for ref in refs:
            forged = kit.person("forged", connector="elsewhere")
            yield kit.fetched(ref, "party.profile", kept, forged, kit.person("new"))

    kit.add("one", again)
    kit.add("two", again)

    async def scenario() -> None:
        host = kit.host()
        for _ in range(2):
            gathered = await host.gather(kit.request("a", at=["one", "two"], max_age=timedelta(0)))
            for source in gathered.of("a"):
                found = source.kinds["party.profile"].records
                assert [record.party_id for record in found] == ["kept", "forged", "new"]
                assert {record.connector for record in found} == {source.connector}

    asyncio.run(scenario())


def test_two_records_of_one_customer_at_a_partner_are_both_asked_for(kit: Any) -> None:
    kit.add("shop", fetches={"party.profile": 30})
    request = msgspec.structs.replace(
        kit.request("a", at=["shop"]),
        targets=[
            Target(customer_id="a", links=tuple(Link(connector="shop", party_id=each) for each in "xy"))
        ],
    )
    (result,) = asyncio.run(kit.host().gather(request)).of("a")
    assert {party.party_id for party in result.kinds["party.profile"].records} == {"x", "y"}


def test_the_same_fetch_inside_one_operation_goes_out_once(kit: Any) -> None:
    sent = []

    async def body(self: Any, needs: Any, refs: Any) -> Any:
        await self.ctx.http.get("/shared", params={"x": 1})
        async for item in kit.everybody(self, needs, refs):
            yield item

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={})

    kit.base = httpx.MockTransport(answer)
    kit.add("shop", body)

    async def scenario() -> None:
        host = kit.host()
        await host.gather(kit.request(*"abcdefgh", at=["shop"]))
        assert len(sent) == 1
        assert host.infos()[0].calls == 1
        await host.gather(kit.request(*"abcdefgh", at=["shop"]))
        assert len(sent) == 2
        await host.close()

    asyncio.run(scenario())
