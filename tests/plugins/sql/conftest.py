"""A hotel's own database, on SQLite and on a real PostgreSQL, and connectors to it."""

from __future__ import annotations

import asyncio
import textwrap
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, create_engine, text

from c360.config import read_config
from c360.contract import Change, Connector, Fetched, Need, PartyQuery, Ref, connect
from c360.http import Request, Response
from plugins.sql.config import SqlConfig
from plugins.sql.connector import SqlConnector, connectors
from tests.fixtures.databases import Postgres

T = TypeVar("T")
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)

TABLES = """
CREATE TABLE guests (
    guest_no INTEGER PRIMARY KEY, first TEXT, last TEXT, mail TEXT, phone TEXT, street TEXT, town TEXT,
    country TEXT, updated TIMESTAMP, gone INTEGER DEFAULT 0
);
CREATE TABLE "Res 'table'" (
    "res no" TEXT PRIMARY KEY, guest_no INTEGER, state TEXT, arrives DATE, leaves DATE,
    booked TIMESTAMP, total NUMERIC(12, 2), currency TEXT, people INTEGER
);
INSERT INTO guests VALUES
    (1, 'Ada', 'Lovelace', 'Ada@Mail.example', '+41791234567', 'Gasse 1', 'Bern', 'CHE',
     '2026-06-01 10:00:00', 0),
    (2, 'Bo', NULL, 'bo@mail.example', NULL, NULL, NULL, NULL, '2026-06-02 10:00:00', 0),
    (3, 'Cy', 'Gone', NULL, NULL, NULL, NULL, NULL, '2026-06-03 10:00:00', 1);
INSERT INTO "Res 'table'" VALUES
    ('R1', 1, 'IN', '2026-06-10', '2026-06-16', '2026-05-01 09:30:00', 123.40, 'CHF', 2),
    ('R2', 1, 'X', '2026-03-01', '2026-03-02', NULL, NULL, 'CHF', NULL),
    ('R3', 2, 'weird', '2026-06-15', '2026-06-20', '2026-06-01 00:00:00', 0, 'EUR', 1);
CREATE VIEW wishes AS SELECT guest_no AS id, 'Quiet room' AS wish, 1 AS optin FROM guests WHERE guest_no = 1;
"""

MAPPING = """
[[tables]]
kind = "party.profile"
table = "guests"
changed = "updated"
deleted = "gone"
keys = {EMAIL = ["mail"], PHONE = ["phone"], CUSTOMER_NUMBER = ["guest_no"]}
[tables.fields]
party_id = "guest_no"
given_name = "first"
family_name = "last"
emails = ["mail"]
phones = ["phone"]
addresses = [{lines = ["street"], city = "town", country = "country", purpose = {constant = "HOME"}}]
identifiers = [{kind = {constant = "CUSTOMER_NUMBER"}, value = "guest_no"}]
updated_at = "updated"

[[tables]]
kind = "hotel.stays"
table = "Res 'table'"
party = "guest_no"
window = "check_in"
changed = "res no"
[tables.fields]
reservation_id = "res no"
status = {column = "state", values = {IN = "CHECKED_IN", X = "CANCELLED"}}
check_in = "arrives"
check_out = "leaves"
booked_at = "booked"
total = {amount = "total", currency = "currency"}
adults = "people"

[[tables]]
kind = "hotel.preferences"
table = "wishes"
party = "id"
[tables.fields]
guest_id = "id"
special_requests = "wish"
marketing_opt_in = "optin"
"""


class Nowhere:
    """A transport of nothing: a database is not reached by HTTP."""

    async def send(self, request: Request) -> Response:
        pytest.fail("a database connector sent a request")


@dataclass
class House:
    """A database that tests write to, and connectors that read it."""

    url: str
    engine: Engine
    left: float | None = None
    made: list[SqlConnector] = field(default_factory=list)

    def run(self, statement: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def connector(self, settings: str = MAPPING, *, domain: str = "hotel", **more: Any) -> SqlConnector:
        values = {"url": self.url, **tomllib.loads(textwrap.dedent(settings)), **more}
        config = read_config(SqlConfig, values, where="connectors.house")
        kind = next(each for each in connectors() if each.describe().domain == domain)
        kind.configured(config)
        made: Connector[Any] = connect(
            kind, config, Nowhere(), instance="house", now=lambda: NOW, remaining=lambda: self.left
        )
        assert isinstance(made, SqlConnector)
        self.made.append(made)
        return made

    def within(self, connector: SqlConnector, work: Callable[[], Awaitable[T]]) -> T:
        """Await something of a connector in a loop of its own, and close it there."""

        async def whole() -> T:
            try:
                return await work()
            finally:
                await connector.close()

        return asyncio.run(whole())

    def fetch(
        self, kind: str, *ids: str, connector: SqlConnector | None = None, **window: Any
    ) -> dict[str, Fetched]:
        made = connector or self.connector()
        refs = [Ref(party_id=each) for each in ids]

        async def all_of_them() -> dict[str, Fetched]:
            need = Need(kind=kind, **window)
            return {item.ref.party_id: item async for item in made.fetch([need], refs)}

        return self.within(made, all_of_them)

    def identify(self, query: PartyQuery, connector: SqlConnector | None = None) -> Sequence[Any]:
        made = connector or self.connector()
        return self.within(made, lambda: made.identify(query))

    def changes(
        self, kind: str, since: str | None = None, connector: SqlConnector | None = None
    ) -> list[Change]:
        made = connector or self.connector()

        async def all_of_them() -> list[Change]:
            return [each async for each in made.changes(kind, since)]

        return self.within(made, all_of_them)


@pytest.fixture(scope="session")
def hotel_postgres(postgres_server: Postgres) -> Iterator[str]:
    """One database for all tests of this folder: making one takes longer than filling it anew."""
    address = postgres_server.create()
    yield address
    postgres_server.drop(address)


@pytest.fixture
def house(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """The hotel's database as it is at the beginning, on each kind of database."""
    sqlite = backend == "sqlite"
    url = f"sqlite:///{tmp_path / 'hotel.db'}" if sqlite else request.getfixturevalue("hotel_postgres")
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            if not sqlite:
                connection.exec_driver_sql("DROP SCHEMA public CASCADE")
                connection.exec_driver_sql("CREATE SCHEMA public")
                connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO PUBLIC")
            for statement in filter(str.strip, TABLES.split(";\n")):
                connection.exec_driver_sql(statement)
        yield House(url, engine)
    finally:
        engine.dispose()
