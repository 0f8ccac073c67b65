"""Out of reach is as if it did not exist: through every root field and every mutation, for every reach."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from c360.access import Principal, Reach, TenantId
from schema import ids
from schema.build import Schema
from schema.mutations import MUTATIONS
from schema.mutations.reaching import named
from schema.roots.query import ROOTS
from store.data_actions import ActionDraft
from store.data_identity import HouseholdGroup, LinkDecision, PartyRef, ReviewRequest
from store.data_segments import CountData, CustomerScore
from store.data_service import AppointmentKind, ComplaintCategory, TaskKind
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.reach import BANK, INN, Hub, acting, populated, principals, text_of

Run = Callable[[Coroutine[Any, Any, Any]], Any]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEWARD = LinkDecision(actor="steward", rule="STEWARD")
WHO = ("chief", "x", "y", "inn", "self", "nobody")
"""Subjects of the principals, of whom each reach has one."""


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def hub(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, run: Run, schema: Schema
) -> Iterator[Hub]:
    file = tmp_path_factory.mktemp("reach") / "c360.db"
    shutil.copyfile(sqlite_template, file)
    keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
    database = Database(f"sqlite:///{file}", keyring=keyring, clock=lambda: NOW)
    made = run(populated(database, lambda: NOW, schema))
    run(tell(made))
    yield made
    run(made.host.close())
    run(database.dispose())


async def tell(hub: Hub) -> None:
    """Something of every person in every list: households, reviews, contests, segments, emergencies."""
    for tenant in (TenantId("a"), TenantId("b")):
        mine = sorted(who for who in hub.people if who[0] == tenant)
        customers = [hub.people[who] for who in mine]
        async with hub.database.unit(tenant) as unit:
            for who, customer in zip(mine, customers, strict=True):
                await unit.contests.open(customer, reason=f"{who}hub", by="chief")
                await unit.emergencies.open(
                    customer, reason=f"{who}hub", ticket=f"{who}hub", by="z", lasting=timedelta(hours=1)
                )
            for place, (who, customer) in enumerate(zip(mine, customers, strict=True)):
                await unit.actions.request(wanted(who, customer))
                await unit.tasks.open(customer, TaskKind.OTHER, by="chief", text=f"{who}hub")
                await unit.complaints.open(
                    customer,
                    by="chief",
                    text=f"{who}hub",
                    category=ComplaintCategory.SERVICE,
                    due_at=NOW,
                    employee=f"{who}hub",
                )
                await unit.appointments.book(
                    customer,
                    "z",
                    by="chief",
                    kind=AppointmentKind.CALL,
                    starts_at=NOW + timedelta(hours=place),
                    ends_at=NOW + timedelta(hours=place, minutes=30),
                    time_zone="UTC",
                    text=f"{who}hub",
                )
            pairs = itertools.pairwise(mine)
            await unit.reviews.open(
                [ReviewRequest(left=of(a), right=of(b), decision=STEWARD) for a, b in pairs]
            )
            await unit.households.put(
                [HouseholdGroup(members=frozenset(customers[:4]), rule="PHONE_AND_ADDRESS")]
            )
            scores = [
                CustomerScore(customer_id=one, figure="PROFIT", line="", score=float(place))
                for place, one in enumerate(customers)
            ]
            await unit.standings.put({one: ["everybody"] for one in customers}, scores, day=NOW.date())
            await unit.segments.keep(
                CountData(day=NOW.date(), versions={}, currency="AUD", customers=40, finished_at=NOW)
            )


def wanted(who: str, customer: str) -> ActionDraft:
    """An action that a partner was asked for."""
    return ActionDraft(
        customer_id=customer,
        connector=BANK,
        kind="made_up",
        party_id=f"{who}bank-party",
        content=b"{}",
        caller="chief",
        key=who,
        fingerprint=b"f",
        purpose="SERVICE",
        valid_until=NOW + timedelta(days=1),
        due_at=NOW,
    )


def of(who: str) -> PartyRef:
    return PartyRef(BANK, f"{who}bank-party")


def principal(hub: Hub, subject: str) -> Principal:
    return next(one for one in principals(hub) if (one.subject, one.tenant) == (subject, "a"))


CUSTOMER = """
id displayName version country createdAt updatedAt complete sources { connector status }
identities { connector partyId rule decidedBy decisions { id parties { partyId } } }
identityHistory { edges { node { id customerId otherCustomerIds parties { partyId } } } }
mergedFrom { id } household { members { customer { id displayName } } }
profile { displayName givenName { value source { partyId } losing { value } } email { value losing { value } }
  contactPoints { value sources { connector partyId } } }
banking { accounts { id accountId } } hotel { stays { totalCount } }
"""
LISTS: Mapping[str, str] = {
    "customers": f"customers(first: 100) {{ totalCount edges {{ cursor node {{ {CUSTOMER} }} }} }}",
    "reviews": "reviews(first: 100) { totalCount edges { node { id left { connector partyId profile "
    "{ displayName } customer { id } } right { partyId customer { id } } fields { left right } } } }",
    "contests": "contests(first: 100) { totalCount edges { node { contest { reason customerId } "
    "customer { id } } } }",
    "bestCustomers": "bestCustomers(first: 100) { edges { node { customer { id displayName } } } }",
    "emergencyAccesses": "emergencyAccesses(first: 100) { totalCount edges { node { access { reason ticket } "
    "customer { id } } } }",
    "complaints": "complaints(first: 100) { totalCount edges { node { complaint { text customerId } "
    "customer { id } } } }",
    "complaintCounts": "complaintCounts(by: EMPLOYEE) { value count }",
    "appointments": 'appointments(first: 100, employee: "z", since: "2026-03-01T00:00:00Z", '
    'until: "2026-03-20T00:00:00Z") { edges { node { appointment { text } customer { id } } } }',
    "tasks": "tasks(first: 100) { totalCount edges { node { task { text customerId } customer { id } } } }",
    "preferenceKeys": "preferenceKeys { key }",
    "endpoints": "endpoints { id }",
    "jobs": "jobs { edges { node { id } } }",
    "retentionRules": "retentionRules { kind }",
    "actions": "actions(first: 100) { totalCount edges { node { customer { id } } } }",
    "segments": "segments { name }",
    "products": "products { edges { node { productId } } }",
    "consentWordings": "consentWordings { edges { node { text } } }",
    "auditEntries": "auditEntries(first: 100) { edges { node { customerIds } } }",
    "connectors": "connectors { instance }",
}
"""Every root field that lists something."""
FINDERS = frozenset(
    {"action", "customer", "search", "node", "nodes", "dataExport", "erasureCertificate", "accessLog"}
)
"""The others, which the tests below ask for everybody."""
OF_NOBODY = frozenset({"deliveries", "job", "erasureCertificate"})
"""Those that find by an id what names no customer."""


def test_every_root_field_is_held_to_reach_here() -> None:
    assert set(LISTS) | FINDERS | OF_NOBODY == set(ROOTS)


@pytest.mark.parametrize("subject", WHO)
@pytest.mark.parametrize("root", sorted(LISTS))
def test_a_list_shows_nobody_out_of_reach(hub: Hub, run: Run, root: str, subject: str) -> None:
    asking = principal(hub, subject)
    answer = run(hub.ask(acting(asking), f"{{ {LISTS[root]} }}"))
    assert not answer.errors, answer.errors
    assert not hub.leaks(asking, text_of(answer))


@pytest.mark.parametrize("subject", WHO)
def test_everybody_in_reach_is_listed_and_counted(hub: Hub, run: Run, subject: str) -> None:
    asking = principal(hub, subject)
    found = run(hub.ask(acting(asking), f"{{ {LISTS['customers']} {LISTS['contests']} }}")).data
    wanted = {hub.node(who) for who in hub.visible(asking)}
    assert {edge["node"]["id"] for edge in found["customers"]["edges"]} == wanted
    assert found["customers"]["totalCount"] == len(wanted)
    contested = set() if subject == "inn" else wanted  # a score is reckoned over all partners
    assert {edge["node"]["customer"]["id"] for edge in found["contests"]["edges"]} == contested
    assert found["contests"]["totalCount"] == len(contested)


@pytest.mark.parametrize("subject", WHO)
def test_pages_join_without_a_gap(hub: Hub, run: Run, subject: str) -> None:
    asking, after = principal(hub, subject), None
    seen: list[str] = []
    while True:
        query = (
            "query($after: String) { customers(first: 3, after: $after) "
            "{ edges { node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"
        )
        page = run(hub.ask(acting(asking), query, {"after": after})).data["customers"]
        assert page["pageInfo"]["hasPreviousPage"] is bool(seen)
        seen += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen))
    assert set(seen) == {hub.node(who) for who in hub.visible(asking)}


@pytest.mark.parametrize("subject", WHO)
def test_ids_of_whom_is_out_of_reach_lead_nowhere(hub: Hub, run: Run, subject: str) -> None:
    asking = principal(hub, subject)
    everybody = sorted(hub.people)
    query = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Customer {{ {CUSTOMER} }} }} }}"
    answer = run(hub.ask(acting(asking), query, {"ids": [hub.node(who) for who in everybody]}))
    assert not answer.errors, answer.errors
    assert not hub.leaks(asking, text_of(answer))
    shown = {who for who, node in zip(everybody, answer.data["nodes"], strict=True) if node is not None}
    assert shown == hub.visible(asking)


async def objects(hub: Hub) -> dict[str, list[str]]:
    """Ids of everything that is a node, by the types, as somebody has them who sees everybody."""
    chief = principal(hub, "chief")
    query = """{
      reviews(first: 100) { edges { node { id } } }
      customers(first: 100) { edges { node { banking { accounts { id } }
        identityHistory { edges { node { id } } } } } } }"""
    found: Any = (await hub.ask(acting(chief), query)).data
    people = [edge["node"] for edge in found["customers"]["edges"]]
    return {
        "Review": [edge["node"]["id"] for edge in found["reviews"]["edges"]],
        "Account": [one["id"] for person in people for one in person["banking"]["accounts"]],
        "LedgerEntry": list(
            dict.fromkeys(edge["node"]["id"] for p in people for edge in p["identityHistory"]["edges"])
        ),
    }


@pytest.mark.parametrize("subject", WHO)
@pytest.mark.parametrize("kind", ["Review", "Account", "LedgerEntry"])
def test_ids_of_what_is_theirs_lead_nowhere_either(hub: Hub, run: Run, kind: str, subject: str) -> None:
    asking = principal(hub, subject)
    mine = run(objects(hub))[kind]
    assert mine
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { id
      ... on Account { accountId } ... on LedgerEntry { customerId otherCustomerIds parties { partyId } }
      ... on Review { left { partyId customer { id } } right { partyId customer { id } } } } }"""
    answer = run(hub.ask(acting(asking), query, {"ids": mine}))
    assert not answer.errors
    assert not hub.leaks(asking, text_of(answer))
    if subject in {"inn", "nobody"}:
        assert answer.data["nodes"] == [None] * len(mine)
    if subject == "chief":
        assert None not in answer.data["nodes"]


@pytest.mark.parametrize("lookup", ["HUB", "LIVE"])
@pytest.mark.parametrize("subject", WHO)
def test_keys_find_nobody_out_of_reach(hub: Hub, run: Run, subject: str, lookup: str) -> None:
    asking = principal(hub, subject)
    asked = [(who, at) for who in sorted(hub.people) for at in hub.at[who]][::3]
    fields = "\n".join(
        f'{who}{at}key: customer(by: {{email: "{who}{at}@mail.example"}}, lookup: {lookup}) {{ id }} '
        f'{who}{at}ref: customer(by: {{partnerRef: {{connector: "{at}", partyId: "{who}{at}-party"}}}})'
        " { id }"
        for who, at in asked[:12]
    )
    found = run(hub.ask(acting(asking), f"{{ {fields} }}")).data
    for who, at in asked[:12]:
        own = asking.reach is not Reach.PARTNER or at in asking.connectors
        wanted = {"id": hub.node(who)} if who in hub.visible(asking) and own else None
        assert found[f"{who}{at}key"] == found[f"{who}{at}ref"] == wanted, (who, at)


@pytest.mark.parametrize("subject", WHO)
def test_search_finds_nobody_out_of_reach_and_counts_nobody(hub: Hub, run: Run, subject: str) -> None:
    asking = principal(hub, subject)
    query = """query($text: String!) { search(text: $text, first: 50) { totalCount truncated
      sources { connector matches } edges { node { customer { id displayName } parties { partyId fullName }
      probably { customer { id } } } } } }"""
    # The partners know no tenants: what belongs to nobody in one belongs to nobody in the other.
    for who in ("a000", "a001", "a003", "a006", *(() if subject in {"chief", "inn"} else ("b000", "b002"))):
        for text in (f"{who}bank@mail.example", f"{who}inn@mail.example", f"{who}hub"):
            answer = run(hub.ask(acting(asking), query, {"text": text}))
            assert not answer.errors, answer.errors
            told = text_of(answer)
            nobodys = {
                f"{who[0]}999{at}" for at in (BANK, INN) if asking.reach in {Reach.EVERYBODY, Reach.PARTNER}
            }
            assert hub.leaks(asking, told) <= nobodys, told
            found = answer.data["search"]
            if not hub.visible(asking) or (asking.reach is Reach.BOOK and who not in hub.visible(asking)):
                assert found["edges"] == []
                assert found["totalCount"] == 0
                assert {source["matches"] for source in found["sources"]} == {0}


def test_a_partner_has_its_own_records_alone(hub: Hub, run: Run) -> None:
    asking = principal(hub, "inn")
    query = (
        f"query($id: ID!) {{ node(id: $id) {{ ... on Customer {{ {CUSTOMER} }} }} "
        "connectors { instance } }"
    )
    found = run(hub.ask(acting(asking), query, {"id": hub.node("a001")})).data
    assert [one["instance"] for one in found["connectors"]] == [INN]
    customer = found["node"]
    assert [one["connector"] for one in customer["sources"]] == [INN]
    assert [one["partyId"] for one in customer["identities"]] == ["a001inn-party"]
    assert customer["displayName"] == customer["profile"]["displayName"] == "a001inngiven a001innfamily"
    assert customer["profile"]["email"]["value"] == "a001inn@mail.example"
    assert customer["profile"]["email"]["losing"] == []
    assert customer["banking"] is None
    assert customer["household"] is None


@pytest.mark.parametrize("order", ["NAME", "CREATED_AT", "UPDATED_AT"])
def test_a_partner_learns_nothing_from_filters_and_orders(hub: Hub, run: Run, order: str) -> None:
    asking = acting(principal(hub, "inn"))
    for which, count in (
        ('{name: "a001bankgiven"}', 0),
        ('{name: "a001hub"}', 0),
        ('{segment: "everybody"}', 0),
        ('{connectors: ["bank"]}', 0),
        ("{holds: [BANKING]}", 0),
        ('{connectors: ["inn"]}', 26),
    ):
        query = f"{{ customers(filter: {which}, orderBy: {{field: {order}}}) {{ totalCount }} }}"
        found = run(hub.ask(asking, query)).data["customers"]
        assert found["totalCount"] == count, which


RECORD = {"connector": BANK, "partyId": "PARTY"}
NAMED: Mapping[str, Mapping[str, Any]] = {
    "mergeCustomers": {"survivor": {"id": "CUSTOMER"}, "others": [{"id": "MINE"}]},
    "unmerge": {"customerId": "CUSTOMER"},
    "splitCustomer": {
        "customer": {"id": "CUSTOMER"},
        "identities": [RECORD],
    },
    "linkIdentity": {"customer": {"id": "CUSTOMER"}, "identity": RECORD},
    "unlinkIdentity": {"identity": RECORD, "customer": {"id": "CUSTOMER"}},
    "contestScore": {"customerId": "CUSTOMER", "reason": "wrong"},
    "verifyCaller": {"customerId": "CUSTOMER", "method": "CALL_BACK"},
    "checkAnswer": {"customerId": "CUSTOMER", "attribute": "EMAIL", "value": "a@b.example"},
    "revealValue": {"customerId": "CUSTOMER", "field": "profile.email", "reason": "LEGAL"},
    "assignCustomers": {"agent": "x", "customerIds": ["CUSTOMER"]},
    "unassignCustomers": {"agent": "x", "customerIds": ["CUSTOMER"]},
}


@pytest.mark.parametrize("mutation", sorted(NAMED))
@pytest.mark.parametrize("subject", ["x", "self", "nobody"])
def test_a_mutation_does_not_find_whom_is_out_of_reach(
    hub: Hub, run: Run, mutation: str, subject: str
) -> None:
    kind = next(one for one in MUTATIONS if one.name == mutation)
    asking = principal(hub, subject)
    query = (
        f"mutation($input: {kind.input_type.__name__}!) {{ {mutation}(input: $input) "
        "{ problems { code path message } } }"
    )
    answers = []
    for customer, its_party in (
        (hub.node("a001"), "a001bank-party"),
        (hub.node("b001"), "b001bank-party"),
        (ids.encode("Customer", "0190a6c0-0000-7000-8000-000000000000"), "nobody"),
    ):
        text = json.dumps(NAMED[mutation]).replace("CUSTOMER", customer).replace("PARTY", its_party)
        text = text.replace("MINE", hub.node("a000"))
        answer = run(hub.ask(acting(asking), query, {"input": json.loads(text)}))
        assert not answer.errors, answer.errors
        answers.append(answer.data[mutation]["problems"])
    assert answers[0] == answers[1] == answers[2], "as if it did not exist"
    assert {problem["code"] for problem in answers[0]} == {"NOT_FOUND"}
    assert not hub.leaks(asking, json.dumps(answers))


def test_what_a_mutation_names_is_found_in_every_shape_of_input() -> None:
    """Ids are read by their type in the input, so that a new mutation is held to reach without a word."""
    kind = next(one for one in MUTATIONS if one.name == "mergeCustomers").input_type
    one, two = (ids.encode("Customer", f"c{number}") for number in range(2))
    asked = msgspec.convert({"survivor": {"id": one}, "others": [{"id": two}], "idempotency_key": one}, kind)
    assert [(".".join(found.path), found.id.local_id) for found in named(asked) if found.id] == [
        ("input.survivor.id", "c0"),
        ("input.others.0.id", "c1"),
    ]


def test_a_customer_whom_an_agent_makes_comes_into_the_own_book(hub: Hub, run: Run) -> None:
    asking = acting(principal(hub, "x"))
    split = """mutation($input: SplitCustomerInput!) { splitCustomer(input: $input) {
      problems { code } customer { id } created { id displayName } } }"""
    record = {"connector": INN, "partyId": "a002inn-party"}
    given = {"customer": {"id": hub.node("a002")}, "identities": [record]}
    done = run(hub.ask(asking, split, {"input": given})).data["splitCustomer"]
    assert done["problems"] == []
    made = done["created"]["id"]
    found = run(hub.ask(asking, "query($id: ID!) { node(id: $id) { id } }", {"id": made})).data
    assert found["node"] == {"id": made}
    other = acting(principal(hub, "y"))
    assert run(hub.ask(other, "query($id: ID!) { node(id: $id) { id } }", {"id": made})).data["node"] is None


@pytest.mark.parametrize("subject", ["chief", "x", "self", "inn", "nobody"])
def test_who_looked_at_whom_and_exports_are_of_whom_is_in_reach(hub: Hub, run: Run, subject: str) -> None:
    asking = principal(hub, subject)

    async def requested() -> str:
        async with hub.database.unit(TenantId("a")) as unit:
            made = await unit.exports.request(hub.people["a001"], by="chief")
        return ids.encode("DataExport", made.id)

    query = """query($customer: ID!, $export: ID!) {
      accessLog(customerId: $customer) { edges { cursor } } dataExport(id: $export) { id } }"""
    given = {"customer": hub.node("a001"), "export": run(requested())}
    found = run(hub.ask(acting(asking), query, given)).data
    seen = "a001" in hub.visible(asking)
    assert (found["dataExport"] is not None) is (seen and subject != "inn"), "it holds what others say"
    assert (found["accessLog"] is not None) is seen
