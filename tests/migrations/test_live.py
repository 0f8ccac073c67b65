"""A live database is migrated: who writes meanwhile never waits for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from store import migrate
from tests.fixtures.databases import Postgres
from tests.fixtures.sizes import size

BEFORE = "20261127_4"
"""The revision of a database that is in use; what follows brought mutations, consents, events, audit."""
BEFORE_INDEXES = "20261130_4"
"""What follows builds and drops indexes, and waits for locks as long as it must."""
HELD = 2.0
"""Seconds that the longest transaction takes."""
LONGEST = 1.0
"""Seconds that a write may wait."""
CHANGES = (
    "UPDATE customer SET updated_at = now() WHERE tenant = 't' AND id = %s",
    "UPDATE profile_value SET verified = NOT verified WHERE tenant = 't' AND id = %s",
    "UPDATE identity_link SET linked_at = now() WHERE tenant = 't' AND id = %s",
    "UPDATE identity_entry SET at = now() WHERE tenant = 't' AND id = %s",
)
"""Of the tables that grow with the customers: a change waits for the locks that an insertion does."""
FILL = (
    """
    INSERT INTO customer (tenant, id, kind, external_id, display_name, sort_name, created_at, updated_at)
    SELECT 't', lpad(n::text, 12, '0'), 'PERSON', n::text, 'P' || n, 'p' || n, now(), now()
    FROM generate_series(1, %s) AS n
    """,
    """
    INSERT INTO profile_value (tenant, id, customer_id, connector, party_id, attribute, rank, value, verified,
                               observed_at, valid_from, recorded_from)
    SELECT tenant, id, id, 'bank', id, 'email', 0, id, false, created_at, created_at, created_at FROM customer
    """,
    """
    INSERT INTO identity_link (tenant, id, customer_id, home_id, connector, party_id, status, method,
                               confidence, evidence, linked_at, recorded_at)
    SELECT tenant, id, id, id, 'bank', id, 'ACTIVE', 'import', 1, '', created_at, created_at FROM customer
    """,
    """
    INSERT INTO identity_entry (tenant, id, kind, at, actor, rule, reason)
    SELECT tenant, id, 'CREATE', created_at, 'import', 'IMPORT', '' FROM customer
    """,
)


@pytest.fixture
def address(postgres_server: Postgres) -> Iterator[str]:
    """A database in use, with many customers."""
    made = postgres_server.create()
    migrate.upgrade(made, BEFORE)
    plain = make_url(made).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for place, statement in enumerate(FILL):
            connection.execute(statement, None if place else (size(20_000, 1_000_000),))
    yield made
    postgres_server.drop(made)


class Writer(threading.Thread):
    """Changes customers and what is kept of them one after the other; remembers how long each change took."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address
        self.took: list[float] = []
        self.stop = threading.Event()

    def run(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            number = 0
            while not self.stop.is_set():
                number += 1
                started = time.monotonic()
                connection.execute(CHANGES[number % len(CHANGES)], (f"{number % 1000 + 1:012d}",))
                self.took.append(time.monotonic() - started)
                time.sleep(0.002)


@pytest.mark.alone
def test_writers_wait_for_no_migration_even_where_that_waits_for_somebody(address: str) -> None:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    for revision in (BEFORE_INDEXES, "head"):
        writer = Writer(plain)
        with psycopg.connect(plain) as holder:
            # A long transaction, such as an import: whatever locks these tables must wait for it.
            for change in CHANGES:
                holder.execute(change, (f"{5_000:012d}",))  # whom nobody else changes
            ending = threading.Timer(HELD, holder.commit)
            writer.start()
            ending.start()
            try:
                migrate.upgrade(address, revision, timeout=60)
            finally:
                ending.join()
                writer.stop.set()
                writer.join()
        assert len(writer.took) > 20
        assert max(writer.took) < LONGEST
    assert migrate.pending(address) == ()
