"""What consents and objections hold back of a customer, by what the operation is for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from c360.access import Purpose
from c360.records.party import PartyKind
from resolvers.view import CustomerView
from schema.permissions.consents import OFFERS, POINTS, RISK, SCORES, consents
from schema.permissions.withholding import WithheldReason
from store.data import CustomerData
from store.data_consents import ConsentSource, DecisionData, DecisionKind, DecisionState
from tests.fixtures.access import access

NOW = datetime(2026, 11, 26, tzinfo=UTC)
EMAIL = frozenset({("Profile", "email")})
PHONE = frozenset({("Profile", "phone")})


def decided(
    state: DecisionState,
    purpose: Purpose | None = Purpose.MARKETING,
    *,
    channel: str | None = None,
    n: int = 0,
) -> DecisionData:
    about = {
        DecisionState.RAISED: DecisionKind.OBJECTION if purpose else DecisionKind.RESTRICTION,
    }.get(state, DecisionKind.CONSENT)
    return DecisionData(
        id=f"d{n}", customer_id="ada", home_id="ada", kind=about, state=state, purpose=purpose,
        channel=channel, at=NOW, recorded_at=NOW, recorded_by="agent", source=ConsentSource.PAPER,
    )  # fmt: skip


def held(purpose: Purpose, *decisions: DecisionData) -> dict[Any, str]:
    """What is held back, with the remedy."""
    customer = CustomerData(
        id="ada", kind=PartyKind.PERSON, display_name="Ada", country=None, created_at=NOW, updated_at=NOW
    )
    view = CustomerView(
        customer, (), today=NOW.date(), at=NOW, order=(), decisions=decisions, purpose=purpose
    )
    found = list(consents(view, access("agent", purpose=purpose)))
    assert all(one.reason is WithheldReason.CONSENT for one in found)
    return {one.fields: one.remedy for one in found}


def test_without_a_consent_marketing_sees_no_offer_and_no_contact_point() -> None:
    found = held(Purpose.MARKETING)
    assert {OFFERS, EMAIL, PHONE, POINTS} <= found.keys()
    assert "Ask the customer" in found[OFFERS]


def test_a_consent_for_one_channel_opens_that_channel() -> None:
    found = held(Purpose.MARKETING, decided(DecisionState.GIVEN, channel="EMAIL"))
    assert EMAIL not in found
    assert OFFERS not in found
    assert {PHONE, POINTS} <= found.keys()
    assert held(Purpose.MARKETING, decided(DecisionState.GIVEN)) == {}


@pytest.mark.parametrize("state", [DecisionState.REFUSED, DecisionState.WITHDRAWN, DecisionState.RAISED])
def test_who_said_no_to_marketing_is_served_all_the_same(state: DecisionState) -> None:
    no = decided(state)
    assert OFFERS in held(Purpose.MARKETING, no)
    assert held(Purpose.SERVICE, no) == {}


def test_who_objects_is_not_scored_but_against_fraud() -> None:
    no = decided(DecisionState.RAISED, Purpose.RISK)
    assert held(Purpose.SERVICE, no).keys() == {RISK}
    assert held(Purpose.RISK, no).keys() == {RISK}
    assert held(Purpose.FRAUD, no) == {}


def test_a_restriction_closes_scores_and_marketing() -> None:
    restricted = decided(DecisionState.RAISED, None)
    assert held(Purpose.SERVICE, restricted).keys() == {RISK, SCORES}
    given = decided(DecisionState.GIVEN, n=1)
    assert OFFERS in held(Purpose.MARKETING, given, restricted)
