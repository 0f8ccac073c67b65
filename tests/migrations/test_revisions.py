"""Every revision up and down, on both databases: what goes up comes down without a trace."""

from __future__ import annotations

import re
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from store import migrate
from store.engines import parse
from store.models import Base

REVISIONS = tuple(
    reversed([step.revision for step in ScriptDirectory(str(migrate.SCRIPTS)).walk_revisions()])
)


def connected(url: str) -> Any:
    parsed = parse(url)
    if parsed.get_backend_name() == "sqlite":
        parsed = parsed.set(drivername="sqlite")
    return create_engine(parsed, poolclass=NullPool)


def dump(url: str) -> dict[str, Any]:
    """Tables, columns with types, keys, indexes and checks, in an order that does not depend on chance."""
    engine = connected(url)
    with engine.connect() as connection:
        looked = inspect(connection)
        found = {
            name: {
                "columns": {
                    column["name"]: (
                        column["type"].compile(engine.dialect),
                        column["nullable"],
                        column["default"],
                        getattr(column["type"], "collation", None),
                    )
                    for column in looked.get_columns(name)
                },
                "key": looked.get_pk_constraint(name),
                "references": sorted(map(repr, looked.get_foreign_keys(name))),
                "unique": sorted(map(repr, looked.get_unique_constraints(name))),
                "checks": sorted(map(repr, looked.get_check_constraints(name))),
                "indexes": indexes(connection, name),
            }
            for name in sorted(looked.get_table_names())
            if name != "alembic_version"
        }
    engine.dispose()
    return found


def indexes(connection: Connection, table: str) -> list[str]:
    """Definitions as the database keeps them: the inspector leaves out conditions."""
    statement = (
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = :table AND sql IS NOT NULL"
        if connection.dialect.name == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE tablename = :table"
    )
    return sorted(
        re.sub(r"\s+", " ", row[0]) for row in connection.execute(text(statement), {"table": table})
    )


def test_every_revision_can_be_undone_and_redone(empty_database_url: str) -> None:
    states: list[dict[str, Any]] = []
    for revision in REVISIONS:
        states.append(dump(empty_database_url))
        migrate.upgrade(empty_database_url, revision)
        assert migrate.current(empty_database_url) == revision
        up = dump(empty_database_url)
        assert up != states[-1], f"{revision} does nothing"
        migrate.downgrade(empty_database_url, "-1")
        assert dump(empty_database_url) == states[-1], f"{revision} leaves something behind"
        migrate.upgrade(empty_database_url, revision)
        assert dump(empty_database_url) == up
    states.append(dump(empty_database_url))
    assert migrate.pending(empty_database_url) == ()
    for revision, state in zip(("base", *REVISIONS[:-1])[::-1], states[:-1][::-1], strict=True):
        migrate.downgrade(empty_database_url, revision)
        assert dump(empty_database_url) == state
    assert dump(empty_database_url) == {}
    assert migrate.current(empty_database_url) is None
    assert migrate.pending(empty_database_url) == REVISIONS


def test_the_revisions_make_what_the_models_say(
    empty_database_url: str, tmp_path: Any, request: pytest.FixtureRequest, backend: str
) -> None:
    migrate.upgrade(empty_database_url)
    assert migrate.drift(empty_database_url) == ()
    if backend == "sqlite":
        other = f"sqlite:///{tmp_path / 'models.db'}"
    else:
        other = request.getfixturevalue("postgres_server").create()
    try:
        engine = connected(other)
        Base.metadata.create_all(engine)
        engine.dispose()
        assert dump(other) == dump(empty_database_url)
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
