"""Merging, splitting and taking it back, one case at a time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from c360.contract import KeyKind
from c360.records.party import PartyKind
from c360.values import Secret
from store.data import StatedValue, Statement
from store.data_identity import EntryKind, HouseholdGroup
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
from tests.store.identity import (
    DRAFT,
    MACHINE,
    STEWARD,
    Run,
    T,
    enrolled,
    furnish,
    link,
    person,
    ref,
    seen,
    two,
)


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
