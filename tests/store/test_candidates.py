"""Who may be the one a partner tells of, who lives together, and what was answered before."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from sqlalchemy import event, text

from c360.contract import KeyKind
from store.data import EnrolKey
from store.data_identity import HouseholdGroup
from store.database import Database
from store.errors_identity import KeyReused
from tests.store.identity import MACHINE, Run, T, enrolled, person, ref

SWITCHBOARD = EnrolKey(kind=KeyKind.PHONE, value="+41440000000")


def test_candidates_come_by_keys_and_blocks_best_first(database: Database, run: Run) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea, _ = await enrolled(
                unit, person("Ada", "b1", "h1"), person("Bea", "b2"), person("Cid", "b3")
            )
        engine = database._reader
        async with database.read(T) as unit:
            await unit.candidates.find([])
            event.listen(engine, "before_cursor_execute", note)
            found = await unit.candidates.find(
                [
                    EnrolKey(kind=KeyKind.EMAIL, value="b1@example.com"),
                    EnrolKey(kind=KeyKind.EMAIL, value="b2@example.com"),
                    EnrolKey(kind=KeyKind.EMAIL, value="nobody@example.com"),
                ],
                ["1980-01-01 h1", "1980-01-01 nobody"],
            )
            event.remove(engine, "before_cursor_execute", note)
            assert [(each.customer_id, each.hits) for each in found.candidates] == [(ada, 2), (bea, 1)]
            parties = found.candidates[0].parties
            assert [each.party for each in parties] == [ref("b1"), ref("h1")]
            assert {each.value for each in parties[1].values} == {"h1@example.com", "Givenh1"}
            assert found.crowded == ()
            assert (await unit.candidates.find([], [])).candidates == ()
            # No look-up of a customer finds anybody by a block.
            assert await unit.customers.by_keys([(kind, "1980-01-01 h1") for kind in KeyKind]) == {}
        assert len([each for each in statements if each.startswith("SELECT")]) == 2

    run(go())


def test_a_crowded_key_is_bounded_and_told(database: Database, run: Run) -> None:
    async def go() -> None:
        def at_the_switchboard(number: int) -> Any:
            one = person(f"P{number}x", f"b{number}")
            (only,) = one.links
            return msgspec.structs.replace(
                one, links=(msgspec.structs.replace(only, keys=(*only.keys, SWITCHBOARD)),)
            )

        async with database.unit(T) as unit:
            ids = await enrolled(unit, *(at_the_switchboard(number) for number in range(8)))
            own = EnrolKey(kind=KeyKind.EMAIL, value="b7@example.com")
            found = await unit.candidates.find([SWITCHBOARD, own], limit=3)
            assert found.crowded == (SWITCHBOARD,)
            assert len(found.candidates) == 3
            assert ids[7] in {each.customer_id for each in found.candidates}

    run(go())


def test_no_key_or_block_stands_in_the_index_in_plain(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await enrolled(unit, person("Ada", "b1"))
            rows = (await unit.customers._session.execute(text("SELECT * FROM lookup_key"))).all()
            assert len(rows) == 2
            assert all(b"1980" not in bytes(row.hash) and b"@" not in bytes(row.hash) for row in rows)

    run(go())


def test_a_household_keeps_its_id_while_most_stay(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            ada, bea, cid, dan = await enrolled(
                unit,
                *(person(name, party) for name, party in zip("ABCD", ("b1", "b2", "b3", "b4"), strict=True)),
            )

            def group(*members: str) -> HouseholdGroup:
                return HouseholdGroup(members=frozenset(members), rule="ADDRESS", evidence=MACHINE.evidence)

            (home,) = await unit.households.put([group(ada, bea, cid)])
            assert home is not None
            assert await unit.households.put([group(ada, bea, cid)]) == (home,)
            kept, new = await unit.households.put([group(ada, bea), group(cid, dan)])
            assert kept == home
            found = await unit.households.of([ada, cid])
            assert found[ada][0].members == tuple(sorted([ada, bea]))
            assert (found[cid][0].id, found[cid][0].evidence) == (new, MACHINE.evidence)
            assert await unit.households.put([group(ada), group("nobody", ada)]) == (None, None)
            assert await unit.households.leave(home, bea)
            assert not await unit.households.leave(home, bea)
            assert await unit.households.get([home]) == {}
            await unit.ledger.merge(cid, [dan], MACHINE)
            assert await unit.households.of([cid, dan]) == {}
            await unit.ledger.unmerge(MACHINE, customer_id=dan)
            assert (await unit.households.of([dan]))[dan][0].members == tuple(sorted([cid, dan]))

    run(go())


def test_a_repeated_request_is_answered_from_memory(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (ada,) = await enrolled(unit, person("Ada", "b1"))
            assert await unit.idempotency.claim("me", "key", b"body") is None
            await unit.idempotency.keep("me", "key", b"answer", customer_ids=[ada, ada])
        async with database.unit(T) as unit:
            replay = await unit.idempotency.claim("me", "key", b"body")
            assert replay is not None
            assert (replay.response, replay.at) == (b"answer", clock.now)
            assert await unit.idempotency.claim("other", "key", b"body") is None
            with pytest.raises(KeyReused):
                await unit.idempotency.claim("me", "key", b"another body")
            stored = (await unit.customers._session.execute(text("SELECT * FROM answered_request"))).all()
            assert all("key" not in str(row.key_hash) for row in stored)
        clock.tick(hours=24)
        async with database.unit(T) as unit:
            assert await unit.idempotency.claim("me", "key", b"another body") is None
            assert await unit.idempotency.forget_expired() == 1
        clock.tick(days=2)
        async with database.unit(T) as unit:
            assert await unit.idempotency.forget_expired() == 1
        with contextlib.suppress(ZeroDivisionError):
            async with database.unit(T) as unit:
                await unit.idempotency.claim("me", "undone", b"body")
                raise ZeroDivisionError
        async with database.unit(T) as unit:
            assert await unit.idempotency.claim("me", "undone", b"other") is None

    run(go())
