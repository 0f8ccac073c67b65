"""Contested scores: who contests, in which order they wait, who decides, and where they go."""

from __future__ import annotations

from typing import Any

import pytest

from store.columns import new_id
from store.data_contests import ContestState, ContestVerdict
from store.database import Database
from store.errors import CursorError
from store.errors_contests import ContestClosed, ContestUnknown
from store.errors_identity import CustomerUnknown
from tests.store.identity import STEWARD, Run, T, enrolled, person


def test_a_contest_waits_until_a_person_decides_it(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            first = await unit.contests.open(anna, reason="I paid in March.", by="anna")
            second = await unit.contests.open(anna, reason="Not my account.", by="anna")
        async with database.read(T) as unit:
            assert await unit.contests.count() == 2
            assert (await unit.contests.of([anna]))[anna] == (second, first)
            page = await unit.contests.page(first=1)
            assert (page.contests, page.has_next, page.has_previous) == ((first,), True, False)
            after = await unit.contests.page(first=5, after=page.cursors[0])
            assert (after.contests, after.has_next, after.has_previous) == ((second,), False, True)
            back = await unit.contests.page(last=1, before=after.cursors[0])
            assert (back.contests, back.has_next, back.has_previous) == ((first,), True, False)
        clock.tick()
        async with database.unit(T) as unit:
            decided = await unit.contests.decide(
                first.id, ContestVerdict.OVERTURNED, note="The bank confirms it.", by="stewart"
            )
        assert (decided.state, decided.decided_by) == (ContestState.DECIDED, "stewart")
        assert decided.decided_at is not None
        assert decided.decided_at > decided.raised_at
        async with database.read(T) as unit:
            assert (await unit.contests.page()).contests == (second,)
            assert (await unit.contests.page(state=ContestState.DECIDED)).contests == (decided,)
            assert await unit.contests.count(state=ContestState.DECIDED) == 1

    run(go())


def test_a_contest_is_decided_once(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            contest = await unit.contests.open(anna, reason="", by="anna")
            await unit.contests.decide(contest.id, ContestVerdict.UPHELD, note=None, by="stewart")
        async with database.unit(T) as unit:
            with pytest.raises(ContestClosed):
                await unit.contests.decide(contest.id, ContestVerdict.OVERTURNED, note=None, by="stella")
            with pytest.raises(ContestUnknown):
                await unit.contests.decide(new_id(), ContestVerdict.UPHELD, note=None, by="stella")
            with pytest.raises(CustomerUnknown):
                await unit.contests.open(new_id(), reason="", by="anna")
            with pytest.raises(CursorError):
                await unit.contests.page(after="~")

    run(go())


def test_contests_go_where_the_customer_goes(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            anna, ana = await enrolled(unit, person("anna", "b1"), person("ana", "b2"))
            contest = await unit.contests.open(ana, reason="Wrong.", by="ana")
            merge = await unit.ledger.merge(anna, [ana], STEWARD)
        assert merge.entry is not None
        async with database.read(T) as unit:
            assert [each.id for each in (await unit.contests.of([anna]))[anna]] == [contest.id]
        async with database.unit(T) as unit:
            await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
        async with database.unit(T) as unit:
            assert (await unit.contests.of([anna, ana])) == {ana: (contest,)}
            await unit.customers.erase(ana)
        async with database.read(T) as unit:
            assert await unit.contests.get([contest.id]) == {}

    run(go())
