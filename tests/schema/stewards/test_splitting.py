"""Stewards take a party away from a customer, and link one, on real databases."""

from __future__ import annotations

from typing import Any

from c360.contract import KeyKind
from c360.records.party import Party
from tests.schema.stewards.desk import BANK_ADA, BANK_EVE, INN_ADA, Desk, merge, one_database, split


def test_what_is_split_off_becomes_a_customer_with_a_name(desk: Desk) -> None:
    done = split(desk, identities=[{"connector": "inn", "partyId": "I1"}])
    assert done["problems"] == []
    assert done["customer"]["identities"] == [{"partyId": "B1"}]
    assert done["created"]["displayName"] == "Ada of I1"
    assert done["created"]["identities"] == done["moved"] == [{"partyId": "I1"}]
    assert done["entry"]["kind"] == "SPLIT"
    desk.ids["New"] = done["created"]["id"]
    (problem,) = merge(desk, "Ada", "New")["problems"]
    assert problem["__typename"] == "KeptApartProblem"
    assert problem["pairs"] == [{"left": {"partyId": "B1"}, "right": {"partyId": "I1"}}]
    assert merge(desk, "Ada", "New", overrule=True)["problems"] == []


def test_an_undone_split_leaves_no_trace_but_in_the_ledger(desk: Desk) -> None:
    before = desk.customer("Ada")["identities"]
    done = split(desk, "unlinkIdentity", identity={"connector": "inn", "partyId": "I1"})
    assert done["entry"]["kind"] == "UNLINK"
    undone = desk.change(
        "undoLedgerEntry",
        "customers { id } entries { kind reverses }",
        entryId=done["entry"]["id"],
        reason="my mistake",
    )
    assert undone["problems"] == []
    assert undone["customers"] == [{"id": desk.ids["Ada"]}]
    assert undone["entries"][0] == {"kind": "RESTORE", "reverses": done["entry"]["id"]}
    assert [kind for kind, _ in desk.told()] == [
        "customer.parted",
        "customer.changed",
        "customer.merged",
        "customer.changed",
    ]
    assert [one["partyId"] for one in desk.customer("Ada")["identities"]] == [
        one["partyId"] for one in before
    ]
    again = desk.change("undoLedgerEntry", "entries { kind }", entryId=done["entry"]["id"])
    assert [(one["code"], one["path"]) for one in again["problems"]] == [
        ("CANNOT_REVERSE", ["input", "entryId"])
    ]


@one_database
def test_what_cannot_be_split(desk: Desk) -> None:
    ada, inn, eve = (
        {"connector": one.connector, "partyId": one.party_id} for one in (BANK_ADA, INN_ADA, BANK_EVE)
    )
    refused: list[tuple[list[Any], str, list[str]]] = [
        ([], "BAD_USER_INPUT", ["input", "identities"]),
        ([ada] * 51, "LIMIT_EXCEEDED", ["input", "identities"]),
        ([{**inn, "partyId": ""}], "BAD_USER_INPUT", ["input", "identities", "0", "partyId"]),
        ([ada, eve], "NOT_FOUND", ["input", "identities", "1"]),
        ([ada, inn], "NOTHING_TO_SPLIT", []),
    ]
    for identities, code, path in refused:
        payload = split(desk, identities=identities)
        assert [(one["code"], one["path"]) for one in payload["problems"]] == [(code, path)]
    (problem,) = split(desk, "unlinkIdentity", identity=eve)["problems"]
    assert (problem["code"], problem["path"]) == ("NOT_FOUND", ["input", "identity"])


def link(desk: Desk, connector: str, party_id: str, name: str = "Ada") -> Any:
    return desk.change(
        "linkIdentity",
        "customer { id identities { partyId rule decidedBy } profile { phone { value } } } entry { id kind }",
        customer={"id": desk.ids[name]},
        identity={"connector": connector, "partyId": party_id},
    )


def test_a_party_is_linked_with_what_its_partner_says(desk: Desk) -> None:
    desk.host.searchable = {"points": (KeyKind.CUSTOMER_NUMBER,)}
    desk.host.records["points", "P1", "party.profile"] = (Party(party_id="P1", phones=("+41 44 668 18 00",)),)
    done = link(desk, "points", "P1")
    assert done["problems"] == []
    assert done["entry"]["kind"] == "LINK"
    linked = {one["partyId"]: one for one in done["customer"]["identities"]}
    assert linked["P1"] == {"partyId": "P1", "rule": "STEWARD", "decidedBy": "steward"}
    found = desk.ask('{ customer(by: {phone: "+41446681800"}) { id } }')
    assert found["customer"]["id"] == desk.ids["Ada"]
    assert link(desk, "points", "P1")["entry"] is None
    undone = desk.change("undoLedgerEntry", "customers { displayName }", entryId=done["entry"]["id"])
    assert undone["problems"] == []
    assert len(undone["customers"]) == 2


def test_who_is_found_at_a_partner_is_recognised_and_linked(desk: Desk) -> None:
    """In the store's own index, by what the two have in common."""
    desk.host.searchable = {"points": (KeyKind.EMAIL, KeyKind.CUSTOMER_NUMBER)}
    desk.host.records["points", "P1", "party.profile"] = (
        Party(party_id="P1", full_name="Ada of B1", emails=("b1@example.org",)),
    )
    query = """{ search(text: "b1@example.org") { edges { node {
        customer { id }
        parties { connector partyId }
        probably { customer { id } evidence { field } } } } } }"""
    known, loose = (edge["node"] for edge in desk.ask(query)["search"]["edges"])
    assert known["customer"]["id"] == desk.ids["Ada"]
    assert loose["parties"] == [{"connector": "points", "partyId": "P1"}]
    assert loose["probably"][0]["customer"] == {"id": desk.ids["Ada"]}
    assert "email" in {one["field"] for one in loose["probably"][0]["evidence"]}
    assert link(desk, "points", "P1")["problems"] == []
    (both,) = desk.ask(query)["search"]["edges"]
    assert both["node"]["probably"] == []


@one_database
def test_a_party_is_linked_unseen_where_its_partner_cannot_be_asked(desk: Desk) -> None:
    done = link(desk, "points", "P2")
    assert done["problems"] == []
    assert "P2" in {one["partyId"] for one in done["customer"]["identities"]}


@one_database
def test_what_cannot_be_linked(desk: Desk) -> None:
    desk.host.searchable = {"points": (KeyKind.CUSTOMER_NUMBER,)}
    refused = [
        ("nowhere", "P1", "NOT_FOUND", ["input", "identity", "connector"]),
        ("points", "P9", "NOT_FOUND", ["input", "identity", "partyId"]),
        ("bank", "B2", "IDENTITY_TAKEN", ["input", "identity"]),
    ]
    for connector, party, code, path in refused:
        (problem,) = link(desk, connector, party)["problems"]
        assert (problem["code"], problem["path"]) == (code, path)
    assert problem["customerId"] == desk.ids["Eve"]
