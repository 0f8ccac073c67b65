"""Decisions about a party among candidates."""

from __future__ import annotations

import random
import time
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.identity.decide import (
    CUSTOMER_LIMIT,
    SEVERAL_CUSTOMERS,
    Candidate,
    KnownParty,
    Matcher,
    PartyKey,
)
from resolvers.identity.features import party_features
from resolvers.identity.rules import WEIGHTS, Outcome
from tests.resolvers.identity.parties import PERSONS, address, features, tax_id
from tests.resolvers.identity.weights import MODEL

MATCHER = Matcher(MODEL)
ANNA: dict[str, Any] = {
    "given_name": "Anna",
    "family_name": "Künzler",
    "birth_date": date(1961, 5, 17),
    "emails": ("anna@home.example",),
    "phones": ("+41446681800",),
    "addresses": (address(),),
}
CPF, OTHER_CPF = "52998224725", "11144477735"


def known(party_id: str, connector: str = "bank", **fields: Any) -> KnownParty:
    return KnownParty(PartyKey(connector, party_id), features(**fields))


def customer(name: str, *parties: KnownParty) -> Candidate:
    return Candidate(name, parties)


def test_the_customer_that_fits_is_linked_with_its_evidence() -> None:
    decision = MATCHER.decide(
        known("new", "hotel", **{**ANNA, "given_name": "Anna Maria", "addresses": ()}),
        [customer("c1", known("1", **ANNA)), customer("c2", known("2", given_name="Peter"))],
    )
    assert (decision.outcome, decision.customer_id, decision.rule) == (Outcome.LINK, "c1", WEIGHTS)
    assert decision.model == MODEL.version
    best = decision.matches[0].evidence
    assert best.party == PartyKey("bank", "1")
    assert best.total == sum((field.weight for field in best.fields), best.prior)
    assert {field.field: field.agreement for field in best.fields}["given_name"] == "part"
    assert best.probability >= MODEL.thresholds.link
    assert [match.customer_id for match in decision.matches] == ["c1", "c2"]


def test_without_candidates_it_is_a_new_customer() -> None:
    assert MATCHER.decide(known("new", **ANNA), []).outcome is Outcome.NEW
    stranger = customer("c1", known("1", given_name="Peter", family_name="Weber"))
    decision = MATCHER.decide(known("new", **ANNA), [stranger])
    assert (decision.outcome, decision.customer_id) == (Outcome.NEW, None)


def test_two_customers_that_both_fit_are_asked_about() -> None:
    twice = [customer("c2", known("2", "hotel", **ANNA)), customer("c1", known("1", **ANNA))]
    decision = MATCHER.decide(known("new", "rental", **ANNA), twice)
    assert (decision.outcome, decision.customer_id, decision.rule) == (
        Outcome.REVIEW,
        None,
        SEVERAL_CUSTOMERS,
    )
    assert [match.customer_id for match in decision.matches] == ["c1", "c2"]


def test_a_customer_whose_other_record_contradicts_is_asked_about_and_never_linked() -> None:
    candidate = customer(
        "c1", known("1", **ANNA), known("2", "insurer", **ANNA, identifiers=(tax_id(OTHER_CPF),))
    )
    decision = MATCHER.decide(known("new", "hotel", **ANNA, identifiers=(tax_id(CPF),)), [candidate])
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, CUSTOMER_LIMIT)


def test_one_partner_has_no_dozens_of_records_of_one_customer() -> None:
    full = customer("c1", *(known(str(place), **ANNA) for place in range(5)))
    assert MATCHER.decide(known("new", "bank", **ANNA), [full]).rule == CUSTOMER_LIMIT
    assert MATCHER.decide(known("new", "hotel", **ANNA), [full]).outcome is Outcome.LINK


def test_a_phone_that_turns_up_with_many_candidates_is_a_switchboard() -> None:
    phone = ("+41446681800",)
    names = ("Peter", "Olga", "Marco", "Lina", "Hans", "Rosa", "Tim", "Eva", "Max")
    crowd = [
        customer(f"c{place}", known(f"{place}", given_name=name, family_name="Weber", phones=phone))
        for place, name in enumerate(names)
    ]
    hit = customer("hit", known("hit", given_name="Anna", family_name="Künzler", phones=phone))
    party = known("new", "hotel", given_name="Anna", family_name="Künzler", phones=phone)
    assert MATCHER.decide(party, [hit, *crowd[:3]]).outcome is Outcome.LINK
    decision = MATCHER.decide(party, [hit, *crowd])
    assert (decision.outcome, decision.rule) == (Outcome.REVIEW, "shared_value")


def test_a_party_is_not_compared_with_itself() -> None:
    party = known("1", **ANNA)
    assert MATCHER.decide(party, [customer("c1", party)]).matches == ()


@given(st.lists(PERSONS, min_size=2, max_size=7), st.randoms(use_true_random=False))
def test_the_order_of_candidates_and_parties_does_not_matter(parties: list[Any], rng: random.Random) -> None:
    first, *others = (
        KnownParty(PartyKey("bank", str(place)), party_features(party)) for place, party in enumerate(parties)
    )
    candidates = [customer(f"c{place}", *others[place::2]) for place in range(2)]
    shuffled = [
        Candidate(one.customer_id, tuple(rng.sample(one.parties, len(one.parties)))) for one in candidates
    ]
    rng.shuffle(shuffled)
    assert MATCHER.decide(first, shuffled) == MATCHER.decide(first, candidates)


def test_more_agreement_never_makes_a_link_a_review() -> None:
    bare = {name: ANNA[name] for name in ("given_name", "family_name", "birth_date")}
    candidate = customer("c1", known("1", **ANNA))
    outcomes = [MATCHER.decide(known("new", "hotel", **bare), [candidate]).outcome]
    for name in ("emails", "phones", "addresses"):
        bare[name] = ANNA[name]
        outcomes.append(MATCHER.decide(known("new", "hotel", **bare), [candidate]).outcome)
    # Name and birth date alone are a namesake's too: something of one's own has to agree besides.
    assert outcomes == [Outcome.REVIEW] + [Outcome.LINK] * 3


@pytest.mark.alone
def test_fifty_candidates_are_decided_within_a_few_milliseconds() -> None:
    # The promise of 1 ms is measured by `make bench`; this holds on a machine that does other work too.
    rng = random.Random(7)
    crowd = [
        customer(
            str(place),
            known(
                str(place),
                given_name=rng.choice(("Peter", "Olga", "Marco", "Annamaria", "Hans")),
                family_name=rng.choice(("Weber", "Kunz", "Künzli", "Rossi")),
                birth_date=date(1950 + rng.randrange(50), 1 + rng.randrange(12), 1 + rng.randrange(28)),
                emails=(f"person{place}@home.example",),
                phones=(f"+4144668{1000 + place}",),
                addresses=(address(f"Seestrasse {place}"),),
            ),
        )
        for place in range(50)
    ]
    party = known("new", "hotel", **ANNA)
    best = float("inf")
    for _ in range(20):
        start = time.thread_time()
        MATCHER.decide(party, crowd)
        best = min(best, time.thread_time() - start)
    assert best < 0.005


def test_a_model_of_other_thresholds_decides_otherwise() -> None:
    strict = msgspec.structs.replace(
        MODEL, thresholds=msgspec.structs.replace(MODEL.thresholds, link=1.0, review=0.9999999)
    )
    decision = Matcher(strict).decide(
        known("new", "hotel", given_name="Anna", family_name="Künzler", birth_date=date(1961, 5, 17)),
        [customer("c1", known("1", **ANNA))],
    )
    assert decision.outcome is Outcome.NEW
