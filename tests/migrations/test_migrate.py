"""Migrations that are interrupted, raced, or pointed at the wrong thing."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import inspect, make_url

from store import migrate
from store.engines import migrating, parse
from store.errors import (
    DatabaseLocked,
    DatabaseTooNew,
    DatabaseUnavailable,
    NotADatabase,
    RevisionUnknown,
    UnsupportedDatabase,
)
from store.revisions import SCRIPTS

HEAD = migrate.pending("sqlite:////no/such/file.db")[-1]
FAULTY = """
import sqlalchemy as sa
from alembic import op

revision = "next"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO half VALUES (1)")
    {body}
    op.create_table("whole", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    op.drop_table("whole")
    op.drop_table("half")
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A copy of the revisions, to which a test adds one."""
    copy = tmp_path / "mig%rations"
    shutil.copytree(SCRIPTS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def add(scripts: Path, body: str) -> None:
    (scripts / "versions" / "next.py").write_text(FAULTY.format(head=HEAD, body=body))
    shutil.rmtree(scripts / "versions" / "__pycache__", ignore_errors=True)


def tables(url: str) -> set[str]:
    engine = migrating(parse(url), timeout=5)
    with engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
    engine.dispose()
    return found


def test_a_revision_that_fails_half_way_leaves_nothing_and_can_be_gone_on_with(
    empty_database_url: str, scripts: Path
) -> None:
    add(scripts, "raise RuntimeError('no more power')")
    with pytest.raises(RuntimeError, match="no more power"):
        migrate.upgrade(empty_database_url, scripts=scripts)
    assert "half" not in tables(empty_database_url)
    assert migrate.pending(empty_database_url, scripts=scripts)[-1] == "next"
    add(scripts, "pass")
    migrate.upgrade(empty_database_url, scripts=scripts)
    assert {"customer", "half", "whole"} <= tables(empty_database_url)
    assert migrate.pending(empty_database_url, scripts=scripts) == ()


def test_a_process_that_is_killed_half_way_leaves_nothing_and_can_be_gone_on_with(
    empty_database_url: str, scripts: Path
) -> None:
    add(scripts, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    code = (
        "import sys, pathlib; from store import migrate; "
        "migrate.upgrade(sys.argv[1], scripts=pathlib.Path(sys.argv[2]))"
    )
    checkout = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, empty_database_url, str(scripts)], cwd=checkout, check=False
    )
    assert done.returncode == -9
    add(scripts, "pass")
    migrate.upgrade(empty_database_url, scripts=scripts)
    assert {"customer", "half", "whole"} <= tables(empty_database_url)
    assert migrate.current(empty_database_url) == "next"


def test_a_migration_that_is_done_does_nothing(database_url: str) -> None:
    assert migrate.current(database_url) == HEAD
    migrate.upgrade(database_url)
    assert migrate.current(database_url) == HEAD


def test_two_migrations_at_once_both_succeed(empty_database_url: str) -> None:
    failures: list[BaseException] = []

    def go() -> None:
        try:
            migrate.upgrade(empty_database_url)
        except BaseException as error:  # noqa: BLE001  # shown below
            failures.append(error)

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert migrate.current(empty_database_url) == HEAD


@contextmanager
def held(url: str) -> Iterator[None]:
    """Somebody else migrates."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.close()
    else:
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as server:
            server.execute("SELECT pg_advisory_lock(%s)", (migrate._LOCK,))
            yield


def test_a_migration_waits_so_long_and_then_says_what_to_do(empty_database_url: str) -> None:
    with held(empty_database_url):
        started = time.monotonic()
        with pytest.raises(DatabaseLocked, match="try again"):
            migrate.upgrade(empty_database_url, timeout=0.3)
        assert time.monotonic() - started < 5
    migrate.upgrade(empty_database_url, timeout=5)


def test_a_database_of_a_newer_version_is_left_alone(empty_database_url: str, scripts: Path) -> None:
    add(scripts, "pass")
    migrate.upgrade(empty_database_url, scripts=scripts)
    for act in (migrate.upgrade, migrate.pending):
        with pytest.raises(DatabaseTooNew, match="revision next, which this version does not know"):
            act(empty_database_url)
    with pytest.raises(DatabaseTooNew):
        migrate.downgrade(empty_database_url, "base")
    assert migrate.current(empty_database_url) == "next"


def test_a_revision_nobody_knows(empty_database_url: str, database_url: str) -> None:
    with pytest.raises(RevisionUnknown, match="'nothing'"):
        migrate.upgrade(empty_database_url, "nothing")
    with pytest.raises(RevisionUnknown):
        migrate.downgrade(database_url, "nothing")


def test_somebody_elses_database_is_left_alone(empty_database_url: str) -> None:
    statement = "CREATE TABLE theirs (id integer)"
    if empty_database_url.startswith("sqlite"):
        with sqlite3.connect(str(make_url(empty_database_url).database)) as connection:
            connection.execute(statement)
        connection.close()
    else:
        address = make_url(empty_database_url).set(drivername="postgresql")
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as server:
            server.execute(statement)
    with pytest.raises(NotADatabase, match="name an empty database"):
        migrate.upgrade(empty_database_url)
    assert tables(empty_database_url) == {"theirs"}


@pytest.mark.parametrize("act", [migrate.upgrade, migrate.current, migrate.pending, migrate.drift])
def test_a_file_that_is_no_database(tmp_path: Path, act: Any) -> None:
    file = tmp_path / "notes.db"
    file.write_text("Dear diary, this is no database.\n" * 200)
    with pytest.raises(NotADatabase, match="is not a SQLite database; name another file"):
        act(f"sqlite:///{file}")
    with pytest.raises(NotADatabase, match="is a folder"):
        act(f"sqlite:///{tmp_path}")


def test_a_damaged_database(tmp_path: Path) -> None:
    file = tmp_path / "c360.db"
    migrate.upgrade(f"sqlite:///{file}")
    content = bytearray(file.read_bytes())
    content[100:8192] = b"\xff" * 8092
    file.write_bytes(bytes(content))
    with pytest.raises(NotADatabase, match="restore it from a backup"):
        migrate.current(f"sqlite:///{file}")


def test_a_new_file_is_for_its_owner_and_set_up_for_many_readers(tmp_path: Path) -> None:
    file = tmp_path / "c360.db"
    migrate.upgrade(f"sqlite:///{file}")
    assert file.stat().st_mode & 0o077 == 0
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_nothing_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    assert migrate.current(url) is None
    assert migrate.pending(url)[-1] == HEAD
    assert migrate.drift(url) == ("the database does not exist",)
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(DatabaseUnavailable, match="python -m api migrate"):
        migrate.downgrade(url, "base")
    with pytest.raises(DatabaseUnavailable, match="create it"):
        migrate.upgrade(f"sqlite:///{tmp_path / 'no' / 'folder.db'}")
    with pytest.raises(DatabaseUnavailable, match="check that it runs"):
        migrate.current("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(UnsupportedDatabase):
        migrate.upgrade("mysql://host/database")
