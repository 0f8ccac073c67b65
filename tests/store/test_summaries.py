"""What is kept of behaviour: replaced as a whole, due by age or by a mark, and given out page by page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from c360.records.party import PartyKind
from store.data import EnrolCustomer, EnrolLink, FigureData, PartyFigures
from store.database import Database
from store.unit import Unit
from tests.store.identity import STEWARD, Run, T

DAY = timedelta(days=1)
SPENT = FigureData("CARDS", "SPENT", 10.25, "AUD")


async def enrolled(unit: Unit, *parties: Iterable[str]) -> list[str]:
    """A customer for each group of parties, in the order of their ids; the bank's are numbered from 0."""
    await unit.customers.enrol(
        [
            EnrolCustomer(
                external_id=str(number),
                kind=PartyKind.PERSON,
                display_name=f"Person {number:03}",
                links=tuple(EnrolLink(connector="bank", party_id=one) for one in mine),
            )
            for number, mine in enumerate(parties)
        ]
    )
    refs = [("bank", next(iter(mine))) for mine in parties]
    owners = await unit.customers.by_party_refs(refs)
    return [owners[each] for each in refs]


def reckoned(customer: str, party: str, at: Any, *figures: FigureData) -> PartyFigures:
    return PartyFigures(customer_id=customer, connector="bank", party_id=party, as_of=at, figures=figures)


async def due(unit: Unit, at: Any, limit: int = 10) -> list[str]:
    return [each.party_id for each in await unit.summaries.due("bank", at, limit)]


def test_figures_are_replaced_as_a_whole(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        euros = FigureData("CARDS", "SPENT", 3.1, "EUR")
        count = FigureData("CARDS", "CONTRACTS", 0.0)
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, ["a1", "a2"], ["b1"])
            assert await unit.summaries.of([ada, "nobody"]) == {
                ada: tuple(
                    PartyFigures(customer_id=ada, connector="bank", party_id=one) for one in ("a1", "a2")
                )
            }
            first = reckoned(ada, "a1", clock.now, SPENT, euros, count)
            await unit.summaries.put([reckoned(bea, "b1", clock.now, SPENT)], again=clock.now + DAY)
            assert await unit.summaries.put([first], again=clock.now + DAY) == 1
            assert (await unit.summaries.of([ada]))[ada][0] == first
            # What is gone is gone; of the same measure in two currencies one may go.
            second = reckoned(ada, "a1", clock.tick(), euros)
            await unit.summaries.put([second], again=clock.now + DAY)
        async with database.read(T) as unit:
            assert (await unit.summaries.of([ada]))[ada][0] == second
            nothing = reckoned(bea, "b1", clock.now)
        async with database.unit(T) as unit:
            await unit.summaries.put([nothing], again=clock.now + DAY)
            # Reckoned and found to be nothing is not the same as not reckoned.
            assert (await unit.summaries.of([bea]))[bea] == (nothing,)

    run(go())


def test_nothing_is_kept_of_who_went_elsewhere(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, ["a1"], ["b1"])
        async with database.unit(T) as unit:
            await unit.customers.erase(bea)
        async with database.unit(T) as unit:
            wrong = [reckoned(bea, "a1", clock.now, SPENT), reckoned(bea, "b1", clock.now, SPENT)]
            assert await unit.summaries.put(wrong, again=clock.now + DAY) == 0
            assert await unit.summaries.put([], again=clock.now + DAY) == 0
            assert {each.figures for each in (await unit.summaries.of([ada, bea]))[ada]} == {()}
            assert await due(unit, clock.now) == ["a1"]

    run(go())


def test_the_longest_due_comes_first(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            owners = dict(zip("abc", await enrolled(unit, "a", "b", "c"), strict=True))
            assert sorted(await due(unit, clock.now)) == ["a", "b", "c"]
            assert await due(unit, clock.now - DAY) == []
            assert await unit.summaries.due("hotel", clock.now, 10) == ()
            for name in ("b", "c", "a"):
                clock.tick()
                await unit.summaries.put([reckoned(owners[name], name, clock.now)], again=clock.now + DAY)
            assert await due(unit, clock.now) == []
            assert await due(unit, clock.now + DAY) == ["b", "c", "a"]
            assert await due(unit, clock.now + DAY, 2) == ["b", "c"]
            # A feed told of a change: due now, before all that is due by age tomorrow.
            clock.tick()
            await unit.summaries.mark("bank", ["a", "stranger"])
            await unit.summaries.mark("hotel", ["b"])
            assert await due(unit, clock.now) == ["a"]
            assert await due(unit, clock.now + DAY) == ["a", "b", "c"]
            await unit.summaries.put_off("bank", ["a"], clock.now + DAY / 2)
            assert await due(unit, clock.now) == []
            assert await due(unit, clock.now + DAY) == ["a", "b", "c"]

    run(go())


def test_what_may_not_be_known_any_more_is_forgotten(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, "ab")
            both = [reckoned(ada, one, clock.now, SPENT) for one in "ab"]
            assert await unit.summaries.put(both, again=clock.now + DAY) == 2
            await unit.summaries.forget("bank", ["a", "stranger"], clock.now + 2 * DAY)
            forgotten, kept = (await unit.summaries.of([ada]))[ada]
            assert (forgotten.as_of, forgotten.figures) == (None, ())
            assert kept == both[1]
            assert await unit.summaries.count_due("bank", clock.now) == 0
            assert await unit.summaries.count_due("bank", clock.now + DAY) == 1
            assert await unit.summaries.count_due("bank", clock.now + 2 * DAY) == 2
            assert await unit.summaries.count_due("hotel", clock.now + 2 * DAY) == 0

    run(go())


def test_a_change_while_reckoning_is_not_lost(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, "a")
            asked = clock.tick()
            clock.tick()
            await unit.summaries.mark("bank", ["a"])
            clock.tick()
            await unit.summaries.put([reckoned(ada, "a", asked, SPENT)], again=clock.now + DAY)
            assert await due(unit, clock.now) == ["a"]
            await unit.summaries.put([reckoned(ada, "a", clock.now, SPENT)], again=clock.now + DAY)
            assert await due(unit, clock.now) == []

    run(go())


def test_everybody_comes_once_in_pages(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            every = await enrolled(unit, *([f"{number}", f"{number}x"] for number in range(7)))
            first = reckoned(every[0], "0", clock.now, SPENT)
            await unit.summaries.put([first], again=clock.now + DAY)
        found: dict[str, tuple[PartyFigures, ...]] = {}
        after, pages = None, 0
        async with database.read(T) as unit:
            while page := await unit.summaries.everybody(after, 3):
                assert not found.keys() & page.keys()
                found |= page
                after, pages = max(page), pages + 1
        assert pages == 3
        assert list(found) == sorted(every)
        assert {len(each) for each in found.values()} == {2}
        assert found[every[0]][0] == first

    run(go())


def test_what_moves_takes_its_figures_along(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, "a", "b")
            await unit.summaries.put([reckoned(bea, "b", clock.now, SPENT)], again=clock.now + DAY)
            await unit.ledger.merge(ada, [bea], STEWARD)
            assert [each.figures for each in (await unit.summaries.of([ada, bea]))[ada]] == [(), (SPENT,)]
            page = await unit.summaries.everybody(None, 10)
            assert page.keys() == {ada}

    run(go())


def test_who_was_never_reckoned_is_awaited(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, ["a1", "a2"])
            now = clock.tick()
            assert await unit.summaries.awaited("bank", now)
            assert not await unit.summaries.awaited("hotel", now)
            await unit.summaries.put([reckoned(ada, "a1", now, SPENT)], again=now + DAY)
            assert await unit.summaries.awaited("bank", now)
            await unit.summaries.put_off("bank", ["a2"], now + DAY)
            assert not await unit.summaries.awaited("bank", now)
            await unit.summaries.mark("bank", ["a1"])
            assert not await unit.summaries.awaited("bank", now)

    run(go())
