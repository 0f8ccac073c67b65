"""A caller is verified before anything personal shows, single values are revealed, and doors are broken."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import shutil
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from c360.access import Access, Principal, Reach, TenantId
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from schema.execution.context import EngineSettings
from schema.identity.fields import version_of
from schema.permissions.settings import AccessSettings
from store.data import CustomerData
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.reach import Hub, acting, party, populated, principals, text_of

Run = Callable[[Coroutine[Any, Any, Any]], Any]
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROFILE = """
displayName household { members { customer { displayName } } }
profile {
  displayName
  givenName { value losing { value sources { connector } } } familyName { value losing { value } }
  birthDate { value losing { value } } email { value losing { value } } phone { value losing { value } }
  contactPoints { kind value }
}
banking { accounts { id displayName maskedNumber } }
"""


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def hub(sqlite_template: Path, tmp_path: Path, run: Run, clock: Clock, schema: Schema) -> Iterator[Hub]:
    file = tmp_path / "c360.db"
    shutil.copyfile(sqlite_template, file)
    keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
    database = Database(f"sqlite:///{file}", keyring=keyring, clock=clock)
    made = run(populated(database, clock, schema, people=8))
    yield made
    run(made.host.close())
    run(database.dispose())


def principal(hub: Hub, subject: str, *roles: str) -> Principal:
    found = next(one for one in principals(hub) if (one.subject, one.tenant) == (subject, "a"))
    return msgspec.structs.replace(found, roles=frozenset(roles))


@pytest.fixture
def agent(hub: Hub) -> Access:
    return acting(principal(hub, "x", "agent"))


def shown(hub: Hub, run: Run, access: Access, who: str = "a002") -> str:
    answer = run(
        hub.ask(
            access,
            f"query($id: ID!) {{ node(id: $id) {{ ... on Customer {{ {PROFILE} }} }} }}",
            {"id": hub.node(who)},
        )
    )
    assert not answer.errors, answer.errors
    return text_of(answer)


def done(hub: Hub, run: Run, access: Access, name: str, fields: str, **given: Any) -> Any:
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ problems {{ code path }} {fields} }} }}"
    answer = run(hub.ask(access, query, {"input": given}))
    assert not answer.errors, answer.errors
    return answer.data[name]


def secrets(who: str) -> list[str]:
    """What must not show of somebody who is masked, but for the marks of whom they are."""
    stated = [party(who, connector) for connector in ("bank", "inn")]
    return [
        text
        for one in stated
        for text in (one.given_name, one.family_name, one.emails[0], one.phones[0][:-4], str(one.birth_date))
        if text
    ]


def test_nothing_personal_shows_before_the_caller_is_verified(hub: Hub, run: Run, agent: Access) -> None:
    told = shown(hub, run, agent)
    assert not [text for text in secrets("a002") if text in told]
    found = json.loads(told)["data"]["node"]
    assert found["displayName"] == "a••• P•••"
    assert found["profile"]["email"]["value"] == "a•••@m•••.example"
    assert [one["value"] for one in found["profile"]["email"]["losing"]] == ["a•••@m•••.example"]
    assert found["profile"]["birthDate"] is None
    assert found["profile"]["phone"]["value"].startswith("•••• ")


def test_what_shows_masked_is_told_with_its_remedy(hub: Hub, run: Run, agent: Access) -> None:
    query = """query($id: ID!) { node(id: $id) { ... on Customer { displayName profile { email { value } }
      withheld { path reason masked remedy } } } }"""
    held = run(hub.ask(agent, query, {"id": hub.node("a002")})).data["node"]["withheld"]
    told = {tuple(one["path"]): (one["reason"], one["masked"]) for one in held}
    assert told[("displayName",)] == ("NOT_VERIFIED", True)
    assert ("profile", "email") in {path[:2] for path in told}
    assert all("verifyCaller" in one["remedy"] for one in held)
    done(hub, run, agent, "verifyCaller", "until", customerId=hub.node("a002"), method="DOCUMENT")
    assert run(hub.ask(agent, query, {"id": hub.node("a002")})).data["node"]["withheld"] == []


def test_a_masked_record_is_found_again_by_its_id(hub: Hub, run: Run, agent: Access) -> None:
    find = "query($id: ID!) { node(id: $id) { id ... on Account { accountId maskedNumber } } }"
    masked = json.loads(shown(hub, run, agent))["data"]["node"]["banking"]["accounts"][0]
    found = run(hub.ask(agent, find, {"id": masked["id"]})).data["node"]
    assert found["id"] == masked["id"]
    assert "a002bank" not in found["accountId"]
    done(hub, run, agent, "verifyCaller", "until", customerId=hub.node("a002"), method="DOCUMENT")
    found = run(hub.ask(agent, find, {"id": masked["id"]})).data["node"]
    assert found["accountId"] == "a002bank-account", "the same id, and no longer masked"


def test_for_others_nothing_is_masked(hub: Hub, run: Run) -> None:
    for access in (acting(principal(hub, "x")), acting(principal(hub, "chief", "supervisor"))):
        told = shown(hub, run, access)
        assert "a002bank@mail.example" in told
        assert "a002bankfamily" in told


WAYS = {
    "another-name": """{ customers(first: 50) { edges { cursor node {
        again: displayName p: profile { e: email { v: value } } } } } }""",
    "search": """{ search(text: "a002bank@mail.example") { edges { node {
        customer { displayName } parties { fullName givenName familyName emails phones birthDate } } } } }""",
    "contact-points": """{ customer(by: {email: "a002bank@mail.example"}) { displayName
        profile { contactPoints { value address { lines } } } identities { evidence { field } } } }""",
    "order": "{ customers(orderBy: {field: NAME}, first: 50) { edges { cursor node { id } } } }",
    "history": "{ customers { edges { node { identityHistory { edges { node { reason } } } } } } }",
}


@pytest.mark.parametrize("way", WAYS)
def test_no_way_around_the_mask(hub: Hub, run: Run, agent: Access, way: str) -> None:
    answer = run(hub.ask(agent, WAYS[way]))
    assert not answer.errors, answer.errors
    told = text_of(answer)
    decoded = told + "".join(_decoded(word) for word in re.findall(r"[A-Za-z0-9_-]{16,}", told))
    hidden = [text for who in sorted(hub.visible(agent.principal)) for text in secrets(who)]
    assert not [text for text in hidden if text in decoded]
    assert "person" not in decoded.casefold(), "the hub's own name"


def _decoded(word: str) -> str:
    try:
        return ids.from_base64(word).decode()
    except (ValueError, UnicodeDecodeError):
        return ""


def test_a_name_is_not_spelt_out_by_searching(hub: Hub, run: Run, agent: Access) -> None:
    query = "query($name: String!) { customers(filter: {name: $name}) { totalCount } }"

    def count(name: str) -> int:
        found: int = run(hub.ask(agent, query, {"name": name})).data["customers"]["totalCount"]
        return found

    assert count("a002hu") == 0, "no prefix"
    assert count("a002hub") == 1, "what the caller says in full is found"


def test_a_verified_caller_is_shown_for_as_long_as_the_settings_say(
    hub: Hub, run: Run, agent: Access, clock: Clock
) -> None:
    outcome = done(
        hub,
        run,
        agent,
        "verifyCaller",
        "until customer { displayName profile { email { value } } }",
        customerId=hub.node("a002"),
        method="CALL_BACK",
        session="call-1",
    )
    assert outcome["problems"] == []
    assert outcome["until"] == "2026-03-02T12:30:00+00:00"
    assert outcome["customer"]["profile"]["email"]["value"].endswith("@mail.example")
    assert "a002bank@mail.example" in shown(hub, run, agent)
    assert "a004bank@mail.example" not in shown(hub, run, agent, "a004"), "nobody else"
    colleague = acting(msgspec.structs.replace(agent.principal, subject="y", reach=Reach.EVERYBODY))
    assert "a002bank@mail.example" not in shown(hub, run, colleague), "and to nobody else"
    clock.now += timedelta(minutes=30)
    assert "a002bank@mail.example" not in shown(hub, run, agent)


@pytest.mark.parametrize("how", ["session", "customer", "all"])
def test_a_verification_ends_with_the_call(hub: Hub, run: Run, agent: Access, how: str) -> None:
    for who in ("a002", "a004"):
        done(hub, run, agent, "verifyCaller", "until", customerId=hub.node(who), method="VOICE", session=who)
    which: dict[str, dict[str, str]] = {
        "session": {"session": "a002"},
        "customer": {"customerId": hub.node("a002")},
        "all": {},
    }
    ended = done(hub, run, agent, "endVerification", "customerIds", **which[how])
    assert hub.node("a002") in ended["customerIds"]
    assert "a002bank@mail.example" not in shown(hub, run, agent)
    assert ("a004bank@mail.example" in shown(hub, run, agent, "a004")) is (how != "all")


@pytest.mark.parametrize("named", [True, False])
def test_a_verification_ends_with_its_interaction(hub: Hub, run: Run, agent: Access, named: bool) -> None:
    begun = [
        done(
            hub,
            run,
            agent,
            "startInteraction",
            "interaction { id }",
            customerId=hub.node(who),
            channel="CALL",
        )["interaction"]["id"]
        for who in ("a002", "a004")
    ]
    for who, call in zip(("a002", "a004"), begun, strict=True):
        session = {"session": call} if named else {}
        done(hub, run, agent, "verifyCaller", "until", customerId=hub.node(who), method="VOICE", **session)
    assert "a002bank@mail.example" in shown(hub, run, agent)
    before = run(kinds_told(hub))
    done(hub, run, agent, "endInteraction", "interaction { endedAt }", id=begun[0])
    assert "a002bank@mail.example" not in shown(hub, run, agent)
    assert "a004bank@mail.example" in shown(hub, run, agent, "a004"), "another call goes on"
    assert run(kinds_told(hub))[len(before) :] == ["customer.access_changed", "customer.changed"]


async def kinds_told(hub: Hub) -> list[str]:
    async with hub.database.read(TenantId("a")) as unit:
        return [event.kind for event in (await unit.outbox.after(0, limit=500))]


def check(hub: Hub, run: Run, access: Access, attribute: str, value: str) -> Any:
    return done(
        hub,
        run,
        access,
        "checkAnswer",
        "agrees",
        customerId=hub.node("a002"),
        attribute=attribute,
        value=value,
    )


def test_knowledge_counts_after_different_answers_agreed(hub: Hub, run: Run, agent: Access) -> None:
    who = hub.node("a002")
    told = party("a002", "bank")

    def verify() -> Any:
        return done(hub, run, agent, "verifyCaller", "until", customerId=who, method="KNOWLEDGE")

    assert verify()["problems"] == [{"code": "NOT_PROVEN", "path": ["input", "method"]}]
    assert check(hub, run, agent, "BIRTH_DATE", str(told.birth_date))["agrees"] is True
    assert check(hub, run, agent, "BIRTH_DATE", str(told.birth_date))["agrees"] is True
    assert verify()["problems"], "one answer twice is one answer"
    assert check(hub, run, agent, "FAMILY_NAME", "A002BANKFAMILY ")["agrees"] is True
    assert verify()["problems"] == []


def test_an_answer_says_nothing_but_whether_it_agrees(hub: Hub, run: Run, agent: Access) -> None:
    wrong = {"EMAIL": "x@y.example", "CITY": "Bern", "BIRTH_DATE": "no date", "PHONE": ""}
    for attribute, value in wrong.items():
        assert check(hub, run, agent, attribute, value) == {"problems": [], "agrees": False}


def test_guessing_is_stopped_for_the_customer_and_for_the_agent(
    hub: Hub, run: Run, agent: Access, clock: Clock
) -> None:
    for _ in range(5):
        assert check(hub, run, agent, "CITY", "Bern")["agrees"] is False
    right = str(party("a002", "bank").birth_date)
    assert check(hub, run, agent, "BIRTH_DATE", right)["problems"][0]["code"] == "TOO_OFTEN"
    other = acting(msgspec.structs.replace(agent.principal, subject="y", reach=Reach.EVERYBODY))
    assert check(hub, run, other, "BIRTH_DATE", right)["problems"][0]["code"] == "TOO_OFTEN"
    clock.now += timedelta(hours=1)
    assert check(hub, run, agent, "BIRTH_DATE", right)["agrees"] is True


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
    came = done(hub, run, chief, "assignCustomers", "changed", agent="x", customerIds=mine)
    assert came == {"problems": [], "changed": 2}
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert None not in run(hub.ask(agent, query, {"ids": mine})).data["nodes"]
    left = done(hub, run, chief, "unassignCustomers", "changed", agent="x", customerIds=mine[:1])
    assert left["changed"] == 1
    assert run(hub.ask(agent, query, {"ids": mine})).data["nodes"][0] is None
    unknown = ids.encode("Customer", "0190a6c0-0000-7000-8000-000000000000")
    refused = done(hub, run, chief, "assignCustomers", "changed", agent="x", customerIds=[mine[0], unknown])
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
