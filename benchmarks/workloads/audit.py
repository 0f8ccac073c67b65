"""What it costs that every reading of personal data is audited: the entry, and its share of a batch."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from api.auditing import Recorder
from benchmarks.figures import Figure
from benchmarks.punctual import quiet_collector
from benchmarks.stage.databases import SqliteFiles, postgres
from c360.access import Access, Principal, TenantId
from connectors.results import SourceResult, SourceState
from schema.execution.auditing import Selected, reading
from store import migrate
from store.columns import utc_now
from store.database import Database

NAME = "the audit of readings"
READINGS = 400
"""Operations of half a second, each of one customer of all partners."""
ROUNDS = 25
CUSTOMERS = 20_000
PROMISED = 20.0
"""Microseconds of processor time for an operation."""
_SELECTED = Selected(digest="0" * 32, fields=("Customer.profile", "Profile.familyName"))
_CONNECTORS = ("insurance", "banking", "brokerage", "loyalty", "hotel", "rental")


def run() -> list[Figure]:
    """Processor time of the process that answers, on both databases."""
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        return [
            _figure(backend, databases.create())
            for backend, databases in (("SQLite", SqliteFiles(Path(folder))), ("PostgreSQL", server))
        ]


def _figure(backend: str, address: str) -> Figure:
    migrate.upgrade(address)
    value = asyncio.run(_measured(address))
    name = f"each operation, {backend}: entry and its share of the batch"
    return Figure(workload=NAME, name=name, value=round(value, 1), unit="µs", bound=PROMISED)


async def _measured(address: str) -> float:
    database = Database(address)
    recorder = Recorder(database, utc_now)
    tenant = TenantId("default")
    access = Access(principal=Principal(subject="agent-7"))
    sources = tuple(
        SourceResult(connector=name, domain=name, state=SourceState.FRESH) for name in _CONNECTORS
    )
    took: list[float] = []
    number = 0
    try:
        for _ in range(ROUNDS):
            with quiet_collector():
                started = time.process_time()
                for _ in range(READINGS):
                    number += 7919
                    _read(
                        recorder,
                        tenant,
                        access,
                        f"0190a6c0-0000-7000-8000-{number % CUSTOMERS:012d}",
                        sources,
                    )
                await recorder.flush()
                took.append((time.process_time() - started) / READINGS)
    finally:
        await database.dispose()
    return sorted(took)[len(took) // 2] * 1e6


def _read(
    recorder: Recorder, tenant: TenantId, access: Access, customer: str, sources: Sequence[SourceResult]
) -> None:
    recorder.check()
    entry = reading(access, (customer,), _SELECTED, (sources,), datetime.now(UTC))
    recorder.read(tenant, entry, _SELECTED)
