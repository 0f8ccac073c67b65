"""All models over all customers of the store, to one file; an interrupted run goes on where it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from c360.access import TenantId
from c360.errors import C360Error
from resolvers.batch import scores
from resolvers.consents.population import SCORED, usable
from resolvers.kinds import versions
from resolvers.registry import write
from resolvers.serving import Models
from resolvers.summaries.customer import Summaries, summarise
from resolvers.summaries.population import Population, gathered
from store.data import PartyFigures
from store.database import Database

PAGE = 20_000
"""Customers read and scored at once: some seconds of work, which is what an interruption loses."""


_UPTO = b"c360.upto"
"""Under which a part says the last customer that was looked at, scored or left out."""


class ScoringError(C360Error):
    """Customers cannot be scored into this file; the message says what would do."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a begun file is made with: parts of different models are never joined."""

    versions: dict[str, str]
    """Of each model."""
    currency: str


async def score_everybody(
    database: Database,
    tenant: TenantId,
    models: Models,
    file: Path,
    *,
    now: datetime,
    report: Callable[[str], None],
    page: int = PAGE,
) -> int:
    """Score every customer of whom anything is kept and who has not refused.

    Left out are those who refused, objected to or restricted the use of their data for analytics or for risk.

    Args:
        database: the store.
        tenant: whose customers.
        models: by which.
        file: Parquet to write; it is there once all are scored.
        now: the present, to which ages are reckoned where nothing was ever summarised.
        report: takes a line of progress.
        page: customers at once.

    Returns:
        how many customers the file has.

    Raises:
        ScoringError: the file is not to be Parquet, or was begun by other models.
    """
    if file.suffix.lower() not in {".parquet", ".pq"}:
        raise ScoringError(f"{file}: scores are written as Parquet; name a file that ends in .parquet")
    parts = file.with_name(f"{file.name}.parts")
    _claim(parts, Plan(versions=versions(models), currency=models.rates.base))
    done = sorted(parts.glob("*.parquet"))
    after = pq.read_schema(done[-1]).metadata[_UPTO].decode() if done else None
    if done:
        report(f"going on after {len(done):,} parts that are there")
    started, scored = time.monotonic(), 0
    while True:
        async with database.read(tenant) as unit:
            found = await unit.summaries.everybody(after, page)
            used = usable(found, await unit.consents.of(found), SCORED, now)
        if not found:
            break
        after = max(found)
        population = everybody(used, models, now=now)
        part = parts / f"{len(done):08d}.parquet"
        _write(part, table(models, population).replace_schema_metadata({_UPTO: after}))
        done.append(part)
        scored += len(population)
        report(f"{scored:,} customers, {scored / (time.monotonic() - started):,.0f} a second")
    rows = _joined(done, file)
    for part in (*done, parts / "plan.json"):
        part.unlink()
    parts.rmdir()
    return rows


def everybody(found: dict[str, tuple[PartyFigures, ...]], models: Models, *, now: datetime) -> Population:
    """What is kept of customers as columns, in the hub's own currency."""
    today = now.astimezone(UTC).date()

    def one(parties: tuple[PartyFigures, ...]) -> Summaries:
        return summarise(
            parties,
            linked={party.connector for party in parties},
            domains={},
            currency=models.rates.base,
            convert=models.rates.convert,
            today=today,
        )

    return gathered(
        {customer: one(parties) for customer, parties in found.items()}, currency=models.rates.base
    )


def table(models: Models, population: Population) -> pa.Table:
    """Every model's figures of some customers; empty where one is not known."""
    columns = {"customer": pa.array(population.customers, pa.string())}
    for name, values in scores(models, population).items():
        columns[name] = pa.array(values, pa.float64(), from_pandas=True)
    return pa.table(columns)


def _claim(parts: Path, plan: Plan) -> None:
    """Write down what a file is made with, where it is not begun yet.

    Raises:
        ScoringError: it was begun with something else.
    """
    file = parts / "plan.json"
    if not file.is_file():
        write(file, msgspec.json.encode(plan))
        return
    try:
        before = msgspec.json.decode(file.read_bytes(), type=Plan)
    except msgspec.DecodeError:
        before = None
    if before != plan:
        raise ScoringError(
            f"{parts}: it was begun with other models; remove the folder to score everybody by those of now"
        )


def _write(file: Path, found: pa.Table) -> None:
    partial = file.with_suffix(".partial")
    pq.write_table(found, partial, compression="zstd")
    partial.replace(file)


def _joined(parts: list[Path], file: Path) -> int:
    """One file of all parts, there in full or not at all."""
    partial = file.with_name(f".{file.name}.partial")
    rows = 0
    schema = pq.read_schema(parts[0]).remove_metadata() if parts else pa.schema([("customer", pa.string())])
    with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for part in parts:
            found = pq.read_table(part)
            rows += found.num_rows
            writer.write_table(found)
    partial.replace(file)
    return rows
