"""The connector over the sandbox's insurer: each exchange as specified, each record as it was lived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from c360.errors import ConnectorError, PartnerFault, ProblemCode, Reauthorise, RetryLater
from c360.records.insurance import (
    Claim,
    ClaimStatus,
    Policy,
    PolicyLine,
    Premium,
    PremiumMovement,
)
from c360.records.party import IdentifierKind, Party, PartyKind
from plugins.insurance.config import Product
from plugins.insurance.connector import LISTS
from sandbox.framework import World
from sandbox.partners import insurance
from sandbox.population.model import EventKind, Life, Line, Presence

pytestmark = pytest.mark.specs

HOST = "http://insurer.test"
PARTY, POLICIES, PREMIUMS, CLAIMS = KINDS = (
    "party.profile",
    "insurance.policies",
    "insurance.premiums",
    "insurance.claims",
)
LINES = {
    Line.AUTO: PolicyLine.MOTOR,
    Line.LIFE: PolicyLine.LIFE,
    Line.PENSION: PolicyLine.PENSION,
    Line.HOUSING: PolicyLine.HOME,
}


@pytest.fixture
def partner(world: World, spec_http: Any) -> Any:
    """A transport to the sandbox's insurer that compares every exchange with the specification."""
    return spec_http("insurance-opin-bundle.yaml", insurance.app(world), HOST, server_prefix="")


@pytest.fixture
def life_of(world: World) -> Callable[[Presence], Life]:
    """The life behind a presence."""
    return lambda presence: world.population.life(presence.member_id)


@pytest.fixture
def somebody(world: World, life_of: Callable[[Presence], Life]) -> Presence:
    """A person with policies of at least two APIs."""
    return next(
        presence
        for presence in world.population.presences("insurance")
        if not presence.organization and len({policy.line for policy in life_of(presence).policies}) > 1
    )


def test_everybody_with_everything(
    world: World, partner: Any, insurer: Any, life_of: Callable[[Presence], Life]
) -> None:
    asked = insurer(partner)
    presences = world.population.presences("insurance")
    for presence in (*presences[:10], *presences[-4:]):
        fetched = asked.ask(KINDS, token=presence.token)

        assert {kind: answer.error for kind, answer in fetched.items()} == dict.fromkeys(KINDS)
        life = life_of(presence)
        (party,) = fetched[PARTY].records
        _same_party(party, presence)
        _same_policies(fetched[POLICIES].records, life)
        _same_premiums(fetched[PREMIUMS].records, life)
        _same_claims(fetched[CLAIMS].records, life)


def _same_party(party: Party, presence: Presence) -> None:
    assert party.party_id == presence.party_id
    assert party.birth_date == presence.birth_date
    assert party.emails == ((presence.email,) if presence.email else ())
    assert party.phones == ((presence.phone,) if presence.phone else ())
    assert [(found.kind, found.value, found.country) for found in party.identifiers] == [
        (IdentifierKind.TAX_ID, presence.tax_id, "BR")
    ]
    assert party.updated_at == presence.updated_at
    (address,) = party.addresses
    assert address.country == presence.address.country
    if presence.organization:
        assert party.kind is PartyKind.ORGANIZATION
        assert party.organization_name == presence.organization_name
    else:
        assert party.kind is PartyKind.PERSON
        assert party.full_name


def _same_policies(records: tuple[Policy, ...], life: Life) -> None:
    found = {policy.policy_id: policy for policy in records}
    assert set(found) == {policy.id for policy in life.policies}
    for policy in life.policies:
        record = found[policy.id]
        assert record.line is LINES[policy.line]
        assert (record.starts_on, record.ends_on) == (policy.start, policy.end)
        assert record.insurer
        assert [thing.description for thing in record.objects] == [policy.thing]
        main = record.coverages[0]
        assert main.main is True
        assert main.sum_insured is not None
        assert (main.sum_insured.amount, main.sum_insured.currency) == (policy.sum_insured, "BRL")
        if policy.reserve is not None:
            assert record.reserve is not None
            assert record.reserve.amount == policy.reserve
            assert main.reserve_rate
            assert main.grace_periods


def _same_premiums(records: tuple[Premium, ...], life: Life) -> None:
    assert {premium.policy_id for premium in records} == {policy.id for policy in life.policies}
    lived = life.at("insurance")
    for premium in records:
        kinds = Counter(event.kind for event in lived if event.holding == premium.policy_id)
        movements = Counter(payment.movement for payment in premium.payments)
        paid, missed = kinds[EventKind.PREMIUM_PAID], kinds[EventKind.PREMIUM_MISSED]
        assert movements[PremiumMovement.PREMIUM_SETTLED] == paid
        assert movements[PremiumMovement.PREMIUM_ISSUED] == paid + missed
        assert set(movements) <= {PremiumMovement.PREMIUM_ISSUED, PremiumMovement.PREMIUM_SETTLED}
        moved = [payment.moved_on for payment in premium.payments]
        assert moved == sorted(moved, key=str, reverse=True)


def _same_claims(records: tuple[Claim, ...], life: Life) -> None:
    lived = {event.id: event for event in life.at("insurance") if event.kind is EventKind.CLAIM}
    assert {claim.claim_id for claim in records} == set(lived)
    for claim in records:
        event = lived[claim.claim_id]
        assert claim.policy_id == event.holding
        assert claim.status is ClaimStatus[event.detail["status"]]
        assert claim.occurred_on == event.at.date()
        assert claim.amount is not None
        assert claim.amount.amount == event.amount


def test_pages_of_one_record(partner: Any, insurer: Any, somebody: Presence, life_of: Any) -> None:
    whole = insurer(partner).ask(KINDS, token=somebody.token)
    paged = insurer(partner, page_size=1).ask(KINDS, token=somebody.token)

    assert paged == whole
    assert len(paged[POLICIES].records) == len(life_of(somebody).policies)


def test_calls_grow_with_the_policies_alone(
    world: World, partner: Any, insurer: Any, somebody: Presence, life_of: Any
) -> None:
    insurer(partner).ask(POLICIES, token=somebody.token)

    count = len(life_of(somebody).policies)
    assert world.counters.total() == len(LISTS) + count


def test_a_revoked_consent_asks_for_a_new_one(
    world: World, partner: Any, insurer: Any, somebody: Presence
) -> None:
    asked = insurer(partner)
    assert asked.ask(POLICIES, token=somebody.token)[POLICIES].error is None
    book = insurance.consents.ledger(world)
    consent = book.of_token(somebody.token or "")
    assert consent is not None
    book.revoke(consent)

    fetched = asked.ask(KINDS, token=somebody.token)

    assert {type(answer.error) for answer in fetched.values()} == {Reauthorise}


def test_a_consent_to_some_products_needs_settings_that_say_so(
    world: World, partner: Any, insurer: Any, somebody: Presence
) -> None:
    book = insurance.consents.ledger(world)
    permissions = ("DAMAGES_AND_PEOPLE_AUTO_READ", "DAMAGES_AND_PEOPLE_AUTO_POLICYINFO_READ")
    waiting = book.create(somebody.tax_id, permissions, world.now().replace(year=2027, month=1))
    token = book.authorise(waiting).token

    everything = insurer(partner).ask((PARTY, POLICIES), token=token)
    assert {type(answer.error) for answer in everything.values()} == {Reauthorise}

    motor = insurer(partner, products=["auto"]).ask(POLICIES, token=token)[POLICIES]
    assert motor.error is None
    assert {policy.line for policy in motor.records} <= {PolicyLine.MOTOR}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("down", (RetryLater, ProblemCode.PARTNER_UNAVAILABLE)),
        ("rate_limited", (RetryLater, ProblemCode.RATE_LIMITED)),
        ("truncated", (RetryLater, ProblemCode.PARTNER_UNAVAILABLE)),
        ("wrong", (PartnerFault, ProblemCode.PARTNER_FAULT)),
        ("hang", (RetryLater, ProblemCode.PARTNER_UNAVAILABLE)),
    ],
)
def test_trouble(
    world: World, plain_http: Any, insurer: Any, mode: str, expected: tuple[type[ConnectorError], ProblemCode]
) -> None:
    token = world.population.presences("insurance")[0].token
    world.behaviour.set(mode)
    asked = insurer(plain_http(insurance.app(world), HOST), timeout=0.2)

    fetched = asked.ask(KINDS, token=token)

    assert {(type(answer.error), answer.error.code) for answer in fetched.values()} == {expected}


def test_trouble_with_one_operation_leaves_the_other_kinds(
    world: World, partner: Any, insurer: Any, somebody: Presence
) -> None:
    api = f"/open-insurance{LISTS[Product.AUTO]}"
    world.behaviour.set("down", operations=[f"GET {api}"])

    fetched = insurer(partner).ask(KINDS, token=somebody.token)

    assert {kind: type(answer.error) for kind, answer in fetched.items()} == {
        PARTY: type(None),
        POLICIES: RetryLater,
        PREMIUMS: RetryLater,
        CLAIMS: RetryLater,
    }
