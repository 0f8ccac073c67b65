"""What is masked until the caller is verified, how that is done, and how it ends."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from c360.access import Access, Reach
from schema import ids
from tests.fixtures.reach import Hub, acting, party, text_of
from tests.schema.verifying.calling import Clock, Run, done, kinds_told, principal, secrets, shown


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
    before = run(kinds_told(hub))
    for who in ("a002", "a004"):
        done(hub, run, agent, "verifyCaller", "until", customerId=hub.node(who), method="VOICE", session=who)
    assert run(kinds_told(hub))[len(before) :] == ["customer.access_changed"] * 2
    which: dict[str, dict[str, str]] = {
        "session": {"session": "a002"},
        "customer": {"customerId": hub.node("a002")},
        "all": {},
    }
    ended = done(hub, run, agent, "endVerification", "customerIds", **which[how])
    assert hub.node("a002") in ended["customerIds"]
    assert run(kinds_told(hub))[len(before) + 2 :] == ["customer.access_changed"]
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
