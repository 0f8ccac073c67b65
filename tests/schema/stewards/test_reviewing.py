"""Stewards decide on what is likely, and everybody reads what was decided, on real databases."""

from __future__ import annotations

from typing import Any

import pytest

from schema import ids
from store.data_identity import ReviewRequest
from tests.schema.stewards.desk import BANK_ADA, BANK_EVE, TENANT, WHY, Desk, merge, one_database, split


@pytest.fixture
def review(desk: Desk) -> str:
    """A question whether Ada and Eve are one."""

    async def raised() -> str:
        async with desk.database.unit(TENANT) as unit:
            (found,) = await unit.reviews.open([ReviewRequest(left=BANK_ADA, right=BANK_EVE, decision=WHY)])
        return ids.encode("Review", str(found))

    return desk.runner.run(raised())


QUEUE = """
query($filter: ReviewFilter) {
  reviews(filter: $filter) {
    totalCount
    edges { node { id state verdict fields { field left right } left { customer { displayName } } } }
  }
}
"""

DECIDED = """
review { id state verdict decision { decidedBy reason } }
customers { id } moved { partyId } entry { id kind } merge { kind }
"""


def decide(desk: Desk, review: str, verdict: str, **more: Any) -> Any:
    return desk.change("decideReview", DECIDED, reviewId=review, verdict=verdict, **more)


def test_a_review_shows_both_and_is_decided_once(desk: Desk, review: str) -> None:
    queue = desk.ask(QUEUE)["reviews"]
    assert queue["totalCount"] == 1
    assert queue["edges"][0]["node"]["fields"] == [
        {"field": "email", "left": ["b1@example.org"], "right": ["b2@example.org"]}
    ]
    done = decide(desk, review, "SAME", survivorId=desk.ids["Eve"], reason="they called")
    assert done["problems"] == []
    assert done["customers"] == [{"id": desk.ids["Eve"]}]
    assert done["review"]["verdict"] == "SAME"
    assert done["review"]["decision"] == {"decidedBy": "steward", "reason": "they called"}
    assert (done["entry"]["kind"], done["merge"]["kind"]) == ("DECIDE", "MERGE")
    assert {one["partyId"] for one in done["moved"]} == {"B1", "I1"}
    assert desk.ask(QUEUE)["reviews"]["totalCount"] == 0
    assert desk.told()[-2:] == [
        ("customer.merged", {desk.ids["Ada"], desk.ids["Eve"]}),
        ("customer.changed", {desk.ids["Ada"], desk.ids["Eve"]}),
    ]
    (problem,) = decide(desk, review, "NOT_SAME")["problems"]
    assert (problem["code"], problem["path"]) == ("REVIEW_CLOSED", ["input", "reviewId"])


def test_who_is_not_the_same_is_kept_apart_until_that_is_undone(desk: Desk, review: str) -> None:
    done = decide(desk, review, "NOT_SAME")
    assert done["customers"] == [{"id": desk.ids["Ada"]}, {"id": desk.ids["Eve"]}]
    assert done["merge"] is None
    (problem,) = merge(desk)["problems"]
    assert problem["code"] == "KEPT_APART"
    undone = desk.change("undoLedgerEntry", "entries { kind }", entryId=done["entry"]["id"])
    assert undone["problems"] == []
    assert desk.ask(QUEUE)["reviews"]["totalCount"] == 1
    assert merge(desk)["problems"] == []


@one_database
def test_what_is_not_there_cannot_be_decided(desk: Desk) -> None:
    entry, review = ids.encode("LedgerEntry", "e"), ids.encode("Review", "r")
    refused: list[tuple[str, dict[str, Any], str, list[str]]] = [
        ("unmerge", {}, "BAD_USER_INPUT", ["input"]),
        ("unmerge", {"entryId": review}, "INVALID_ID", ["input", "entryId"]),
        ("unmerge", {"entryId": entry}, "NOT_FOUND", ["input", "entryId"]),
        ("unmerge", {"customerId": desk.ids["Ada"]}, "NOT_MERGED", ["input", "customerId"]),
        ("undoLedgerEntry", {"entryId": entry}, "NOT_FOUND", ["input", "entryId"]),
        ("decideReview", {"reviewId": review, "verdict": "SAME"}, "NOT_FOUND", ["input", "reviewId"]),
    ]
    for field, given, code, path in refused:
        (problem,) = desk.change(field, "__typename", **given)["problems"]
        assert (problem["code"], problem["path"]) == (code, path)


@one_database
def test_histories_of_many_are_read_together(desk: Desk) -> None:
    merge(desk)
    split(desk, identities=[{"connector": "bank", "partyId": "B2"}])
    query = """
    { customers { edges { node { displayName identityHistory(first: 1) {
      edges { node { kind } } pageInfo { hasNextPage endCursor } } } } } }
    """
    found = {
        edge["node"]["displayName"]: edge["node"]["identityHistory"]
        for edge in desk.ask(query)["customers"]["edges"]
    }
    assert {name: [edge["node"]["kind"] for edge in page["edges"]] for name, page in found.items()} == {
        "Ada": ["SPLIT"],
        "Eve of B2": ["SPLIT"],
        "Shop": [],
    }
    assert found["Ada"]["pageInfo"]["hasNextPage"]
    assert not found["Eve of B2"]["pageInfo"]["hasNextPage"]


def test_the_past_knows_who_was_separate(desk: Desk) -> None:
    at = desk.clock().isoformat()
    merge(desk)
    query = """
    query($id: ID!, $at: DateTime) { customer(by: {id: $id}) {
      now: profile { email { losing { value } } }
      then: profile(recordedAt: $at) { email { value losing { value } } }
    } }
    """
    found = desk.ask(query, id=desk.ids["Ada"], at=at)["customer"]
    assert {one["value"] for one in found["now"]["email"]["losing"]} >= {"b2@example.org"}
    said = {found["then"]["email"]["value"], *(one["value"] for one in found["then"]["email"]["losing"])}
    assert said == {"b1@example.org", "i1@example.org"}
