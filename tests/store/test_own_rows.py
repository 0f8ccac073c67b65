"""Rows of the hub's own: seals, versions, whose they are, and pages in any order."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from c360.access import Reach
from store.columns import new_id
from store.data_service import (
    ComplaintCategory,
    ComplaintFilter,
    ComplaintGroup,
    Direction,
    InteractionChannel,
    InteractionContent,
    PageView,
    Reference,
    Sentiment,
    TaskKind,
    TaskState,
)
from store.database import Database
from store.errors import Conflict, CursorError
from store.errors_identity import CustomerUnknown
from store.errors_service import NotNow, NotThere, VersionDiffers
from store.repositories.own import Stretch
from store.sight import Sight
from tests.store.identity import STEWARD, Run, T, enrolled, person

AT = datetime(2026, 1, 1, 9, tzinfo=UTC)


def test_a_task_waits_in_the_queue_until_it_is_done(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            first = await unit.tasks.open(
                anna, TaskKind.CALL_BACK, by="agent", text="She asked for Tuesday.", about=("Complaint", "c1")
            )
            second = await unit.tasks.open(anna, TaskKind.FOLLOW_UP, by="worker", assignee="bob")
        async with database.read(T) as unit:
            assert (await unit.tasks.page(stretch=Stretch())).items == (first, second)
            assert (await unit.tasks.page(unassigned=True, stretch=Stretch())).items == (first,)
            assert (await unit.tasks.page(assignee="bob", stretch=Stretch())).items == (second,)
            assert (await unit.tasks.page(kind=TaskKind.OTHER, stretch=Stretch())).items == ()
            assert await unit.tasks.count() == 2
            assert (await unit.tasks.of([anna], stretch=Stretch(size=1)))[anna].items == (second,)
        async with database.unit(T) as unit:
            taken = await unit.tasks.assign(first.id, "bob", expected=1)
            assert (taken.assignee, taken.version, taken.content) == ("bob", 2, first.content)
            with pytest.raises(VersionDiffers) as differs:
                await unit.tasks.close(first.id, TaskState.DONE, by="bob", expected=1)
            assert (differs.value.expected, differs.value.present) == (1, 2)
            (done,) = await unit.tasks.close_about("Complaint", "c1", by="bob")
            assert (done.state, done.closed_by, done.version) == (TaskState.DONE, "bob", 3)
            with pytest.raises(NotNow) as closed:
                await unit.tasks.assign(first.id, None)
            assert closed.value.allowed == ("OPEN",)
            with pytest.raises(NotThere):
                await unit.tasks.assign(new_id(), None)
            with pytest.raises(CustomerUnknown):
                await unit.tasks.open(new_id(), TaskKind.OTHER, by="agent")

    run(go())


def test_what_was_said_is_sealed_and_goes_with_the_customer(database: Database, run: Run) -> None:
    secret = "Zwetschgenkuchen"

    async def go() -> None:
        async with database.unit(T) as unit:
            anna, ana = await enrolled(unit, person("anna", "b1"), person("ana", "b2"))
            call = await unit.interactions.record(
                ana,
                InteractionChannel.CALL,
                Direction.INBOUND,
                by="agent",
                started_at=AT,
                content=InteractionContent(subject=secret),
            )
            await unit.tasks.open(ana, TaskKind.OTHER, by="agent", text=secret)
        async with database.unit(T) as unit:
            for table in ("interaction", "task"):
                found = await unit.tasks._session.execute(text(f"SELECT content FROM {table}"))
                assert secret.encode() not in bytes(found.scalar_one())
            merge = await unit.ledger.merge(anna, [ana], STEWARD)
        assert merge.entry is not None
        async with database.unit(T) as unit:
            (seen,) = (await unit.interactions.of([anna], stretch=Stretch()))[anna].items
            assert seen.content == call.content
            ended = await unit.interactions.amend(call.id, ended_at=AT, summary="Settled.")
            assert ended.content == InteractionContent(subject=secret, summary="Settled.")
            await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
        async with database.unit(T) as unit:
            assert set(await unit.interactions.of([anna, ana], stretch=Stretch())) == {ana}
            await unit.customers.erase(ana)
        async with database.read(T) as unit:
            assert await unit.interactions.get([call.id]) == {}
            assert await unit.tasks.count() == 0

    run(go())


def test_an_interaction_under_way_grows_and_ends_once(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            session = await unit.interactions.record(
                anna, InteractionChannel.WEB_SESSION, Direction.INBOUND, by="site", started_at=AT
            )
        pages = [PageView(url=f"/{n}", at=AT + timedelta(minutes=n)) for n in (2, 1)]
        stay = Reference(kind="hotel.stays", id="7", connector="hotel")
        async with database.unit(T) as unit:
            await unit.interactions.amend(session.id, pages=pages[:1], references=[stay])
            grown = await unit.interactions.amend(session.id, pages=pages[1:], references=[stay])
            assert grown.content == InteractionContent(pages=tuple(reversed(pages)), references=(stay,))
            felt = await unit.interactions.amend(session.id, sentiment=Sentiment.NEGATIVE, ended_at=AT)
            assert (felt.sentiment, felt.ended_at, felt.version) == (Sentiment.NEGATIVE, AT, 4)
            with pytest.raises(NotNow):
                await unit.interactions.amend(session.id, ended_at=AT)

    run(go())


def test_of_two_changes_at_once_one_is_told_to_look_again(database: Database, run: Run) -> None:
    async def change(task: str, who: str) -> str:
        try:
            async with database.unit(T) as unit:
                await unit.tasks.assign(task, who, expected=1)
        except (Conflict, VersionDiffers):
            return "lost"
        return "won"

    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            task = await unit.tasks.open(anna, TaskKind.OTHER, by="agent")
        outcomes = await asyncio.gather(*(change(task.id, f"agent {n}") for n in range(8)))
        assert sorted(outcomes) == ["lost"] * 7 + ["won"]

    run(go())


def test_pages_cover_the_list_forwards_and_backwards(database: Database, run: Run) -> None:
    """Interactions at few moments, so that the id decides; every size of page gives the same list."""

    async def go() -> None:
        async with database.unit(T) as unit:
            anna, bob = await enrolled(unit, person("anna", "b1"), person("bob", "b2"))
            made = [
                await unit.interactions.record(
                    (anna, bob)[place % 2],
                    InteractionChannel.CALL if place % 3 else InteractionChannel.CHAT,
                    Direction.INBOUND,
                    by="agent",
                    started_at=AT + timedelta(minutes=place % 4),
                )
                for place in range(23)
            ]
            tasks = [await unit.tasks.open(anna, TaskKind.OTHER, by="agent") for _ in range(7)]
        for customer in (anna, bob):
            for channel in (InteractionChannel.CALL, InteractionChannel.CHAT):
                mine = [each for each in made if (each.customer_id, each.channel) == (customer, channel)]
                wanted = sorted(mine, key=lambda each: (each.started_at, each.id), reverse=True)
                for size in (1, 2, 5, 50):
                    seen: list[Any] = []
                    after = None
                    while True:
                        async with database.read(T) as unit:
                            stretch = Stretch(size=size, after=after)
                            found = await unit.interactions.of(
                                [customer, "nobody"], channels=[channel], stretch=stretch
                            )
                        page = found[customer]
                        seen += page.items
                        assert page.has_next is (len(seen) < len(wanted))
                        assert page.has_previous is (after is not None)
                        if not page.has_next:
                            break
                        after = page.cursors[-1]
                    assert seen == wanted
        async with database.read(T) as unit:
            before = None
            back: list[Any] = []
            while True:
                queue = await unit.tasks.page(stretch=Stretch(size=3, before=before, forward=False))
                back = [*queue.items, *back]
                assert queue.has_next is (before is not None)
                if not queue.has_previous:
                    break
                before = queue.cursors[0]
            assert back == tasks
            cursor = (await unit.tasks.page(stretch=Stretch(size=2))).cursors[-1]
            assert (await unit.tasks.page(stretch=Stretch(size=9, after=cursor))).items == tuple(tasks[2:])
            for damaged in ("~", "AAAA"):
                with pytest.raises(CursorError):
                    await unit.tasks.page(stretch=Stretch(after=damaged))
            with pytest.raises(CursorError):
                await unit.interactions.of([anna], stretch=Stretch(after=cursor))

    run(go())


@pytest.mark.parametrize(
    "sight",
    [
        Sight(reach=Reach.NOBODY),
        Sight(reach=Reach.BOOK, subject="eva"),
        Sight(reach=Reach.PARTNER, connectors=frozenset({"b"})),
    ],
    ids=["nobody", "book", "partner"],
)
def test_rows_of_customers_out_of_sight_are_not_there(database: Database, run: Run, sight: Sight) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            task = await unit.tasks.open(anna, TaskKind.OTHER, by="agent")
            await unit.complaints.open(
                anna, by="agent", text="x", category=ComplaintCategory.OTHER, due_at=AT, region="North"
            )
        async with database.unit(T, sight) as unit:
            assert await unit.tasks.get([task.id]) == {}
            assert (await unit.tasks.page(stretch=Stretch())).items == ()
            assert await unit.tasks.count() == 0
            assert await unit.tasks.of([anna], stretch=Stretch()) == {}
            assert await unit.complaints.counts(ComplaintFilter(), ComplaintGroup.REGION) == {}
            with pytest.raises(NotThere):
                await unit.tasks.assign(task.id, "eva")

    run(go())
