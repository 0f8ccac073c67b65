"""The audit: chained, found again by whom it concerned, never altered unseen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from store.audit_chain import START, content_of, linked, written
from store.data_audit import (
    AuditEntry,
    AuditFilter,
    AuditKind,
    ChainHead,
    ReadEntry,
    SealEntry,
    WriteEntry,
)
from store.database import Database
from store.errors import Conflict, CursorError, StoreError
from tests.store.identity import Run, T

NEW = ChainHead(chain="c1", number=0, hash="")


def reading(clock: Any, customers: Sequence[str], by: str = "agent", purpose: str = "SERVICE") -> ReadEntry:
    return ReadEntry(
        at=clock(),
        principal=by,
        client="portal",
        purpose=purpose,
        customers=tuple(customers),
        selection="s1",
        sources={"bank": "FRESH"},
    )


def change(clock: Any, customer: str, by: str = "steward") -> WriteEntry:
    return WriteEntry(
        at=clock(),
        principal=by,
        purpose="SERVICE",
        action="mergeCustomers",
        customers=(customer,),
        detail={"entry": "e1"},
    )


async def entries(database: Database, **which: Any) -> list[AuditEntry]:
    async with database.read(T) as unit:
        return list((await unit.audit.page(AuditFilter(**which), first=100)).entries)


def test_who_read_what_of_whom_is_found_by_customer_by_principal_and_by_time(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.audit.keep_selections({"s1": ("Customer.profile", "Profile.familyName")})
            first = reading(clock, ["anna", "ben"])
            clock.tick(hours=1)
            second = reading(clock, ["ben"], by="other", purpose="MARKETING")
            head = await unit.audit.chain(NEW, [first, second])
            clock.tick(hours=1)
            seal = await unit.audit.append(change(clock, "anna"))
            await unit.audit.chain(head, [seal])
        (changed, read) = await entries(database, customer_id="anna")
        assert (changed.kind, changed.action, changed.detail) == (
            AuditKind.WRITE,
            "mergeCustomers",
            {"entry": "e1"},
        )
        assert changed.sealed
        assert read.fields == ("Customer.profile", "Profile.familyName")
        assert (read.principal, read.client, read.sources) == ("agent", "portal", {"bank": "FRESH"})
        assert [each.principal for each in await entries(database, customer_id="ben")] == ["other", "agent"]
        assert [each.purpose for each in await entries(database, principal="other")] == ["MARKETING"]
        assert len(await entries(database)) == 3
        assert len(await entries(database, kind=AuditKind.READ)) == 2
        assert await entries(database, since=second.at, until=second.at + timedelta(minutes=1)) == [
            each for each in await entries(database) if each.at == second.at
        ]
        assert await entries(database, customer_id="nobody") == []

    run(go())


def test_pages_follow_each_other_within_and_across_batches(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        head = NEW
        for batch in range(3):
            async with database.unit(T) as unit:
                made = [reading(clock, [f"c{batch}{place}", "all"]) for place in range(4)]
                clock.tick()
                head = await unit.audit.chain(head, made)
        async with database.read(T) as unit:
            which, seen, after = AuditFilter(customer_id="all"), [], None
            while True:
                page = await unit.audit.page(which, first=3, after=after)
                seen += [each.customer_ids[0] for each in page.entries]
                if not page.has_next:
                    break
                after = page.cursors[-1]
            with pytest.raises(CursorError):
                await unit.audit.page(which, after="x")
        assert seen == [f"c{batch}{place}" for batch in (2, 1, 0) for place in (3, 2, 1, 0)]

    run(go())


def test_an_untouched_audit_verifies(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            seal = await unit.audit.append(change(clock, "anna"))
            head = await unit.audit.chain(NEW, [reading(clock, ["anna"]), seal])
            head = await unit.audit.chain(head, [reading(clock, ["ben"])])
            await unit.audit.append(change(clock, "ben"))
        async with database.read(T) as unit:
            report = await unit.audit_verification.verify([head])
        assert report.faults == ()
        assert (report.chains, report.batches, report.entries, report.unsealed) == (1, 2, 3, 1)
        assert report.heads == (head,)

    run(go())


def test_the_database_refuses_to_alter_or_remove_what_is_kept(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.audit.append(change(clock, "anna"))
            await unit.audit.chain(NEW, [reading(clock, ["anna"])])
            await unit.audit.keep_selections({"s1": ("Customer.id",)})
        for name in ("audit_batch", "audit_write", "audit_mark", "audit_selection"):
            for statement in (f"UPDATE {name} SET tenant = 'x'", f"DELETE FROM {name}"):
                with pytest.raises(StoreError):
                    async with database.unit(T) as unit:
                        await unit.audit._session.execute(text(statement))

    run(go())


TAMPERINGS = {
    "content": ("UPDATE audit_batch SET content = replaced WHERE number = 2", "its content was altered"),
    "removed": ("DELETE FROM audit_batch WHERE number = 2", "1 batch(es) before it were removed"),
    "cut off": ("DELETE FROM audit_batch WHERE number = 3", "the chain was cut off before this known batch"),
    "change altered": ("UPDATE audit_write SET content = replaced", "the change was altered"),
    "change removed": ("DELETE FROM audit_write", "the change was removed"),
}


@pytest.mark.parametrize("case", sorted(TAMPERINGS))
def test_verifying_tells_what_was_tampered_with(database: Database, clock: Any, run: Run, case: str) -> None:
    statement, told = TAMPERINGS[case]

    async def go() -> None:
        async with database.unit(T) as unit:
            postgres = unit.audit._scope.postgres
            seal = await unit.audit.append(change(clock, "anna"))
            head = await unit.audit.chain(NEW, [reading(clock, ["anna"])])
            head = await unit.audit.chain(head, [seal])
            head = await unit.audit.chain(head, [reading(clock, ["ben"])])
        async with database.unit(T) as unit:  # as somebody with the rights of an owner would
            execute = unit.audit._session.execute
            name = statement.split("audit_", 1)[1].split(" ", 1)[0]
            if postgres:
                await execute(text(f"ALTER TABLE audit_{name} DISABLE TRIGGER USER"))
            else:
                for event in ("update", "delete"):
                    await execute(text(f"DROP TRIGGER audit_{name}_no_{event}"))
            other = "convert_to('[]', 'UTF8')" if postgres else "CAST('[]' AS BLOB)"
            await execute(text(statement.replace("replaced", other)))
            if postgres:
                await execute(text(f"ALTER TABLE audit_{name} ENABLE TRIGGER USER"))
        async with database.read(T) as unit:
            report = await unit.audit_verification.verify([head])
        assert told in {fault.what for fault in report.faults}

    run(go())


def test_a_chain_that_another_process_went_on_with_is_refused(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.audit.chain(NEW, [reading(clock, ["anna"])])
        with pytest.raises(Conflict):
            async with database.unit(T) as unit:
                await unit.audit.chain(NEW, [reading(clock, ["ben"])])

    run(go())


def test_changes_that_nobody_sealed_are_found_once_they_are_old_enough(
    database: Database, clock: Any, run: Run
) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            seal = await unit.audit.append(change(clock, "anna"))
        async with database.read(T) as unit:
            assert await unit.audit.unsealed(older_than=timedelta(seconds=30)) == ()
        clock.tick(minutes=1)
        async with database.unit(T) as unit:
            assert await unit.audit.unsealed(older_than=timedelta(seconds=30)) == (seal,)
            await unit.audit.chain(NEW, [seal])
        async with database.read(T) as unit:
            assert await unit.audit.unsealed(older_than=timedelta(seconds=30)) == ()

    run(go())


def test_another_tenant_sees_nothing_of_it(database: Database, clock: Any, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            await unit.audit.chain(NEW, [reading(clock, ["anna"])])
        async with database.read("other") as unit:  # type: ignore[arg-type]  # any text is a tenant
            assert (await unit.audit.page(AuditFilter(customer_id="anna"))).entries == ()
            assert (await unit.audit_verification.verify()).batches == 0

    run(go())


@given(
    st.lists(st.binary(max_size=20), min_size=1, max_size=6),
    st.integers(0, 5),
    st.binary(min_size=1, max_size=4),
)
def test_any_change_of_a_content_changes_every_hash_after_it(
    contents: list[bytes], place: int, more: bytes
) -> None:
    place %= len(contents)
    changed = [*contents]
    changed[place] += more

    def hashes(of: list[bytes]) -> list[bytes]:
        found, previous = [], START
        for number, content in enumerate(of, 1):
            previous = linked("c", number, previous, content)
            found.append(previous)
        return found

    before, after = hashes(contents), hashes(changed)
    assert before[:place] == after[:place]
    assert all(one != other for one, other in zip(before[place:], after[place:], strict=True))


def test_the_content_of_a_batch_is_deterministic() -> None:
    seal = SealEntry(write_id="w", digest="d")
    assert content_of([seal]) == b'[{"type":"seal","write_id":"w","digest":"d"}]'
    one, other = ({"a": "1", "b": "2"}, {"b": "2", "a": "1"})
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = [
        WriteEntry(at=at, principal="p", purpose="SERVICE", action="x", detail=detail)
        for detail in (one, other)
    ]
    assert written(made[0]) == written(made[1])
