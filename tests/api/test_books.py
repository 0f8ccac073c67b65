"""Books of business by the command line."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.commands import main
from api.settings import load
from api.wiring import open_store
from c360.access import TenantId
from c360.records.party import PartyKind
from schema import ids
from store.data import EnrolCustomer, EnrolLink

DEFAULT = TenantId("default")


@pytest.fixture
def config(sqlite_template: Path, tmp_path: Path) -> Path:
    """Settings of a migrated store without connectors."""
    file = tmp_path / "c360.toml"
    file.write_text(
        f"[security]\nmaster_key = '{'ab' * 32}'\nlookup_pepper = '{'cd' * 32}'\n"
        "[database]\nurl = 'sqlite:///c360.db'\n",
        encoding="utf-8",
    )
    shutil.copyfile(sqlite_template, tmp_path / "c360.db")
    return file


@pytest.fixture
def people(config: Path) -> list[str]:
    async def go() -> list[str]:
        async with open_store(load(config, {})) as store, store.database.unit(DEFAULT) as unit:
            await unit.customers.enrol(
                [
                    EnrolCustomer(
                        external_id=party,
                        kind=PartyKind.PERSON,
                        display_name=party,
                        links=(EnrolLink(connector="bank", party_id=party),),
                    )
                    for party in ("p0", "p1", "p2")
                ]
            )
            found = await unit.customers.by_party_refs([("bank", f"p{number}") for number in range(3)])
            return [found["bank", f"p{number}"] for number in range(3)]

    return asyncio.run(go())


def books(config: Path, people: list[str]) -> dict[str, set[str]]:
    async def go() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        async with open_store(load(config, {})) as store, store.database.read(DEFAULT) as unit:
            for customer, entries in (await unit.books.of(people)).items():
                for entry in entries:
                    found.setdefault(entry.agent, set()).add(customer)
        return found

    return asyncio.run(go())


def call(config: Path, file: Path, *options: str) -> tuple[str, str]:
    done = CliRunner().invoke(main, ["--config", str(config), "books", "import", str(file), *options])
    return done.output, "" if done.exception is None else str(done.exception)


def test_a_file_fills_books_by_ids_and_by_partners_numbers(config: Path, people: list[str]) -> None:
    file = config.with_name("books.csv")
    file.write_text(
        f"agent,customer_id\nx,{ids.encode('Customer', people[0])}\nx,{people[1]}\ny,{people[1]}\n"
    )
    output, _ = call(config, file)
    assert output == "x: 2 came, 0 left\ny: 1 came, 0 left\nkept\n"
    file.write_text("agent,connector,party_id\nx,bank,p2\n")
    assert call(config, file, "--dry-run")[0].startswith("x: 1 came, 0 left\nnothing is kept")
    assert books(config, people) == {"x": set(people[:2]), "y": {people[1]}}
    assert call(config, file, "--replace")[0] == "x: 1 came, 2 left\nkept\n"
    assert books(config, people) == {"x": {people[2]}, "y": {people[1]}}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("agent,customer_id\nx,PERSON\nx,nobody\n", "line 3 names a customer who is not there"),
        ("agent,customer\nx,PERSON\n", "the columns are agent and customer_id"),
        ("agent,customer_id\nx,\n", "line 2 lacks a column"),
        ("agent,customer_id\nx,PERSON,more\n", "line 2 lacks a column, or has one too many"),
    ],
)
def test_a_wrong_file_changes_nothing(config: Path, people: list[str], text: str, told: str) -> None:
    file = config.with_name("books.csv")
    file.write_text(text.replace("PERSON", people[0]))
    assert told in call(config, file)[1]
    assert books(config, people) == {}
