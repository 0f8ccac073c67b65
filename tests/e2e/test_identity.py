"""A steward before the hub's HTTP address: two customers who are one, merged, looked up, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from api.seeding import seed
from api.settings import Settings
from api.wiring import open_store
from benchmarks.stage.graph import make_settings
from benchmarks.stage.partners import Partners
from c360.access import TenantId
from c360.enrolment import CustomerLine
from sandbox.export import lines
from sandbox.population import Population
from store.data_identity import EvidenceData, LinkDecision, PartyRef, ReviewRequest
from tests.fixtures.serving import serving
from tests.fixtures.tokens import bearer, with_tokens

WHO = "identities { connector partyId rule linkedAt } profile { displayName birthDate { value } }"
SEEN = f"""
query($id: ID!) {{
  customer(by: {{id: $id}}) {{ id displayName version updatedAt mergedFrom {{ id }} {WHO} }}
}}
"""
DUPLICATES = """
query($text: String!) {
  search(text: $text) { edges { node { customer { id displayName identities { connector partyId } } } } }
}
"""
MERGE = """
mutation($input: MergeCustomersInput!) {
  mergeCustomers(input: $input) {
    customer { id complete hotel { fetchedAt } loyalty { memberships { points } } identities { connector } }
    moved { connector partyId }
    mergedIds
    entry { id kind }
    problems { code path message }
  }
}
"""
UNMERGE = """
mutation($input: UnmergeInput!) {
  unmerge(input: $input) { restored { id } moved { connector partyId } problems { code } }
}
"""
QUEUE = """
{ reviews { edges { node { id probability
  fields { field agreement left right } left { customer { id } } right { customer { id } } } } } }
"""
DECIDE = """
mutation($input: DecideReviewInput!) {
  decideReview(input: $input) {
    review { state verdict } customers { id } merge { id } entry { id } problems { code }
  }
}
"""
UNDO = """
mutation($input: UndoLedgerEntryInput!) {
  undoLedgerEntry(input: $input) { entries { kind } problems { code } }
}
"""


@pytest.fixture(scope="module")
def halves(truth: Population) -> tuple[CustomerLine, CustomerLine]:
    """One person whom the hub takes for two: at the bank, and at the programme and the hotel."""
    whole = next(
        line
        for line in lines(truth)
        if {"banking", "loyalty", "hotel"} <= {link.connector for link in line.links}
    )
    bank = tuple(link for link in whole.links if link.connector == "banking")
    rest = tuple(link for link in whole.links if link.connector in {"loyalty", "hotel"})
    first = msgspec.structs.replace(whole, external_id="first", links=bank)
    return first, msgspec.structs.replace(whole, external_id="second", links=rest)


class Steward:
    """Asks over HTTP."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self._client = httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=30)

    def ask(self, query: str, **variables: Any) -> Any:
        response = self._client.post("/graphql", json={"query": query, "variables": variables})
        body = response.json()
        assert "errors" not in body, body
        return body["data"]

    def change(self, query: str, **given: Any) -> Any:
        (payload,) = self.ask(query, input=given).values()
        return payload

    def close(self) -> None:
        self._client.close()


def _party(line: CustomerLine) -> PartyRef:
    return PartyRef(line.links[0].connector, line.links[0].party.party_id)


async def _furnish(settings: Settings, file: Path, pair: tuple[CustomerLine, CustomerLine]) -> None:
    """Two customers, and the question whether they are one."""
    await seed(settings, file, report=lambda _: None)
    why = LinkDecision(
        actor="worker",
        rule="PROBABILITY",
        probability=0.93,
        model_version="1",
        evidence=(EvidenceData(field="birth_date", agreement="exact", weight=8.0),),
    )
    first, second = pair
    async with open_store(settings) as store, store.database.unit(TenantId(settings.tenant)) as unit:
        await unit.reviews.open([ReviewRequest(left=_party(first), right=_party(second), decision=why)])


@pytest.fixture
def steward(
    empty: Callable[[], str],
    partners: Partners,
    halves: tuple[CustomerLine, CustomerLine],
    tmp_path: Path,
) -> Iterator[Steward]:
    """Before a server of its own, over a database of each kind and the partners."""
    settings = with_tokens(make_settings(empty(), partners.connectors), tmp_path)
    file = tmp_path / "customers.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in halves))
    asyncio.run(_furnish(settings, file, halves))
    with serving(settings) as served:
        made = Steward(served.address, bearer(settings))
        yield made
        made.close()


def test_two_who_are_one_are_merged_and_taken_apart_again(
    steward: Steward, halves: tuple[CustomerLine, CustomerLine]
) -> None:
    name = halves[0].links[0].party
    found = steward.ask(DUPLICATES, text=f"{name.given_name} {name.family_name}")["search"]["edges"]
    first, second = sorted(
        (edge["node"]["customer"] for edge in found if edge["node"]["customer"] is not None),
        key=lambda one: len(one["identities"]),
    )
    before = [steward.ask(SEEN, id=one["id"])["customer"] for one in (first, second)]
    given = {
        "survivor": {"id": first["id"], "expectedVersion": before[0]["version"]},
        "others": [{"id": second["id"], "expectedVersion": before[1]["version"]}],
    }
    plan = steward.change(MERGE, **given, dryRun=True)
    assert plan["problems"] == []
    assert {one["connector"] for one in plan["moved"]} == {"loyalty", "hotel"}
    assert [steward.ask(SEEN, id=one["id"])["customer"] for one in (first, second)] == before

    with ThreadPoolExecutor(4) as pool:
        merged = list(pool.map(lambda _: steward.change(MERGE, **given, idempotencyKey="once"), range(4)))
    assert {one["entry"]["id"] for one in merged} == {merged[0]["entry"]["id"]}
    assert all(one["moved"] == plan["moved"] and one["problems"] == [] for one in merged)
    customer = merged[0]["customer"]
    assert customer["complete"]
    assert customer["loyalty"]["memberships"]
    assert {one["connector"] for one in customer["identities"]} == {"banking", "loyalty", "hotel"}

    old = steward.ask(SEEN, id=second["id"])["customer"]
    assert old["id"] == first["id"]
    assert old["mergedFrom"] == [{"id": second["id"]}]
    (stale,) = steward.change(MERGE, **given)["problems"][:1]
    assert stale["code"] == "VERSION_CONFLICT"

    undone = steward.change(UNMERGE, customerId=second["id"])
    assert undone == {"restored": [{"id": second["id"]}], "moved": plan["moved"], "problems": []}
    assert [steward.ask(SEEN, id=one["id"])["customer"] for one in (first, second)] == before


def test_the_queue_is_worked_off(steward: Steward) -> None:
    (edge,) = steward.ask(QUEUE)["reviews"]["edges"]
    review = edge["node"]
    (field,) = review["fields"]
    assert field["left"] == field["right"] != []
    both = {review[side]["customer"]["id"] for side in ("left", "right")}
    done = steward.change(DECIDE, reviewId=review["id"], verdict="SAME")
    assert done["review"] == {"state": "DECIDED", "verdict": "SAME"}
    assert {one["id"] for one in done["customers"]} < both
    assert steward.ask(QUEUE)["reviews"]["edges"] == []
    assert steward.change(DECIDE, reviewId=review["id"], verdict="SAME")["problems"] == [
        {"code": "REVIEW_CLOSED"}
    ]
    assert steward.change(UNDO, entryId=done["entry"]["id"])["problems"] == []
    (again,) = steward.ask(QUEUE)["reviews"]["edges"]
    assert again["node"]["id"] == review["id"]


def test_a_form_of_a_web_page_changes_nothing(steward: Steward) -> None:
    """What a browser sends to another site without asking first is refused before it is read."""
    body = '{"query": "mutation { unmerge(input: {}) { problems { code } } }"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer_ = steward._client.post("/graphql", content=body, headers={"content-type": kind})
        assert answer_.status_code == 415
    sent = steward._client.get("/graphql", params={"query": "mutation { unmerge(input: {}) { __typename } }"})
    assert sent.status_code == 405
