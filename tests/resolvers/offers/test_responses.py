"""Presentations with what became of them, and from these lift and calibration with their intervals."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from resolvers.offers.features import FEATURES
from resolvers.offers.responses import Presented, outcomes, rate, reports
from store.data_offers import OfferEvent, OfferEventKind

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=200)
PLACE = {feature.name: place for place, feature in enumerate(FEATURES)}


def event(kind: str, day: int, customer: str = "c", product: str = "p", parts: str = "{}") -> OfferEvent:
    return OfferEvent(
        id=f"{customer}{day}",
        customer_id=customer,
        product_id=product,
        product_version=1,
        event=OfferEventKind(kind),
        agent="anna",
        stage="OFFERED",
        propensity=0.2,
        at=START + timedelta(days=day),
        parts=parts,
    )


@pytest.mark.parametrize(
    ("events", "accepted"),
    [
        ([event("PRESENTED", 0)], [False]),
        ([event("PRESENTED", 0), event("ACCEPTED", 90)], [True]),
        ([event("PRESENTED", 0), event("ACCEPTED", 91)], [False]),
        ([event("PRESENTED", 0), event("DECLINED", 1), event("ACCEPTED", 2)], [False]),
        ([event("PRESENTED", 0), event("PRESENTED", 5), event("ACCEPTED", 6)], [False, True]),
        ([event("PRESENTED", 0), event("ACCEPTED", 1, customer="d")], [False]),
        ([event("PRESENTED", 0), event("ACCEPTED", 1, product="q")], [False]),
        ([event("PRESENTED", 150)], []),
        ([event("PRESENTED", 150), event("DECLINED", 151)], [False]),
        ([event("ACCEPTED", 1)], []),
    ],
)
def test_a_presentation_is_followed_until_an_answer_or_the_end_of_its_window(
    events: list[OfferEvent], accepted: list[bool]
) -> None:
    assert [each.accepted for each in outcomes(events, NOW)] == accepted


def test_features_are_those_of_the_moment() -> None:
    parts = msgspec.json.encode({"features": {"CARDS.HELD": 1.0}, "unknown": ["MOTOR"], "model": "m"})
    (found,) = outcomes([event("PRESENTED", 0, parts=parts.decode())], NOW)
    assert found.features[PLACE["CARDS.HELD"]] == 1.0
    assert found.features[PLACE["HOTEL.HELD"]] == 0.0
    assert math.isnan(found.features[PLACE["MOTOR.HELD"]])
    assert math.isnan(found.features[PLACE["MOTOR.ANNUAL_PREMIUM"]])


def test_a_rate_has_wilsons_interval() -> None:
    found = rate([True] * 10 + [False] * 90)
    assert found is not None
    # (0.1 + 1.9208/100 ± 1.96 · √(0.09/100 + 0.9604/10,000)) / 1.038415
    assert found.rate == 0.1
    assert found.low == pytest.approx(0.05523, abs=1e-5)
    assert found.high == pytest.approx(0.17437, abs=1e-5)
    none = rate([False] * 5)
    assert none is not None
    assert none.low == 0
    assert rate([]) is None


def presented(count: int, accepted: int, *, explored: bool, propensity: float | None) -> list[Presented]:
    return [
        Presented(
            product="p", features=(), propensity=propensity, explored=explored, accepted=number < accepted
        )
        for number in range(count)
    ]


def test_the_lift_is_of_chosen_over_explored_offers() -> None:
    found = reports(
        presented(200, 40, explored=False, propensity=0.3) + presented(100, 10, explored=True, propensity=0.1)
    )
    (one,) = found
    assert (one.product, one.all.successes, one.all.count) == ("p", 50, 300)
    assert one.lift == pytest.approx(2.0)
    # exp(±1.96 · √(1/40 − 1/200 + 1/10 − 1/100))
    assert one.lift_low == pytest.approx(2 * math.exp(-1.95996 * math.sqrt(0.11)), rel=1e-4)
    assert one.lift_high == pytest.approx(2 * math.exp(1.95996 * math.sqrt(0.11)), rel=1e-4)
    assert one.predicted == pytest.approx((200 * 0.3 + 100 * 0.1) / 300)
    # Equal predictions share a bin: 0.1 was right, 0.3 a tenth too much for two of three.
    assert [(each.count, each.observed) for each in one.calibration] == [(100, 0.1), (200, 0.2)]
    assert one.ece == pytest.approx(0.1 * 2 / 3)


def test_what_cannot_be_said_is_none() -> None:
    (one,) = reports(presented(3, 0, explored=False, propensity=None))
    assert (one.lift, one.explored, one.predicted, one.ece, one.calibration) == (None, None, None, None, ())
