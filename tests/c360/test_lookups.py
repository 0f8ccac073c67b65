from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.errors import ConnectorError, PartnerFault, RetryLater, SkipCustomer
from c360.lookups import Once, as_completed, details, fetch_each, fetch_in_turn, segment, together
from c360.needs import Fetched, Need, Ref


class Counter:
    """Jobs that take turns of the event loop, and how many ran at once."""

    def __init__(self) -> None:
        self.running = 0
        self.most = 0
        self.asked: list[int] = []
        self.cancelled = 0

    async def job(self, key: int, turns: int = 1, error: Exception | None = None) -> int:
        self.asked.append(key)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(turns):
                await asyncio.sleep(0)
            if error is not None:
                raise error
            return key * 10
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1


TURNS = st.lists(st.integers(0, 6), max_size=20)


@given(turns=TURNS, at_once=st.integers(1, 6), failing=st.sets(st.integers(0, 19)))
def test_details_come_in_order_each_with_its_own_outcome(
    turns: list[int], at_once: int, failing: set[int]
) -> None:
    counter = Counter()
    error = SkipCustomer()

    async def scenario() -> list[tuple[int, Any]]:
        keys = [*range(len(turns)), *range(len(turns))]  # each twice, and asked once
        ask = lambda key: counter.job(key, turns[key], error if key in failing else None)  # noqa: E731
        return [outcome async for outcome in details(keys, ask, at_once=at_once)]

    expected = [(key, error if key in failing else key * 10) for key in range(len(turns))]
    assert asyncio.run(scenario()) == expected
    assert sorted(counter.asked) == list(range(len(turns)))
    assert counter.most <= at_once


def test_details_that_nobody_waits_for_are_ended(run: Callable[..., Any]) -> None:
    counter = Counter()

    async def scenario() -> None:
        async with aclosing(details(range(20), lambda key: counter.job(key, key * 100), at_once=4)) as found:
            async for key, _ in found:
                if key == 1:
                    break
        await asyncio.sleep(0)

    run(scenario())
    assert len(counter.asked) <= 6
    assert counter.running == 0
    assert counter.cancelled >= 1


@given(turns=TURNS, at_once=st.none() | st.integers(1, 6))
def test_outcomes_come_as_they_are_there_and_no_more_run_than_may(
    turns: list[int], at_once: int | None
) -> None:
    counter = Counter()

    async def scenario() -> dict[int, Any]:
        jobs = {key: partial(counter.job, key, count) for key, count in enumerate(turns)}
        return {key: outcome async for key, outcome in as_completed(jobs, at_once=at_once)}

    assert asyncio.run(scenario()) == {key: key * 10 for key in range(len(turns))}
    assert counter.most <= (at_once or len(turns))


def test_a_failure_is_an_outcome_and_a_mistake_is_raised(run: Callable[..., Any]) -> None:
    counter = Counter()

    async def scenario(error: Exception) -> list[Any]:
        jobs = {1: partial(counter.job, 1, 50), 2: partial(counter.job, 2, 1, error)}
        return [outcome async for _, outcome in as_completed(jobs)]

    later = RetryLater()
    assert run(scenario(later)) == [later, 10]
    with pytest.raises(ZeroDivisionError):
        run(scenario(ZeroDivisionError()))
    assert counter.running == 0


def test_together_all_succeed_in_order_or_the_first_failure_ends_them(run: Callable[..., Any]) -> None:
    counter = Counter()
    jobs = [partial(counter.job, key, 5 - key) for key in range(5)]
    assert run(together(jobs, at_once=2)) == [0, 10, 20, 30, 40]
    assert counter.most == 2
    failing = [*jobs, partial(counter.job, 9, 0, PartnerFault()), partial(counter.job, 8, 500)]
    with pytest.raises(ConnectorError):
        run(together(failing))
    assert counter.cancelled >= 1


@given(turns=TURNS, at_once=st.none() | st.integers(1, 6))
def test_together_is_in_the_order_of_the_jobs(turns: list[int], at_once: int | None) -> None:
    counter = Counter()
    jobs = [partial(counter.job, key, count) for key, count in enumerate(turns)]
    assert asyncio.run(together(jobs, at_once=at_once)) == [key * 10 for key in range(len(turns))]
    assert counter.most <= (at_once or len(turns))


def test_what_several_need_is_asked_for_once(run: Callable[..., Any]) -> None:
    counter = Counter()

    async def scenario(once: Once[int]) -> list[Any]:
        return list(await asyncio.gather(once(), once(), once(), return_exceptions=True))

    assert run(scenario(Once(partial(counter.job, 1, 3)))) == [10, 10, 10]
    later = RetryLater()
    assert run(scenario(Once(partial(counter.job, 2, 3, later)))) == [later, later, later]
    assert counter.asked == [1, 2]


def test_the_next_one_asks_where_the_first_was_cancelled(run: Callable[..., Any]) -> None:
    counter = Counter()

    async def scenario() -> int:
        once = Once(partial(counter.job, 1, 3))
        first, second = asyncio.create_task(once()), asyncio.create_task(once())
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert run(scenario()) == 10
    assert counter.asked == [1, 1]


@pytest.mark.parametrize("fetch", [fetch_each, fetch_in_turn])
@pytest.mark.parametrize("kinds", ["a", "ab"])
@pytest.mark.parametrize("customers", ["1", "12"])
def test_each_kind_of_each_customer_has_its_own_outcome(
    run: Callable[..., Any], fetch: Any, kinds: str, customers: str
) -> None:
    error = SkipCustomer()

    async def read(ref: Ref, need: Need) -> list[Any]:
        await asyncio.sleep(0)
        if (ref.party_id, need.kind) == ("1", "a"):
            raise error
        return []

    async def scenario() -> list[Fetched]:
        needs, refs = [Need(kind=kind) for kind in kinds], [Ref(party_id=party) for party in customers]
        return [fetched async for fetched in fetch(needs, refs, dict.fromkeys(kinds, read))]

    found = {(it.ref.party_id, it.kind): it.error for it in run(scenario())}
    assert found == {
        (party, kind): error if (party, kind) == ("1", "a") else None for party in customers for kind in kinds
    }


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_an_id_that_is_another_place_in_a_path_cannot_be_asked_for(identifier: str) -> None:
    with pytest.raises(PartnerFault):
        segment(identifier)


@given(st.text(min_size=1).filter(lambda text: text not in {".", ".."}))
def test_an_id_is_one_step_of_a_path(identifier: str) -> None:
    try:
        identifier.encode()
    except UnicodeEncodeError:
        return
    assert not set(segment(identifier)) & set("/?#\\ ")
