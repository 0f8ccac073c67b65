"""Stage by stage: what stops a product, in which order, and by what those that pass are ranked."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.access import Purpose
from c360.records.hotel import GuestPreferences
from c360.values import CurrencyCode
from resolvers.offers import catalogue as catalogues
from resolvers.offers.catalogue import Caps, Lever, Share, Worth
from resolvers.offers.conditions import Held
from resolvers.offers.consent import ConsentState
from resolvers.offers.contact_policy import Contacts, Policy
from resolvers.offers.propensity import probability
from resolvers.offers.rules import Not
from resolvers.offers.situation import Channel, Doing, Situation
from resolvers.offers.stages import Offer, Stage, explores
from resolvers.summaries.measures import Line, Measure
from store.data_consents import ConsentSource, DecisionData, DecisionKind, DecisionState
from store.data_offers import Contact, OfferEventKind, ProductState
from tests.resolvers.offers.helpers import NOW, SAVER, TODAY, case, catalogue, consents, facts, product

HOTEL = GuestPreferences(connector="inn", guest_id="g", marketing_opt_in=False)
REFUSES_HOTELS = consents(HOTEL)


def contact(event: OfferEventKind, days: int, of: str = "savings") -> Contact:
    return Contact(product_id=of, event=event, at=NOW - timedelta(days=days), channel=None)


def contacts(*events: Contact) -> Contacts:
    return Contacts(events, NOW)


def only(found: list[Offer]) -> Offer:
    (offer,) = found
    return offer


def stage_of(offered: Any, **more: Any) -> tuple[Stage, list[str]]:
    offer = only(case(**more).offers(catalogue(offered), rejected=True))
    return offer.stage, [failure.rule for failure in offer.failures]


def test_each_stage_rejects_for_a_reason_of_its_own() -> None:
    assert stage_of(product()) == (Stage.OFFERED, [])
    assert stage_of(product(eligibility=Held(line=Line.MOTOR))) == (Stage.ELIGIBILITY, ["HELD"])
    assert stage_of(product(state=ProductState.RETIRED)) == (Stage.ELIGIBILITY, ["OPEN"])
    assert stage_of(product(valid_from=date(2026, 11, 27))) == (Stage.ELIGIBILITY, ["OPEN"])
    assert stage_of(product(valid_until=date(2026, 11, 25))) == (Stage.ELIGIBILITY, ["OPEN"])
    assert stage_of(product(currency=CurrencyCode("CHF"))) == (Stage.ELIGIBILITY, ["RATE"])
    stay = product(domain="hotel", line=Line.HOTEL)
    assert stage_of(stay, consents=REFUSES_HOTELS) == (Stage.CONSENT, ["CONSENT"])
    tired = contacts(*(contact(OfferEventKind.PRESENTED, days) for days in (1, 20, 89)))
    assert stage_of(product(), contacts=tired) == (Stage.CONTACT_POLICY, ["FREQUENCY"])
    assert stage_of(product(suitability=Held(line=Line.MOTOR))) == (Stage.SUITABILITY, ["HELD"])
    complaining = facts(situation=Situation(doing=Doing.COMPLAINING))
    assert stage_of(product(), known=complaining) == (Stage.SUITABILITY, ["CONTEXT"])
    dear = product(worth=Worth(a_year=1, years=1, acquisition=2))
    assert stage_of(dear) == (Stage.ARBITRATION, ["WORTH"])


def test_drafts_are_not_seen_at_all_and_dates_include_their_ends() -> None:
    assert case().offers(catalogue(product(state=ProductState.DRAFT)), rejected=True) == []
    assert stage_of(product(valid_from=TODAY, valid_until=TODAY))[0] is Stage.OFFERED


def test_rejected_products_are_left_out_unless_wanted_and_follow_those_that_came_further() -> None:
    shelf = catalogue(
        product("a", eligibility=Held(line=Line.MOTOR)),
        product("b"),
        product("c", suitability=Held(line=Line.MOTOR)),
    )
    assert [offer.product.id for offer in case().offers(shelf)] == ["b"]
    assert [offer.product.id for offer in case().offers(shelf, rejected=True)] == ["b", "c", "a"]
    assert [offer.product.id for offer in case().offers(shelf, first=2, rejected=True)] == ["b", "c"]


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ([contact(OfferEventKind.PRESENTED, days) for days in (1, 2)], None),
        ([contact(OfferEventKind.PRESENTED, days) for days in (1, 2, 90)], None),
        ([contact(OfferEventKind.PRESENTED, days, "other") for days in (1, 2, 3)], None),
        ([contact(OfferEventKind.DECLINED, 89)], "REST_AFTER_DECLINED"),
        ([contact(OfferEventKind.DECLINED, 90)], None),
        ([contact(OfferEventKind.ACCEPTED, 364)], "REST_AFTER_ACCEPTED"),
        ([contact(OfferEventKind.ACCEPTED, 365)], None),
        ([contact(OfferEventKind.PRESENTED, 1, f"p{n}") for n in range(20)], "CONTACTS"),
        ([contact(OfferEventKind.PRESENTED, 30, f"p{n}") for n in range(20)], None),
    ],
)
def test_contact_policy_counts_what_was_kept(events: list[Contact], rule: str | None) -> None:
    assert stage_of(product(), contacts=contacts(*events))[1] == ([] if rule is None else [rule])


def test_a_product_may_be_offered_sooner_by_its_own_caps() -> None:
    often = product(caps=Caps(most=9, after_declined=0))
    events = [contact(OfferEventKind.PRESENTED, 1), contact(OfferEventKind.DECLINED, 0)]
    assert stage_of(often, contacts=contacts(*events)) == (Stage.OFFERED, [])


def test_what_serves_a_contract_needs_no_consent_and_silence_is_no_refusal() -> None:
    stay = product(domain="hotel", line=Line.HOTEL)
    assert only(case().offers(catalogue(stay))).consent is ConsentState.NOT_RECORDED
    agreed = consents(msgspec.structs.replace(HOTEL, marketing_opt_in=True))
    assert only(case(consents=agreed).offers(catalogue(stay))).consent is ConsentState.GRANTED
    both = consents(HOTEL, msgspec.structs.replace(HOTEL, marketing_opt_in=True))
    assert case(consents=both).offers(catalogue(stay)) == []
    service = msgspec.structs.replace(stay, purpose=Purpose.SERVICE)
    assert only(case(consents=REFUSES_HOTELS).offers(catalogue(service))).consent is ConsentState.NOT_NEEDED
    assert case(consents=REFUSES_HOTELS).offers(catalogue(product())) != []


def test_for_marketing_a_consent_is_needed_for_the_product_and_the_channel() -> None:
    said = ConsentSource.PAPER
    email = DecisionData(
        id="d", customer_id="c1", home_id="c1", kind=DecisionKind.CONSENT, state=DecisionState.GIVEN,
        purpose=Purpose.MARKETING, channel="EMAIL", at=NOW, recorded_at=NOW, recorded_by="a", source=said,
    )  # fmt: skip
    silent = consents(asked_for=Purpose.MARKETING)
    assert stage_of(product(), consents=silent) == (Stage.CONSENT, ["CONSENT"])
    agreed = consents(decisions=[email], asked_for=Purpose.MARKETING)
    assert stage_of(product(), consents=agreed)[0] is Stage.CONSENT
    by_email = facts(situation=Situation(channel=Channel.EMAIL))
    assert only(case(by_email, consents=agreed).offers(catalogue(product()))).consent is ConsentState.GRANTED
    by_post = facts(situation=Situation(channel=Channel.POST))
    assert case(by_post, consents=agreed).offers(catalogue(product())) == []
    no = msgspec.structs.replace(email, kind=DecisionKind.OBJECTION, state=DecisionState.RAISED, channel=None)
    for asked_for in (Purpose.SERVICE, Purpose.MARKETING):
        objecting = consents(decisions=[email, no], asked_for=asked_for)
        assert case(by_email, consents=objecting).offers(catalogue(product())) == []


def test_the_priority_is_the_product_of_its_parts_as_worked_out_by_hand() -> None:
    shelf = catalogue(
        product(
            currency=CurrencyCode("EUR"),
            worth=Worth(
                a_year=10,
                shares=(
                    Share(line=Line.DEPOSITS, measure=Measure.BALANCE, share=0.5, margin="deposit_spread"),
                ),
                retention=0.54,
                years=3,
                acquisition=5,
            ),
            contexts={Doing.BUYING_INSURANCE: 1.5},
            channels={Channel.BRANCH: 2.0},
            levers=(
                Lever(name="savers", percent=20, when=Held(line=Line.DEPOSITS)),
                Lever(name="nobody", percent=900, when=Not(of=Held(line=Line.DEPOSITS))),
                Lever(name="over", percent=900, valid_until=date(2026, 11, 1)),
                Lever(name="held back", percent=-50),
            ),
        )
    )
    situation = Situation(doing=Doing.BUYING_INSURANCE, channel=Channel.BRANCH)
    offer = only(case(facts(situation=situation)).offers(shelf))
    assert offer.parts is not None
    # ln(1 + 9,999) = 9.21034…; −1 + 0.4 · (9.21034 − 7) + 0.8 · (0 − 0.3)
    assert offer.log_odds == pytest.approx(-1 + 0.4 * 2.210340 - 0.24, abs=1e-6)
    assert offer.parts.propensity == pytest.approx(0.411961, abs=1e-6)
    assert offer.parts.context == 3.0
    # (16 + 9,999 · 0.5 · 0.014) · (1 + 0.5 + 0.25) − 8, as 0.54 / 1.08 is a half and a euro 1.60
    assert offer.parts.value == pytest.approx((16 + 69.993) * 1.75 - 8)
    assert offer.parts.lever == pytest.approx(0.7)
    assert offer.priority == pytest.approx(0.411961 * 3 * 142.48775 * 0.7, rel=1e-5)


def test_contributions_and_baseline_add_up_to_the_log_odds() -> None:
    one = case()
    offer = only(one.offers(catalogue(product())))
    scorer = offer.ready.scorer
    parts = scorer.contributions(one.features)
    assert [part.feature for part in parts] == ["DEPOSITS.BALANCE", "BROKERAGE.HELD"]
    assert offer.log_odds == pytest.approx(scorer.baseline + sum(part.value for part in parts), abs=1e-9)
    assert parts[0].given == pytest.approx(9.21034, abs=1e-5)
    assert parts[0].reference == 7.0


def test_a_line_that_is_not_known_speaks_neither_for_nor_against() -> None:
    unknown = case(facts({Line.LIFE: SAVER[Line.LIFE]}, unknown=frozenset({Line.DEPOSITS, Line.BROKERAGE})))
    offer = only(unknown.offers(catalogue(product())))
    assert offer.log_odds == -1.0
    assert offer.ready.scorer.contributions(unknown.features) == []


def test_a_product_without_a_model_is_as_likely_for_everybody() -> None:
    offer = only(case().offers(catalogue(product("new"))))
    assert (offer.log_odds, offer.ready.scorer.modelled) == (-4.0, False)
    assert offer.parts is not None
    assert offer.parts.propensity == pytest.approx(0.0179862, abs=1e-6)


SHIPPED = catalogues.read(catalogues.SHIPPED.read_bytes())
HOLDER = {
    Line.DEPOSITS: {Measure.CONTRACTS: 1.0, Measure.BALANCE: 30_000.0, Measure.INCOME_12M: 80_000.0},
    Line.LIFE: {Measure.CONTRACTS: 1.0, Measure.RESERVE: 20_000.0},
    Line.LOYALTY: {Measure.CONTRACTS: 1.0},
}


def first_for(doing: Doing, lines: Any = HOLDER, count: int = 3) -> list[str]:
    found = case(facts(lines, situation=Situation(doing=doing))).offers(catalogue(*SHIPPED), first=count)
    return [offer.product.id for offer in found]


def test_who_surrenders_a_policy_is_shown_the_loan_against_it_first() -> None:
    assert first_for(Doing.SURRENDERING_POLICY)[0] == "policy-loan"
    assert "policy-loan" not in first_for(Doing.BROWSING, count=99)


def test_who_buys_insurance_is_offered_the_bank_or_the_broker() -> None:
    domains = {product.id: product.domain for product in SHIPPED}
    uninsured = {Line.LOYALTY: HOLDER[Line.LOYALTY]}
    assert first_for(Doing.BUYING_INSURANCE, uninsured)[0] == "everyday-account"
    assert first_for(Doing.BROWSING, uninsured)[0] != "everyday-account"
    with_money = {Line.DEPOSITS: HOLDER[Line.DEPOSITS]}
    first, second, _ = first_for(Doing.BUYING_INSURANCE, with_money)
    assert {domains[first], domains[second]} <= {"banking", "brokerage"}
    assert "brokerage-account" in first_for(Doing.BUYING_INSURANCE, with_money)


def test_who_complains_is_offered_an_apology_and_nothing_else() -> None:
    assert first_for(Doing.COMPLAINING, count=99) == ["goodwill-points"]


def test_exploration_is_the_same_all_day_and_reaches_its_share() -> None:
    shelf = catalogue(*(product(f"p{n}", worth=Worth(a_year=n + 1, years=1)) for n in range(6)))
    policy = Policy(explore=1.0)
    order = [offer.product.id for offer in case(policy=policy).offers(shelf)]
    assert order == [offer.product.id for offer in case(policy=policy).offers(shelf)]
    tomorrow = case(policy=policy, today=TODAY + timedelta(days=1)).offers(shelf)
    assert order != [offer.product.id for offer in tomorrow]
    assert all(offer.explored for offer in tomorrow)
    assert case(policy=policy).offer(shelf.ready[0]).explored
    share = sum(explores(f"c{n}", TODAY, 0.05) for n in range(20_000)) / 20_000
    assert share == pytest.approx(0.05, abs=0.005)
    first = Counter(
        case(customer_id=f"c{n}", policy=policy).offers(shelf)[0].product.id for n in range(3_000)
    )
    assert min(first.values()) > 400  # 500 of each by lot


def test_asking_for_one_product_says_the_same_as_asking_for_all() -> None:
    shelf = catalogue(*SHIPPED)
    one = case(facts(HOLDER))
    for offer in one.offers(shelf, rejected=True):
        again = one.offer(offer.ready)
        assert (again.stage, again.failures, again.consent) == (offer.stage, offer.failures, offer.consent)
        assert again.priority == pytest.approx(offer.priority)


@given(st.floats(-1e4, 1e4))
def test_probabilities_never_overflow(log_odds: float) -> None:
    found = probability(log_odds)
    assert 0 <= found <= 1
    assert found + probability(-log_odds) == pytest.approx(1)
