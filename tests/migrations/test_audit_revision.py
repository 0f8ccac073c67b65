"""The revision that keeps the audit's marks in their key alone: what is there stays, and is found."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from store import migrate
from store.data_audit import AuditFilter, ChainHead
from store.database import Database
from store.errors import StoreError
from tests.store.conftest import Clock
from tests.store.identity import Run, T
from tests.store.test_audit import NEW, change, reading

BEFORE, AFTER = "20261201_2", "20261201_3"


def test_an_older_audit_stays_whole_up_and_down(empty_database_url: str, run: Run) -> None:
    clock = Clock()
    migrate.upgrade(empty_database_url, BEFORE)

    async def keep() -> ChainHead:
        database = Database(empty_database_url, clock=clock)
        try:
            async with database.unit(T) as unit:
                seal = await unit.audit.append(change(clock, "anna"))
                head = await unit.audit.chain(NEW, [reading(clock, ["anna", "ben"]), seal])
                return await unit.audit.chain(head, [reading(clock, ["ben"])])
        finally:
            await database.dispose()

    async def seen(head: ChainHead) -> tuple[int, ...]:
        database = Database(empty_database_url, clock=clock)
        try:
            async with database.read(T) as unit:
                report = await unit.audit_verification.verify([head])
                assert (report.faults, report.heads, report.unsealed) == ((), (head,), 0)
                pages = [
                    await unit.audit.page(which)
                    for which in (
                        AuditFilter(customer_id="anna"),
                        AuditFilter(customer_id="ben"),
                        AuditFilter(principal="agent"),
                    )
                ]
            for statement in ("UPDATE audit_mark SET key = 'x'", "DELETE FROM audit_mark"):
                with pytest.raises(StoreError):
                    async with database.unit(T) as unit:
                        await unit.audit._session.execute(text(statement))
            return tuple(len(page.entries) for page in pages)
        finally:
            await database.dispose()

    head = run(keep())
    for revision, step in ((AFTER, migrate.upgrade), (BEFORE, migrate.downgrade), (AFTER, migrate.upgrade)):
        step(empty_database_url, revision)
        assert run(seen(head)) == (2, 2, 2)
