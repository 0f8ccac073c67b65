"""Customers whom people tell of: created, changed, reached, and how that stands beside partners."""

from __future__ import annotations

from typing import Any

import pytest

from c360.access import Reach
from schema import ids
from tests.fixtures.access import access as access_of
from tests.schema.service.conftest import Desk, problem

one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PROFILE = """id displayName version country
  profile { givenName { value source { connector } } familyName { value rule } birthDate { value }
            email { value source { connector } } phone { value } language { value }
            contactPoints { kind value preferred verified sources { connector } } }
  identities { connector rule decidedBy }"""
CREATED = f"customer {{ {PROFILE} }}"
GRACE = {
    "names": {"givenName": "Grace", "familyName": "Hopper", "birthDate": "1906-12-09", "language": "en-US"},
    "emails": ["grace@navy.example"],
    "phones": ["+1 202 555 0143"],
    "addresses": [{"lines": ["1 Navy Way"], "city": "Arlington", "postalCode": "22202", "country": "US"}],
}


def test_a_customer_is_created_found_and_not_created_twice(desk: Desk) -> None:
    made = desk.change("createCustomer", CREATED, idempotencyKey="k1", **GRACE)
    assert made["problems"] == []
    grace = made["customer"]
    assert (grace["displayName"], grace["country"]) == ("Grace Hopper", "US")
    assert grace["profile"]["email"] == {"value": "grace@navy.example", "source": {"connector": "hub"}}
    assert grace["identities"] == [{"connector": "hub", "rule": "STATEMENT", "decidedBy": "agent"}]
    query = 'query Q { customer(by: {email: "GRACE@navy.example"}) { id } }'
    assert desk.ask(query) == {"id": grace["id"]}
    assert desk.ask('query Q { customers(filter: {name: "hop gra"}) { edges { node { id } } } }') == {
        "edges": [{"node": {"id": grace["id"]}}]
    }
    # The same request again is the same customer; the same person anew is probably one that is there.
    assert desk.change("createCustomer", "customer { id }", idempotencyKey="k1", **GRACE)["customer"] == {
        "id": grace["id"]
    }
    again = desk.change("createCustomer", "customer { id }", **GRACE)
    assert problem(again) == ("DuplicateProblem", "POSSIBLE_DUPLICATE", ("input",))
    assert again["customer"] is None
    (probable,) = again["problems"][0]["probably"]
    assert probable["customerId"] == grace["id"]
    assert probable["probability"] > 0.9
    forced = desk.change("createCustomer", "customer { id }", force=True, **GRACE)
    assert forced["customer"]["id"] != grace["id"]
    company = desk.change(
        "createCustomer",
        "customer { kind displayName }",
        kind="ORGANIZATION",
        names={"organizationName": "Eckert & Mauchly Ltd"},
    )
    assert company["customer"] == {"kind": "ORGANIZATION", "displayName": "Eckert & Mauchly Ltd"}


@one_database
@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"names": {"givenName": "Grace"}}, ("input", "names")),
        ({"names": {"familyName": " "}}, ("input", "names", "familyName")),
        ({"names": {"familyName": "H", "birthDate": "2031-01-01"}}, ("input", "names", "birthDate")),
        ({"names": {"familyName": "H"}, "emails": ["nobody"]}, ("input", "emails", "0")),
        ({"names": {"familyName": "H"}, "phones": ["12"]}, ("input", "phones", "0")),
        ({"names": {"familyName": "H"}, "emails": ["a@b.example"] * 11}, ("input", "emails")),
        (
            {"names": {"familyName": "H"}, "addresses": [{"lines": ["1"], "country": "XX"}]},
            ("input", "addresses", "0", "country"),
        ),
        (
            {"kind": "ORGANIZATION", "names": {"organizationName": "X", "birthDate": "1999-01-01"}},
            ("input", "names", "birthDate"),
        ),
    ],
)
def test_what_cannot_be_is_a_problem_that_names_the_field(
    desk: Desk, given: dict[str, object], path: tuple[str, ...]
) -> None:
    found = problem(desk.change("createCustomer", "customer { id }", **given))
    assert found[0] == "InputProblem"
    assert found[2] == path


def test_what_is_said_stands_beside_the_partners_and_can_be_taken_back(desk: Desk) -> None:
    ada = desk.ids["ada"]
    before = desk.of("ada", PROFILE)
    said = desk.done(
        "updateCustomer",
        CREATED,
        customer={"id": ada, "expectedVersion": before["version"]},
        names={"familyName": "Lovelace", "givenName": "Ada", "birthDate": "1985-12-10"},
    )["customer"]
    assert said["profile"]["familyName"] == {"value": "Lovelace", "rule": "MOST_RECENT"}
    assert (said["displayName"], said["profile"]["birthDate"]["value"]) == ("Ada Lovelace", "1985-12-10")
    assert said["version"] != before["version"]
    late = desk.change(
        "updateCustomer",
        "customer { id }",
        customer={"id": ada, "expectedVersion": before["version"]},
        names={"language": "de"},
    )
    assert problem(late) == ("VersionProblem", "VERSION_CONFLICT", ("input", "customer", "expectedVersion"))
    assert late["problems"][0]["currentVersion"] == said["version"]
    cleared = desk.done(
        "updateCustomer",
        CREATED,
        customer={"id": ada},
        names={},
        clear=["familyName", "givenName", "birthDate"],
    )["customer"]
    assert cleared["profile"]["familyName"]["value"] == "Byron"
    assert cleared["profile"]["birthDate"] is None
    assert cleared["displayName"] == "Ada Byron"
    nothing = desk.change("updateCustomer", "customer { id }", customer={"id": ada}, names={})
    assert problem(nothing)[2] == ("input", "names")


def test_contact_points_are_added_changed_preferred_and_removed(desk: Desk) -> None:
    who = {"id": desk.ids["ada"]}

    def points(answer: object) -> list[tuple[str, bool, bool, list[str]]]:
        found = answer["customer"]["profile"]["contactPoints"]  # type: ignore[index]  # an answer of the graph
        return [
            (one["value"], one["preferred"], one["verified"], [by["connector"] for by in one["sources"]])
            for one in found
        ]

    desk.change("addContactPoint", CREATED, customer=who, contactPoint={"email": "ada@new.example"})
    both = desk.done("addContactPoint", CREATED, customer=who, contactPoint={"email": " ada@home.example "})
    assert points(both) == [
        ("ada@new.example", True, False, ["hub"]),
        ("ada@home.example", False, False, ["hub"]),
        ("ada@old.example", False, False, ["bank"]),
    ]
    preferred = desk.done(
        "preferContactPoint", CREATED, customer=who, contactPoint={"email": "ada@old.example"}
    )
    assert points(preferred)[0] == ("ada@old.example", True, False, ["hub", "bank"])
    changed = desk.done(
        "changeContactPoint",
        CREATED,
        customer=who,
        contactPoint={"email": "ADA@new.example"},
        new={"email": "ada@newer.example"},
        verified=True,
    )
    assert points(changed)[0] == ("ada@newer.example", True, True, ["hub"])
    assert "ada@new.example" not in [one[0] for one in points(changed)]
    desk.change("removeContactPoint", CREATED, customer=who, contactPoint={"email": "ada@newer.example"})
    gone = desk.done("removeContactPoint", CREATED, customer=who, contactPoint={"email": "ada@old.example"})
    assert points(gone)[1] == ("ada@old.example", False, False, ["bank"])
    theirs = desk.change(
        "removeContactPoint", CREATED, customer=who, contactPoint={"email": "ada@old.example"}
    )
    assert problem(theirs) == ("InputProblem", "NOT_STATED_HERE", ("input", "contactPoint"))
    mixed = desk.change(
        "changeContactPoint",
        CREATED,
        customer=who,
        contactPoint={"email": "ada@home.example"},
        new={"phone": "+41 44 111 22 33"},
    )
    assert problem(mixed)[2] == ("input", "new")


@one_database
def test_a_merge_brings_what_was_said_together_and_an_unmerge_parts_it(desk: Desk) -> None:
    for who, number in (("ada", "+41441112233"), ("bob", "+41442223344")):
        desk.change(
            "addContactPoint",
            "customer { id }",
            customer={"id": desk.ids[who]},
            contactPoint={"phone": number},
        )
    merged = desk.done(
        "mergeCustomers",
        "customer { version profile { phone { value } } identities { connector } }",
        survivor={"id": desk.ids["ada"]},
        others=[{"id": desk.ids["bob"]}],
    )
    assert sorted(one["connector"] for one in merged["customer"]["identities"]) == [
        "bank",
        "bank",
        "hub",
        "hub",
    ]
    added = desk.done(
        "addContactPoint",
        "customer { id }",
        customer={"id": desk.ids["bob"]},
        contactPoint={"email": "both@home.example"},
    )
    assert added["customer"]["id"] == desk.ids["ada"]
    desk.done("unmerge", "problems { code }", customerId=desk.ids["bob"])
    assert desk.of("bob", "profile { email { value } phone { value } }") == {
        "profile": {"email": None, "phone": {"value": "+41442223344"}}
    }
    assert desk.of("ada", "profile { email { value } }")["profile"]["email"]["value"] == "both@home.example"


@one_database
def test_preferences_are_of_the_catalogue(desk: Desk) -> None:
    keys = {one["key"]: one for one in desk.ask("query Q { preferenceKeys { key type choices } }")}
    assert keys["seat"]["choices"] == ["WINDOW", "AISLE", "FRONT", "EXIT_ROW"]
    fields = "customer { preferences { key value setBy } }"
    ada = desk.ids["ada"]
    desk.change("setPreference", fields, customerId=ada, key="seat", value="window")
    both = desk.done(
        "setPreference", fields, customerId=ada, key="do_not_call", value="22:00-08:00 Europe/Zurich"
    )
    assert both["customer"]["preferences"] == [
        {"key": "do_not_call", "value": "22:00-08:00 Europe/Zurich", "setBy": "agent"},
        {"key": "seat", "value": "WINDOW", "setBy": "agent"},
    ]
    for key, value in (("seat", "ROOF"), ("do_not_call", "late"), ("do_not_call", "22:00-08:00 Moon/Base")):
        found = problem(desk.change("setPreference", fields, customerId=ada, key=key, value=value))
        assert found == ("InputProblem", "BAD_USER_INPUT", ("input", "value"))
    found = problem(desk.change("setPreference", fields, customerId=ada, key="colour", value="RED"))
    assert found[2] == ("input", "key")
    forgotten = desk.done("setPreference", fields, customerId=ada, key="seat")
    assert [one["key"] for one in forgotten["customer"]["preferences"]] == ["do_not_call"]


@one_database
@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("updateCustomer", {"names": {"familyName": "King"}}),
        ("addContactPoint", {"contactPoint": {"email": "ada@new.example"}}),
    ],
)
def test_nobody_checks_what_they_say_of_themselves(desk: Desk, name: str, given: dict[str, Any]) -> None:
    mine = desk.ids["ada"]
    local = ids.decode_as("Customer", mine, argument="id")
    access = access_of("ada", reach=Reach.SELF, customer_id=local)
    query = f"""mutation($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{
        customer {{ id }} problems {{ code path }} }} }}"""
    for verified, problems in (
        (True, [{"code": "BAD_USER_INPUT", "path": ["input", "verified"]}]),
        (False, []),
    ):
        asked = {"input": {"customer": {"id": mine}, "verified": verified, **given}}
        answer = desk.run(desk.engine.execute(query, asked, access=access))
        assert answer.data is not None
        assert answer.data[name]["problems"] == problems
