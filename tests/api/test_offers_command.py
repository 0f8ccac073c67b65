"""``python -m api offers``: the catalogue in and out, and what answers say, on a real store."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from api import offers
from api.commands import main
from api.settings import load
from c360.access import TenantId
from c360.records.party import PartyKind
from resolvers.offers.catalogue import SHIPPED, CatalogueError
from store.data import EnrolCustomer
from store.data_offers import OfferEventDraft, OfferEventKind
from store.database import Database
from store.keyring import Keyring

T = TenantId("default")


@pytest.fixture
def config(sqlite_template: Path, tmp_path: Path) -> Path:
    """Settings of a migrated store."""
    for name in ("master.key", "lookup.key"):
        (tmp_path / name).write_text("ab" * 32, encoding="ascii")
    file = tmp_path / "c360.toml"
    file.write_text(
        '[database]\nurl = "sqlite:///c360.db"\n\n'
        '[security]\nmaster_key_file = "master.key"\nlookup_pepper_file = "lookup.key"\n',
        encoding="utf-8",
    )
    shutil.copyfile(sqlite_template, tmp_path / "c360.db")
    return file


def call(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "offers", *arguments])


def said(config: Path, *arguments: str) -> str:
    found = call(config, *arguments)
    assert found.exit_code == 0, found.output
    return found.output


def test_a_catalogue_goes_in_once_and_comes_out_as_it_was(config: Path, tmp_path: Path) -> None:
    assert "there are no products" in said(config, "list")
    assert said(config, "import").count("created") >= 15
    assert said(config, "import").splitlines() == ["17 unchanged"]
    file = tmp_path / "out.json"
    said(config, "export", str(file))
    assert file.read_bytes() == SHIPPED.read_bytes()
    assert said(config, "export") == SHIPPED.read_text("utf-8")
    plain = msgspec.json.decode(file.read_bytes())
    plain["products"] = [each for each in plain["products"] if each["id"] != "home-loan"]
    plain["products"][0]["name"] = "Another name"
    file.write_bytes(msgspec.json.encode(plain))
    changed = plain["products"][0]["id"]
    assert said(config, "import", str(file), "--retire").splitlines() == [
        f"changed  {changed}",
        "changed  home-loan",
        "15 unchanged",
    ]
    listed = {each["id"]: each for each in msgspec.json.decode(said(config, "list", "--json"))}
    assert (listed[changed]["version"], listed["home-loan"]["state"]) == (2, "RETIRED")
    assert "v2   RETIRED" in said(config, "list")


def test_a_wrong_product_keeps_everything_out(config: Path, tmp_path: Path) -> None:
    plain = msgspec.json.decode(SHIPPED.read_bytes())
    plain["products"][-1]["worth"]["retention"] = 2
    file = tmp_path / "wrong.json"
    file.write_bytes(msgspec.json.encode(plain))
    found = call(config, "import", str(file))
    assert isinstance(found.exception, CatalogueError)
    assert f"product '{plain['products'][-1]['id']}', field worth.retention" in str(found.exception)
    assert "there are no products" in said(config, "list")
    missing = call(config, "import", str(tmp_path / "missing.json"))
    assert "cannot be read (FileNotFoundError)" in str(missing.exception)


def test_what_is_shipped_is_brought_in_only_where_there_is_nothing(config: Path) -> None:
    settings = load(config, environ={})
    first = asyncio.run(offers.bring_in_shipped(settings))
    assert first is not None
    assert len(first.created) == 17
    assert asyncio.run(offers.bring_in_shipped(settings)) is None


def test_answers_are_reported_and_learnt_from(config: Path, tmp_path: Path) -> None:
    said(config, "import")
    assert "no presentation has a known outcome" in said(config, "report")
    asyncio.run(_answered(config, 120))
    (one,) = msgspec.json.decode(said(config, "report", "--json"))
    assert (one["product"], one["all"]["count"], one["all"]["successes"]) == ("home-insurance", 120, 40)
    text = said(config, "report")
    assert "accepted     40 of 120: 33.3 %" in text
    assert "lift         1.00" in text
    learnt = said(config, "learn")
    (version,) = (tmp_path / "var" / "models" / "propensity").glob("*.json")
    artefact = msgspec.json.decode(version.read_bytes())
    assert f"promote propensity {artefact['origin']['version']}" in learnt
    assert artefact["products"]["home-insurance"]["learnt_from"] == "RESPONSES"
    assert artefact["origin"]["customers"] == 120


async def _answered(config: Path, count: int) -> None:
    """Customers who were offered home insurance a year ago; every third accepted it, every other explored."""
    present = datetime.now(UTC) - timedelta(days=365)

    def clock() -> datetime:
        nonlocal present
        present += timedelta(seconds=1)
        return present

    keys = Keyring(master=bytes.fromhex("ab" * 32), pepper=bytes.fromhex("ab" * 32))
    database = Database(f"sqlite:///{config.parent / 'c360.db'}", keyring=keys, clock=clock)
    async with database.unit(T) as unit:
        await unit.customers.enrol(
            [
                EnrolCustomer(external_id=str(n), kind=PartyKind.PERSON, display_name=f"C {n}")
                for n in range(count)
            ]
        )
        ids = (await unit.customers.page(first=count)).ids
        for number, customer in enumerate(sorted(ids)):
            said_then: dict[str, Any] = {
                "customer_id": customer,
                "product_id": "home-insurance",
                "product_version": 1,
                "agent": "anna",
                "stage": "OFFERED",
                "propensity": 0.3,
                "explored": number % 2 == 0,
                "parts": '{"features": {"DEPOSITS.HELD": 1.0}}',
            }
            await unit.offer_responses.record(OfferEventDraft(event=OfferEventKind.PRESENTED, **said_then))
            if number % 3 == 0:
                await unit.offer_responses.record(OfferEventDraft(event=OfferEventKind.ACCEPTED, **said_then))
    await database.dispose()
