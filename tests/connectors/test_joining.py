"""Calls that several operations share, and batches that fill while another is under way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.access import Purpose
from c360.contract import Fetched, Lookup, Need, Ref
from c360.errors import ProblemCode, RetryLater
from c360.kinds import PARTY
from c360.records.party import Party, PartyKind
from c360.values import Secret
from connectors.batching import Batching
from connectors.host import Host
from connectors.results import SourceState
from tests.connectors.conftest import Kit

MOST = 5
Run = Callable[..., Any]


class Shop:
    """A partner that takes five customers at once, and counts."""

    def __init__(self, seconds: float = 0.03) -> None:
        self.calls: list[list[str]] = []
        self.asked = asyncio.Event()
        self.cut_off = 0
        self.seconds = seconds
        self.error: Exception | None = None

    async def __call__(self, _: Any, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        self.calls.append([ref.party_id for ref in refs])
        self.asked.set()
        try:
            await asyncio.sleep(self.seconds)
        except asyncio.CancelledError:
            self.cut_off += 1
            raise
        if self.error is not None:
            raise self.error
        for ref in refs:
            record = Party(party_id=ref.party_id, kind=PartyKind.PERSON)
            yield Fetched(ref=ref, kind=PARTY, records=(record,))


async def begun(shop: Shop) -> None:
    """Wait until it is asked, on a machine of whatever speed."""
    await shop.asked.wait()


def opened(kit: Kit, shop: Shop, **described: Any) -> Host:
    kit.add("shop", shop, fetches={PARTY: MOST}, **described)
    return kit.host()


async def names(host: Host, kit: Kit, *customers: str, **more: Any) -> dict[str, list[str]]:
    """Whose records each customer got."""
    purpose = more.pop("purpose", Purpose.SERVICE)
    request = kit.request(*customers, at=["shop"], access=kit.access(purpose=purpose), **more)
    gathered = await host.gather(request)
    found = {}
    for customer in customers:
        source = kit.source(gathered.of(customer), "shop")
        assert source.state is SourceState.FRESH, source.problem
        found[customer] = [record.party_id for record in source.kinds[PARTY].records]  # type: ignore[attr-defined]  # a party
    return found


def test_what_waits_while_a_call_is_under_way_goes_out_in_the_next(kit: Kit, run: Run) -> None:
    shop = Shop()
    host = opened(kit, shop)

    async def go() -> None:
        first = asyncio.create_task(names(host, kit, "a"))
        await begun(shop)
        assert shop.calls == [["p-a"]], "nothing waits where nothing is under way"
        others = [asyncio.create_task(names(host, kit, customer)) for customer in "bcd"]
        found = await asyncio.gather(first, *others)
        assert found == [{customer: [f"p-{customer}"]} for customer in "abcd"]
        assert shop.calls == [["p-a"], ["p-b", "p-c", "p-d"]]

    run(go())


def test_a_full_batch_does_not_wait_nor_what_one_operation_has_left_over(kit: Kit, run: Run) -> None:
    shop = Shop()
    host = opened(kit, shop)

    async def go() -> None:
        await names(host, kit, *"abcdefg")
        assert [len(call) for call in shop.calls] == [5, 2]
        shop.seconds = 0.03
        loop = asyncio.get_running_loop()
        first = asyncio.create_task(names(host, kit, "a"))
        await asyncio.sleep(0.005)
        started = loop.time()
        await names(host, kit, *"bcdef")
        assert loop.time() - started < 0.05
        await first

    run(go())


def test_who_waits_for_a_slow_call_waits_no_longer_than_that(kit: Kit, run: Run) -> None:
    shop = Shop(seconds=0.5)
    host = opened(kit, shop)

    async def go() -> None:
        slow = asyncio.create_task(names(host, kit, "a"))
        await asyncio.sleep(0.01)
        shop.seconds = 0.0
        loop = asyncio.get_running_loop()
        started = loop.time()
        assert await names(host, kit, "b") == {"b": ["p-b"]}
        assert loop.time() - started < 0.3
        assert await slow == {"a": ["p-a"]}

    run(go())


def test_the_same_party_is_asked_for_once(kit: Kit, run: Run) -> None:
    shop = Shop()
    host = opened(kit, shop)

    async def go() -> None:
        both = [asyncio.create_task(names(host, kit, "a")) for _ in range(2)]
        await begun(shop)
        third = asyncio.create_task(names(host, kit, "a", "b"))
        assert await asyncio.gather(*both, third) == [
            {"a": ["p-a"]},
            {"a": ["p-a"]},
            {"a": ["p-a"], "b": ["p-b"]},
        ]
        assert shop.calls == [["p-a"], ["p-b"]]

    run(go())


def test_what_is_not_true_any_more_is_not_joined(kit: Kit, run: Run) -> None:
    shop = Shop()
    host = opened(kit, shop)

    async def go() -> None:
        first = asyncio.create_task(names(host, kit, "a"))
        await begun(shop)
        await host.forget("shop", ["p-a"])
        await names(host, kit, "a")
        await first
        assert shop.calls == [["p-a"], ["p-a"]]

    run(go())


def test_purposes_share_nothing(kit: Kit, run: Run) -> None:
    shop = Shop()
    host = opened(kit, shop)

    async def go() -> None:
        await asyncio.gather(
            *(names(host, kit, "a", purpose=purpose) for purpose in (Purpose.SERVICE, Purpose.MARKETING))
        )
        assert shop.calls == [["p-a"], ["p-a"]]

    run(go())


def test_grants_share_nothing(kit: Kit, run: Run) -> None:
    shop = Shop()
    host = opened(kit, shop, lookup=Lookup.BY_GRANT)

    async def go() -> None:
        kit.grants.known = {(customer, "shop"): Secret(customer) for customer in "ab"}
        await asyncio.gather(*(names(host, kit, customer) for customer in "ab"))
        assert sorted(shop.calls) == [["p-a"], ["p-b"]]
        assert kit.grants.reads == 1, "though their grants are read together"

    run(go())


def test_a_failure_is_told_to_each(kit: Kit, run: Run) -> None:
    shop = Shop()
    shop.error = RetryLater("down")
    host = opened(kit, shop)

    async def go() -> None:
        requests = [kit.request(customer, at=["shop"]) for customer in "ab"]
        for gathered, customer in zip(await asyncio.gather(*map(host.gather, requests)), "ab", strict=True):
            source = kit.source(gathered.of(customer), "shop")
            assert source.problem is not None
            assert source.problem.code is ProblemCode.PARTNER_UNAVAILABLE
        assert len(shop.calls) == 1

    run(go())


def test_each_waits_until_its_own_deadline_and_the_call_ends_with_the_last(kit: Kit, run: Run) -> None:
    shop = Shop(seconds=5)
    host = opened(kit, shop)

    async def go() -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        requests = [
            kit.request(customer, at=["shop"], deadline=seconds)
            for customer, seconds in (("a", 0.1), ("b", 0.3))
        ]
        slow = asyncio.create_task(host.gather(requests[1]))
        await host.gather(requests[0])
        assert 0.05 < loop.time() - started < 0.25
        await asyncio.sleep(0)
        assert shop.cut_off == 0
        await slow
        await asyncio.sleep(0.01)
        assert (len(shop.calls), shop.cut_off) == (1, 1)

    run(go())


OPERATIONS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcdefghijkl"), min_size=1, max_size=7, unique=True),
        st.integers(0, 6),  # milliseconds before it starts
        st.none() | st.integers(0, 6),  # milliseconds after which its caller goes away
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(OPERATIONS)
def test_everybody_gets_exactly_their_own(operations: list[Any]) -> None:
    kit, shop = Kit(), Shop(seconds=0.003)
    host = opened(kit, shop)

    async def one(customers: list[str], pause: int, patience: int | None) -> None:
        await asyncio.sleep(pause / 1000)
        task = asyncio.create_task(names(host, kit, *customers))
        if patience is not None:
            await asyncio.sleep(patience / 1000)
            task.cancel()
        try:
            assert await task == {customer: [f"p-{customer}"] for customer in customers}
        except asyncio.CancelledError:
            assert patience is not None

    async def go() -> None:
        await asyncio.gather(*(one(*operation) for operation in operations))
        await host.close()

    asyncio.run(go())
    for call in shop.calls:
        assert len(call) == len(set(call)) <= MOST
    wanted = Counter(f"p-{customer}" for customers, _, _ in operations for customer in customers)
    asked = Counter(party for call in shop.calls for party in call)
    assert asked <= wanted, "nobody is asked for more often than wanted"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xy"), st.integers(0, 3), st.booleans()), max_size=40))
def test_every_item_is_worked_on_once_unless_it_is_taken_back(steps: list[Any]) -> None:
    done: list[tuple[str, int]] = []
    taken_back = set()

    async def work(lane: str, items: Sequence[tuple[str, int]]) -> None:
        assert 0 < len(items) <= MOST
        assert {item[0] for item in items} == {lane}
        await asyncio.sleep(0)
        done.extend(items)

    async def go() -> None:
        batching: Batching[str, tuple[str, int]] = Batching(work, most=lambda _: MOST, patience=0.001)
        for number, (lane, turns, regrets) in enumerate(steps):
            batching.add(lane, (lane, number))
            if regrets:
                batching.drop(lane, (lane, number))
                taken_back.add((lane, number))
            for _ in range(turns):
                await asyncio.sleep(0)
        await batching.drain()

    asyncio.run(go())
    assert sorted(done) == sorted(
        (lane, number) for number, (lane, _, regrets) in enumerate(steps) if not regrets
    )


def test_draining_ends_where_work_does_not(run: Run) -> None:
    async def never(_: str, __: Sequence[int]) -> None:
        await asyncio.Event().wait()

    async def go() -> None:
        batching: Batching[str, int] = Batching(never, most=lambda _: MOST)
        batching.add("x", 1)
        async with asyncio.timeout(1):
            await batching.drain(0.02)

    run(go())


@pytest.mark.parametrize("fails", [False, True], ids=["answers", "fails"])
def test_grants_are_read_together_and_a_failure_is_each_ones(
    kit: Kit, run: Run, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    shop = Shop()
    host = opened(kit, shop, lookup=Lookup.BY_GRANT)
    reads: list[int] = []

    async def tokens(_: Any, wanted: Sequence[Any]) -> dict[Any, Any]:
        reads.append(len(wanted))
        await asyncio.sleep(0.01)
        if fails:
            raise OSError("ada@example.org")
        return {}

    monkeypatch.setattr(kit.grants, "tokens", tokens)
    expected = ProblemCode.CONNECTOR_FAULT if fails else ProblemCode.GRANT_MISSING

    async def asked(customer: str) -> None:
        gathered = await host.gather(kit.request(customer, at=["shop"]))
        problem = kit.source(gathered.of(customer), "shop").problem
        assert problem is not None
        assert problem.code is expected

    async def go() -> None:
        first = asyncio.create_task(asked("a"))
        await asyncio.sleep(0.005)
        await asyncio.gather(*(asked(customer) for customer in "bcd"), first)
        assert reads == [1, 3]

    run(go())
