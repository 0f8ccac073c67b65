"""From last-known copies alone: a full profile without a single call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from benchmarks.stage.documents import FULL_VIEW, POINTS, listed
from benchmarks.stage.graph import Graph, Stage
from sandbox.population.numbers import DOMAINS


def without_times(customer: Any) -> dict[str, Any]:
    return {name: value for name, value in customer.items() if name != "sources"}


def states(customer: Any) -> dict[str, str]:
    return {source["connector"]: source["status"] for source in customer["sources"]}


def test_a_full_profile_without_a_call(stage: Stage) -> None:
    by = stage.key(stage.member())

    async def scene(graph: Graph) -> None:
        first = (await graph.ask(FULL_VIEW, {"by": by, "gather": {"deadline": "PT20S"}}))["customer"]
        await graph.settle()
        stage.partners.forget()
        stage.clock.advance(timedelta(minutes=50))
        kept = (await graph.ask(FULL_VIEW, {"by": by, "gather": {"maxAge": "PT1H"}}))["customer"]
        assert stage.partners.total() == 0
        assert states(kept) == dict.fromkeys(DOMAINS, "KEPT")
        assert kept["complete"] is True
        assert without_times(kept) == without_times(first)
        assert all(source["latency"] is None for source in kept["sources"])
        assert all(source["age"].startswith("PT50M") for source in kept["sources"])

        # Down or not, nobody is asked.
        stage.partners.all_behave("down")
        assert states((await graph.ask(FULL_VIEW, {"by": by, "gather": {"maxAge": "PT1H"}}))["customer"]) == (
            dict.fromkeys(DOMAINS, "KEPT")
        )
        assert stage.partners.total() == 0
        stage.partners.all_behave()

        # Too old now: asked again.
        stage.clock.advance(timedelta(minutes=15))
        variables = {"by": by, "gather": {"maxAge": "PT1H", "deadline": "PT20S"}}
        again = (await graph.ask(FULL_VIEW, variables))["customer"]
        assert states(again) == dict.fromkeys(DOMAINS, "FRESH")
        assert stage.partners.total() > 0

    stage.play(scene)


def test_copies_outlive_the_process(stage: Stage) -> None:
    """What one server kept, the next one answers from: closing writes what is still to be written."""
    by = stage.key(stage.member())

    async def first(graph: Graph) -> None:
        await graph.ask(FULL_VIEW, {"by": by, "gather": {"deadline": "PT20S"}})

    async def second(graph: Graph) -> Any:
        return (await graph.ask(FULL_VIEW, {"by": by, "gather": {"maxAge": "PT1H"}}))["customer"]

    stage.play(first)
    stage.partners.forget()
    assert states(stage.play(second)) == dict.fromkeys(DOMAINS, "KEPT")
    assert stage.partners.total() == 0


def test_a_list_of_fifty_without_a_call(stage: Stage) -> None:
    query = listed(POINTS)
    holders = {"first": 50, "filter": {"holds": ["LOYALTY"]}}

    async def scene(graph: Graph) -> None:
        await graph.ask(query, {**holders, "gather": {"deadline": "PT20S"}})
        await graph.settle()
        stage.partners.forget()
        data = await graph.ask(query, {**holders, "gather": {"maxAge": "PT1H"}})
        customers = [edge["node"] for edge in data["customers"]["edges"]]
        assert len(customers) == 50
        assert all(customer["complete"] for customer in customers)
        assert {states(customer)["loyalty"] for customer in customers} == {"KEPT"}
        assert stage.partners.total() == 0

    stage.play(scene)


def test_one_source_too_old_is_the_only_one_asked(stage: Stage) -> None:
    by = stage.key(stage.member())

    async def scene(graph: Graph) -> None:
        stage.partners.behave("hotel", "down")
        await graph.ask(FULL_VIEW, {"by": by, "gather": {"deadline": "PT20S"}})
        await graph.settle()
        stage.partners.behave("hotel")
        stage.partners.forget()
        customer = (await graph.ask(FULL_VIEW, {"by": by, "gather": {"maxAge": "PT1H"}}))["customer"]
        assert states(customer) == dict.fromkeys(DOMAINS, "KEPT") | {"hotel": "FRESH"}
        assert {partner for partner, calls in stage.partners.all_calls().items() if calls} == {"hotel"}
        assert customer["complete"] is True

    stage.play(scene)
