"""When a failed delivery is tried again, and what becomes of an endpoint at which nothing arrives."""

from __future__ import annotations

from datetime import datetime, timedelta

from store.data_endpoints import Attempt, DeliveryData, DeliveryFailure, EndpointData, EndpointState

GIVE_UP = timedelta(days=3)
"""After which a delivery is dead: from when it was made out to a failed attempt."""
FIRST = timedelta(seconds=5)
"""Before the second attempt; each later pause is three times as long, up to :data:`LONGEST`."""
LONGEST = timedelta(hours=6)
LONGEST_ASKED = timedelta(hours=24)
"""What an endpoint can ask for with ``Retry-After`` at the most."""
SPREAD = 0.2
"""By which a pause is longer or shorter, so that what failed together is not tried again together."""
FAILING_AFTER = timedelta(hours=1)
"""Without anything arriving, after which an endpoint is said to be failing."""
DISABLED_AFTER = timedelta(days=5)
"""The same, after which nothing is sent any more."""
UNSENT = (DeliveryFailure.FORGOTTEN, DeliveryFailure.NOT_ALLOWED)
"""Why a delivery ends without an attempt."""


def pause(attempts: int, chance: float) -> timedelta:
    """How long to wait after a failure.

    Args:
        attempts: how many have failed, at least one.
        chance: from 0 up to 1, drawn anew each time.
    """
    factor: int = 3 ** min(attempts - 1, 10)  # with which it is as long as it gets by far
    return min(FIRST * factor, LONGEST) * (1 - SPREAD + 2 * SPREAD * chance)


def attempt(
    delivery: DeliveryData,
    at: datetime,
    failure: DeliveryFailure | None,
    *,
    status: int | None = None,
    asked: timedelta | None = None,
    chance: float,
) -> Attempt:
    """What becomes of a delivery after an attempt.

    Args:
        delivery: as it was before.
        at: when the attempt ended.
        failure: why it failed; none where it arrived.
        status: what the endpoint answered.
        asked: for how long it asked to be left alone.
        chance: see :func:`pause`.
    """
    next_at = None
    for_good = failure is DeliveryFailure.GONE or failure in UNSENT
    if failure is not None and not for_good and at - delivery.created_at < GIVE_UP:
        waiting = pause(delivery.attempts + 1, chance)
        next_at = at + (waiting if asked is None else max(waiting, min(asked, LONGEST_ASKED)))
    return Attempt(at=at, response_status=status, failure=failure, next_at=next_at)


def standing(endpoint: EndpointData, made: Attempt) -> tuple[EndpointState, datetime | None]:
    """How an endpoint stands after an attempt, and since when nothing arrived."""
    if made.failure is None:
        return EndpointState.ENABLED, None
    if made.failure in UNSENT:  # says nothing of the endpoint
        return endpoint.state, endpoint.failing_since
    since = endpoint.failing_since or made.at
    if made.failure is DeliveryFailure.GONE or made.at - since >= DISABLED_AFTER:
        return EndpointState.DISABLED, since
    failing = made.at - since >= FAILING_AFTER
    return (EndpointState.FAILING if failing else endpoint.state), since
