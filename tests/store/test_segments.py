"""Definitions under version, counts that go on where they stopped, members and orders by index."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from store.data_segments import CellSize, CountData, CustomerScore, SegmentDraft, Tally
from store.database import Database
from store.errors import Conflict, CursorError
from store.unit import Unit
from tests.store.identity import STEWARD, Run, T, enrolled, person

DAY = date(2026, 1, 1)
VERSIONS = {"dimensions": 1, "best": 2, "lapsed": 1}


async def add(unit: Unit, *names: str, **more: Any) -> dict[str, int]:
    return await unit.segments.add(
        [SegmentDraft(name=name, definition=f'{{"name":"{name}"}}') for name in names], by="eve", **more
    )


def test_versions_are_added_and_hold_from_their_day(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            assert await add(unit, "best", "lapsed") == {"best": 1, "lapsed": 1}
            later = clock.now + timedelta(days=7)
            assert await add(unit, "best", active_from=later) == {"best": 2}
            gone = [SegmentDraft(name="lapsed", definition=None)]
            assert await unit.segments.add(gone, by="eve", active_from=later) == {"lapsed": 2}
        async with database.read(T) as unit:
            now = await unit.segments.current()
            assert [(each.name, each.version, each.by) for each in now] == [
                ("best", 1, "eve"),
                ("lapsed", 1, "eve"),
            ]
            then = await unit.segments.current(later)
            assert [(each.name, each.version) for each in then] == [("best", 2)]
            every = await unit.segments.versions()
            assert [(each.name, each.version) for each in every] == [
                ("best", 1),
                ("best", 2),
                ("lapsed", 1),
                ("lapsed", 2),
            ]
            assert [each.version for each in await unit.segments.versions(["lapsed"])] == [1, 2]
        async with database.read("another") as unit:  # type: ignore[arg-type]  # another tenant
            assert await unit.segments.current(later) == ()

    run(go())


def test_two_who_add_the_same_version_are_told(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await add(unit, "best")

        async def twice() -> None:
            async with database.unit(T) as unit:
                await add(unit, "best", "best")

        with pytest.raises(Conflict):
            await twice()

    run(go())


def count(**more: Any) -> CountData:
    return CountData(day=DAY, versions=VERSIONS, currency="AUD", **more)


def test_a_count_goes_on_where_it_stopped_and_ends_as_sizes(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            assert await unit.segments.counted(DAY) is None
            halfway = count(
                position="c1", customers=2, segments={"best": Tally(1, 9.5)}, cells={"TOP.LOW.NEW": Tally(2)}
            )
            await unit.segments.keep(halfway)
        async with database.unit(T) as unit:
            assert await unit.segments.counted(DAY) == halfway
            assert await unit.segments.sizes(since=DAY, until=DAY) == {}
            assert await unit.segments.latest() is None
            done = count(
                position="c3",
                customers=3,
                segments={"best": Tally(2, 19.5, 4.0), "lapsed": Tally()},
                cells={"LOW.UNKNOWN.LAPSED": Tally(1, -2.0), "TOP.LOW.NEW": Tally(2, 19.5, 4.0)},
                finished_at=clock.now,
            )
            await unit.segments.keep(done)
        async with database.read(T) as unit:
            assert await unit.segments.latest() == done
            sizes = await unit.segments.sizes(since=DAY, until=DAY)
            assert {name: [each.tally.customers for each in found] for name, found in sizes.items()} == {
                "best": [2],
                "lapsed": [0],
            }
            (best,) = sizes["best"]
            assert (best.version, best.population, best.currency) == (2, 3, "AUD")
            assert best.tally == Tally(2, 19.5, 4.0)
            assert await unit.segments.cells(DAY) == (
                CellSize(value="LOW", risk="UNKNOWN", lifecycle="LAPSED", tally=Tally(1, -2.0)),
                CellSize(value="TOP", risk="LOW", lifecycle="NEW", tally=Tally(2, 19.5, 4.0)),
            )
        # The same day once more takes the place of what was counted first.
        async with database.unit(T) as unit:
            again = msgspec.structs.replace(done, segments={"best": Tally(1)}, cells={})
            await unit.segments.keep(again)
            tomorrow = DAY + timedelta(days=1)
            await unit.segments.keep(msgspec.structs.replace(again, day=tomorrow))
            assert await unit.segments.cells(DAY) == ()
            sizes = await unit.segments.sizes(["best", "other"], since=DAY, until=tomorrow)
            assert [(each.day, each.tally.customers) for each in sizes["best"]] == [
                (DAY, 1),
                (tomorrow, 1),
            ]
            assert await unit.segments.sizes(since=tomorrow, until=tomorrow) == {"best": (sizes["best"][1],)}

    run(go())


async def listed(unit: Unit, name: str) -> list[str]:
    """All members by pages of two."""
    found: list[str] = []
    after = None
    while True:
        page = await unit.standings.members(name, first=2, after=after)
        found += page.ids
        if not page.has_next:
            return found
        after = page.cursors[-1]


def score(customer: str, value: float, line: str = "") -> CustomerScore:
    return CustomerScore(customer_id=customer, figure="PROFIT", line=line, score=value)


def test_members_come_and_go_with_each_count(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ids = sorted(await enrolled(unit, *(person(f"p{n}", f"b{n}") for n in range(5))))
            first, *rest = ids
            await unit.standings.put(dict.fromkeys(ids, ("best", "new")), [], day=DAY)
            assert await listed(unit, "best") == ids
            await unit.standings.put({first: ("new",)}, [], day=DAY + timedelta(days=1))
            assert await listed(unit, "best") == rest
            assert await listed(unit, "new") == ids
            assert await unit.standings.forget(["best"]) == 5
            assert await listed(unit, "new") == []
            assert await listed(unit, "best") == rest
        async with database.read(T) as unit:
            with pytest.raises(CursorError):
                await unit.standings.members("best", after="ä")

    run(go())


def test_customers_are_listed_by_a_figure_and_line_with_ties(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ids = sorted(await enrolled(unit, *(person(f"p{n}", f"b{n}") for n in range(5))))
            values = (3.5, 9.0, -1.0, 9.0, 0.1)
            scores = [score(one, value) for one, value in zip(ids, values, strict=True)]
            everybody: dict[str, tuple[str, ...]] = dict.fromkeys(ids, ())
            await unit.standings.put(everybody, [*scores, score(ids[0], 1.0, "HOME")], day=DAY)
        async with database.read(T) as unit:
            expected = [ids[3], ids[1], ids[0], ids[4], ids[2]]
            found: list[str] = []
            after = None
            for _ in range(3):
                page = await unit.standings.best("PROFIT", first=2, after=after)
                found += page.ids
                after = page.cursors[-1]
            assert found == expected
            assert not page.has_next
            assert (await unit.standings.best("PROFIT")).scores == (9.0, 9.0, 3.5, 0.1, -1.0)
            assert (await unit.standings.best("PROFIT", "HOME")).ids == (ids[0],)
            assert (await unit.standings.best("VALUE")).ids == ()
            for cursor, line in ((after, "HOME"), ("e30", ""), ("ä", "")):
                with pytest.raises(CursorError):
                    await unit.standings.best("PROFIT", line, after=cursor)
        async with database.unit(T) as unit:
            await unit.standings.put({ids[3]: ()}, [], day=DAY)
            assert (await unit.standings.best("PROFIT", first=1)).ids == (ids[1],)

    run(go())


def test_who_was_merged_or_erased_stands_nowhere(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea, eve = await enrolled(unit, person("p1", "b1"), person("p2", "b2"), person("p3", "b3"))
            everybody = dict.fromkeys((ada, bea, eve), ("best",))
            scores = [score(one, value) for one, value in ((ada, 1.0), (bea, 2.0), (eve, 3.0))]
            await unit.standings.put(everybody, scores, day=DAY)
            entry = (await unit.ledger.merge(ada, [bea], STEWARD)).entry
            assert entry is not None
            assert (await unit.standings.best("PROFIT")).ids == (eve, ada)
            assert await listed(unit, "best") == sorted((ada, eve))
            await unit.ledger.unmerge(STEWARD, entry_id=entry.id)
            assert (await unit.standings.best("PROFIT")).ids == (eve, bea, ada)
        async with database.unit(T) as unit:
            assert await unit.customers.erase(eve)
            assert (await unit.standings.best("PROFIT")).ids == (bea, ada)
            # A count that had read her before writes nothing of her.
            await unit.standings.put({eve: ("best",)}, [score(eve, 3.0)], day=DAY)
            assert await listed(unit, "best") == sorted((ada, bea))

    run(go())
