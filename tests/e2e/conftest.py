"""The whole hub between real databases and the six partners over real HTTP. Nothing is faked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.stage.databases import Databases, PostgresServer, SqliteFiles
from benchmarks.stage.graph import Stage, StageClock, export_people, filled, make_settings
from benchmarks.stage.partners import Partners, People, start_partners
from sandbox.population import Population
from store import migrate
from tests.e2e.scanning import scanned
from tests.fixtures.databases import Postgres

WHO = People()


@pytest.fixture(scope="session")
def truth() -> Population:
    """The people whom the partners serve."""
    return WHO.population()


@pytest.fixture(scope="session")
def running() -> Iterator[Partners]:
    """Six partners in a process of their own, for all tests of this worker."""
    with start_partners(WHO) as partners:
        yield partners


@pytest.fixture
def partners(running: Partners) -> Partners:
    """The six partners, well-behaved and with their counters at zero."""
    running.all_behave()
    running.forget()
    return running


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """Where SQLite databases are made."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql(postgres_server: Postgres) -> Iterator[Databases]:
    """Where PostgreSQL databases are made: on the server of the other tests."""
    server = PostgresServer(postgres_server.url)
    yield server
    server.close()


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.thorough), "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Which kind of database a test plays on."""
    return str(request.param)


@pytest.fixture
def databases(backend: str, request: pytest.FixtureRequest) -> Databases:
    """Where databases of the test's kind are made."""
    made: Databases = request.getfixturevalue(backend)
    return made


@pytest.fixture(scope="session")
def template(running: Partners, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Databases], str]:
    """Factory: a database with all customers and the worker's index, made once on each kind."""
    folder = tmp_path_factory.mktemp("customers")
    made: dict[int, str] = {}

    def address(databases: Databases) -> str:
        if id(databases) not in made:
            running.all_behave()
            scanning = replace(running, connectors=scanned(running.connectors))
            made[id(databases)] = asyncio.run(filled(databases, scanning, WHO, folder))
        return made[id(databases)]

    return address


@pytest.fixture
def stage(
    template: Callable[[Databases], str], databases: Databases, partners: Partners, truth: Population
) -> Iterator[Stage]:
    """A hub of the test's own: a fresh copy of the store on each kind of database."""
    url = databases.copy(template(databases))
    partners.forget()
    yield Stage(partners, truth, make_settings(url, partners.connectors), StageClock(WHO.today))
    databases.drop(url)


@pytest.fixture(scope="session")
def migrated() -> Callable[[Databases], str]:
    """Factory: a migrated, empty database to copy, made once on each kind."""
    made: dict[int, str] = {}

    def address(databases: Databases) -> str:
        if id(databases) not in made:
            url = databases.create()
            migrate.upgrade(url)
            made[id(databases)] = url
        return made[id(databases)]

    return address


@pytest.fixture
def empty(migrated: Callable[[Databases], str], databases: Databases) -> Iterator[Callable[[], str]]:
    """Factory: the address of a database of the test's own, migrated and empty, on each kind."""
    made: list[str] = []

    def make() -> str:
        url = databases.copy(migrated(databases))
        made.append(url)
        return url

    yield make
    for url in made:
        databases.drop(url)


@pytest.fixture
def who() -> People:
    """What makes the population."""
    return WHO


@pytest.fixture(scope="session")
def customers_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The customers with their links, as an operator imports them."""
    return export_people(WHO, tmp_path_factory.mktemp("export"))
