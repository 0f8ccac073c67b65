"""Every revision up and down, on both databases: what goes up comes down without a trace."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from store import migrate
from store.engines import parse
from store.models import Base
from store.revisions import SCRIPTS

REVISIONS = tuple(reversed([step.revision for step in ScriptDirectory(str(SCRIPTS)).walk_revisions()]))


def connected(url: str) -> Any:
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    return create_engine(parsed, poolclass=NullPool)


def dump(url: str) -> dict[str, Any]:
    """Tables with options, columns, keys, indexes and checks, in an order that does not depend on chance."""
    engine = connected(url)
    with engine.connect() as connection:
        looked = inspect(connection)
        defined = indexes(connection)
        columns, keys = looked.get_multi_columns(), looked.get_multi_pk_constraint()
        references, uniques = looked.get_multi_foreign_keys(), looked.get_multi_unique_constraints()
        checks, options = looked.get_multi_check_constraints(), looked.get_multi_table_options()
        found = {
            table[1]: {
                "columns": {
                    column["name"]: (
                        column["type"].compile(engine.dialect),
                        column["nullable"],
                        column["default"],
                        getattr(column["type"], "collation", None),
                    )
                    for column in columns[table]
                },
                "options": options.get(table),
                "key": keys[table],
                "references": sorted(map(repr, references[table])),
                "unique": sorted(map(repr, uniques[table])),
                "checks": sorted(map(repr, checks[table])),
                "indexes": sorted(defined.get(str(table[1]), ())),
            }
            for table in sorted(columns, key=lambda table: str(table[1]))
            if table[1] != "alembic_version"
        }
    engine.dispose()
    return {str(name): table for name, table in found.items()}


def indexes(connection: Connection) -> Mapping[str, Sequence[str]]:
    """Definitions as the database keeps them, by table: the inspector leaves out conditions."""
    statement = (
        "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if connection.dialect.name == "sqlite"
        else "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    )
    found: dict[str, list[str]] = {}
    for table, definition in connection.execute(text(statement)):
        found.setdefault(table, []).append(re.sub(r"\s+", " ", definition))
    return found


def test_every_revision_can_be_undone_and_redone(empty_database_url: str) -> None:
    states = [dump(empty_database_url)]
    for revision in REVISIONS:
        migrate.upgrade(empty_database_url, revision)
        assert migrate.current(empty_database_url) == revision
        states.append(dump(empty_database_url))
        assert states[-1] != states[-2], f"{revision} does nothing"
    assert migrate.pending(empty_database_url) == ()
    for revision, state in zip(REVISIONS[::-1], states[-2::-1], strict=True):
        migrate.downgrade(empty_database_url, "-1")
        assert dump(empty_database_url) == state, f"{revision} leaves something behind"
    assert states[0] == {}
    assert migrate.current(empty_database_url) is None
    assert migrate.pending(empty_database_url) == REVISIONS
    # From the same state the same follows, step by step: it is enough to look at the end.
    migrate.upgrade(empty_database_url)
    assert dump(empty_database_url) == states[-1], "it does something else the second time"


def test_the_revisions_make_what_the_models_say(
    database_url: str, tmp_path: Any, request: pytest.FixtureRequest, backend: str
) -> None:
    assert migrate.drift(database_url) == ()
    if backend == "sqlite":
        other = f"sqlite:///{tmp_path / 'models.db'}"
    else:
        other = request.getfixturevalue("postgres_server").create()
    try:
        engine = connected(other)
        Base.metadata.create_all(engine)
        engine.dispose()
        assert dump(other) == dump(database_url)
    finally:
        if backend == "postgresql":
            request.getfixturevalue("postgres_server").drop(other)


def test_drift_is_seen(empty_database_url: str) -> None:
    migrate.upgrade(empty_database_url)
    engine = connected(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE job ADD COLUMN extra integer"))
        connection.execute(text("DROP INDEX ix_customer_sort_name"))
    engine.dispose()
    found = " ".join(migrate.drift(empty_database_url))
    assert "extra" in found
    assert "ix_customer_sort_name" in found
