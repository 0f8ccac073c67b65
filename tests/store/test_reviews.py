"""Pairs before a human: once each, closed by what makes them moot, decided for good."""

from __future__ import annotations

from typing import Any

import pytest

from store.data_identity import (
    Admission,
    AdmissionState,
    EntryKind,
    LinkDecision,
    ReviewRequest,
    ReviewState,
    ReviewVerdict,
)
from store.database import Database
from store.errors import CursorError
from store.errors_identity import CustomerUnknown, KeptApart, ReviewClosed, ReviewUnknown
from tests.store.identity import DRAFT, MACHINE, STEWARD, Run, T, enrolled, link, person, ref


def ask(left: str, right: str) -> ReviewRequest:
    return ReviewRequest(left=ref(left), right=ref(right), decision=MACHINE)


def test_a_pair_is_asked_once(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, person("Ada", "b1", "h1"), person("Bea", "b2", "h2"))
            one, same, other_way, nobody, itself = await unit.reviews.open(
                [ask("b1", "b2"), ask("h1", "h2"), ask("b2", "h1"), ask("b1", "b9"), ask("b1", "h1")]
            )
            assert one is not None
            assert (one, nobody, itself) == (same, None, None)
            assert other_way == one
            assert await unit.reviews.open([ask("h2", "b1")]) == (one,)
            (review,) = (await unit.reviews.page()).reviews
            assert {review.left_customer, review.right_customer} == {ada, bea}
            assert review.raised.decision == MACHINE
            assert await unit.reviews.count() == 1
            await unit.ledger.keep_apart([(ref("b1"), ref("b2"))], STEWARD)
            assert await unit.reviews.open([ask("b2", "b1")]) == (None,)

    run(go())


def test_the_queue_is_read_in_pages(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ids = await enrolled(unit, *(person(f"P{each}x", f"b{each}") for each in range(6)))
            opened = await unit.reviews.open([ask("b0", f"b{each}") for each in range(1, 6)])
            first = await unit.reviews.page(first=2)
            assert [each.id for each in first.reviews] == list(opened[:2])
            assert (first.has_next, first.has_previous) == (True, False)
            second = await unit.reviews.page(first=2, after=first.cursors[-1])
            assert [each.id for each in second.reviews] == list(opened[2:4])
            assert (second.has_next, second.has_previous) == (True, True)
            last = await unit.reviews.page(last=2)
            assert [each.id for each in last.reviews] == list(opened[3:])
            before = await unit.reviews.page(last=9, before=last.cursors[0])
            assert [each.id for each in before.reviews] == list(opened[:3])
            assert (before.has_next, before.has_previous) == (True, False)
            mine = await unit.reviews.page(customer_id=ids[3])
            assert [each.id for each in mine.reviews] == [opened[2]]
            for wrong in ("ü", "====", "\x00"):
                with pytest.raises(CursorError):
                    await unit.reviews.page(after=wrong)
            with pytest.raises(ValueError, match="either"):
                await unit.reviews.page(first=1, last=1)

    run(go())


def test_a_merge_closes_what_it_makes_moot_and_an_unmerge_opens_it(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea, cid = await enrolled(
                unit, person("Ada", "b1"), person("Bea", "b2"), person("Cid", "b3")
            )
            both, right, left = await unit.reviews.open([ask("b1", "b2"), ask("b2", "b3"), ask("b1", "b3")])
            assert both is not None
            merge = await unit.ledger.merge(ada, [bea], MACHINE)
            assert merge.plan.reviews == (both,)
            # The two about the third customer ask the same now: the older one is left.
            assert [each.id for each in (await unit.reviews.page()).reviews] == [right]
            moot = (await unit.reviews.page(state=ReviewState.MOOT)).reviews
            assert [(each.id, each.state) for each in moot] == [(both, ReviewState.MOOT)]
            with pytest.raises(ReviewClosed):
                await unit.reviews.decide(both, ReviewVerdict.SAME, STEWARD)
            await unit.ledger.unmerge(STEWARD, customer_id=bea)
            assert [each.id for each in (await unit.reviews.page()).reviews] == [both, right, left]
            await unit.customers.erase(cid)
            assert [each.id for each in (await unit.reviews.page()).reviews] == [both]

    run(go())


def test_the_same_means_a_merge_and_can_be_taken_back(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, person("Ada", "b1"))
        clock.tick()
        async with database.unit(T) as unit:
            (bea,) = await enrolled(unit, person("Bea", "b2"))
            (review,) = await unit.reviews.open([ask("b2", "b1")])
            assert review is not None
            with pytest.raises(CustomerUnknown):
                await unit.reviews.decide(review, ReviewVerdict.SAME, STEWARD, survivor="x")
            with pytest.raises(ReviewUnknown):
                await unit.reviews.decide("x", ReviewVerdict.SAME, STEWARD)
            result = await unit.reviews.decide(review, ReviewVerdict.SAME, STEWARD)
            assert result.merge is not None
            assert result.merge.survivor == ada
            assert result.entry.decision.evidence == MACHINE.evidence
            assert (result.review.state, result.review.verdict) == (ReviewState.DECIDED, ReviewVerdict.SAME)
            assert await unit.customers.resolve([bea]) == {bea: ada}
            undone, unmerged = await unit.ledger.undo(result.entry.id, STEWARD)
            assert (undone.reverses, unmerged.kind) == (result.entry.id, EntryKind.UNMERGE)
            assert (await unit.reviews.get([review]))[review].state is ReviewState.OPEN
            again = await unit.reviews.decide(review, ReviewVerdict.SAME, STEWARD, survivor=bea)
            assert again.merge is not None
            assert again.merge.survivor == bea

    run(go())


def test_not_the_same_is_kept_and_respected(database: Database, run: Run) -> None:
    async def go() -> None:
        decision = LinkDecision(actor="steward", rule="STEWARD")
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, person("Ada", "b1", "h1"), person("Bea", "b2"))
            (review,) = await unit.reviews.open([ask("b2", "b1")])
            assert review is not None
            result = await unit.reviews.decide(review, ReviewVerdict.NOT_SAME, decision)
            assert await unit.ledger.apart_from() == ((ref("b1"), ref("b2")), (ref("b2"), ref("h1")))
            with pytest.raises(KeptApart):
                await unit.ledger.merge(ada, [bea], MACHINE)
            with pytest.raises(ReviewClosed):
                await unit.reviews.decide(review, ReviewVerdict.SAME, decision)
            assert await unit.reviews.open([ask("h1", "b2")]) == (None,)
            await unit.ledger.undo(result.entry.id, decision)
            assert await unit.ledger.apart_from() == ()
            assert [each.id for each in (await unit.reviews.page()).reviews] == [review]

    run(go())


def test_parties_are_admitted_many_at_once(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea = await enrolled(unit, person("Ada", "b1"), person("Bea", "b2"))
            admissions = [
                Admission(party=link("h1"), draft=DRAFT, decision=MACHINE, customer_id=ada),
                Admission(party=link("h2"), draft=DRAFT, decision=MACHINE, reviews=(ask("h2", "b2"),)),
                Admission(party=link("b1"), draft=DRAFT, decision=MACHINE, customer_id=bea),
                Admission(party=link("h2"), draft=DRAFT, decision=MACHINE),
                Admission(party=link("h3"), draft=DRAFT, decision=MACHINE, customer_id="nobody"),
            ]
            linked, created, held, again, lost = await unit.ledger.admit(admissions)
            assert (linked.state, linked.customer_id) == (AdmissionState.LINKED, ada)
            assert created.state is AdmissionState.CREATED
            assert (held.state, held.customer_id, held.entry_id) == (AdmissionState.HELD, ada, None)
            assert (again.state, again.customer_id) == (AdmissionState.HELD, created.customer_id)
            assert lost.state is AdmissionState.ERASED
            assert created.customer_id is not None
            loaded = await unit.customers.load([ada, created.customer_id])
            assert [each.party_id for each in loaded[ada].links] == ["b1", "h1"]
            assert loaded[ada].links[1].confidence == 0.995
            assert loaded[created.customer_id].display_name == DRAFT.display_name
            assert {each.value for each in loaded[created.customer_id].values} == {
                "h2@example.com",
                "Givenh2",
            }
            (review,) = (await unit.reviews.page()).reviews
            assert {review.left_customer, review.right_customer} == {created.customer_id, bea}
            assert created.entry_id is not None
            entry = await unit.ledger.entry(created.entry_id)
            assert entry is not None
            assert (entry.kind, entry.decision) == (EntryKind.CREATE, MACHINE)
            repeated = await unit.ledger.admit(admissions[:2])
            assert {each.state for each in repeated} == {AdmissionState.HELD}
            assert await unit.ledger.admit([]) == ()

    run(go())
