"""Merging, splitting and taking it back, one case at a time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from c360.contract import KeyKind
from c360.records.party import PartyKind
from c360.values import Secret
from store.data import SnapshotData, SnapshotKeyData, StatedValue, Statement
from store.data_identity import Admission, EntryKind, HouseholdGroup, ReviewRequest
from store.database import Database
from store.errors import Conflict
from store.errors_identity import (
    CannotReverse,
    CustomerUnknown,
    EntryUnknown,
    KeptApart,
    KindsDiffer,
    NothingToSplit,
    NotMerged,
    PartyTaken,
    PartyUnknown,
)
from tests.store.identity import DRAFT, MACHINE, STEWARD, Run, T, enrolled, furnish, link, person, ref, seen


async def two(database: Database, clock: Any) -> list[str]:
    """Two customers with everything a customer can have, and a third to tell them from."""
    async with database.unit(T) as unit:
        ids = await enrolled(unit, person("Ada", "b1", "h1"), person("Bea", "b2", "h2"), person("Cid", "b3"))
        for each in ids:
            await furnish(unit, each, clock.now)
        await unit.households.put([HouseholdGroup(members=frozenset(ids), rule="ADDRESS")])
        await unit.reviews.open([ReviewRequest(left=ref("b1"), right=ref("b2"), decision=MACHINE)])
        await unit.reviews.open([ReviewRequest(left=ref("b3"), right=ref("b2"), decision=MACHINE)])
    clock.tick(hours=1)
    return ids


def test_a_merge_brings_everything_and_an_unmerge_brings_it_back(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        ada, bea, cid = await two(database, clock)
        before = await seen(database, [ada, bea, cid])
        async with database.unit(T) as unit:
            plan = await unit.ledger.plan_merge(ada, [bea])
        assert await seen(database, [ada, bea, cid]) == before
        assert plan.parties == (ref("b2"), ref("h2"))
        assert {each.table: each.rows for each in plan.moves} == {
            "grant": 2,
            "household_member": 1,
            "identity_link": 2,
            "lookup_key": 4,
            "name_token": 4,
            "profile_value": 4,
            "snapshot": 2,
            "summary": 2,
        }
        assert len(plan.reviews) == 1
        async with database.unit(T) as unit:
            merge = await unit.ledger.merge(ada, [bea], MACHINE)
        assert merge.plan == plan
        assert merge.entry is not None
        after = await seen(database, [ada, bea, cid])
        assert after["resolved"] == {ada: ada, bea: ada, cid: cid}
        assert {each.party_id for each in after["customers"][ada].links} == {"b1", "b2", "h1", "h2"}
        assert after["customers"].keys() == {ada, cid}
        assert after["keys"][KeyKind.EMAIL, "b2@example.com"] == (ada,)
        assert after["names"]["Givenb2"] == (ada,)
        assert after["grants"][ada, "bank", "b1"] == Secret("token-b1")
        assert after["grants"][ada, "bank", "b2"] == Secret("token-b2")
        assert sorted(each.content for each in after["copies"]) == [b"b1", b"b2", b"b3", b"h1", b"h2"]
        assert len(after["summaries"][ada]) == 4
        assert after["households"][ada][0].members == tuple(sorted([ada, cid]))
        assert [pair[1:] for pair in after["reviews"]] == [(cid, ada)]
        async with database.unit(T) as unit:
            assert (await unit.customers.load([bea]))[bea].id == ada
            result = await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
        assert (result.survivor, result.restored) == (ada, (bea,))
        assert result.moved == (ref("b2"), ref("h2"))
        assert (result.stayed, result.later_facts) == ((), ())
        assert await seen(database, [ada, bea, cid]) == before

    run(go())


def test_what_a_partner_says_after_a_merge_goes_with_its_party(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        ada, bea, cid = await two(database, clock)
        async with database.unit(T) as unit:
            merge = await unit.ledger.merge(ada, [bea], MACHINE)
        clock.tick(hours=1)
        async with database.unit(T) as unit:
            said = Statement(
                connector="bank", party_id="b2", values=(StatedValue(attribute="email", value="new@b2"),)
            )
            # Told for the old id, as one who looked before the merge would.
            assert await unit.profiles.observe({bea: [said]}) == {ada}
            await unit.ledger.link(ada, link("h4"), MACHINE)
            await furnish(unit, ada, clock.now)
            await unit.households.put([HouseholdGroup(members=frozenset([ada, cid]), rule="PHONE")])
        clock.tick(hours=1)
        both = await seen(database)
        assert {each.content for each in both["copies"]} == {b"b1 b2", b"h1 h2 h4", b"b3"}
        async with database.unit(T) as unit:
            assert merge.entry is not None
            result = await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
        assert result.stayed == (ref("h4"),)
        after = await seen(database)
        assert [each.value for each in after["customers"][bea].values if each.party_id == "b2"] == ["new@b2"]
        assert {each.party_id for each in after["customers"][ada].links} == {"b1", "h1", "h4"}
        # What was fetched of both together is shown of neither; the hotel's of the first one is incomplete.
        assert {each.content for each in after["copies"]} == {b"b1", b"b2", b"h2", b"b3"}
        assert after["names"]["Givenh4"] == (ada,)

    run(go())


def test_the_hubs_own_later_facts_stay_and_are_listed(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea, cid = await enrolled(
                unit, person("Ada", "b1"), person("Bea", "b2"), person("Cid", "b3")
            )
        clock.tick()
        async with database.unit(T) as unit:
            await unit.ledger.merge(ada, [bea], MACHINE)
            clock.tick()
            (home,) = await unit.households.put([HouseholdGroup(members=frozenset([bea, cid]), rule="R")])
            result = await unit.ledger.unmerge(STEWARD, customer_id=bea)
            assert [(each.table, each.key, each.at) for each in result.later_facts] == [
                ("household_member", home, clock.now)
            ]
            assert (await unit.households.of([ada, bea])).keys() == {ada}

    run(go())


def test_an_inner_merge_is_taken_back_while_an_outer_one_stands(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        ada, bea, cid = await two(database, clock)
        first = await seen(database, [ada, bea, cid])
        async with database.unit(T) as unit:
            inner = await unit.ledger.merge(ada, [bea], MACHINE)
            outer = await unit.ledger.merge(cid, [ada], MACHINE)
            assert await unit.customers.resolve([ada, bea]) == {ada: cid, bea: cid}
            where = await unit.ledger.redirects([ada, bea, cid])
            assert {each: where[each].survivor for each in where} == {ada: cid, bea: cid}
            assert inner.entry is not None
            assert outer.entry is not None
            result = await unit.ledger.unmerge(STEWARD, entry_id=inner.entry.id)
            assert (result.survivor, result.restored) == (cid, (bea,))
            assert await unit.customers.resolve([ada, bea]) == {ada: cid, bea: bea}
            with pytest.raises(CannotReverse, match="already"):
                await unit.ledger.unmerge(STEWARD, entry_id=inner.entry.id)
            await unit.ledger.unmerge(STEWARD, customer_id=ada)
            with pytest.raises(CannotReverse, match="already"):
                await unit.ledger.undo(outer.entry.id, STEWARD)
        assert await seen(database, [ada, bea, cid]) == first

    run(go())


def test_a_merge_of_several_is_taken_back_one_by_one_or_together(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        ada, bea, cid = await two(database, clock)
        first = await seen(database)
        async with database.unit(T) as unit:
            merge = await unit.ledger.merge(ada, [bea, cid, ada, bea], MACHINE)
            assert merge.entry is not None
            assert merge.entry.others == tuple(sorted([bea, cid]))
            again = await unit.ledger.merge(bea, [cid], MACHINE)
            assert (again.entry, again.survivor) == (None, ada)
            await unit.ledger.unmerge(STEWARD, customer_id=cid)
            assert (await unit.ledger.entry(merge.entry.id)) == merge.entry
            (undone,) = await unit.ledger.undo(merge.entry.id, STEWARD)
            assert undone.others == (bea,)
            entry = await unit.ledger.entry(merge.entry.id)
            assert entry is not None
            assert entry.reversed_by == undone.id
        assert await seen(database) == first
        async with database.unit(T) as unit:
            (again_,) = await unit.ledger.undo(undone.id, STEWARD)
            assert again_.kind is EntryKind.MERGE
            assert await unit.customers.resolve([bea]) == {bea: ada}

    run(go())


def test_a_split_takes_what_hangs_on_the_parties_and_can_be_taken_back(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, person("Ada", "b1", "b2", "h2"))
            await furnish(unit, ada, clock.now)
        clock.tick()
        before = await seen(database)
        async with database.unit(T) as unit:
            split = await unit.ledger.split(ada, [ref("b2"), ref("h2")], DRAFT, STEWARD)
        clock.tick()
        after = await seen(database)
        new = split.created
        assert {each.party_id for each in after["customers"][ada].links} == {"b1"}
        assert {each.party_id for each in after["customers"][new].links} == {"b2", "h2"}
        assert after["customers"][new].display_name == "Somebody Else"
        assert after["keys"][KeyKind.EMAIL, "b2@example.com"] == (new,)
        assert after["grants"] == {
            (ada, "bank", "b1"): Secret("token-b1"),
            (new, "bank", "b2"): Secret("token-b2"),
            (new, "hotel", "h2"): Secret("token-h2"),
        }
        # The copy of both parties of the bank shows a stranger's records to either.
        assert [(each.customer_id, each.content) for each in after["copies"]] == [(new, b"h2")]
        async with database.unit(T) as unit:
            assert (await unit.customers.search("Givenb2")).ids == ()
            with pytest.raises(KeptApart):
                await unit.ledger.merge(ada, [new], MACHINE)
            (back,) = await unit.ledger.undo(split.entry.id, STEWARD)
            assert back.kind is EntryKind.RESTORE
            assert await unit.customers.resolve([new]) == {new: ada}
            assert await unit.ledger.apart_from() == ()
        restored = await seen(database)
        for name in ("customers", "keys", "parties", "grants", "summaries"):
            assert restored[name] == before[name], name
        assert restored["names"]["Givenb2"] == (ada,)

    run(go())


def test_a_party_that_a_later_decision_moved_stays_there(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        ada, bea, _ = await two(database, clock)
        async with database.unit(T) as unit:
            merge = await unit.ledger.merge(ada, [bea], MACHINE)
            split = await unit.ledger.split(ada, [ref("h2")], DRAFT, STEWARD)
            assert merge.entry is not None
            await unit.ledger.unmerge(STEWARD, entry_id=merge.entry.id)
            loaded = await unit.customers.load([ada, bea, split.created])
            assert {each: {one.party_id for one in loaded[each].links} for each in loaded} == {
                ada: {"b1", "h1"},
                bea: {"b2"},
                split.created: {"h2"},
            }
            await unit.ledger.undo(split.entry.id, STEWARD)
            # It hung on the one that stands on its own again, so that is where it returns to.
            assert {one.party_id for one in (await unit.customers.load([bea]))[bea].links} == {"b2", "h2"}

    run(go())


def test_a_link_is_undone_by_letting_the_party_go(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, person("Ada", "b1"))
            entry = await unit.ledger.link(ada, link("h9"), MACHINE)
            assert entry is not None
            assert await unit.ledger.link(ada, link("h9"), MACHINE) is None
            with pytest.raises(CannotReverse, match="draft"):
                await unit.ledger.undo(entry.id, STEWARD)
            (undone,) = await unit.ledger.undo(entry.id, STEWARD, draft=DRAFT)
            assert undone.reverses == entry.id
            assert {one.party_id for one in (await unit.customers.load([ada]))[ada].links} == {"b1"}
            with pytest.raises(PartyTaken):
                await unit.ledger.link(ada, link("h9"), MACHINE)
            with pytest.raises(NothingToSplit):
                await unit.ledger.unlink(ref("b1"), DRAFT, STEWARD)
            with pytest.raises(PartyUnknown):
                await unit.ledger.unlink(ref("b8"), DRAFT, STEWARD)

    run(go())


def test_what_cannot_be_merged_is_refused_and_changes_nothing(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        ada, bea, cid = await two(database, clock)
        company = msgspec.structs.replace(person("Corp", "h7"), kind=PartyKind.ORGANIZATION)
        async with database.unit(T) as unit:
            (corp,) = await enrolled(unit, company)
            apart = await unit.ledger.keep_apart([(ref("h2"), ref("b1"))], STEWARD)
        before = await seen(database)
        async with database.unit(T) as unit:
            for others, error in (
                ([corp], KindsDiffer),
                (["nobody"], CustomerUnknown),
                ([bea], KeptApart),
                ([cid, bea], KeptApart),
            ):
                with pytest.raises(error):
                    await unit.ledger.merge(ada, others, MACHINE)
            with pytest.raises(NotMerged):
                await unit.ledger.unmerge(STEWARD, customer_id=ada)
            with pytest.raises(EntryUnknown):
                await unit.ledger.unmerge(STEWARD, entry_id="nothing")
            assert apart is not None
            with pytest.raises(CannotReverse):
                await unit.ledger.unmerge(STEWARD, entry_id=apart.id)
        assert await seen(database) == before
        async with database.unit(T) as unit:
            pair = (ref("b1"), ref("h2"))
            assert await unit.ledger.apart([pair, (ref("b1"), ref("b2"))]) == {pair}
            assert await unit.ledger.keep_apart([pair], STEWARD) is None
            await unit.ledger.merge(ada, [bea], STEWARD, overrule=True)
            assert await unit.ledger.apart_from() == ()

    run(go())


def test_the_database_itself_refuses_chains_and_cycles(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        ada, bea, cid = await two(database, clock)
        async with database.unit(T) as unit:
            merge = await unit.ledger.merge(ada, [bea], MACHINE)
        assert merge.entry is not None
        insert = text(
            "INSERT INTO redirect VALUES "
            "('t', 'x', :of, :to, :to, :entry, '2026-01-01', NULL, 'MERGED', 'PRESENT')"
        )
        for of, to in ((ada, bea), (cid, bea), (ada, ada), (bea, cid)):
            with pytest.raises(Conflict):
                async with database.unit(T) as unit:
                    await unit.customers._session.execute(
                        insert, {"of": of, "to": to, "entry": merge.entry.id}
                    )

    run(go())


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
