"""All customers of the store in one file, also where scoring was interrupted."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from api.fitting import EmptyStoreError, read_store
from api.scoring import ScoringError, score_everybody
from c360.access import Purpose, TenantId
from c360.records.party import PartyKind
from resolvers.serving import Models, shipped
from resolvers.summaries.measures import Line, Measure
from resolvers.training.learning import is_aside
from store.data import EnrolCustomer, EnrolLink, FigureData, PartyFigures
from store.data_consents import ConsentSource, DecisionDraft, DecisionKind, DecisionState
from store.database import Database
from store.keyring import Keyring

TENANT = TenantId("default")
NOW = datetime(2026, 11, 27, tzinfo=UTC)
CUSTOMERS = 7


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A store with seven customers who spend, the last of whom was never reckoned."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'c360.db'}"
    shutil.copyfile(sqlite_template, tmp_path / "c360.db")
    found = Database(url, keyring=Keyring(bytes(32), bytes(range(32))), clock=lambda: NOW)
    asyncio.run(_fill(found))
    yield found
    asyncio.run(found.dispose())


async def _fill(database: Database) -> None:
    async with database.unit(TENANT) as unit:
        await unit.customers.enrol(
            [
                EnrolCustomer(
                    external_id=str(number),
                    kind=PartyKind.PERSON,
                    display_name=f"Person {number}",
                    links=(EnrolLink(connector="bank", party_id=str(number)),),
                )
                for number in range(CUSTOMERS)
            ]
        )
        refs = [("bank", str(number)) for number in range(CUSTOMERS)]
        owners = await unit.customers.by_party_refs(refs)
        spent = [
            PartyFigures(
                customer_id=owners[ref],
                connector="bank",
                party_id=ref[1],
                as_of=NOW,
                figures=(
                    FigureData("DEPOSITS", "BALANCE", 100.0 * int(ref[1]), "AUD"),
                    FigureData("CARDS", "SPENT", 10.0 * int(ref[1]), "AUD"),
                    FigureData("CARDS", "SPENT", 5.0, "XXX"),
                ),
            )
            for ref in refs[:-1]
        ]
        await unit.summaries.put(spent, again=NOW + timedelta(days=1))


def score(database: Database, file: Path, *, models: Models | None = None, report: Any = print) -> int:
    return asyncio.run(
        score_everybody(database, TENANT, models or shipped(), file, now=NOW, report=report, page=2)
    )


def test_every_customer_has_a_row(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "scores.parquet"
    assert score(database, file) == CUSTOMERS
    found = pq.read_table(file)
    assert found.num_rows == len(set(found["customer"].to_pylist())) == CUSTOMERS
    # What has no rate is left out; what was never reckoned is not known.
    assert sorted(found["spent"].drop_null().to_pylist()) == [0, 10, 20, 30, 40, 50]
    assert found["spent"].null_count == 1
    assert found["behavioural_points"].null_count == 0
    assert {"lifetime_value", "profit", "option_pricing_probability"} <= set(found.column_names)
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(("scores", ".scores"))] == [
        file.name
    ]


REFUSALS = (
    DecisionDraft(
        kind=DecisionKind.RESTRICTION, state=DecisionState.RAISED, at=NOW, source=ConsentSource.AGENT_CALL
    ),
    *(
        DecisionDraft(
            kind=DecisionKind.OBJECTION,
            state=DecisionState.RAISED,
            purpose=purpose,
            at=NOW,
            source=ConsentSource.AGENT_CALL,
        )
        for purpose in (Purpose.ANALYTICS, Purpose.RISK)
    ),
)


def test_who_refused_is_scored_by_nobody(database: Database, tmp_path: Path) -> None:
    async def refuse() -> list[str]:
        async with database.unit(TENANT) as unit:
            everybody = sorted(await unit.summaries.everybody(None, CUSTOMERS))
            # The first page is empty then, and the last customer of the second one is missing.
            refusing = [everybody[0], everybody[1], everybody[3]]
            for customer, draft in zip(refusing, REFUSALS, strict=True):
                await unit.consents.record(customer, draft, by="agent")
            for customer in everybody[4:6]:
                marketing = msgspec.structs.replace(REFUSALS[1], purpose=Purpose.MARKETING)
                await unit.consents.record(customer, marketing, by="agent")
        return [one for one in everybody if one not in refusing]

    remaining = asyncio.run(refuse())
    file = tmp_path / "scores.parquet"

    def interrupts(line: str) -> None:
        if line.startswith("1 customers"):
            raise Interrupted

    with pytest.raises(Interrupted):
        score(database, file, report=interrupts)
    assert score(database, file) == len(remaining)
    assert pq.read_table(file)["customer"].to_pylist() == remaining
    learnt = asyncio.run(read_store(database, TENANT, shipped(), now=NOW, report=lambda _: None, page=3))
    assert set(remaining) < set(learnt.population.customers)  # one objects to risk alone
    assert len(learnt) == len(remaining) + 1


class Interrupted(Exception):
    """Ctrl-C."""


def test_what_was_interrupted_goes_on_and_scores_nobody_twice(database: Database, tmp_path: Path) -> None:
    whole, file = tmp_path / "whole.parquet", tmp_path / "scores.parquet"
    score(database, whole)
    heard: list[str] = []

    def interrupts(line: str) -> None:
        heard.append(line)
        if line.startswith("4 customers"):
            raise Interrupted

    with pytest.raises(Interrupted):
        score(database, file, report=interrupts)
    assert not file.exists()
    heard.clear()
    assert score(database, file, report=heard.append) == CUSTOMERS
    assert heard[0] == "going on after 2 parts that are there"
    assert heard[-1].startswith("3 customers")
    assert pq.read_table(file).equals(pq.read_table(whole))


def test_parts_of_other_models_are_not_joined(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "scores.parquet"

    def interrupts(_: str) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        score(database, file, report=interrupts)
    origin = msgspec.structs.replace(shipped().ranks.origin, version="other")
    ranks = msgspec.structs.replace(shipped().ranks, origin=origin)
    with pytest.raises(ScoringError, match="begun with other models; remove the folder"):
        score(database, file, models=msgspec.structs.replace(shipped(), ranks=ranks))


def test_store_is_something_to_fit_to(database: Database) -> None:
    found = asyncio.run(read_store(database, TENANT, shipped(), now=NOW, report=lambda _: None, page=3))
    assert len(found) == len(set(found.population.customers)) == CUSTOMERS
    assert set(found.kinds) == {"PERSON"}
    assert found.aside.tolist() == [is_aside(customer) for customer in found.population.customers]
    spent = found.population.get(Line.CARDS, Measure.SPENT)
    assert sorted(spent[~np.isnan(spent)]) == [0, 10, 20, 30, 40, 50]
    assert not found.about.made_up


def test_store_without_customers_says_what_would_fill_it(sqlite_template: Path, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'c360.db'}"
    shutil.copyfile(sqlite_template, tmp_path / "c360.db")

    async def read() -> None:
        empty = Database(url, keyring=Keyring(bytes(32), bytes(range(32))), clock=lambda: NOW)
        try:
            await read_store(empty, TENANT, shipped(), now=NOW, report=lambda _: None)
        finally:
            await empty.dispose()

    with pytest.raises(EmptyStoreError, match="api worker"):
        asyncio.run(read())


def test_other_files_than_parquet_are_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ScoringError, match=r"ends in \.parquet"):
        score(database, tmp_path / "scores.xlsx")
