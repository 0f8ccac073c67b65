"""A hub whose agents have to verify whom they speak to."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from c360.access import Access
from schema.build import Schema
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.reach import Hub, acting, populated
from tests.schema.verifying.calling import Clock, Run, principal


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def hub(sqlite_template: Path, tmp_path: Path, run: Run, clock: Clock, schema: Schema) -> Iterator[Hub]:
    file = tmp_path / "c360.db"
    shutil.copyfile(sqlite_template, file)
    keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
    database = Database(f"sqlite:///{file}", keyring=keyring, clock=clock)
    made = run(populated(database, clock, schema, people=8))
    yield made
    run(made.host.close())
    run(database.dispose())


@pytest.fixture
def agent(hub: Hub) -> Access:
    return acting(principal(hub, "x", "agent"))
