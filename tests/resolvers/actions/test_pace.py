"""A process takes on no more actions than it gets done while it holds them."""

from __future__ import annotations

from resolvers.actions.pace import MOST, Pace


def test_one_queue_halves_what_is_taken_on_once() -> None:
    pace = Pace(slow=3)
    for place in range(20):
        pace.took(0, 3.5 + place)
    assert pace.at_once == MOST // 2
    pace.took(30, 33.5)
    assert pace.at_once == MOST // 4


def test_one_more_is_taken_on_each_time_all_went_well() -> None:
    pace = Pace(slow=3)
    pace.took(0, 4)
    for _ in range(MOST // 2 + 1):
        pace.took(5, 5.1)
    assert pace.at_once == MOST // 2 + 1


def test_at_least_one_is_taken_on_and_never_more_than_the_most() -> None:
    pace = Pace(slow=3)
    for start in range(0, 400, 20):
        pace.took(start, start + 10)
    assert pace.at_once == 1
    for _ in range(MOST * MOST):
        pace.took(500, 500.1)
    assert pace.at_once == MOST
