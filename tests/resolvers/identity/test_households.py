"""Households: who lives together, and who only shares a tower or a switchboard."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import Party, PartyKind
from resolvers.identity.features import party_features
from resolvers.identity.households import Bond, Household, Person, households
from tests.resolvers.identity.parties import PERSONS, address, features

HOME = (address(),)
PHONE = ("+41446681800",)


def person(name: str, *parties: dict[str, Any]) -> Person:
    return Person(name, tuple(features(**fields) for fields in parties))


def test_two_things_that_agree_make_a_household_and_one_does_not() -> None:
    anna = person("anna", {"family_name": "Künzler", "addresses": HOME, "phones": PHONE})
    peter = person("peter", {"family_name": "Künzler", "addresses": HOME})
    mia = person("mia", {"family_name": "Weber", "phones": PHONE, "addresses": HOME})
    neighbour = person("neighbour", {"family_name": "Rossi", "addresses": HOME})
    namesake = person("namesake", {"family_name": "Künzler", "addresses": (address("Rue du Lac 1"),)})
    (found,) = households([anna, peter, mia, neighbour, namesake])
    assert found == Household(
        ("anna", "mia", "peter"),
        (Bond("anna", "mia", ("address", "phone")), Bond("anna", "peter", ("address", "family_name"))),
    )


def test_what_agrees_may_stand_in_two_records_of_a_person() -> None:
    anna = person("anna", {"family_name": "Weber"}, {"family_name": "Künzler", "phones": PHONE})
    peter = person("peter", {"family_name": "Kuenzler"}, {"family_name": "Künzler", "phones": PHONE})
    assert [one.members for one in households([anna, peter])] == [("anna", "peter")]


def test_a_tower_and_a_company_are_no_household() -> None:
    tower = [person(f"p{place:02}", {"family_name": "Smith", "addresses": HOME}) for place in range(20)]
    assert households(tower) == ()
    assert len(households(tower[:12])) == 1
    firm = {
        "kind": PartyKind.ORGANIZATION,
        "organization_name": "Smith AG",
        "addresses": HOME,
        "phones": PHONE,
    }
    assert households([person("a", firm), person("b", firm)]) == ()


@given(st.lists(PERSONS, max_size=8), st.randoms(use_true_random=False))
def test_laws_of_households(parties: list[Party], rng: random.Random) -> None:
    persons = [Person(f"p{place}", (party_features(party),)) for place, party in enumerate(parties)]
    found = households(persons, most=5)
    assert households(rng.sample(persons, len(persons)), most=5) == found
    placed = [member for one in found for member in one.members]
    assert len(placed) == len(set(placed))
    for one in found:
        assert 2 <= len(one.members) <= 5
        assert {name for bond in one.bonds for name in (bond.left, bond.right)} == set(one.members)
        assert all(len(bond.fields) >= 2 and bond.left < bond.right for bond in one.bonds)
