from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.access import TenantId
from c360.records.party import PartyKind
from store import names
from store.data import (
    CustomerFilter,
    CustomerOrder,
    EnrolCustomer,
    EnrolLink,
    InstanceData,
    OrderField,
    Page,
)
from store.database import Database
from store.errors import CursorError
from store.repositories.listing import decode_cursor
from store.unit import Unit
from tests.fixtures.sizes import size

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")


def person(external_id: str, name: str, *connectors: str, country: str | None = None) -> EnrolCustomer:
    return EnrolCustomer(
        external_id=external_id,
        kind=PartyKind.PERSON,
        display_name=name,
        country=country,
        links=tuple(
            EnrolLink(connector=connector, party_id=f"{connector}-{external_id}") for connector in connectors
        ),
    )


async def walk(unit: Unit, order: CustomerOrder, size: int, *, forward: bool) -> list[Page]:
    pages: list[Page] = []
    cursor: str | None = None
    while True:
        if forward:
            page = await unit.customers.page(CustomerFilter(), order, first=size, after=cursor)
        else:
            page = await unit.customers.page(CustomerFilter(), order, last=size, before=cursor)
        pages.append(page)
        if not (page.has_next if forward else page.has_previous):
            return pages
        cursor = page.cursors[-1 if forward else 0]


# Names with many ties, in scripts and cases that sort differently by locale.
NAMES = st.lists(st.sampled_from(["ada", "Ada", "Zoë", "zoe", "Émile", "Ölaf", "王", "ß", "Žid"]), max_size=9)


@settings(
    max_examples=size(6, 12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    listed=NAMES,
    order=st.builds(CustomerOrder, field=st.sampled_from(OrderField), descending=st.booleans()),
    size=st.integers(1, 4),
)
def test_pages_joined_are_the_whole_list_in_order(
    database: Database, clock: Any, run: Run, *, listed: list[str], order: CustomerOrder, size: int
) -> None:
    async def go() -> None:
        tenant = TenantId(uuid4().hex)
        async with database.unit(tenant) as unit:
            for number, name in enumerate(listed):
                if number % 2:
                    clock.tick()
                await unit.customers.enrol([person(str(number), name)])
        async with database.read(tenant) as unit:
            everyone = await unit.customers.load((await unit.customers.page(first=100)).ids)
            keys = {
                OrderField.NAME: lambda each: (names.sort_name(each.display_name), each.id),
                OrderField.CREATED_AT: lambda each: (each.created_at, each.id),
                OrderField.UPDATED_AT: lambda each: (each.updated_at, each.id),
            }
            expected = [
                each.id for each in sorted(everyone.values(), key=keys[order.field], reverse=order.descending)
            ]
            forward = await walk(unit, order, size, forward=True)
            assert [each for page in forward for each in page.ids] == expected
            assert [page.has_previous for page in forward] == [False] + [True] * (len(forward) - 1)
            backward = await walk(unit, order, size, forward=False)
            assert [each for page in reversed(backward) for each in page.ids] == expected
            assert [page.has_next for page in backward] == [False] + [True] * (len(backward) - 1)
            assert all(len(page.ids) == size for page in forward[:-1])
            assert await unit.customers.count() == len(listed)

    run(go())


def test_a_window_between_two_cursors(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol([person(letter, letter) for letter in "abcdef"])
            whole = await unit.customers.page(first=6)
            page = await unit.customers.page(first=2, after=whole.cursors[0], before=whole.cursors[5])
            assert page.ids == whole.ids[1:3]
            assert (page.has_previous, page.has_next) == (True, True)
            page = await unit.customers.page(last=2, after=whole.cursors[0], before=whole.cursors[5])
            assert page.ids == whole.ids[3:5]
            assert (page.has_previous, page.has_next) == (True, True)
            page = await unit.customers.page(first=9, after=whole.cursors[5])
            assert page == Page(ids=(), cursors=(), has_next=False, has_previous=True)
            assert (await unit.customers.page(first=0)).ids == ()

    run(go())


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (CustomerFilter(), "adelmo brita carla"),
        (CustomerFilter(name="MÜL"), "adelmo brita"),
        (CustomerFilter(name="muller brit"), "brita"),
        (CustomerFilter(name="..."), ""),
        (CustomerFilter(name="a " + " ".join(map(chr, range(0x4E00, 0x4E00 + 100)))), ""),
        (CustomerFilter(name="ü\x00"), ""),
        (CustomerFilter(country="CH"), "brita carla"),
        (CustomerFilter(country="\x00"), ""),
        (CustomerFilter(country="CH", name="c"), "carla"),
        (CustomerFilter(kind=PartyKind.ORGANIZATION), ""),
        (CustomerFilter(connectors=("bank-a",)), "adelmo brita"),
        (CustomerFilter(connectors=("bank-a", "hotel")), "brita"),
        (CustomerFilter(connectors=("\ud800",)), ""),
        (CustomerFilter(domains=("banking",)), "adelmo brita carla"),
        (CustomerFilter(domains=("banking", "hotel")), "brita"),
        (CustomerFilter(domains=("nowhere",)), ""),
    ],
)
def test_filters(database: Database, run: Run, which: CustomerFilter, expected: str) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.instances.sync(
                [
                    InstanceData(id="bank-a", plugin="p", domain="banking"),
                    InstanceData(id="bank-b", plugin="p", domain="banking"),
                    InstanceData(id="hotel", plugin="q", domain="hotel"),
                ]
            )
            await unit.customers.enrol(
                [
                    person("1", "Adelmo Müller", "bank-a"),
                    person("2", "Brita Muller", "bank-a", "hotel", country="CH"),
                    person("3", "Carla Rossi", "bank-b", country="CH"),
                ]
            )
        async with database.read(T) as unit:
            page = await unit.customers.page(which)
            found = await unit.customers.load(page.ids)
            assert " ".join(found[each].display_name.split()[0].lower() for each in page.ids) == expected
            assert await unit.customers.count(which) == len(page.ids)

    run(go())


def test_search_goes_by_prefix_of_every_known_name(database: Database, run: Run) -> None:
    async def go() -> None:
        maiden = EnrolCustomer(
            external_id="1",
            kind=PartyKind.PERSON,
            display_name="Łucja Nowak",
            names=("Lucja Wiśniewska",),
        )
        async with database.unit(T) as unit:
            await unit.customers.enrol([maiden, person("2", "Wisława Kot")])
            assert len((await unit.customers.search("wis")).ids) == 2
            first = await unit.customers.search("wis", limit=1)
            assert first.has_next
            second = await unit.customers.search("wis", limit=1, after=first.cursors[0])
            assert len(set(first.ids + second.ids)) == 2
            assert len((await unit.customers.search("lucja wisn")).ids) == 1
            assert (await unit.customers.search("%")).ids == ()

    run(go())


def test_a_chinese_name_is_found_however_it_is_set(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol([person("1", "邓静"), person("2", "静 邓"), person("3", "邓小平")])
        async with database.read(T) as unit:
            for text, number in (("邓静", 2), ("静邓", 2), ("静 邓", 2), ("邓", 3), ("小平", 1), ("邓张", 0)):
                assert len((await unit.customers.search(text)).ids) == number, text

    run(go())


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "é",
        "not base64!",
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b'["NAME",false,1,2]').decode(),
        base64.urlsafe_b64encode(b'["NAME",false,"a\\u0000","b"]').decode(),
        base64.urlsafe_b64encode(b'["NAME",true,"a","b"]').decode(),
        base64.urlsafe_b64encode(b'["CREATED_AT",false,"2026-01-01T00:00:00+00:00","b"]').decode(),
        "A",
        "%",
    ],
)
def test_a_strange_cursor_is_an_error_of_its_own(cursor: str) -> None:
    with pytest.raises(CursorError, match="use a cursor of a page"):
        decode_cursor(CustomerOrder(), cursor)


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_cursor_without_a_moment_is_an_error_too(value: str) -> None:
    cursor = base64.urlsafe_b64encode(f'["CREATED_AT",false,"{value}","b"]'.encode()).decode()
    with pytest.raises(CursorError):
        decode_cursor(CustomerOrder(field=OrderField.CREATED_AT), cursor)


def test_a_cursor_of_another_order_is_refused(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.customers.enrol([person("1", "A")])
            cursor = (await unit.customers.page()).cursors[0]
            with pytest.raises(CursorError, match="another order"):
                await unit.customers.page(order=CustomerOrder(descending=True), first=1, after=cursor)

    run(go())


@pytest.mark.parametrize("size", [{"first": -1}, {"last": -1}, {"first": 1, "last": 1}])
def test_a_page_has_one_size(database: Database, run: Run, size: dict[str, int]) -> None:
    async def go() -> None:
        async with database.read(T) as unit:
            with pytest.raises(ValueError, match="either"):
                await unit.customers.page(**size)  # type: ignore[arg-type]  # mypy cannot see the keys

    run(go())
