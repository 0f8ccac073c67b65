"""Who is who on the graph: evidence, history, old ids, households, the past and the review queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from c360.records.banking import Account, AccountKind
from c360.records.party import Party
from c360.values import PostalAddress
from schema import ids
from store.data import ProfileValueData
from store.data_identity import (
    EntryKind,
    EvidenceData,
    HouseholdData,
    LedgerEntry,
    LinkDecision,
    PartyRef,
    PastProfile,
    Redirect,
    ReviewData,
    ReviewState,
    ReviewVerdict,
)

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
BANK, INN = PartyRef("bank", "B1"), PartyRef("inn", "I1")
EVIDENCE = (
    EvidenceData(field="email", agreement="exact", weight=11.5),
    EvidenceData(field="family_name", agreement="else", weight=-3.25),
)


@pytest.fixture
def entry() -> Callable[..., LedgerEntry]:
    def make(name: str, kind: EntryKind = EntryKind.LINK, **more: Any) -> LedgerEntry:
        why = LinkDecision(
            actor="worker", rule="PROBABILITY", probability=0.995, model_version="7", evidence=EVIDENCE
        )
        return LedgerEntry(
            **{"id": name, "kind": kind, "at": NOW, "decision": why, "customer_id": "", **more}
        )

    return make


def value(attribute: str, text: str, party: PartyRef = BANK) -> ProfileValueData:
    return ProfileValueData(
        attribute=attribute,
        value=text,
        connector=party.connector,
        party_id=party.party_id,
        observed_at=NOW,
    )


def test_an_identity_says_why(world: Any, entry: Callable[..., LedgerEntry]) -> None:
    ada = world.customer(1, links={"bank": "B1", "inn": "I1"})
    later = entry("e2", EntryKind.MERGE, customer_id=ada, parties=(BANK,))
    world.store.entries = [later, entry("e1", customer_id=ada, parties=(BANK,))]
    query = """
    query($id: ID!) {
      customer(by: {id: $id}) {
        identities {
          connector partyId rule probability decidedBy modelVersion at
          evidence { field agreement weight }
          decisions { kind }
        }
      }
    }
    """
    bank, inn = world.data(query, {"id": ids.encode("Customer", ada)})["customer"]["identities"]
    assert bank == {
        "connector": "bank",
        "partyId": "B1",
        "rule": "PROBABILITY",
        "probability": 0.995,
        "decidedBy": "worker",
        "modelVersion": "7",
        "at": NOW.isoformat(),
        "evidence": [
            {"field": "email", "agreement": "exact", "weight": 11.5},
            {"field": "family_name", "agreement": "else", "weight": -3.25},
        ],
        "decisions": [{"kind": "MERGE"}, {"kind": "LINK"}],
    }
    assert (inn["rule"], inn["probability"], inn["decidedBy"], inn["evidence"]) == ("IMPORT", None, None, [])
    assert world.store.calls.count("ledger.deciding") == 1


def test_why_is_read_only_where_it_is_asked_for(world: Any) -> None:
    ada = world.customer(1, links={"bank": "B1"})
    world.data(
        "query($id: ID!) { customer(by: {id: $id}) { identities { connector partyId linkedAt } } }",
        {"id": ids.encode("Customer", ada)},
    )
    assert not [call for call in world.store.calls if call.startswith("ledger")]


HISTORY = """
query($id: ID!, $first: Int, $after: String) {
  customer(by: {id: $id}) {
    identityHistory(first: $first, after: $after) {
      edges {
        cursor
        node {
          id kind at decidedBy rule reason customerId otherCustomerIds parties { connector partyId }
          reversedBy
        }
      }
      pageInfo { hasNextPage hasPreviousPage endCursor }
    }
  }
}
"""


def test_the_history_is_a_connection(world: Any, entry: Callable[..., LedgerEntry]) -> None:
    ada, eve = world.customer(1), "0190a6c0-0000-7000-8000-000000000002"
    world.store.entries = [
        entry("e3", EntryKind.MERGE, customer_id=ada, others=(eve,), parties=(INN,), reversed_by="e9"),
        entry("e2", customer_id=ada, parties=(BANK,)),
        entry("e1", EntryKind.CREATE, customer_id=ada),
    ]
    asked = {"id": ids.encode("Customer", ada), "first": 2}
    page = world.data(HISTORY, asked)["customer"]["identityHistory"]
    assert page["edges"][0]["node"] == {
        "id": ids.encode("LedgerEntry", "e3"),
        "kind": "MERGE",
        "at": NOW.isoformat(),
        "decidedBy": "worker",
        "rule": "PROBABILITY",
        "reason": None,
        "customerId": ids.encode("Customer", ada),
        "otherCustomerIds": [ids.encode("Customer", eve)],
        "parties": [{"connector": "inn", "partyId": "I1"}],
        "reversedBy": ids.encode("LedgerEntry", "e9"),
    }
    assert page["pageInfo"]["hasNextPage"]
    following = world.data(HISTORY, asked | {"after": page["pageInfo"]["endCursor"]})
    rest = following["customer"]["identityHistory"]
    assert [edge["node"]["kind"] for edge in rest["edges"]] == ["CREATE"]
    assert rest["pageInfo"]["hasPreviousPage"]
    assert not rest["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"first": 0}, "BAD_USER_INPUT"),
        ({"first": 101}, "LIMIT_EXCEEDED"),
        ({"after": "x"}, "INVALID_CURSOR"),
    ],
)
def test_a_page_that_cannot_be_is_the_fields_own_error(world: Any, given: Any, code: str) -> None:
    ada = world.customer(1, name="Ada")
    query = HISTORY.replace("customer(by", "other: customer(by: {id: $id}) { displayName } customer(by")
    answer = world.ask(query, {"id": ids.encode("Customer", ada), **given})
    assert [error["extensions"]["code"] for error in answer.errors] == [code]
    assert answer.errors[0]["path"] == ["customer", "identityHistory"]
    assert answer.data["other"] == {"displayName": "Ada"}


@pytest.fixture
def merged(world: Any) -> tuple[str, str]:
    """A customer and the old id of one who was merged into them."""
    ada, old = world.customer(1, name="Ada", links={"bank": "B1"}), "0190a6c0-0000-7000-8000-00000000dead"
    world.store.redirects[old] = Redirect(customer_id=old, survivor=ada, entry_id="e3", at=NOW)
    return ids.encode("Customer", ada), ids.encode("Customer", old)


def test_an_old_id_leads_to_the_survivor_and_says_so(world: Any, merged: tuple[str, str]) -> None:
    present, old = merged
    query = """
    query($old: ID!) {
      customer(by: {id: $old}) { id displayName mergedFrom { id at entryId } }
      node(id: $old) { id ... on Customer { displayName } }
      nodes(ids: [$old]) { id }
    }
    """
    data = world.data(query, {"old": old})
    assert data["customer"] == {
        "id": present,
        "displayName": "Ada",
        "mergedFrom": [{"id": old, "at": NOW.isoformat(), "entryId": ids.encode("LedgerEntry", "e3")}],
    }
    assert data["node"] == {"id": present, "displayName": "Ada"}
    assert data["nodes"] == [{"id": present}]
    assert world.store.units == 1


def test_a_record_of_an_old_customer_is_found_at_the_survivor(world: Any) -> None:
    ada, old = world.customer(1, name="Ada", links={"bank": "B1"}), world.customer(2, links={"bank": "B1"})
    account = Account(
        account_id="A1", display_name="", masked_number="x", product_name="", kind=AccountKind.TRANSACTION
    )
    world.host.records["bank", "B1", "banking.accounts"] = (account,)
    query = "query($id: ID!) { customer(by: {id: $id}) { banking { accounts { id } } } }"
    before, after = (
        world.data(query, {"id": ids.encode("Customer", one)})["customer"]["banking"]["accounts"][0]
        for one in (old, ada)
    )
    assert before != after
    del world.store.customers[old]
    world.store.redirects[old] = Redirect(customer_id=old, survivor=ada, entry_id="e3", at=NOW)
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert world.data(nodes, {"ids": [before["id"], after["id"]]})["nodes"] == [after, after]


def test_a_household_leads_to_its_members_and_gathers_for_them(world: Any) -> None:
    ada = world.customer(1, name="Ada", links={"bank": "B1"})
    bob = world.customer(2, name="Bob", links={"bank": "B2", "inn": "I2"})
    gone = "0190a6c0-0000-7000-8000-00000000beef"
    world.store.households = [
        HouseholdData(
            id="h1", members=(ada, bob, gone), since=NOW, rule="PHONE_AND_ADDRESS", evidence=EVIDENCE[:1]
        ),
        HouseholdData(id="h2", members=(ada,), since=NOW + timedelta(days=1), rule="LATER"),
    ]
    query = """
    query($id: ID!) {
      customer(by: {id: $id}) {
        banking { accounts { id } }
        household {
          since rule evidence { field }
          members {
            customer {
              displayName
              hotel { totals { nights } }
              household { members { customer { id } } }
            }
          }
        }
      }
    }
    """
    household = world.data(query, {"id": ids.encode("Customer", ada)})["customer"]["household"]
    assert household["rule"] == "PHONE_AND_ADDRESS"
    assert household["evidence"] == [{"field": "email"}]
    assert [one["customer"]["displayName"] for one in household["members"]] == ["Ada", "Bob"]
    inner = household["members"][1]["customer"]["household"]["members"]
    assert [one["customer"]["id"] for one in inner] == [ids.encode("Customer", one) for one in (ada, bob)]
    (request,) = world.host.requests
    asked = {one: {need.kind for need in needs} for one, needs in request.needs.items()}
    assert asked[bob] == {"hotel.stays"}
    assert asked[ada] == {"banking.accounts", "hotel.stays"}
    assert world.store.calls.count("households.of") == 2
    assert world.store.units == 1


def test_who_lives_alone_has_no_household(world: Any) -> None:
    ada = world.customer(1)
    query = "query($id: ID!) { customer(by: {id: $id}) { household { rule } } }"
    assert world.data(query, {"id": ids.encode("Customer", ada)}) == {"customer": {"household": None}}


PAST = """
query($id: ID!, $asOf: DateTime, $recordedAt: DateTime) {
  customer(by: {id: $id}) { profile(asOf: $asOf, recordedAt: $recordedAt) { displayName email { value } } }
}
"""


def test_the_past_is_read_from_the_hub_alone(world: Any) -> None:
    ada = world.customer(1, links={"bank": "B1"}, values=[value("email", "new@example.org")])
    values = (value("email", "old@example.org"), value("full_name", "Ada King"))
    world.store.past[ada] = PastProfile(asked=ada, customer_id=ada, parties=(BANK,), values=values)
    asked = {"id": ids.encode("Customer", ada), "asOf": "2020-02-03T00:00:00Z"}
    found = world.data(PAST, asked)["customer"]["profile"]
    assert found == {"displayName": "Ada King", "email": {"value": "old@example.org"}}
    world.data(PAST, asked | {"recordedAt": "2021-02-03T00:00:00Z"})
    world.data(PAST, {"id": asked["id"], "recordedAt": "2022-02-03T00:00:00Z"})
    assert [call for call in world.store.calls if call.startswith("ledger.past")] == [
        "ledger.past 2020 None",
        "ledger.past 2020 2021",
        "ledger.past 2022 2022",
    ]
    assert world.host.requests == []


def test_without_a_moment_the_profile_is_the_present_one(world: Any) -> None:
    ada = world.customer(1, links={"bank": "B1"}, values=[value("email", "new@example.org")])
    world.host.records["bank", "B1", "party.profile"] = (Party(party_id="B1", emails=("live@example.org",)),)
    asked = {"id": ids.encode("Customer", ada), "asOf": None}
    assert world.data(PAST, asked)["customer"]["profile"]["email"]["value"] == "live@example.org"


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


def test_a_version_differs_after_any_change(world: Any) -> None:
    query = "query($id: ID!) { customer(by: {id: $id}) { version } }"

    def version() -> str:
        return str(world.data(query, {"id": ids.encode("Customer", ada)})["customer"]["version"])

    ada = world.customer(1, links={"bank": "B1"})
    versions = [version()]
    world.customer(1, links={"bank": "B1", "inn": "I1"})
    versions.append(version())
    world.customer(1, links={"bank": "B1", "inn": "I1"}, name="Eve")
    versions.append(version())
    assert len(set(versions)) == 3
    assert version() == versions[-1]
