"""A life as it was known on an earlier day is the life that is written up to that day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sandbox.population import Population
from sandbox.population.living import first_day
from sandbox.population.model import EventKind

DAYS = (date(2025, 7, 1), date(2026, 2, 28))


@pytest.mark.parametrize("day", DAYS)
def test_a_cut_life_is_the_life_up_to_that_day(day: date) -> None:
    start = first_day(day)
    then = Population(people=45, companies=5, seed=7, today=day)
    later = Population(people=45, companies=5, seed=7, today=day + timedelta(days=365), start=start)
    grown = 0
    for member in then.members:
        known, whole = later.life_around(member.id, day)
        lived = then.life(member.id)
        assert known == lived
        assert whole == later.life(member.id)
        grown += len(whole.events) > len(lived.events)
    assert grown > 30


def test_hindsight_hides_what_nobody_knew_yet() -> None:
    day = date(2025, 10, 20)
    later = Population(people=90, companies=4, seed=4, today=day + timedelta(days=365), start=first_day(day))
    hidden = {EventKind.STAY_CANCELLED: 0, EventKind.CLAIM: 0}
    for member in later.members:
        then, whole = later.life_around(member.id, day)
        known = {event.id: event for event in then.events}
        for event in whole.events:
            if event.kind in hidden and event.id in known and known[event.id] != event:
                hidden[event.kind] += 1
                assert "settled_on" not in known[event.id].detail
                assert "cancelled_at" not in known[event.id].detail
    assert all(hidden.values())


def test_the_future_is_not_known() -> None:
    town = Population(people=3, companies=0, today=DAYS[0])
    with pytest.raises(ValueError, match="known up to"):
        town.life_around("P000000", DAYS[1])
