"""What the ledger keeps of each decision, and what others do after one: reading, importing, erasing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from store.data import SnapshotData, SnapshotKeyData
from store.data_identity import Admission, EntryKind
from store.database import Database
from tests.store.identity import DRAFT, MACHINE, STEWARD, Run, T, enrolled, link, person, ref, seen, two


def test_every_decision_says_why_who_and_when(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        ada, bea, cid = await two(database, clock)
        async with database.unit(T) as unit:
            linked = await unit.ledger.link(bea, link("h8"), MACHINE)
            merge = await unit.ledger.merge(ada, [bea], STEWARD)
            assert linked is not None
            assert merge.entry is not None
            assert (linked.decision, linked.at, linked.parties) == (MACHINE, clock.now, (ref("h8"),))
            deciding = await unit.ledger.deciding([ref("h8"), ref("b2"), ref("b1"), ref("b9")])
            assert deciding == {
                ref("h8"): (merge.entry, linked),
                ref("b2"): (merge.entry,),
                ref("b1"): (),
            }
            page = await unit.ledger.entries(bea, first=2)
            assert [each.kind for each in page.entries] == [EntryKind.MERGE, EntryKind.LINK]
            assert page.has_next
            rest = await unit.ledger.entries(ada, first=9, after=page.cursors[-1])
            assert [each.kind for each in rest.entries] == [EntryKind.REVIEW, EntryKind.REVIEW]
            assert not rest.has_next
            assert (await unit.ledger.entries(cid)).entries[0].kind is EntryKind.REVIEW
            assert await unit.ledger.entry("nothing") is None

    run(go())


def test_the_past_is_read_as_it_was(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, person("Ada", "b1"), person("Bea", "b2", "h2"))
        moments = [clock.now]
        clock.tick(hours=1)
        async with database.unit(T) as unit:
            merge = await unit.ledger.merge(ada, [bea], MACHINE)
        moments.append(clock.now)
        clock.tick(hours=1)
        async with database.unit(T) as unit:
            split = await unit.ledger.split(ada, [ref("h2")], DRAFT, STEWARD)
        moments.append(clock.now)
        clock.tick(hours=1)
        async with database.unit(T) as unit:
            assert merge.entry is not None
            await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
        moments.append(clock.now)
        expected = [
            {ada: (ada, "b1"), bea: (bea, "b2 h2")},
            {ada: (ada, "b1 b2 h2"), bea: (ada, "b1 b2 h2")},
            {ada: (ada, "b1 b2"), bea: (ada, "b1 b2"), split.created: (split.created, "h2")},
            {ada: (ada, "b1"), bea: (bea, "b2"), split.created: (split.created, "h2")},
        ]
        async with database.read(T) as unit:
            for moment, told in zip(moments, expected, strict=True):
                found = await unit.ledger.past(
                    [ada, bea, split.created, "nobody"], valid_at=moment, recorded_at=moment
                )
                assert {
                    asked: (each.customer_id, " ".join(party.party_id for party in each.parties))
                    for asked, each in found.items()
                } == told
                assert all(
                    {value.party_id for value in each.values} == {party.party_id for party in each.parties}
                    for each in found.values()
                )
            now = await unit.ledger.past([bea], valid_at=clock.now)
            assert now[bea].parties == (ref("b2"),)
            assert (
                await unit.ledger.past([bea], valid_at=clock.now, recorded_at=moments[0].replace(year=2000))
                == {}
            )

    run(go())


def test_an_import_of_a_merged_customer_reaches_the_survivor(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        ada, bea, _ = await two(database, clock)
        before = await seen(database)
        async with database.unit(T) as unit:
            merge = await unit.ledger.merge(ada, [bea], MACHINE)
            result = await unit.customers.enrol([person("Ada", "b1", "h1"), person("Bea", "b2", "h2")])
            assert (result.created, result.changed, result.conflicts) == (0, 0, ())
            await unit.customers.enrol([person("Bea", "b2", "h2", "h5")])
            assert len((await unit.customers.load([ada]))[ada].links) == 5
            assert merge.entry is not None
            await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
        after = await seen(database)
        assert {each.party_id for each in after["customers"][bea].links} == {"b2", "h2", "h5"}
        assert after["customers"][ada] == before["customers"][ada]

    run(go())


def test_erasing_a_survivor_erases_everybody_in_it(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        ada, bea, cid = await two(database, clock)
        async with database.unit(T) as unit:
            await unit.ledger.merge(ada, [bea], STEWARD)
            await unit.ledger.keep_apart([(ref("b1"), ref("b3"))], STEWARD)
            assert await unit.idempotency.claim("me", "k", b"f") is None
            await unit.idempotency.keep("me", "k", b"ids", customer_ids=[bea])
            assert await unit.customers.erase(bea)
            assert not await unit.customers.erase(ada)
            assert await unit.customers.resolve([ada, bea, cid]) == {cid: cid}
            assert (await unit.ledger.entries(ada)).entries == ()
            assert (await unit.reviews.page()).reviews == ()
            assert await unit.idempotency.claim("me", "k", b"f") is None
            entry = (await unit.ledger.entries(cid)).entries[0]
            assert (entry.decision.reason, entry.decision.evidence, entry.decision.actor) == (
                "",
                (),
                "steward",
            )
            states = await unit.ledger.admit([Admission(party=link("b2"), draft=DRAFT, decision=MACHINE)])
            assert [each.state.value for each in states] == ["ERASED"]
            session = unit.customers._session
            for table in ("entry_party", "apart", "customer_key", "grant", "snapshot"):
                found = await session.execute(text(f'SELECT * FROM "{table}"'))
                assert not [row for row in found if {"b1", "b2", ada, bea} & {str(each) for each in row}], (
                    table
                )

    run(go())


def test_a_late_copy_of_a_party_that_left_is_not_kept(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, person("Ada", "b1", "b2"))
            await unit.ledger.unlink(ref("b2"), DRAFT, STEWARD)
            late = SnapshotData(
                customer_id=ada,
                connector="bank",
                kind="k",
                fetched_at=clock.now,
                content=b"both",
                parties=("b1", "b2"),
            )
            await unit.snapshots.write([late])
            key = SnapshotKeyData(customer_id=ada, connector="bank", kind="k")
            assert await unit.snapshots.read([key]) == []

    run(go())
