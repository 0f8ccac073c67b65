"""The queue of reviews on the graph: both sides beside each other, filters, pages, nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from c360.values import PostalAddress
from schema import ids
from store.data_identity import (
    EntryKind,
    EvidenceData,
    LedgerEntry,
    LinkDecision,
    PartyRef,
    ReviewData,
    ReviewState,
    ReviewVerdict,
)
from tests.schema.identity.saying import BANK, EVIDENCE, INN, value
from tests.schema.memory.clock import NOW


@pytest.fixture
def review(world: Any, entry: Callable[..., LedgerEntry]) -> ReviewData:
    address = PostalAddress(lines=("1 High St",), city="Perth", country="AU")  # type: ignore[arg-type]  # a code
    ada = world.customer(
        1,
        name="Ada",
        links={"bank": "B1"},
        values=[
            value("email", "ada@example.org"),
            value("full_name", "Ada King"),
            value("address", msgspec.json.encode(address).decode()),
            value("email", "elsewhere@example.org", PartyRef("points", "P1")),
        ],
    )
    eve = world.customer(2, name="Eve", links={"inn": "I1"}, values=[value("family_name", "Kling", INN)])
    made = ReviewData(
        id="r1",
        state=ReviewState.OPEN,
        left=BANK,
        right=INN,
        left_customer=ada,
        right_customer=eve,
        raised=entry(
            "e1",
            EntryKind.REVIEW,
            decision=LinkDecision(
                actor="worker",
                rule="PROBABILITY",
                probability=0.71,
                model_version="7",
                evidence=(*EVIDENCE, EvidenceData(field="address", agreement="else", weight=-1.0)),
            ),
        ),
    )
    world.store.reviews = [made]
    return made


REVIEWS = """
query($filter: ReviewFilter, $first: Int, $last: Int, $after: String) {
  reviews(filter: $filter, first: $first, last: $last, after: $after) {
    totalCount
    edges { cursor node { ...review } }
    pageInfo { hasNextPage hasPreviousPage }
  }
}
fragment review on Review {
  id state probability rule modelVersion raisedAt raisedBy verdict decision { decidedBy }
  left { ...side }
  right { ...side }
  fields { field agreement weight left right }
}
fragment side on ReviewSide {
  connector partyId
  profile { displayName email { value losing { value } } familyName { value } }
  customer { displayName banking { partial } }
}
"""


def test_a_review_shows_both_sides_beside_each_other(world: Any, review: ReviewData) -> None:
    queue = world.data(REVIEWS)["reviews"]
    (edge,) = queue["edges"]
    node = edge["node"]
    assert queue["totalCount"] == 1
    assert node.pop("left") == {
        "connector": "bank",
        "partyId": "B1",
        "profile": {
            "displayName": "Ada King",
            "email": {"value": "ada@example.org", "losing": []},
            "familyName": None,
        },
        "customer": {"displayName": "Ada", "banking": {"partial": False}},
    }
    assert node.pop("right")["profile"]["familyName"] == {"value": "Kling"}
    assert node.pop("fields") == [
        {"field": "email", "agreement": "exact", "weight": 11.5, "left": ["ada@example.org"], "right": []},
        {
            "field": "family_name",
            "agreement": "else",
            "weight": -3.25,
            "left": ["Ada King"],
            "right": ["Kling"],
        },
        {
            "field": "address",
            "agreement": "else",
            "weight": -1.0,
            "left": ["1 High St, Perth, AU"],
            "right": [],
        },
    ]
    assert node == {
        "id": ids.encode("Review", "r1"),
        "state": "OPEN",
        "probability": 0.71,
        "rule": "PROBABILITY",
        "modelVersion": "7",
        "raisedAt": NOW.isoformat(),
        "raisedBy": "worker",
        "verdict": None,
        "decision": None,
    }


def test_reviews_are_filtered(world: Any, review: ReviewData, entry: Callable[..., LedgerEntry]) -> None:
    decided = msgspec.structs.replace(
        review,
        id="r2",
        state=ReviewState.DECIDED,
        verdict=ReviewVerdict.NOT_SAME,
        decided=entry("e2", EntryKind.DECIDE),
    )
    world.store.reviews.append(decided)

    def listed(**which: Any) -> list[str]:
        edges = world.data(REVIEWS, {"filter": which})["reviews"]["edges"]
        return [ids.decode(edge["node"]["id"], argument="").local_id for edge in edges]

    assert listed() == ["r1"]
    assert listed(state="DECIDED") == ["r2"]
    assert listed(customerId=ids.encode("Customer", review.right_customer)) == ["r1"]
    assert listed(customerId=ids.encode("Customer", "somebody")) == []


def test_a_review_whose_customer_is_gone_keeps_its_shape(world: Any, review: ReviewData) -> None:
    del world.store.customers[review.right_customer]
    (edge,) = world.data(REVIEWS)["reviews"]["edges"]
    assert edge["node"]["right"] == {
        "connector": "inn",
        "partyId": "I1",
        "profile": None,
        "customer": None,
    }


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"first": 1, "last": 1}, "BAD_USER_INPUT"),
        ({"first": 101}, "LIMIT_EXCEEDED"),
        ({"after": "rubbish"}, "INVALID_CURSOR"),
        ({"filter": {"customerId": "rubbish"}}, "INVALID_ID"),
    ],
)
def test_a_queue_that_cannot_be_listed_is_an_error(
    world: Any, review: ReviewData, given: Any, code: str
) -> None:
    answer = world.ask(REVIEWS, given)
    assert [error["extensions"]["code"] for error in answer.errors] == [code]


def test_reviews_are_counted_only_where_that_is_asked_for(world: Any, review: ReviewData) -> None:
    world.data("{ reviews { edges { node { id } } } }")
    assert "reviews.count" not in world.store.calls


def test_reviews_and_entries_are_nodes(
    world: Any, review: ReviewData, entry: Callable[..., LedgerEntry]
) -> None:
    world.store.entries = [entry("e5", customer_id=review.left_customer)]
    asked = [
        ids.encode(*one)
        for one in (("Review", "r1"), ("LedgerEntry", "e5"), ("Review", "r9"), ("LedgerEntry", "e9"))
    ]
    query = """
    query($ids: [ID!]!) {
      nodes(ids: $ids) {
        __typename id
        ... on Review { left { customer { displayName } } }
        ... on LedgerEntry { kind }
      }
    }
    """
    assert world.data(query, {"ids": asked})["nodes"] == [
        {"__typename": "Review", "id": asked[0], "left": {"customer": {"displayName": "Ada"}}},
        {"__typename": "LedgerEntry", "id": asked[1], "kind": "LINK"},
        None,
        None,
    ]
    assert world.store.calls.count("ledger.by_ids") == 1
