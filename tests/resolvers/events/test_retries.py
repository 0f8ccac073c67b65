"""When a delivery is tried again, and how its endpoint stands: laws over all histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from resolvers.events import retries
from store.data_endpoints import (
    DeliveryData,
    DeliveryFailure,
    DeliveryState,
    EndpointData,
    EndpointState,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
DELIVERY = DeliveryData(
    endpoint_id="e",
    number=1,
    event_id="v",
    sequence=1,
    kind="customer.changed",
    state=DeliveryState.PENDING,
    created_at=START,
    next_at=START,
)
ENDPOINT = EndpointData(
    url="https://a.example",
    kinds=(),
    owner="shop",
    scopes=(),
    purposes=(),
    id="e",
    state=EndpointState.ENABLED,
    position=0,
    created_at=START,
)
CHANCE = st.floats(0, 1, exclude_max=True)
TRANSIENT = (DeliveryFailure.TIMEOUT, DeliveryFailure.CONNECTION, DeliveryFailure.STATUS)


@given(st.integers(1, 10_000), CHANCE)
def test_a_pause_is_bounded_and_never_far_from_its_step(attempts: int, chance: float) -> None:
    waiting = retries.pause(attempts, chance)
    step = min(retries.FIRST * 3 ** min(attempts - 1, 10), retries.LONGEST)
    assert 0.8 * step <= waiting <= 1.2 * step


@given(st.lists(CHANCE, min_size=60, max_size=60), st.sampled_from(TRANSIENT))
def test_a_delivery_that_never_arrives_is_tried_for_three_days_and_then_dead(
    chances: list[float], failure: DeliveryFailure
) -> None:
    delivery, at, attempts = DELIVERY, START, 0
    for chance in chances:
        made = retries.attempt(delivery, at, failure, chance=chance)
        attempts += 1
        if made.state is DeliveryState.DEAD:
            break
        assert made.next_at is not None
        assert made.next_at > at
        at = made.next_at
        delivery = msgspec.structs.replace(delivery, attempts=delivery.attempts + 1)
    assert made.state is DeliveryState.DEAD
    assert retries.GIVE_UP <= at - START <= retries.GIVE_UP + 1.2 * retries.LONGEST
    assert 15 <= attempts <= 25


def test_what_arrived_is_done_and_who_is_gone_is_left_alone() -> None:
    done = retries.attempt(DELIVERY, START, None, status=204, chance=0.5)
    assert (done.state, done.next_at, done.response_status) == (DeliveryState.DELIVERED, None, 204)
    gone = retries.attempt(DELIVERY, START, DeliveryFailure.GONE, status=410, chance=0.5)
    assert gone.state is DeliveryState.DEAD
    assert retries.standing(ENDPOINT, gone) == (EndpointState.DISABLED, START)


@given(st.integers(0, 10**9), CHANCE)
def test_an_endpoint_can_ask_for_more_time_but_not_for_ever(seconds: int, chance: float) -> None:
    asked = timedelta(seconds=seconds)
    made = retries.attempt(DELIVERY, START, DeliveryFailure.STATUS, status=429, asked=asked, chance=chance)
    assert made.next_at is not None
    waiting = made.next_at - START
    assert waiting >= min(asked, retries.LONGEST_ASKED)
    assert waiting <= max(retries.LONGEST_ASKED, retries.FIRST * 2)


@given(st.lists(st.tuples(st.sampled_from((None, *TRANSIENT)), st.integers(1, 40)), max_size=30))
def test_an_endpoint_stands_as_long_as_nothing_arrived_says(
    history: list[tuple[DeliveryFailure | None, int]],
) -> None:
    endpoint, at, since = ENDPOINT, START, None
    for failure, hours in history:
        at += timedelta(hours=hours)
        made = retries.attempt(DELIVERY, at, failure, chance=0.5)
        since = None if failure is None else since or at
        state, failing_since = retries.standing(endpoint, made)
        assert failing_since == since
        silent = timedelta() if since is None else at - since
        if failure is None:
            assert state is EndpointState.ENABLED
        else:
            assert (state is EndpointState.DISABLED) == (silent >= retries.DISABLED_AFTER)
            assert (state is EndpointState.ENABLED) == (silent < retries.FAILING_AFTER)
        if state is EndpointState.DISABLED:
            return
        endpoint = msgspec.structs.replace(endpoint, state=state, failing_since=failing_since)
