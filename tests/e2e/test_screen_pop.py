"""A screen pop: the agent sees at once what the hub has, and live values as they arrive."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from benchmarks.figures import Sample
from benchmarks.stage.graph import Graph, Stage
from benchmarks.workloads.screen_pop import HUNG, KNOWN, P99, measured, popped

SHORT = """query Short($by: CustomerKey!, $gather: Gather) {
  customer(by: $by, gather: $gather) {
    id complete sources { connector status problem { code } }
    banking { accounts { accountId } } loyalty { memberships { points } }
  }
}"""


def states(customer: Any) -> dict[str, str]:
    sources = customer["sources"]
    return {one["connector"]: one["status"] for one in sources if one["connector"] in {"banking", "loyalty"}}


def test_the_first_answer_is_what_is_known_and_live_values_follow(stage: Stage) -> None:
    by = stage.key(stage.member("banking", "loyalty"))

    async def scene(graph: Graph) -> None:
        stage.partners.behave(HUNG, "hang")
        first = (await graph.ask(SHORT, {"by": by, "gather": KNOWN}))["customer"]
        assert states(first) == {"banking": "UNAVAILABLE", "loyalty": "UNAVAILABLE"}, "nothing is known yet"
        assert {one["problem"]["code"] for one in first["sources"] if one["problem"]} == {"NOT_KEPT"}

        async with aclosing(popped(graph, first["id"])) as answers:
            shown = (await anext(answers)).data
            assert shown is not None
            heard = []
            async for answer in answers:
                assert not answer.errors
                assert answer.data is not None
                heard.append(answer.data["customerChanged"])
                if heard[-1]["customer"]["loyalty"]:
                    break
        assert all(event["kind"] == "customer.refreshed" for one in heard for event in one["events"])
        assert heard[-1]["customer"]["loyalty"]["memberships"][0]["points"] is not None
        assert heard[-1]["cursor"] != shown["customerChanged"]["cursor"]

        again = (await graph.ask(SHORT, {"by": by, "gather": KNOWN}))["customer"]
        assert states(again) == {"banking": "UNAVAILABLE", "loyalty": "KEPT"}

    async def soon(graph: Graph) -> None:
        async with asyncio.timeout(30):
            await scene(graph)

    stage.play(soon)


@pytest.mark.alone
def test_first_answers_are_there_within_a_tenth_of_a_second(stage: Stage) -> None:
    """A hundred first answers while a partner hangs; of three measurements one has to hold."""
    for _ in range(3):
        found = stage.play(lambda graph: measured(stage, graph, runs=100, follows=1))
        if found.p99 * 1000 <= P99:
            break
    assert found.p99 * 1000 <= P99, (Sample.of(found.firsts).p99, Sample.of(found.control).p99)
