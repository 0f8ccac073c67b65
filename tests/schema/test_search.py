"""Search asks the hub and the partners, and says what became of each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from c360.contract import KeyKind
from c360.records.party import Party, PartyKind
from schema.roots.search import keys_in
from store.data import ProfileValueData
from store.data_identity import CandidateData, CandidateParty, PartyRef

QUERY = """query ($text: String!, $domains: [Domain!], $first: Int, $after: String) {
    search(text: $text, domains: $domains, first: $first, after: $after) {
        totalCount truncated pageInfo { hasNextPage endCursor }
        sources { connector status matches problem { code } }
        edges { node { customer { displayName complete } parties { connector partyId } } } } }"""


@pytest.fixture
def people(world: Any) -> Any:
    """One customer linked to the points programme, and a stranger there."""
    world.host.searchable = {"points": (KeyKind.EMAIL,), "inn": (KeyKind.EMAIL, KeyKind.NAME)}
    world.customer(
        1, name="Ana Souza", links={"points": "m1", "bank": "b1"}, keys={KeyKind.EMAIL: "ana@x.ch"}
    )
    world.customer(2, name="Ana Lima", links={"inn": "g2"})
    world.host.records["points", "m1", "party.profile"] = (Party(party_id="m1", emails=("ana@x.ch",)),)
    world.host.records["inn", "g9", "party.profile"] = (
        Party(party_id="g9", emails=("ana@x.ch",), full_name="Ana"),
    )
    return world


def shown(found: Any) -> list[tuple[str | None, list[str]]]:
    return [
        (
            node["customer"] and node["customer"]["displayName"],
            [f"{party['connector']}/{party['partyId']}" for party in node["parties"]],
        )
        for node in (edge["node"] for edge in found["search"]["edges"])
    ]


def test_a_name_is_searched_in_the_hub_and_where_partners_can(people: Any) -> None:
    found = people.data(QUERY, {"text": "Ana"})
    assert shown(found) == [("Ana Souza", []), ("Ana Lima", []), (None, ["inn/g9"])]
    states = {one["connector"]: (one["status"], one["problem"]) for one in found["search"]["sources"]}
    assert states["inn"] == ("FRESH", None)
    assert states["bank"] == ("NOT_REQUESTED", {"code": "NOT_SEARCHABLE"})


def test_an_address_leads_to_the_customer_with_the_live_record(people: Any) -> None:
    found = people.data(QUERY, {"text": " ANA@x.ch"})
    assert shown(found) == [("Ana Souza", ["points/m1"]), (None, ["inn/g9"])]
    assert "search" not in people.store.calls, "the words of an address are not names"
    matches = {one["connector"]: one["matches"] for one in found["search"]["sources"]}
    assert (matches["points"], matches["inn"], matches["bank"]) == (1, 1, 0)


def test_a_phone_number_without_its_plus_is_looked_up_in_the_hub_alone(people: Any) -> None:
    people.store.keys[KeyKind.PHONE, "+8613879075003"] = [next(iter(people.store.customers))]
    people.host.searchable = {"inn": (KeyKind.PHONE,)}
    for text in ("86 138 7907-5003", "8613879075003"):
        assert shown(people.data(QUERY, {"text": text})) == [("Ana Souza", [])]
    assert {query.key for query in people.host.searches} & {KeyKind.PHONE} == set()


def test_domains_limit_partners_and_customers(people: Any) -> None:
    found = people.data(QUERY, {"text": "Ana", "domains": ["HOTEL"]})
    assert shown(found) == [("Ana Lima", []), (None, ["inn/g9"])]
    assert [one["connector"] for one in found["search"]["sources"]] == ["inn"]


def test_results_are_paged(people: Any) -> None:
    seen: list[Any] = []
    after = None
    for _ in range(3):
        found = people.data(QUERY, {"text": "Ana", "first": 1, "after": after})
        seen += shown(found)
        after = found["search"]["pageInfo"]["endCursor"]
    assert [name for name, _ in seen] == ["Ana Souza", "Ana Lima", None]
    assert not found["search"]["pageInfo"]["hasNextPage"]


def test_a_search_gathers_for_its_page_in_its_second_stage(people: Any) -> None:
    people.data(
        '{ search(text: "Ana", first: 1) { edges { node { customer { profile { displayName } } } } } }'
    )
    (request,) = people.host.requests
    assert len(request.targets) == 1


def test_a_live_look_up_finds_what_the_hubs_index_does_not_know(people: Any) -> None:
    people.store.keys.clear()
    hub = people.data('{ customer(by: {email: "ana@x.ch"}) { displayName } }')
    assert hub["customer"] is None
    assert people.host.searches == []
    live = people.data('{ customer(by: {email: "ana@x.ch"}, lookup: LIVE) { displayName } }')
    assert live["customer"] == {"displayName": "Ana Souza"}


def test_the_same_search_goes_out_once(people: Any) -> None:
    people.data(
        '{ a: customer(by: {email: "ana@x.ch"}, lookup: LIVE) { id } '
        'b: customer(by: {email: "ANA@x.ch"}, lookup: LIVE) { id } }'
    )
    assert len(people.host.searches) == 1


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("ana@x.ch", [KeyKind.EMAIL]),
        ("+61 2 5550 1234", [KeyKind.PHONE]),
        ("Ana Souza", []),
        (
            "AB-12",
            [
                KeyKind.CUSTOMER_NUMBER,
                KeyKind.POLICY_NUMBER,
                KeyKind.ACCOUNT_NUMBER,
                KeyKind.MEMBERSHIP_NUMBER,
                KeyKind.TAX_ID,
            ],
        ),
    ],
)
def test_what_a_text_can_be(text: str, kinds: list[KeyKind]) -> None:
    assert [kind for kind, _ in keys_in(text)] == kinds


PROBABLY = """query ($text: String!) { search(text: $text) { edges { node {
    customer { displayName }
    parties { partyId }
    probably { probability certain rule modelVersion evidence { field agreement weight }
        customer { displayName banking { partial } } } } } } }"""


def candidate(customer_id: str, party: PartyRef, **stated: str) -> CandidateData:
    return CandidateData(
        customer_id=customer_id,
        kind=PartyKind.PERSON,
        hits=1,
        parties=(
            CandidateParty(
                party=party,
                values=tuple(
                    ProfileValueData(
                        attribute=attribute,
                        value=value,
                        connector=party.connector,
                        party_id=party.party_id,
                        observed_at=datetime(2025, 1, 1, tzinfo=UTC),
                    )
                    for attribute, value in stated.items()
                ),
            ),
        ),
    )


def test_a_record_of_nobody_says_whom_it_probably_is(people: Any) -> None:
    """Nothing is linked by asking, and who is nothing like it is not named."""
    ana, other = people.customer(1, name="Ana Souza", links={"bank": "b1"}), people.customer(3, name="Zoe")
    people.host.records["inn", "g9", "party.profile"] = (
        Party(
            party_id="g9",
            given_name="Ana",
            family_name="Souza",
            full_name="Ana Souza",
            birth_date=date(1980, 2, 3),
            emails=("ana@x.ch",),
        ),
    )
    people.store.candidates = [
        candidate(
            ana,
            PartyRef("bank", "b1"),
            given_name="Ana",
            family_name="Souza",
            birth_date="1980-02-03",
            email="ana@x.ch",
        ),
        candidate(other, PartyRef("bank", "b3"), given_name="Zoe", family_name="Li", birth_date="1999-12-31"),
    ]
    before = dict(people.store.customers)
    edges = people.data(PROBABLY, {"text": "Ana Souza"})["search"]["edges"]
    (loose,) = (edge["node"] for edge in edges if edge["node"]["customer"] is None)
    assert loose["parties"] == [{"partyId": "g9"}]
    (probable,) = loose["probably"]
    assert probable["customer"] == {"displayName": "Ana Souza", "banking": {"partial": False}}
    assert probable["probability"] > 0.99
    assert probable["certain"] is True
    assert {one["field"]: one["agreement"] for one in probable["evidence"]}["birth_date"] == "exact"
    assert all(one["weight"] > 0 for one in probable["evidence"] if one["agreement"] == "exact")
    assert [edge["node"]["probably"] for edge in edges if edge["node"]["customer"]] == [[]]
    assert people.store.customers == before
    assert people.store.calls.count("candidates.find") == 1


def test_nobody_is_recognised_where_every_record_is_linked(people: Any) -> None:
    people.data(QUERY, {"text": "Ana Lima"})
    assert "candidates.find" not in people.store.calls
