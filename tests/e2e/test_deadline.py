"""A partner that never answers costs nobody else anything: the rest is answered by the deadline."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from benchmarks.punctual import Punctuality, measure
from benchmarks.stage.graph import Graph, Stage
from sandbox.population.numbers import DOMAINS

DEADLINE = 0.4
LATE_P99, LATE_WORST = 0.020, 0.100
"""Seconds past the deadline that are promised."""

SHORT = """
query Short($by: CustomerKey!, $gather: Gather) {
  customer(by: $by, gather: $gather) {
    complete displayName identities { connector }
    sources { connector status age fetchedAt problem { code } }
    banking { accounts { accountId } }
    insurance { policies { policyId } }
    brokerage { positions { isin } }
    loyalty { memberships { points } }
    hotel { preferences { guestId } }
    rental { rentals(first: 5) { totalCount } }
  }
}
"""
"""Something of every partner, cheap enough to be there long before a short deadline."""


def seconds(duration: str) -> float:
    return float(duration.removeprefix("PT").removesuffix("S"))


@pytest.fixture
def backend() -> str:
    """What is measured here does not depend on the database."""
    return "sqlite"


@pytest.mark.parametrize(
    "hung",
    [
        one if place < 2 else pytest.param(one, marks=pytest.mark.thorough)
        for place, one in enumerate(DOMAINS)
    ],
)
def test_the_rest_is_answered_and_the_hung_one_says_so(stage: Stage, hung: str) -> None:
    variables = {"by": stage.key(stage.member()), "gather": {"deadline": f"PT{DEADLINE}S"}}
    patiently = {**variables, "gather": {"deadline": "PT20S"}}

    async def scene(graph: Graph) -> None:
        stage.partners.behave(hung, "hang")
        for _ in range(2):
            customer = (await graph.ask(SHORT, variables))["customer"]
            states = {source["connector"]: source["status"] for source in customer["sources"]}
            assert states == dict.fromkeys(DOMAINS, "FRESH") | {hung: "UNAVAILABLE"}
            source = source_of(customer, hung)
            assert source["problem"] == {"code": "DEADLINE_EXCEEDED"}
            assert source["age"] is None
            assert customer["complete"] is False
            assert customer[hung] is None
            assert all(customer[domain] is not None for domain in DOMAINS if domain != hung)

        stage.partners.behave(hung)
        good = (await graph.ask(SHORT, patiently))["customer"]
        assert good["complete"] is True
        await graph.settle()

        stage.partners.behave(hung, "hang")
        ages = []
        for _ in range(3):
            customer = (await graph.ask(SHORT, variables))["customer"]
            states = {source["connector"]: source["status"] for source in customer["sources"]}
            assert states == dict.fromkeys(DOMAINS, "FRESH") | {hung: "STALE"}
            source = source_of(customer, hung)
            assert source["problem"] == {"code": "DEADLINE_EXCEEDED"}
            assert source["fetchedAt"] == source_of(good, hung)["fetchedAt"]
            assert customer[hung] == good[hung]
            assert customer["complete"] is False
            ages.append(seconds(source["age"]))
        assert ages == sorted(ages)
        assert ages[0] >= DEADLINE / 2

    stage.play(scene)


@pytest.mark.alone
def test_fifty_runs_end_on_time(stage: Stage) -> None:
    """Fifty runs with a hung partner, measured around the engine, next to empty sleeps of that length.

    Where the empty sleeps are late themselves by more than a bound, the machine is too busy to tell;
    then the difference to them has to keep to the bound. A busy machine also takes time from whoever
    works, which the sleeps do not show: of three measurements one has to hold.
    """
    deadline = 0.2
    variables = {"by": stage.key(stage.member()), "gather": {"deadline": f"PT{deadline}S"}}
    states: Counter[str] = Counter()

    async def scene(graph: Graph) -> Punctuality:
        await graph.ask(SHORT, {**variables, "gather": {"deadline": "PT20S"}})
        await graph.settle()
        stage.partners.behave("banking", "hang")

        async def run() -> None:
            source = source_of((await graph.ask(SHORT, variables))["customer"], "banking")
            assert source["problem"] == {"code": "DEADLINE_EXCEEDED"}
            states[source["status"]] += 1

        return await measure(run, deadline=deadline, runs=50)

    for _ in range(3):
        found = stage.play(scene)
        if found.late(0.99, LATE_P99) <= LATE_P99 and found.late(1.0, LATE_WORST) <= LATE_WORST:
            break
    assert found.late(0.99, LATE_P99) <= LATE_P99, found
    assert found.late(1.0, LATE_WORST) <= LATE_WORST, found
    assert min(found.runs.values) >= -deadline / 4, "it did not wait for the partner"
    # So short a deadline leaves 50 ms for reading copies, which a busy machine may not manage every time.
    assert states["STALE"] > states["UNAVAILABLE"]


def source_of(customer: Any, connector: str) -> Any:
    return next(source for source in customer["sources"] if source["connector"] == connector)
