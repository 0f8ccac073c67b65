"""A folder that a rental operator drops files in, and connectors that read it."""

from __future__ import annotations

import asyncio
import os
import textwrap
import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pytest

from c360.config import read_config
from c360.contract import Change, Connector, Fetched, Need, Ref, connect
from c360.http import Request, Response
from c360.records.base import Record
from plugins.files.config import FilesConfig
from plugins.files.connector import FilesConnector, connectors

T = TypeVar("T")
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)

MAPPING = """
[[tables]]
kind = "rental.bookings"
files = "bookings-*"
dated = 'bookings-([0-9-]+)\\.'
party = "customer"
window = "starts_at"
deleted = "void"
[tables.fields]
booking_id = "id"
status = {column = "state", values = {A = "CONFIRMED", B = "FINISHED"}}
starts_at = "start"
price = {amount = "price", currency = "currency"}

[[tables]]
kind = "party.profile"
files = "people-*.csv"
dated = 'people-([0-9-]+)\\.'
drop = "snapshot"
keys = {EMAIL = ["mail"]}
[tables.fields]
party_id = "id"
full_name = "name"
emails = ["mail"]
"""
HEADER = "id,customer,state,start,price,currency,void"


class Nowhere:
    """A transport of nothing: a folder is not reached by HTTP."""

    async def send(self, request: Request) -> Response:
        pytest.fail("a files connector sent a request")


@dataclass
class Operator:
    """The folder, the index, and a clock that stands still."""

    folder: Path
    index: Path
    now: datetime = NOW
    left: float | None = None
    made: list[FilesConnector] = field(default_factory=list)

    def drop(self, name: str, *rows: str, header: str = HEADER, age: float = 3600) -> Path:
        """A CSV file that was last changed so many seconds ago."""
        file = self.folder / name
        file.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
        self.aged(file, age)
        return file

    def parquet(self, name: str, query: str) -> Path:
        file = self.folder / name
        duckdb.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet)")
        self.aged(file, 3600)
        return file

    def aged(self, file: Path, seconds: float) -> None:
        changed = (self.now - timedelta(seconds=seconds)).timestamp()
        os.utime(file, (changed, changed))

    def connector(self, settings: str = MAPPING, *, domain: str = "rental", **more: Any) -> FilesConnector:
        values = {
            "folder": str(self.folder),
            "index": str(self.index),
            "poll": 0,
            **tomllib.loads(textwrap.dedent(settings)),
            **more,
        }
        config = read_config(FilesConfig, values, where="connectors.operator")
        kind = next(each for each in connectors() if each.describe().domain == domain)
        kind.configured(config)
        made: Connector[Any] = connect(
            kind, config, Nowhere(), instance="operator", now=lambda: self.now, remaining=lambda: self.left
        )
        assert isinstance(made, FilesConnector)
        return made

    def within(self, connector: FilesConnector, work: Callable[[], Awaitable[T]]) -> T:
        async def whole() -> T:
            try:
                return await work()
            finally:
                await connector.close()

        return asyncio.run(whole())

    def read(self, connector: FilesConnector | None = None) -> None:
        """Let everything that was dropped be read to its end."""
        made = connector or self.connector()
        self.within(made, made._look)

    def fetch(
        self, kind: str, *ids: str, connector: FilesConnector | None = None, **window: Any
    ) -> dict[str, Fetched]:
        """What there is once everything that was dropped has been read."""
        made = connector or self.connector()

        async def all_of_them() -> dict[str, Fetched]:
            await made._look()
            refs = [Ref(party_id=each) for each in ids]
            return {item.ref.party_id: item async for item in made.fetch([Need(kind=kind, **window)], refs)}

        return self.within(made, all_of_them)

    def bookings(self, *ids: str, **window: Any) -> list[Record]:
        found = self.fetch("rental.bookings", *(ids or ("c1", "c2")), **window)
        assert all(each.error is None for each in found.values())
        return [record for each in found.values() for record in each.records]

    def changes(self, kind: str, since: str | None = None, **options: Any) -> list[Change]:
        made = self.connector(**options)

        async def all_of_them() -> list[Change]:
            return [each async for each in made.changes(kind, since)]

        return self.within(made, all_of_them)


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    folder = tmp_path / "drops"
    folder.mkdir()
    return Operator(folder, tmp_path / "index.db")
