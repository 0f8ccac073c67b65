"""Rules before weights: each does what it says, and their order does not matter."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import IdentifierKind, Party, PartyKind
from resolvers.identity.decide import Matcher
from resolvers.identity.features import Features, party_features
from resolvers.identity.model import digest, load
from resolvers.identity.rules import RULES, WEIGHTS, Judgement, Outcome, judge
from tests.resolvers.identity.parties import ORGANIZATIONS, PERSONS, address, features, tax_id
from tests.resolvers.identity.weights import MODEL

MATCHER = Matcher(MODEL)
HOME: dict[str, Any] = {
    "family_name": "Künzler",
    "phones": ("+41446681800",),
    "emails": ("kuenzler@home.example",),
    "addresses": (address(),),
}
ANNA: dict[str, Any] = {**HOME, "given_name": "Anna", "birth_date": date(1961, 5, 17)}
CPF, OTHER_CPF = "52998224725", "11144477735"


def judged(left: dict[str, Any] | Features, right: dict[str, Any] | Features) -> Judgement:
    one = left if isinstance(left, Features) else features(**left)
    other = right if isinstance(right, Features) else features(**right)
    return MATCHER.compare(one, other)[1]


def test_a_verified_number_in_common_links_whatever_the_rest() -> None:
    found = judged(
        {"given_name": "Anna", "family_name": "Rossi", "identifiers": (tax_id(CPF),)},
        {"given_name": "Anna", "family_name": "Weber", "identifiers": (tax_id("529.982.247-25"),)},
    )
    assert (found.outcome, found.rule) == (Outcome.LINK, "same_verified_id")


def test_a_verified_number_in_the_record_of_somebody_else_is_a_review() -> None:
    husband = {"given_name": "Peter", "birth_date": date(1950, 12, 1), **HOME, "identifiers": (tax_id(CPF),)}
    found = judged({**ANNA, "identifiers": (tax_id(CPF),)}, husband)
    assert (found.outcome, found.rule) == (Outcome.REVIEW, "own_field_differs")


def test_two_verified_tax_numbers_of_one_country_are_two_people_whatever_the_weights() -> None:
    found = judged({**ANNA, "identifiers": (tax_id(CPF),)}, {**ANNA, "identifiers": (tax_id(OTHER_CPF),)})
    assert (found.outcome, found.rule, found.apart) == (Outcome.NEW, "different_verified_ids", True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (tax_id(CPF), tax_id("52998224726")),  # a slip: the check digits do not hold
        (tax_id(CPF), tax_id("7569217076985", "CH")),  # two countries
        (tax_id("51824753556", "AU"), tax_id("123456782", "AU")),  # an ABN and a TFN
        (
            tax_id("AB123456", "GB", IdentifierKind.PASSPORT),
            tax_id("CD654321", "GB", IdentifierKind.PASSPORT),
        ),
    ],
)
def test_other_numbers_do_not_contradict(one: Any, other: Any) -> None:
    found = judged({**ANNA, "identifiers": (one,)}, {**ANNA, "identifiers": (other,)})
    assert not found.apart
    assert found.outcome is not Outcome.NEW


def test_one_number_in_common_and_one_that_contradicts_is_a_review_and_never_a_link() -> None:
    both = (tax_id(CPF), tax_id("7569217076985", "CH"))
    found = judged({**ANNA, "identifiers": both}, {**ANNA, "identifiers": (tax_id(OTHER_CPF), both[1])})
    assert (found.outcome, found.apart) == (Outcome.REVIEW, True)


def test_a_household_is_no_person() -> None:
    peter = {**HOME, "given_name": "Peter", "birth_date": date(1990, 12, 1)}
    assert judged(ANNA, peter) == Judgement(Outcome.NEW, "household", ("household", "own_field_differs"))
    # Nothing of one's own is known: a person has to say.
    assert judged(HOME, ANNA).outcome is Outcome.REVIEW


def test_twins_and_father_and_son_are_never_linked_unseen() -> None:
    assert judged(ANNA, {**ANNA, "given_name": "Peter"}).outcome is Outcome.REVIEW
    assert judged(ANNA, {**ANNA, "birth_date": date(1990, 12, 1)}).outcome is Outcome.REVIEW


def test_a_switchboard_makes_a_review_and_neither_a_link_nor_a_split() -> None:
    phone = "+41446681800"
    left = features(given_name="Anna", family_name="Künzler", phones=(phone,))
    right = features(given_name="Anna", family_name="KÜNZLER", phones=(phone,))
    assert judged(left, right) == Judgement(Outcome.LINK, WEIGHTS)
    learnt = msgspec.structs.replace(MODEL, shared_values={"phones": frozenset({digest(phone)})})
    found = Matcher(learnt).compare(left, right)[1]
    assert (found.outcome, found.rule) == (Outcome.REVIEW, "shared_value")
    enough = features(given_name="Anna", family_name="Künzler", birth_date=date(1961, 5, 17), phones=(phone,))
    assert Matcher(learnt).compare(enough, enough)[1].outcome is Outcome.LINK


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("emails", ("none@hotel.example",)),
        ("emails", ("no-reply@hotel.example",)),
        ("phones", ("+41000000000",)),
        ("phones", ("0000000",)),
        ("identifiers", (tax_id("00000000000"),)),
        ("birth_date", date(1900, 1, 1)),
        ("given_name", "Unknown"),
    ],
)
def test_blocked_values_count_for_nothing(field: str, value: Any) -> None:
    blocked = load().blocked
    told = party_features(Party(party_id="p", **{field: value}), blocked=blocked, region="CH")
    assert told == Features()


def test_an_organisation_at_the_same_desk_is_another_one() -> None:
    desk: dict[str, Any] = {
        "kind": PartyKind.ORGANIZATION,
        "phones": ("+41446681800",),
        "addresses": (address(),),
    }
    found = judged({**desk, "organization_name": "Muster AG"}, {**desk, "organization_name": "Zeta GmbH"})
    assert (found.outcome, found.rule) == (Outcome.NEW, "household")


@given(st.permutations(RULES), PERSONS | ORGANIZATIONS, PERSONS | ORGANIZATIONS)
def test_the_order_of_the_rules_does_not_matter(rules: Any, one: Party, other: Party) -> None:
    if one.kind is not other.kind:
        return
    left, right = party_features(one), party_features(other)
    pair, found = MATCHER.compare(left, right)
    assert judge(pair, MODEL, rules) == found
    assert MATCHER.compare(right, left)[1] == found


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES} | {WEIGHTS}) == len(RULES) + 1
