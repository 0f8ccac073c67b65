"""A sales person's time: never taken twice, whoever books at the same moment, and free again afterwards."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from store.data_service import AppointmentData, AppointmentKind
from store.database import Database
from store.errors_service import TimeTaken
from store.models import AppointmentSlot
from store.repositories.appointments import SLOT, slots
from store.repositories.own import Stretch
from tests.store.identity import Run, T, enrolled, person

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
ASKED = [(start, start + length) for start in range(0, 24, 2) for length in (1, 3, 6)]
"""Places and lengths in slots, which overlap in many ways."""


async def book(
    database: Database, customer: str, employee: str, start: int, end: int
) -> AppointmentData | None:
    """Book a time, counted in slots; none where it is taken."""
    try:
        async with database.unit(T) as unit:
            return await unit.appointments.book(
                customer,
                employee,
                by="agent",
                kind=AppointmentKind.CALL,
                starts_at=AT + start * SLOT,
                ends_at=AT + end * SLOT,
                time_zone="UTC",
            )
    except TimeTaken:
        return None


def test_of_many_who_book_at_once_none_overlap(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
        every = await asyncio.gather(*(book(database, anna, "sam", *asked) for asked in ASKED))
        booked = sorted((one.starts_at, one.ends_at) for one in every if one is not None)
        assert booked
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(booked))
        # Whoever was refused really met somebody who has the time.
        for asked, one in zip(ASKED, every, strict=True):
            if one is None:
                start, end = AT + asked[0] * SLOT, AT + asked[1] * SLOT
                assert any(start < until and since < end for since, until in booked)
        async with database.read(T) as unit:
            page = await unit.appointments.of_employee(
                "sam", since=AT, until=AT + timedelta(days=1), stretch=Stretch(size=100)
            )
            assert [(one.starts_at, one.ends_at) for one in page.items] == booked
            held = await unit.appointments._session.scalar(select(func.count()).select_from(AppointmentSlot))
        assert held == sum((until - since) // SLOT for since, until in booked)
        assert await book(database, anna, "sue", 0, 24) is not None

    run(go())


def test_what_is_moved_cancelled_or_erased_leaves_its_time(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            anna, bob = await enrolled(unit, person("anna", "b1"), person("bob", "b2"))
        first = await book(database, anna, "sam", 0, 4)
        second = await book(database, bob, "sam", 4, 8)
        assert first is not None
        assert second is not None
        with pytest.raises(TimeTaken):
            async with database.unit(T) as unit:
                await unit.appointments.move(first.id, starts_at=AT + 5 * SLOT, ends_at=AT + 6 * SLOT)
        assert await book(database, bob, "sam", 1, 2) is None  # a move that failed has left nothing
        async with database.unit(T) as unit:
            await unit.appointments.move(first.id, starts_at=AT + 2 * SLOT, ends_at=AT + 4 * SLOT)
            await unit.appointments.cancel(second.id)
        assert await book(database, bob, "sam", 0, 2) is not None
        assert await book(database, bob, "sam", 4, 8) is not None
        async with database.unit(T) as unit:
            await unit.customers.erase(anna)
        assert await book(database, bob, "sam", 2, 4) is not None

    run(go())


@given(st.integers(-10_000, 10_000), st.integers(1, 100), st.integers(0, 23))
def test_slots_are_the_time_itself(start: int, length: int, zone: int) -> None:
    begins = (AT + start * SLOT).astimezone()
    found = slots(begins + timedelta(hours=zone), begins + timedelta(hours=zone) + length * SLOT)
    assert len(found) == length == len(set(found))
    assert found[0] == begins + timedelta(hours=zone)
    assert found[-1] + SLOT == begins + timedelta(hours=zone) + length * SLOT


@given(
    st.timedeltas(timedelta(0), timedelta(hours=3)), st.timedeltas(timedelta(hours=-1), timedelta(hours=1))
)
def test_what_is_no_multiple_of_a_slot_is_refused(offset: timedelta, length: timedelta) -> None:
    starts, ends = AT + offset, AT + offset + length
    if length > timedelta(0) and not offset % SLOT and not length % SLOT:
        assert slots(starts, ends)
        return
    with pytest.raises(ValueError, match="multiples"):
        slots(starts, ends)
