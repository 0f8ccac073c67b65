"""Whatever all six partners do at once, the hub's own data answers and every source says why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.stage.documents import FULL_VIEW
from benchmarks.stage.graph import Graph, Stage, make_settings
from benchmarks.stage.partners import People, start_partners
from sandbox.population.numbers import DOMAINS

UNAVAILABLE = dict.fromkeys(DOMAINS, "UNAVAILABLE")

FAILURES: Mapping[str, tuple[Mapping[str, Any], set[str]]] = {
    "down": ({}, {"PARTNER_UNAVAILABLE"}),
    "truncated": ({}, {"PARTNER_UNAVAILABLE"}),
    "wrong": ({}, {"PARTNER_FAULT"}),
    "rate_limited": ({"retry_after": 3}, {"RATE_LIMITED"}),
    "flaky": ({"share": 1.0}, {"PARTNER_UNAVAILABLE"}),
}


def states(customer: Any) -> dict[str, str]:
    return {source["connector"]: source["status"] for source in customer["sources"]}


def codes(customer: Any) -> set[str]:
    return {source["problem"]["code"] for source in customer["sources"]}


def check_own_data(stage: Stage, customer: Any) -> None:
    """What the hub knows by itself: who it is, by which links, and the profile that they stated."""
    member = stage.member()
    presences = stage.truth.member_presences(member.id)
    assert {link["connector"]: link["partyId"] for link in customer["identities"]} == {
        domain: presence.party_id for domain, presence in presences.items()
    }
    profile = customer["profile"]
    assert profile["familyName"]["value"] in {presence.family_name for presence in presences.values()}
    assert profile["email"]["value"].casefold() in {
        presence.email.casefold() for presence in presences.values() if presence.email
    }
    assert profile["birthDate"]["source"]["connector"] in DOMAINS


async def view(graph: Graph, stage: Stage, **gather: str) -> Any:
    variables = {"by": stage.key(stage.member()), "gather": gather or None}
    return (await graph.ask(FULL_VIEW, variables))["customer"]


async def recovered(graph: Graph, stage: Stage) -> Any:
    """The view once the partners are no longer left alone, which nobody has to see to."""
    async with asyncio.timeout(20):
        while True:
            customer = await view(graph, stage, deadline="PT20S")
            if customer["complete"]:
                return customer
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("mode", FAILURES)
def test_all_six_fail(stage: Stage, mode: str) -> None:
    rule, expected = FAILURES[mode]

    async def scene(graph: Graph) -> None:
        stage.partners.all_behave(mode, **rule)
        customer = await view(graph, stage)
        assert states(customer) == UNAVAILABLE
        assert codes(customer) == expected
        assert customer["complete"] is False
        assert all(customer[domain] is None for domain in DOMAINS)
        check_own_data(stage, customer)
        if mode == "rate_limited":
            assert {source["problem"]["retryAfter"] for source in customer["sources"]} == {"PT3S"}

        stage.partners.all_behave()
        good = await recovered(graph, stage)
        await graph.settle()

        stage.partners.all_behave(mode, **rule)
        customer = await view(graph, stage)
        assert states(customer) == dict.fromkeys(DOMAINS, "STALE")
        assert codes(customer) == expected
        assert customer["complete"] is False
        assert {domain: customer[domain] for domain in DOMAINS} == {
            domain: good[domain] for domain in DOMAINS
        }
        assert all(source["age"] for source in customer["sources"])

    stage.play(scene)


def test_flaky_partners_end_in_the_states_there_are(stage: Stage) -> None:
    """Half of all calls fail: what is there is whole, and what is not is named."""

    async def scene(graph: Graph) -> None:
        stage.partners.all_behave("flaky", share=0.5)
        for _ in range(3):
            customer = await view(graph, stage)
            found = states(customer)
            assert set(found.values()) <= {"FRESH", "UNAVAILABLE", "STALE"}
            assert customer["complete"] is (set(found.values()) == {"FRESH"})
            for domain in DOMAINS:
                group = customer[domain]
                if found[domain] == "FRESH":
                    assert group["partial"] is False
                for gap in group["missing"] if group else ():
                    assert (gap["connector"], found[domain]) == (domain, "UNAVAILABLE")
                    assert all(kind.startswith(f"{domain}.") for kind in gap["records"])
                    assert gap["records"]
                assert group is None or group["partial"] is bool(group["missing"])
            check_own_data(stage, customer)
            await graph.settle()

    stage.play(scene)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_nobody_listens(stage: Stage, who: People) -> None:
    """The partners' process is gone, so that every connection is refused."""
    with start_partners(who) as own:
        settings = make_settings(stage.settings.database.url, own.connectors)
    alone = replace(stage, settings=settings)

    async def scene(graph: Graph) -> None:
        customer = await view(graph, alone)
        assert states(customer) == UNAVAILABLE
        assert codes(customer) == {"PARTNER_UNAVAILABLE"}
        check_own_data(alone, customer)
        listed = await graph.ask("{ customers(first: 5) { totalCount edges { node { displayName } } } }")
        assert listed["customers"]["totalCount"] == len(stage.truth.members)
        found = await graph.ask("{ connectors { id state health { errors lastProblem } } }")
        assert {each["state"] for each in found["connectors"]} == {"READY"}
        assert all(each["health"]["errors"] for each in found["connectors"])

    alone.play(scene)
