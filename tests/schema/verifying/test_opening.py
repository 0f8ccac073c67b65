"""Seeing more without a verified caller: one value, a broken glass, an assigned book."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from c360.access import Access, TenantId
from schema import ids
from schema.engine import GraphEngine
from schema.execution.context import EngineSettings
from schema.identity.fields import version_of
from schema.permissions.settings import AccessSettings
from store.data import CustomerData
from tests.fixtures.reach import Hub, acting, party
from tests.schema.verifying.calling import START, Clock, Run, done, kinds_told, principal, shown


def reveal(hub: Hub, run: Run, access: Access, field: str, **more: Any) -> Any:
    given = {"customerId": hub.node("a002"), "field": field, "reason": "CONTACTING", **more}
    return done(hub, run, access, "revealValue", "revealed { field value }", **given)


def test_one_value_is_revealed_and_the_rest_stays_masked(hub: Hub, run: Run, agent: Access) -> None:
    told = party("a002", "bank")
    for field, value in (
        ("profile.birthDate", str(told.birth_date)),
        ("displayName", "a002hub Person"),
        ("profile.familyName", "a002bankfamily"),
    ):
        assert reveal(hub, run, agent, field)["revealed"] == {"field": field, "value": value}
    assert "a002bankfamily" not in shown(hub, run, agent)


@pytest.mark.parametrize("field", ["profile.language", "profile.nothing", "version", "profile"])
def test_what_is_not_masked_is_not_revealed(hub: Hub, run: Run, agent: Access, field: str) -> None:
    assert reveal(hub, run, agent, field)["problems"] == [
        {"code": "BAD_USER_INPUT", "path": ["input", "field"]}
    ]


def test_another_reason_has_to_be_said(hub: Hub, run: Run, agent: Access) -> None:
    refused = reveal(hub, run, agent, "displayName", reason="OTHER")
    assert refused["problems"] == [{"code": "BAD_USER_INPUT", "path": ["input", "note"]}]
    assert reveal(hub, run, agent, "displayName", reason="OTHER", note="a dare")["problems"] == []


def test_each_look_is_kept_with_its_reason_and_counts(hub: Hub, run: Run, agent: Access) -> None:
    settings = EngineSettings(access=AccessSettings(reveals=2))
    hub.engine = GraphEngine(hub.engine._schema, hub.database, hub.host, lambda: START, settings=settings)
    key = {"idempotencyKey": "again", "note": "the caller hung up"}
    for _ in range(2):
        assert reveal(hub, run, agent, "displayName", **key)["revealed"]["value"] == "a002hub Person"
    assert reveal(hub, run, agent, "displayName", **key)["problems"][0]["code"] == "TOO_OFTEN"

    async def kept() -> list[Any]:
        async with hub.database.read(TenantId("a")) as unit:
            return await unit.reveals._read()

    found = run(kept())
    assert [(one.subject, one.path, one.content.text) for one in found] == [
        ("x", "displayName", "the caller hung up")
    ] * 2


def open_glass(hub: Hub, run: Run, access: Access, who: str = "a001", **more: Any) -> Any:
    given = {"customerId": hub.node(who), "reason": "the house is on fire", "ticket": "INC-1", **more}
    return done(hub, run, access, "breakGlass", "accessId until customer { id }", **given)


def test_a_broken_glass_opens_one_customer_for_a_time_and_is_loud(
    hub: Hub, run: Run, agent: Access, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } customers(first: 50) { totalCount } }"
    asked = {"ids": [hub.node("a001"), hub.node("a003")]}
    assert run(hub.ask(agent, query, asked)).data["nodes"] == [None, None]
    with caplog.at_level(logging.WARNING):
        opened = open_glass(hub, run, agent)
    assert opened["customer"] == {"id": hub.node("a001")}
    assert opened["until"] == "2026-03-02T13:00:00+00:00"
    (line,) = [record.getMessage() for record in caplog.records if "emergency" in record.getMessage()]
    assert "fire" not in line
    found = run(hub.ask(agent, query, asked)).data
    assert found["nodes"] == [{"id": hub.node("a001")}, None]
    assert found["customers"]["totalCount"] == len(hub.visible(agent.principal)) + 1
    assert "a001bank@mail.example" not in shown(hub, run, agent, "a001"), "masked as others are"
    clock.now += timedelta(hours=1)
    assert run(hub.ask(agent, query, asked)).data["nodes"] == [None, None]


def test_an_emergency_is_told_to_supervisors(hub: Hub, run: Run, agent: Access) -> None:
    opened = open_glass(hub, run, agent)

    async def told() -> list[Any]:
        async with hub.database.read(TenantId("a")) as unit:
            return list(await unit.outbox.after(0, limit=100))

    events = [one for one in run(told()) if one.kind == "access.emergency"]
    assert [one.data["access"] for one in events] == [opened["accessId"]]
    assert "fire" not in repr(events)


@pytest.mark.parametrize(
    ("subject", "who", "code"),
    [("x", "a002", "IN_REACH"), ("chief", "a001", "IN_REACH"), ("self", "a001", "NO_EMERGENCY"),
     ("inn", "a000", "NO_EMERGENCY"), ("x", "b001", "NOT_FOUND")],
)  # fmt: skip
def test_who_has_no_emergency_opens_nobody(hub: Hub, run: Run, subject: str, who: str, code: str) -> None:
    refused = open_glass(hub, run, acting(principal(hub, subject)), who)
    assert [problem["code"] for problem in refused["problems"]] == [code]


LIST = """query($state: EmergencyState!) { emergencyAccesses(state: $state) { totalCount edges { node {
  access { id state reason note ticket openedBy verdict reviewedBy } customer { id } } } } }"""


def test_somebody_else_reviews_it(hub: Hub, run: Run, agent: Access) -> None:
    opened = open_glass(hub, run, agent)["accessId"]
    own = done(hub, run, agent, "reviewEmergencyAccess", "", accessId=opened, verdict="JUSTIFIED")
    assert own["problems"] == [{"code": "FOUR_EYES", "path": ["input", "accessId"]}]
    chief = acting(principal(hub, "chief", "supervisor"))
    (edge,) = run(hub.ask(chief, LIST, {"state": "OPEN"})).data["emergencyAccesses"]["edges"]
    access = edge["node"]["access"]
    assert (access["reason"], access["ticket"], access["openedBy"]) == ("the house is on fire", "INC-1", "x")
    reviewed = done(
        hub,
        run,
        chief,
        "reviewEmergencyAccess",
        "access { verdict note reviewedBy }",
        accessId=opened,
        verdict="UNJUSTIFIED",
        note="there was no fire",
    )
    assert reviewed["access"] == {
        "verdict": "UNJUSTIFIED",
        "note": "there was no fire",
        "reviewedBy": "chief",
    }
    again = done(hub, run, chief, "reviewEmergencyAccess", "", accessId=opened, verdict="JUSTIFIED")
    assert [problem["code"] for problem in again["problems"]] == ["ACCESS_REVIEWED"]
    assert run(hub.ask(chief, LIST, {"state": "OPEN"})).data["emergencyAccesses"]["totalCount"] == 0
    (edge,) = run(hub.ask(chief, LIST, {"state": "REVIEWED"})).data["emergencyAccesses"]["edges"]
    assert edge["node"]["access"]["reason"] == "the house is on fire"
    query = "query($id: ID!) { node(id: $id) { id } }"
    gone = run(hub.ask(agent, query, {"id": hub.node("a001")})).data
    assert gone["node"] is None, "what was not right ends at once"


def test_books_are_assigned_and_taken_back(hub: Hub, run: Run) -> None:
    chief, agent = acting(principal(hub, "chief", "supervisor")), acting(principal(hub, "x"))
    mine = [hub.node("a001"), hub.node("a003"), hub.node("a002")]
    before = run(kinds_told(hub))
    came = done(hub, run, chief, "assignCustomers", "changed", agent="x", customerIds=mine)
    assert came == {"problems": [], "changed": 2}
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert None not in run(hub.ask(agent, query, {"ids": mine})).data["nodes"]
    left = done(hub, run, chief, "unassignCustomers", "changed", agent="x", customerIds=mine[:1])
    assert left["changed"] == 1
    assert run(hub.ask(agent, query, {"ids": mine})).data["nodes"][0] is None
    unknown = ids.encode("Customer", "0190a6c0-0000-7000-8000-000000000000")
    refused = done(hub, run, chief, "assignCustomers", "changed", agent="x", customerIds=[mine[0], unknown])
    assert run(kinds_told(hub))[len(before) :] == ["customer.access_changed"] * 2, "who came, and who left"
    assert refused["problems"] == [{"code": "NOT_FOUND", "path": ["input", "customerIds", "1"]}]


def test_a_version_says_nothing_to_who_guesses_names(hub: Hub, run: Run, agent: Access) -> None:
    query = "query($id: ID!) { node(id: $id) { ... on Customer { version } } }"
    version = run(hub.ask(agent, query, {"id": hub.node("a002")})).data["node"]["version"]

    async def kept() -> CustomerData:
        async with hub.database.read(TenantId("a")) as unit:
            return (await unit.customers.load([hub.people["a002"]]))[hub.people["a002"]]

    customer = run(kept())
    assert version_of(customer) == version
    assert version_of(msgspec.structs.replace(customer, salt=b"")) != version, "it takes the secret"
