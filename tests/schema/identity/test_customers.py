"""Who is who on the graph: evidence, history, old ids, households and the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from c360.records.banking import Account, AccountKind
from c360.records.party import Party
from schema import ids
from store.data_identity import EntryKind, HouseholdData, LedgerEntry, PastProfile, Redirect
from tests.schema.identity.saying import BANK, EVIDENCE, INN, value
from tests.schema.memory.clock import NOW


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
