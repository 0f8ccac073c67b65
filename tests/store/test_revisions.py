"""Whether a database is at the newest revision, found out without what brings it there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from store import migrate
from store.revisions import SCRIPTS, heads, is_newest
from tests.conftest import CHECKOUT


def test_the_newest_revision_is_read_from_the_files_as_alembic_reads_it() -> None:
    assert heads(SCRIPTS) == set(ScriptDirectory(str(SCRIPTS)).get_heads())


def test_a_database_is_at_the_newest_revision_when_it_was_migrated_to_it(database_url: str) -> None:
    assert is_newest(database_url)
    assert migrate.pending(database_url) == ()


def test_a_database_is_not_where_it_is_old_foreign_or_absent(tmp_path: Path) -> None:
    assert not is_newest(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()
    foreign = f"sqlite:///{tmp_path / 'foreign.db'}"
    engine = create_engine(foreign)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE others (id INTEGER)"))
    assert not is_newest(foreign)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('20261121_1')"))
    assert not is_newest(foreign)
    engine.dispose()


def test_it_loads_nothing_that_migrates() -> None:
    program = "import sys, store.revisions; print('alembic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
