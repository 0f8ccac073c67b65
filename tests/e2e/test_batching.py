"""Many customers at once: calls grow with the batches of an API, and are linear only where it has none."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from benchmarks.stage.documents import ONE_PAGE, POINTS, aliased, listed
from benchmarks.stage.graph import Graph, Stage
from benchmarks.stage.truth import indexed_rentals
from sandbox.population.model import Life, Presence

PROFILES = "POST /v2/customers/bulk-retrieve"
ACCOUNTS = "POST /v2/loyalty/accounts/search"
PROFILE_BATCH, ACCOUNT_BATCH = 100, 30
PATIENTLY = {"deadline": "PT20S"}


async def in_a_list(graph: Graph, count: int, fragment: str) -> list[Any]:
    variables = {"first": count, "filter": {"holds": ["LOYALTY"]}, "gather": PATIENTLY}
    data = await graph.ask(listed(fragment), variables)
    return [edge["node"] for edge in data["customers"]["edges"]]


async def in_root_fields(graph: Graph, count: int, fragment: str) -> list[Any]:
    ids = [one["id"] for one in await in_a_list(graph, count, "fragment Id on Customer { id }")]
    return list((await graph.ask(aliased(ids, fragment, gather='{deadline: "PT20S"}'))).values())


@pytest.mark.parametrize("customers", [in_a_list, in_root_fields])
def test_loyalty_calls_grow_with_the_batches(stage: Stage, customers: Any) -> None:
    calls = {}

    async def scene(graph: Graph) -> None:
        for count in (1, 30, 31, 50):
            stage.partners.forget()
            found = await customers(graph, count, POINTS)
            assert len(found) == count
            assert all(one["loyalty"]["memberships"] for one in found)
            calls[count] = stage.partners.calls("loyalty")

    stage.play(scene)
    assert calls == {
        count: {PROFILES: math.ceil(count / PROFILE_BATCH), ACCOUNTS: math.ceil(count / ACCOUNT_BATCH)}
        for count in (1, 30, 31, 50)
    }


@pytest.mark.parametrize(
    ("backend", "customers"),
    [
        pytest.param("sqlite", in_a_list, marks=pytest.mark.thorough),
        ("postgresql", in_a_list),
        ("sqlite", in_root_fields),
    ],
)
def test_elsewhere_calls_are_the_linear_minimum(stage: Stage, customers: Any) -> None:
    async def scene(graph: Graph) -> Sequence[Any]:
        found: Sequence[Any] = await customers(graph, 50, ONE_PAGE)
        return found

    found = stage.play(scene)
    assert [one["complete"] for one in found] == [True] * 50
    assert stage.partners.all_calls() == least_calls(stage, found)


def least_calls(stage: Stage, found: Sequence[Any]) -> dict[str, Counter[str]]:
    """What fifty customers cost one by one where an API has no batch, and once what is not theirs."""
    calls = {partner: Counter[str]() for partner in stage.partners.connectors}
    for customer in found:
        for link in customer["identities"]:
            presence = stage.truth.presence(link["domain"].lower(), link["partyId"])
            assert presence is not None
            calls[presence.domain] += LEAST[presence.domain](presence, stage.truth.life(presence.member_id))
    calls["hotel"]["GET /api/v1.3/getHotels"] = 1
    calls["rental"]["GET /bookings/{id}"] = sum(
        len(indexed_rentals(stage.truth, stage.truth.life(presence.member_id)))
        for customer in found
        for link in customer["identities"]
        if link["domain"] == "RENTAL" and (presence := stage.truth.presence("rental", link["partyId"]))
    )
    calls["loyalty"] = Counter(
        {PROFILES: math.ceil(len(found) / PROFILE_BATCH), ACCOUNTS: math.ceil(len(found) / ACCOUNT_BATCH)}
    )
    return {partner: +counted for partner, counted in calls.items()}


def _banking(_: Presence, life: Life) -> Counter[str]:
    base = "/cds-au/v1"
    reads = Counter([f"GET {base}/common/customer/detail", f"GET {base}/banking/accounts"])
    return reads + Counter({f"POST {base}/banking/accounts/balances": bool(life.accounts)})


def _insurance(presence: Presence, life: Life) -> Counter[str]:
    base = "GET /open-insurance"
    reads = Counter([f"{base}/customers/v2/personal/identifications"])
    if presence.organization:  # nothing in a grant says so: it is found out by asking
        reads[f"{base}/customers/v2/business/identifications"] += 1
    for line in ("auto", "person", "housing"):
        reads[f"{base}/insurance-{line}/v1/insurance-{line}"] += 1
    for policy in life.policies:
        line = {"AUTO": "auto", "HOUSING": "housing"}.get(policy.line.value, "person")
        reads[f"{base}/insurance-{line}/v1/insurance-{line}/{{policyId}}/policy-info"] += 1
    return reads


def _each(*operations: str) -> Callable[[Presence, Life], Counter[str]]:
    return lambda _presence, _life: Counter(operations)


LEAST: Mapping[str, Callable[[Presence, Life], Counter[str]]] = {
    "banking": _banking,
    "insurance": _insurance,
    "brokerage": _each("GET /customers/{customer_id}/positions"),
    "hotel": _each("GET /api/v1.3/getGuest", "GET /api/v1.3/getReservationsWithRateDetails"),
    "rental": _each("GET /customers/{id}"),
    "loyalty": _each(),
}
"""The calls that each customer of a partner costs."""
