"""The revision that hangs rows on parties keeps what an older database holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from store import migrate
from store.engines import parse

BEFORE, AFTER = "20261121_3", "20261126_1"
AT = "2026-01-01 00:00:00.000000"
ROWS = (
    f"customer VALUES ('t', 'c1', 'PERSON', 'x1', 'Ada', 'ada', 'CH', '{AT}', '{AT}', NULL)",
    f"customer VALUES ('t', 'c2', 'PERSON', 'x2', 'Bea', 'bea', 'CH', '{AT}', '{AT}', NULL)",
    f"identity_link VALUES ('t', 'l1', 'c1', 'bank', 'b1', 'ACTIVE', 'import', 1.0, 'e', '{AT}', NULL)",
    f"identity_link VALUES ('t', 'l2', 'c1', 'bank', 'b2', 'ACTIVE', 'import', 1.0, 'e', '{AT}', NULL)",
    f"identity_link VALUES ('t', 'l3', 'c2', 'hotel', 'h1', 'ACTIVE', 'import', 1.0, 'e', '{AT}', NULL)",
    f"identity_link VALUES ('t', 'l4', 'c2', 'hotel', 'h0', 'ENDED', 'import', 1.0, 'e', '{AT}', '{AT}')",
    "name_token VALUES ('t', 'ada', 'c1')",
    "lookup_key VALUES ('t', 'EMAIL', {blob}, 'c1', 'bank')",
    "lookup_key VALUES ('t', 'EMAIL', {blob}, 'c2', 'hotel')",
    f"\"grant\" VALUES ('t', 'c2', 'hotel', {{blob}}, 'read', NULL, NULL, '{AT}')",
    f"summary VALUES ('t', 'c1', 'bank', '', 'spend', NULL, 'much', '{AT}')",
    f"snapshot VALUES ('t', 'c1', 'bank', 'k', NULL, NULL, '{AT}', {{blob}})",
)


def test_an_older_database_keeps_what_it_holds(empty_database_url: str, backend: str) -> None:
    migrate.upgrade(empty_database_url, BEFORE)
    blob = "x'00ff'" if backend == "sqlite" else r"'\x00ff'"
    url = parse(empty_database_url)
    engine = create_engine(url.set(drivername="sqlite") if backend == "sqlite" else url, poolclass=NullPool)

    def read(statement: str) -> list[tuple[Any, ...]]:
        with engine.connect() as connection:
            return sorted(tuple(row) for row in connection.execute(text(statement)))

    with engine.begin() as connection:
        for row in ROWS:
            connection.exec_driver_sql(f"INSERT INTO {row.format(blob=blob)}")
    held = {
        name: read(f'SELECT * FROM "{name}"')
        for name in ("customer", "identity_link", "name_token", "lookup_key", "grant", "summary")
    }
    migrate.upgrade(empty_database_url, AFTER)
    assert read("SELECT id, standing FROM customer") == [("c1", "PRESENT"), ("c2", "PRESENT")]
    assert read("SELECT party_id, home_id, status FROM identity_link") == [
        ("b1", "c1", "ACTIVE"),
        ("b2", "c1", "ACTIVE"),
        ("h0", "c2", "ENDED"),
        ("h1", "c2", "ACTIVE"),
    ]
    assert read("SELECT customer_id, party_id FROM lookup_key") == [("c1", "b1"), ("c1", "b2"), ("c2", "h1")]
    assert read('SELECT customer_id, party_id, sealed_for FROM "grant"') == [("c2", "h1", "c2")]
    assert read("SELECT party_id, text FROM summary") == [("b1", "much")]
    assert read("SELECT token, customer_id, home_id FROM name_token") == [("ada", "c1", "c1")]
    assert read("SELECT * FROM snapshot") == []
    migrate.downgrade(empty_database_url, BEFORE)
    for name, rows in held.items():
        assert read(f'SELECT * FROM "{name}"') == rows, name
    engine.dispose()
