from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from c360.access import TenantId
from c360.records.party import PartyKind
from store.data import EnrolCustomer, EnrolLink, ProfileValueData, StatedValue, Statement
from store.database import Database
from tests.fixtures.sizes import size

Run = Callable[[Coroutine[Any, Any, Any]], Any]
START = datetime(2020, 1, 1, tzinfo=UTC)


def at(day: int) -> datetime:
    return START + timedelta(days=day)


def statement(day: int | None, *values: str, party: str = "p1") -> Statement:
    return Statement(
        connector="bank",
        party_id=party,
        observed_at=None if day is None else at(day),
        values=tuple(StatedValue(attribute="email", value=value, rank=n) for n, value in enumerate(values)),
    )


async def customer(database: Database, tenant: TenantId) -> str:
    async with database.unit(tenant) as unit:
        await unit.customers.enrol(
            [
                EnrolCustomer(
                    external_id="x",
                    kind=PartyKind.PERSON,
                    display_name="Ada Byron",
                    links=tuple(EnrolLink(connector="bank", party_id=each) for each in ("p1", "p2")),
                )
            ]
        )
        return (await unit.customers.page()).ids[0]


def texts(found: dict[str, tuple[ProfileValueData, ...]], customer_id: str) -> set[str]:
    return {value.value for value in found.get(customer_id, ())}


def test_present_values_are_those_of_every_party_in_order_of_rank(database: Database, run: Run) -> None:
    async def go() -> None:
        tenant = TenantId("t")
        someone = await customer(database, tenant)
        async with database.unit(tenant) as unit:
            changed = await unit.profiles.observe(
                {someone: [statement(1, "z@x", "a@x"), statement(2, "b@x", party="p2")]}
            )
            assert changed == {someone}
            values = (await unit.profiles.present([someone]))[someone]
        assert [(value.party_id, value.value, value.rank) for value in values] == [
            ("p1", "z@x", 0),
            ("p1", "a@x", 1),
            ("p2", "b@x", 0),
        ]

    run(go())


def test_a_value_says_whether_its_party_dated_it(database: Database, run: Run) -> None:
    async def go() -> None:
        tenant = TenantId("t")
        someone = await customer(database, tenant)
        async with database.unit(tenant) as unit:
            await unit.profiles.observe({someone: [statement(1, "a@x"), statement(None, "b@x", party="p2")]})
            values = (await unit.profiles.present([someone]))[someone]
        assert {value.value: value.dated for value in values} == {"a@x": True, "b@x": False}

    run(go())


def test_a_value_seen_again_says_when(database: Database, run: Run) -> None:
    async def go() -> None:
        tenant = TenantId("t")
        someone = await customer(database, tenant)
        async with database.unit(tenant) as unit:
            await unit.profiles.observe({someone: [statement(1, "a@x")]})
        async with database.unit(tenant) as unit:
            assert await unit.profiles.observe({someone: [statement(5, "a@x")]}) == set()
            (value,) = (await unit.profiles.present([someone]))[someone]
        assert (value.valid_from, value.observed_at) == (at(1), at(5))

    run(go())


def test_a_party_that_speaks_twice_at_once_is_heard_twice(database: Database, run: Run) -> None:
    async def go() -> None:
        tenant = TenantId("t")
        someone = await customer(database, tenant)
        async with database.unit(tenant) as unit:
            await unit.profiles.observe({someone: [statement(5, "new@x"), statement(1, "old@x")]})
            assert texts(await unit.profiles.present([someone]), someone) == {"new@x"}
            assert texts(await unit.profiles.as_of([someone], valid_at=at(4)), someone) == {"old@x"}
            await unit.profiles.observe({someone: [statement(8, "a@x"), statement(8, "a@x")]})
            assert len((await unit.profiles.present([someone]))[someone]) == 1

    run(go())


def test_a_clock_that_lags_behind_does_no_harm(database: Database, run: Run) -> None:
    async def go() -> None:
        tenant = TenantId("t")
        someone = await customer(database, tenant)
        async with database.unit(tenant) as unit:
            await unit.profiles.observe({someone: [statement(1, "a@x")]}, recorded_at=at(100))
            await unit.profiles.observe({someone: [statement(2, "b@x")]}, recorded_at=at(99))
            assert texts(await unit.profiles.present([someone]), someone) == {"b@x"}

    run(go())


def test_nothing_is_noted_of_an_erased_person(database: Database, run: Run) -> None:
    async def go() -> None:
        tenant = TenantId("t")
        someone = await customer(database, tenant)
        async with database.unit(tenant) as unit:
            await unit.customers.erase(someone)
            assert await unit.profiles.observe({someone: [statement(1, "a@x")]}) == set()
            assert await unit.profiles.present([someone]) == {}

    run(go())


# Each: days until it is recorded after the one before, the day it speaks of, and what it says.
HISTORY = st.lists(
    st.tuples(st.integers(1, 3), st.integers(0, 8), st.sets(st.sampled_from("abc"), max_size=2)),
    min_size=1,
    max_size=5,
)


@settings(
    max_examples=size(8, 30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=HISTORY)
def test_one_reads_back_what_was_recorded_when(
    database: Database, run: Run, history: list[tuple[int, int, set[str]]]
) -> None:
    async def go() -> None:
        tenant = TenantId(uuid4().hex)
        someone = await customer(database, tenant)
        async with database.unit(tenant) as unit:
            # Known for longer than what is said below.
            for column, name in (("created_at", "customer"), ("recorded_at", "identity_link")):
                await unit.customers._session.execute(
                    text(f"UPDATE {name} SET {column} = '2020-01-01 00:00:00.000000' WHERE tenant = :tenant"),
                    {"tenant": tenant},
                )
        told: list[tuple[int, int, set[str]]] = []
        recorded = 100
        for number, (pause, day, shared) in enumerate(history):
            recorded += pause
            said = shared | {f"only-{number}"}
            async with database.unit(tenant) as unit:
                await unit.profiles.observe(
                    {someone: [statement(day, *sorted(said))]}, recorded_at=at(recorded)
                )
            told.append((recorded, day, said))
        async with database.read(tenant) as unit:
            for known in range(100, recorded + 2):
                for valid in (0, 3, 7, 9):
                    found = await unit.profiles.as_of([someone], valid_at=at(valid), recorded_at=at(known))
                    assert texts(found, someone) == expected(told, valid=valid, known=known)
            found = await unit.profiles.as_of([someone], valid_at=at(9))
            assert texts(found, someone) == expected(told, valid=9, known=recorded)

    run(go())


def expected(told: list[tuple[int, int, set[str]]], *, valid: int, known: int) -> set[str]:
    """Of the statements known by then: the last word on the newest day that is not later."""
    by_day = {day: said for recorded, day, said in told if recorded <= known and day <= valid}
    return by_day[max(by_day)] if by_day else set()
