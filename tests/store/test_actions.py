"""Actions at partners: kept once, moved step by step, and never where no step leads."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from store.columns import new_id
from store.data_actions import (
    BECOMES,
    ActionChange,
    ActionDraft,
    ActionFilter,
    ActionRejection,
    PartnerActionData,
    PartnerActionState,
    StepReason,
)
from store.database import Database
from store.errors import Conflict, CursorError
from store.errors_actions import ActionMoved, ActionNotAllowed
from store.errors_identity import CustomerUnknown, KeyReused
from tests.store.identity import STEWARD, Run, T, enrolled, person

REQUESTED, SENT, CONFIRMED, REJECTED, UNKNOWN = PartnerActionState
LEASE = timedelta(seconds=30)
GO = ActionChange(after=SENT, reason=StepReason.GOING_OUT)


def draft(customer_id: str, clock: Any, key: str = "k", **differing: Any) -> ActionDraft:
    given: dict[str, Any] = {
        "customer_id": customer_id,
        "connector": "bank",
        "kind": "bank.pay",
        "party_id": "b1",
        "content": b'{"to": "Ada"}',
        "caller": "agent",
        "key": key,
        "fingerprint": b"f",
        "purpose": "SERVICE",
        "valid_until": clock.now + timedelta(days=1),
        "due_at": clock.now + LEASE,
    }
    return ActionDraft(**{**given, **differing})


def change(after: PartnerActionState, clock: Any, **differing: Any) -> ActionChange:
    given: dict[str, Any] = {"after": after, "reason": StepReason.ANSWERED, "next_at": clock.now + LEASE}
    if after is REJECTED:
        given["rejection"] = ActionRejection.CONFLICT
    return ActionChange(**{**given, **differing})


async def requested(database: Database, clock: Any, **differing: Any) -> PartnerActionData:
    async with database.unit(T) as unit:
        (anna,) = await enrolled(unit, person("anna", "b1"))
        action, _ = await unit.actions.request(draft(anna, clock, **differing))
        return action


def test_the_same_key_names_the_same_action_for_good(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            first, new = await unit.actions.request(draft(anna, clock))
            assert (new, first.state, first.seq, first.attempts) == (True, REQUESTED, 1, 0)
        clock.tick(days=400)
        async with database.unit(T) as unit:
            assert await unit.actions.request(draft(anna, clock)) == (first, False)
            with pytest.raises(KeyReused):
                await unit.actions.request(draft(anna, clock, fingerprint=b"other"))
            of_another, new = await unit.actions.request(draft(anna, clock, caller="another"))
            assert new
            assert of_another.id != first.id
            with pytest.raises(CustomerUnknown):
                await unit.actions.request(draft(new_id(), clock, key="other"))

    run(go())


def test_what_was_asked_is_sealed_and_goes_with_the_customer(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        action = await requested(database, clock)
        async with database.read(T) as unit:
            assert await unit.actions.contents([action]) == {action.id: b'{"to": "Ada"}'}
            session = unit.actions._session
            (stored,) = (await session.execute(text("SELECT content FROM partner_action"))).scalars()
            assert b"Ada" not in bytes(stored)
        async with database.unit(T) as unit:
            sent = await unit.actions.move(
                action, change(SENT, clock, reason=StepReason.GOING_OUT), by="c360"
            )
            doubtful = await unit.actions.move(sent, change(UNKNOWN, clock, doubtful_at=clock.now), by="c360")
            await unit.actions.move(doubtful, change(CONFIRMED, clock), by="boss", note="Ada rang.")
            told = (await unit.actions.steps([action.id]))[action.id]
            assert [(each.after, each.note) for each in told] == [
                (REQUESTED, None),
                (SENT, None),
                (UNKNOWN, None),
                (CONFIRMED, "Ada rang."),
            ]
        async with database.unit(T) as unit:
            await unit.customers.erase(action.customer_id)
        async with database.read(T) as unit:
            assert await unit.actions.get([action.id]) == {}
            assert await unit.actions.steps([action.id]) == {}

    run(go())


def test_actions_go_where_the_customer_goes(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            anna, ana = await enrolled(unit, person("anna", "b1"), person("ana", "b2"))
            mine, _ = await unit.actions.request(draft(ana, clock))
            await unit.ledger.merge(anna, [ana], STEWARD)
        async with database.unit(T) as unit:
            page = (await unit.actions.of([anna]))[anna]
            assert [each.id for each in page.actions] == [mine.id]
            moved = page.actions[0]
            assert (moved.customer_id, moved.home_id) == (anna, ana)
            assert await unit.actions.contents([moved]) == {mine.id: b'{"to": "Ada"}'}
            sent = await unit.actions.move(moved, change(SENT, clock, reason=StepReason.GOING_OUT), by="c360")
            await unit.ledger.unmerge(STEWARD, customer_id=ana)
        async with database.read(T) as unit:
            assert (await unit.actions.get([mine.id]))[mine.id].customer_id == ana
            assert len((await unit.actions.steps([mine.id]))[mine.id]) == sent.seq

    run(go())


def test_one_of_two_takes_a_step(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        action = await requested(database, clock)
        async with database.unit(T) as unit:
            sent = await unit.actions.move(
                action, change(SENT, clock, reason=StepReason.GOING_OUT), by="c360"
            )
        assert (sent.seq, sent.attempts, sent.sent_at) == (2, 1, clock.now)
        async with database.unit(T) as unit:
            with pytest.raises(ActionMoved):
                await unit.actions.move(action, change(SENT, clock), by="c360")
            assert not await unit.actions.put_off(action, None)
            with pytest.raises(ActionNotAllowed):
                await unit.actions.move(action, change(UNKNOWN, clock), by="c360")

    run(go())


PATHS: dict[PartnerActionState, tuple[PartnerActionState, ...]] = {
    REQUESTED: (),
    SENT: (SENT,),
    CONFIRMED: (SENT, CONFIRMED),
    REJECTED: (REJECTED,),
    UNKNOWN: (SENT, UNKNOWN),
}
"""How an action gets to each state."""
_WRITE = """
    UPDATE partner_action SET state = :after, settled_at = :settled, next_at = NULL, holder = NULL,
    rejection = :why, human_at = :human, seq = seq + :steps WHERE id = :id
"""
_STEP = """
    INSERT INTO partner_action_step
    (tenant, action_id, seq, customer_id, home_id, previous, before, after, at, by, reason)
    SELECT tenant, id, seq + 1, customer_id, home_id, seq, state, CAST(:after AS text), requested_at, 'x',
    'ANSWERED' FROM partner_action WHERE id = :id
"""


def test_the_database_allows_the_same_steps(database: Database, clock: Any, run: Run) -> None:
    """Whatever writes past the repository: no step but the allowed ones, no state but the last step's."""
    moment: Any = clock.now if database._writer.dialect.name == "postgresql" else str(clock.now)

    async def write(statement: str, action_id: str, after: PartnerActionState, steps: int = 0) -> None:
        final = after in {CONFIRMED, REJECTED}
        given = {
            "id": action_id,
            "after": after.value,
            "settled": moment if final else None,
            "human": None if final else moment,
            "why": "OTHER" if after is REJECTED else None,
            "steps": steps,
        }
        async with database.unit(T) as unit:
            wanted = {name: given[name] for name in given if f":{name}" in statement}
            await unit.actions._session.execute(text(statement), wanted)

    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
        for before, after in itertools.product(PartnerActionState, repeat=2):
            async with database.unit(T) as unit:
                action, _ = await unit.actions.request(draft(anna, clock, key=f"{before} {after}"))
                for state in PATHS[before]:
                    reason = StepReason.GOING_OUT if state is SENT else StepReason.ANSWERED
                    action = await unit.actions.move(action, change(state, clock, reason=reason), by="c360")
            if after is not before:  # a state without a step
                with pytest.raises(Conflict):
                    await write(_WRITE, action.id, after)
            if after in BECOMES[before]:
                await write(_STEP, action.id, after)
                await write(_WRITE, action.id, after, steps=1)
            else:
                with pytest.raises(Conflict):
                    await write(_STEP, action.id, after)

    run(go())


def test_who_is_due_is_taken_once(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            made = [(await unit.actions.request(draft(anna, clock, key=key)))[0] for key in "abc"]
        async with database.unit(T) as unit:
            assert await unit.actions.claim("p2", clock.now + LEASE) == ()  # left to who asked for them
            assert await unit.actions.next_due() == clock.now + LEASE
        clock.tick(seconds=31)
        async with database.unit(T) as unit:
            taken = await unit.actions.claim("p2", clock.now + LEASE, limit=2)
            assert {each.holder for each in taken} == {"p2"}
            rest = await unit.actions.claim("p3", clock.now + LEASE)
            assert {each.id for each in (*taken, *rest)} == {each.id for each in made}
            assert await unit.actions.claim("p2", clock.now + LEASE) == ()
            later = clock.now + timedelta(hours=1)
            given = {"problem": "UNAVAILABLE", "accepted_at": clock.now, "reference": "r1"}
            assert await unit.actions.put_off(rest[0], later, **given)
            assert not await unit.actions.put_off(made[0], later)  # not held by that one any more
        async with database.unit(T) as unit:
            assert await unit.actions.wake("bank", ["b1"]) == 1
            (woken,) = await unit.actions.claim("p2", clock.now + LEASE)
            assert woken.id == rest[0].id
            assert (woken.problem, woken.reference) == ("UNAVAILABLE", "r1")
            assert woken.accepted_at == clock.now

    run(go())


def test_what_a_partner_decides_about_is_looked_at_last(database: Database, clock: Any, run: Run) -> None:
    """However long it has been due: what is to be sent or is in doubt does not wait behind it."""

    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            pending, new = [
                (await unit.actions.request(draft(anna, clock, key=key)))[0] for key in ("pending", "new")
            ]
            assert await unit.actions.put_off(pending, clock.now, accepted_at=clock.now)
        clock.tick(seconds=31)
        async with database.unit(T) as unit:
            taken = [(await unit.actions.claim("p2", clock.now + LEASE, limit=1))[0].id for _ in range(2)]
            assert taken == [new.id, pending.id]

    run(go())


def test_actions_are_listed_the_latest_first(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            made = [(await unit.actions.request(draft(anna, clock, key=key)))[0] for key in "abc"]
            sent = await unit.actions.move(
                made[0], change(SENT, clock, reason=StepReason.GOING_OUT), by="c360"
            )
            lost = await unit.actions.move(
                sent, change(UNKNOWN, clock, next_at=None, human_at=clock.now), by="c360"
            )
        async with database.read(T) as unit:
            page = await unit.actions.page(ActionFilter(), first=2)
            assert ([each.id for each in page.actions], page.has_next) == ([made[2].id, made[1].id], True)
            rest = await unit.actions.page(ActionFilter(), first=2, after=page.cursors[-1])
            assert (rest.actions, rest.has_next, rest.has_previous) == ((lost,), False, True)
            back = await unit.actions.page(ActionFilter(), last=1, before=rest.cursors[0])
            assert [each.id for each in back.actions] == [made[1].id]
            assert (await unit.actions.page(ActionFilter(for_human=True))).actions == (lost,)
            assert await unit.actions.count(ActionFilter(states=(REQUESTED,), connector="bank")) == 2
            assert await unit.actions.count(ActionFilter(for_human=False)) == 2
            with pytest.raises(CursorError):
                await unit.actions.of([anna], after="~")

    run(go())
