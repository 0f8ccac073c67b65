"""Whether a database is at the newest revision, without loading what brings it there: asked at each start."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from store import engines

SCRIPTS = Path(__file__).resolve().parent.parent / "migrations"
_NAMES = re.compile(r'^(revision|down_revision)(?:: [^=]+)? = "([^"]+)"', re.MULTILINE)


def is_newest(url: str, *, scripts: Path = SCRIPTS, timeout: float = 10.0) -> bool:
    """Whether a database is surely at the newest revision; where not, :func:`store.migrate.pending` says why.

    Args:
        url: where the database is.
        scripts: the folder of the revisions.
        timeout: seconds to wait for it.
    """
    parsed = engines.parse(url)
    file = engines.sqlite_file(parsed)
    if file is not None and not file.is_file():
        return False
    engine = engines.migrating(parsed, timeout=timeout)
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    except SQLAlchemyError:
        return False
    finally:
        engine.dispose()
    return set(found) == heads(scripts)


def heads(scripts: Path) -> set[str]:
    """The revisions that no other follows."""
    made: set[str] = set()
    followed: set[str] = set()
    for file in (scripts / "versions").glob("*.py"):
        for what, name in _NAMES.findall(file.read_text("utf-8")):
            (made if what == "revision" else followed).add(name)
    return made - followed
