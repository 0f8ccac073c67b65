"""Scores: what adds up, what is alike from both sides, what more agreement does."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.party import Party, PartyKind
from resolvers.identity.comparisons import COMPARISONS
from resolvers.identity.features import party_features
from resolvers.identity.model import KindModel, TermFrequencies
from resolvers.identity.scoring import Scorer, bits, probability
from tests.resolvers.identity.parties import ORGANIZATIONS, PERSONS, address, features, tax_id
from tests.resolvers.identity.weights import MODEL

SCORER = Scorer(MODEL)
FULL: dict[str, Any] = {
    "given_name": "Ursula",
    "family_name": "Künzler",
    "birth_date": date(1961, 5, 17),
    "emails": ("ursula.kuenzler@firm.example",),
    "phones": ("+41446681800",),
    "addresses": (address(),),
    "identifiers": (tax_id("52998224725"),),
}


def with_terms(**terms: TermFrequencies) -> Scorer:
    person: KindModel = msgspec.structs.replace(MODEL.person, term_frequencies=terms)
    return Scorer(msgspec.structs.replace(MODEL, person=person))


@given(PERSONS, PERSONS)
def test_prior_and_weights_add_up_and_both_sides_are_alike(one: Party, other: Party) -> None:
    score = SCORER.score(party_features(one), party_features(other))
    total = score.prior
    for field in score.fields:
        total += field.weight
    assert score.total == total
    assert 0 <= score.probability <= 1
    assert SCORER.score(party_features(other), party_features(one)) == score
    assert [field.field for field in score.fields] == [one.name for one in COMPARISONS[PartyKind.PERSON]]


@given(ORGANIZATIONS, ORGANIZATIONS)
def test_organisations_have_weights_of_their_own(one: Party, other: Party) -> None:
    score = SCORER.score(party_features(one), party_features(other))
    assert [field.field for field in score.fields] == [
        "organization_name",
        "email",
        "phone",
        "address",
        "identifier",
    ]
    assert SCORER.score(party_features(other), party_features(one)) == score


def test_a_person_is_never_compared_with_an_organisation() -> None:
    with pytest.raises(ValueError, match="not compared"):
        SCORER.score(features(), features(kind=PartyKind.ORGANIZATION))


@given(st.sets(st.sampled_from(sorted(FULL))), st.sampled_from(sorted(FULL)))
def test_a_field_more_that_agrees_never_lowers_the_score(shown: set[str], more: str) -> None:
    # One party says everything; the other comes to say one thing more, the same.
    whole = features(**FULL)
    less = features(**{name: FULL[name] for name in shown - {more}})
    then = features(**{name: FULL[name] for name in shown | {more}})
    assert SCORER.score(whole, then).total > SCORER.score(whole, less).total


@given(PERSONS, st.sampled_from(sorted(FULL)))
def test_agreeing_fully_weighs_more_than_whatever_stood_there(other: Party, name: str) -> None:
    # Names are left as they are: their order is judged over both.
    if name in {"given_name", "family_name"}:
        return
    whole = features(**FULL)
    before = SCORER.score(whole, party_features(other)).total
    mended = msgspec.structs.replace(other, **{name: FULL[name]})
    assert SCORER.score(whole, party_features(mended)).total >= before


def test_a_rare_name_says_more_than_a_common_one() -> None:
    scorer = with_terms(family=TermFrequencies(values={"smith": 0.02}, rest=0.0001))
    common = scorer.score(features(family_name="Smith"), features(family_name="SMITH"))
    rare = scorer.score(features(family_name="Featherstonehaugh"), features(family_name="Featherstonehaugh"))
    family = {level.level: level for level in MODEL.person.comparisons[1].levels}["exact"]
    by_field = {field.field: field.weight for field in common.fields}
    assert by_field["family_name"] == pytest.approx(math.log2(family.m / 0.02))
    assert rare.total - common.total == pytest.approx(math.log2(0.02 / 0.0001))


def test_what_does_not_agree_exactly_is_not_adjusted() -> None:
    left, right = features(family_name="Smith"), features(family_name="Smyth")
    plain = SCORER.score(left, right)
    assert with_terms(family=TermFrequencies(values={"smith": 0.02}, rest=0.0001)).score(left, right) == plain


@given(st.floats(0.000001, 0.999999))
def test_bits_and_probabilities_are_two_ways_to_say_one_thing(chance: float) -> None:
    assert probability(bits(chance)) == pytest.approx(chance)


def test_probabilities_stay_within_bounds() -> None:
    assert probability(-1e9) == pytest.approx(0)
    assert probability(1e9) == 1
