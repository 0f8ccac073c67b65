"""Stewards decide who is who, on real databases; the partners alone are played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from c360.access import TenantId
from c360.contract import KeyKind
from c360.records.party import Party, PartyKind
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from store.data import EnrolCustomer, EnrolKey, EnrolLink, StatedValue
from store.data_identity import EvidenceData, LinkDecision, PartyRef, ReviewRequest
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")
BANK_ADA, INN_ADA, BANK_EVE = PartyRef("bank", "B1"), PartyRef("inn", "I1"), PartyRef("bank", "B2")
WHY = LinkDecision(
    actor="worker",
    rule="PROBABILITY",
    probability=0.7,
    model_version="7",
    evidence=(EvidenceData(field="email", agreement="exact", weight=9.0),),
)


def person(name: str, *parties: PartyRef, kind: PartyKind = PartyKind.PERSON) -> EnrolCustomer:
    return EnrolCustomer(
        external_id=name,
        kind=kind,
        display_name=name,
        links=tuple(
            EnrolLink(
                connector=one.connector,
                party_id=one.party_id,
                keys=(EnrolKey(kind=KeyKind.EMAIL, value=f"{one.party_id.lower()}@example.org"),),
                values=(
                    StatedValue(attribute="email", value=f"{one.party_id.lower()}@example.org"),
                    StatedValue(attribute="full_name", value=f"{name} of {one.party_id}"),
                ),
            )
            for one in parties
        ),
    )


one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what is refused before a database could make a difference."""


class Desk:
    """A steward before an engine over a real store."""

    def __init__(
        self,
        runner: asyncio.Runner,
        engine: GraphEngine,
        database: Database,
        host: Any,
        clock: Callable[[], datetime],
    ) -> None:
        self.clock = clock
        self.runner = runner
        self.engine = engine
        self.database = database
        self.host = host
        self.access = access_of("steward")
        self.ids: dict[str, str] = {}

    def ask(self, query: str, **variables: Any) -> Any:
        return self.runner.run(self._ask(query, variables))

    def both(self, query: str, *asked: Mapping[str, Any]) -> list[Any]:
        """The same operation several times at once."""

        async def together() -> list[Any]:
            return await asyncio.gather(*(self._ask(query, one) for one in asked))

        return self.runner.run(together())

    async def _ask(self, query: str, variables: Mapping[str, Any]) -> Any:
        response = await self.engine.execute(query, variables, access=self.access)
        assert not response.errors, response.errors
        return response.data

    def change(self, field: str, fields: str, **given: Any) -> Any:
        """Ask one mutation for some fields and its problems."""
        kind = field[0].upper() + field[1:]
        query = f"mutation($input: {kind}Input!) {{ {field}(input: $input) {{ {fields} {PROBLEMS} }} }}"
        return self.ask(query, input=given)[field]

    def told(self) -> list[tuple[str, set[str]]]:
        """What those who follow the hub were told, in order, with whom it concerns."""

        async def read() -> list[tuple[str, set[str]]]:
            async with self.database.read(TENANT) as unit:
                events = await unit.outbox.after(0)
            return [(one.kind, {ids.encode("Customer", who) for who in one.customer_ids}) for one in events]

        return self.runner.run(read())

    def customer(self, name: str) -> Any:
        """All that the graph says of somebody whom it was told of."""
        return self.ask(SEEN, id=self.ids[name])["customer"]

    def versions(self, *names: str) -> list[dict[str, str]]:
        return [{"id": self.ids[name], "expectedVersion": self.customer(name)["version"]} for name in names]


PROBLEMS = """
problems {
  __typename code path message
  ... on VersionProblem { expectedVersion currentVersion }
  ... on IdentityTakenProblem { customerId }
  ... on KeptApartProblem { pairs { left { partyId } right { partyId } } }
}
"""
SEEN = """
query($id: ID!) {
  customer(by: {id: $id}) {
    id version kind displayName country createdAt updatedAt
    profile { displayName email { value rule losing { value } } fullName { value } }
    identities { connector partyId linkedAt rule }
    mergedFrom { id }
  }
}
"""


@pytest.fixture
def desk(database_url: str, schema: Schema, make_world: Callable[..., Any], tmp_path: Any) -> Iterator[Desk]:
    """Ada at a bank and an inn, Eve at the bank, a company, and nobody else."""
    host = make_world().host
    host.instances = {"bank": "banking", "inn": "hotel", "points": "loyalty"}
    present = datetime(2026, 1, 1, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal present
        present += timedelta(milliseconds=1)
        return present

    async def people(database: Database) -> Mapping[str, str]:
        async with database.unit(TENANT) as unit:
            await unit.customers.enrol(
                [
                    person("Ada", BANK_ADA, INN_ADA),
                    person("Eve", BANK_EVE),
                    person("Shop", PartyRef("bank", "B9"), kind=PartyKind.ORGANIZATION),
                ]
            )
            found = await unit.customers.by_party_refs([("bank", "B1"), ("bank", "B2"), ("bank", "B9")])
        return dict(zip(("Ada", "Eve", "Shop"), found.values(), strict=True))

    with asyncio.Runner() as runner:
        keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
        database = Database(database_url, keyring=keyring, clock=clock)
        made = Desk(runner, GraphEngine(schema, database, host, clock), database, host, clock)
        for name, local in runner.run(people(database)).items():
            made.ids[name] = ids.encode("Customer", local)
        yield made
        runner.run(database.dispose())


MERGED = """
dryRun mergedIds moved { connector partyId } movedFacts { kind count } keptApart { left { partyId } }
moot: mootReviewIds
customer {
  id displayName mergedFrom { id entryId }
  identities { partyId decidedBy decisions { kind reason } }
}
entry { id kind decidedBy rule reason customerId otherCustomerIds parties { partyId } }
"""


def merge(desk: Desk, survivor: str = "Ada", other: str = "Eve", fields: str = MERGED, **more: Any) -> Any:
    given = {"survivor": {"id": desk.ids[survivor]}, "others": [{"id": desk.ids[other]}], **more}
    return desk.change("mergeCustomers", fields, **given)


def test_a_dry_run_tells_what_a_merge_then_does(desk: Desk) -> None:
    before = desk.customer("Ada"), desk.customer("Eve")
    plan = merge(desk, dryRun=True)
    assert (desk.customer("Ada"), desk.customer("Eve")) == before
    assert plan["dryRun"] is True
    assert plan["entry"] is None
    assert plan["moved"] == [{"connector": "bank", "partyId": "B2"}]
    assert plan["mergedIds"] == [desk.ids["Eve"]]
    assert [one["partyId"] for one in plan["customer"]["identities"]] == ["B1", "I1"]
    done = merge(desk, reason="same passport")
    assert done["problems"] == []
    assert {key: done[key] for key in ("moved", "mergedIds", "movedFacts", "keptApart", "moot")} == {
        key: plan[key] for key in ("moved", "mergedIds", "movedFacts", "keptApart", "moot")
    }
    assert done["entry"]["kind"] == "MERGE"
    assert done["entry"]["decidedBy"] == "steward"
    assert done["entry"]["reason"] == "same passport"
    assert done["entry"]["otherCustomerIds"] == [desk.ids["Eve"]]
    assert done["customer"]["mergedFrom"] == [{"id": desk.ids["Eve"], "entryId": done["entry"]["id"]}]
    came = {one["partyId"]: one for one in done["customer"]["identities"]}
    assert came["B2"]["decidedBy"] == "steward"
    assert came["B2"]["decisions"] == [{"kind": "MERGE", "reason": "same passport"}]
    assert came["B1"]["decisions"] == []


def test_an_unmerge_gives_back_exactly_what_was(desk: Desk) -> None:
    before = desk.customer("Ada"), desk.customer("Eve")
    merge(desk)
    assert desk.customer("Eve")["id"] == desk.ids["Ada"]
    undone = desk.change(
        "unmerge",
        "customer { id } restored { id displayName } moved { partyId } stayed { partyId } "
        "laterFacts { kind key at } entry { kind reverses }",
        customerId=desk.ids["Eve"],
    )
    assert undone["customer"] == {"id": desk.ids["Ada"]}
    assert undone["restored"] == [{"id": desk.ids["Eve"], "displayName": "Eve"}]
    assert undone["moved"] == [{"partyId": "B2"}]
    assert undone["stayed"] == undone["laterFacts"] == undone["problems"] == []
    assert undone["entry"]["kind"] == "UNMERGE"
    assert (desk.customer("Ada"), desk.customer("Eve")) == before


def test_the_same_key_twice_at_once_merges_once(desk: Desk) -> None:
    query = f"mutation($input: MergeCustomersInput!) {{ mergeCustomers(input: $input) {{ {MERGED} }} }}"
    given = {
        "survivor": {"id": desk.ids["Ada"]},
        "others": [{"id": desk.ids["Eve"]}],
        "idempotencyKey": "form-1",
    }
    first, second = desk.both(query, {"input": given}, {"input": given})
    assert first == second
    assert first["mergeCustomers"]["entry"]["kind"] == "MERGE"
    assert desk.ask(query, input=given) == first
    history = "query($id: ID!) { customer(by: {id: $id}) { identityHistory { edges { node { kind } } } } }"
    entries = desk.ask(history, id=desk.ids["Ada"])["customer"]["identityHistory"]["edges"]
    assert [edge["node"]["kind"] for edge in entries] == ["MERGE"]
    (problem,) = merge(desk, "Eve", "Ada", idempotencyKey="form-1")["problems"]
    assert problem["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_merging_who_is_merged_changes_nothing(desk: Desk) -> None:
    merge(desk)
    again = merge(desk)
    assert again["problems"] == []
    assert again["entry"] is None
    assert again["moved"] == again["mergedIds"] == []


def test_nothing_is_changed_that_was_not_seen(desk: Desk) -> None:
    ada, eve = desk.versions("Ada", "Eve")
    stale = {**eve, "expectedVersion": "0123"}
    query = f"mutation($input: MergeCustomersInput!) {{ mergeCustomers(input: $input) {{ {PROBLEMS} }} }}"
    for dry in (True, False):
        asked = {"survivor": ada, "others": [stale], "dryRun": dry}
        (problem,) = desk.ask(query, input=asked)["mergeCustomers"]["problems"]
        assert problem["code"] == "VERSION_CONFLICT"
        assert problem["path"] == ["input", "others", "0", "expectedVersion"]
        assert problem["currentVersion"] == eve["expectedVersion"]
    assert desk.versions("Ada", "Eve") == [ada, eve]
    asked = {"survivor": ada, "others": [eve]}
    assert desk.ask(query, input=asked)["mergeCustomers"]["problems"] == []
    assert desk.versions("Ada") != [ada]


@one_database
def test_what_cannot_be_merged(desk: Desk) -> None:
    nobody = {"id": ids.encode("Customer", "nobody")}
    refused: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"others": []}, "BAD_USER_INPUT", ["input", "others"]),
        ({"others": [nobody] * 21}, "LIMIT_EXCEEDED", ["input", "others"]),
        ({"others": [{"id": "rubbish"}]}, "INVALID_ID", ["input", "others", "0", "id"]),
        ({"others": [nobody]}, "NOT_FOUND", ["input", "others", "0", "id"]),
        ({"survivor": nobody}, "NOT_FOUND", ["input", "survivor", "id"]),
        ({"reason": "x" * 501}, "LIMIT_EXCEEDED", ["input", "reason"]),
    ]
    for given, code, path in refused:
        asked = {"survivor": {"id": desk.ids["Ada"]}, "others": [{"id": desk.ids["Eve"]}], **given}
        payload = desk.change("mergeCustomers", "customer { id }", **asked)
        assert [(one["code"], one["path"]) for one in payload["problems"]] == [(code, path)]
        assert payload["customer"] is None


@one_database
def test_a_person_and_a_company_are_never_one(desk: Desk) -> None:
    for dry in (True, False):
        (problem,) = merge(desk, "Ada", "Shop", dryRun=dry)["problems"]
        assert (problem["__typename"], problem["code"]) == ("IdentityProblem", "KINDS_DIFFER")


SPLIT = "customer { ...who } created { ...who } moved { partyId } entry { id kind }"
WHO = "fragment who on Customer { id displayName identities { partyId } }"


def split(desk: Desk, field: str = "splitCustomer", **given: Any) -> Any:
    kind = field[0].upper() + field[1:]
    query = f"mutation($input: {kind}Input!) {{ {field}(input: $input) {{ {SPLIT} {PROBLEMS} }} }} {WHO}"
    return desk.ask(query, input={"customer": {"id": desk.ids["Ada"]}, **given})[field]


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
