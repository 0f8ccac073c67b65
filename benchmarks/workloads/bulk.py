"""Uploads of many rows: how many a second become customers, interactions, journeys and bookings."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from api.bulk.settings import BulkSettings
from api.bulk.working import BulkWorker
from benchmarks.figures import Figure
from benchmarks.stage.databases import Databases
from c360.access import DEFAULT_TENANT
from store import migrate
from store.data_bulk import UploadFormat, UploadKind, UploadState
from store.database import Database
from store.keyring import Keyring

NAME = "uploads"
CUSTOMERS = 20_000
"""Customers whom the other rows are about."""
MANY = 60_000
"""Customers uploaded into PostgreSQL: of so many the first batch, beside which nothing is read, is little."""
ROWS = 100_000
LEAST = 5_000
"""Rows a second into PostgreSQL that are promised."""
_CHUNK = 1024 * 1024
_START = datetime(2025, 1, 1, tzinfo=UTC)
_FIRST = ("Ada", "Bo", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ida", "Jo")
_LAST = ("Ash", "Birk", "Cole", "Drew", "Eck", "Frey", "Gold", "Hart", "Ilk", "Just")


def run(backend: str, databases: Databases) -> list[Figure]:
    """Customers first, then what they did; the last kind again, whose rows are all there already."""
    url = databases.create()
    migrate.upgrade(url)
    return asyncio.run(_run(backend, url))


async def _run(backend: str, url: str) -> list[Figure]:
    database = Database(url, keyring=Keyring(bytes(32), bytes(range(32))))
    worker = BulkWorker(database, DEFAULT_TENANT, BulkSettings(), region="AU")
    figures: list[Figure] = []
    try:
        for kind, rows, make in (
            (UploadKind.CUSTOMERS, MANY if backend == "postgresql" else CUSTOMERS, _customer),
            (UploadKind.INTERACTIONS, ROWS, _interaction),
            (UploadKind.JOURNEYS, ROWS, _touchpoint),
            (UploadKind.BOOKINGS, ROWS, _booking),
            (UploadKind.BOOKINGS, ROWS, _booking),
        ):
            again = any(figure.name.startswith(f"{backend}: bookings") for figure in figures)
            rate, ours = await _timed(database, worker, kind, rows, make)
            figures.append(
                Figure(
                    workload=NAME,
                    name=f"{backend}: {kind.value.lower()}{', brought again' if again else ''}",
                    value=round(1_000_000 / rate, 1),
                    unit="µs a row",
                    bound=1_000_000 / LEAST if backend == "postgresql" else None,
                    note=f"{rate:,.0f} rows a second of {rows:,}; {ours:.0f} µs each of the worker's own",
                )
            )
            await database.analyze()
    finally:
        await database.dispose()
    return figures


async def _timed(
    database: Database, worker: BulkWorker, kind: UploadKind, rows: int, make: Callable[[int], Any]
) -> tuple[float, float]:
    """Rows a second, and microseconds of this process's processor time for each."""
    content = b"".join(_lines(rows, make))
    async with database.unit(DEFAULT_TENANT) as unit:
        upload = await unit.uploads.open(
            kind,
            UploadFormat.NDJSON,
            source="crm",
            size=len(content),
            digest=hashlib.sha256(content).hexdigest(),
            by="bench",
            kept=timedelta(hours=1),
        )
    for start in range(0, len(content), _CHUNK):
        async with database.unit(DEFAULT_TENANT) as unit:
            await unit.uploads.append(
                upload.id, start, content[start : start + _CHUNK], kept=timedelta(hours=1)
            )
    started, used = time.perf_counter(), time.process_time()
    await worker.round()
    took, used = time.perf_counter() - started, time.process_time() - used
    async with database.read(DEFAULT_TENANT) as unit:
        ended = (await unit.uploads.get([upload.id]))[upload.id]
    if (ended.state, ended.rows, ended.failed) != (UploadState.DONE, rows, 0):
        message = f"{ended.state.value}: {ended.failed} of {ended.rows} rows were not taken in"
        raise RuntimeError(message)
    return rows / took, used / rows * 1e6


def _lines(rows: int, make: Callable[[int], Any]) -> Iterator[bytes]:
    return (msgspec.json.encode(make(number)) + b"\n" for number in range(rows))


def _customer(number: int) -> dict[str, str]:
    return {
        "id": f"c{number}",
        "givenName": f"{_FIRST[number % 10]} {_LAST[number // 7 % 10]}",
        "familyName": f"{_LAST[number // 10 % 10]}{number}",
        "birthDate": f"{1940 + number % 60}-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        "email": f"person{number}@mail.example",
        "phone": f"+614{number:08d}",
        "street": f"{number % 300 + 1} {_LAST[number % 10]} Street",
        "city": "Melbourne",
        "postalCode": f"{3000 + number % 999}",
        "country": "AU",
    }


def _interaction(number: int) -> dict[str, str]:
    return {
        "id": f"i{number}",
        "customer": f"c{number % CUSTOMERS}",
        "channel": ("CALL", "EMAIL", "CHAT")[number % 3],
        "startedAt": (_START + timedelta(minutes=number)).isoformat(),
        "subject": f"Question {number}",
        "summary": "Asked when the next payment is due, and was told.",
    }


def _touchpoint(number: int) -> dict[str, str]:
    return {
        "id": f"t{number}",
        "customer": f"c{number % CUSTOMERS}",
        "journey": f"j{number // 4}",
        "kind": "FLIGHT",
        "at": (_START + timedelta(minutes=number)).isoformat(),
        "label": f"KL{number % 1000}",
        "origin": "AMS",
        "destination": "SYD",
    }


def _booking(number: int) -> dict[str, str]:
    return {
        "id": f"b{number}",
        "customer": f"c{number % CUSTOMERS}",
        "kind": "HOTEL",
        "startsAt": (_START + timedelta(hours=number)).isoformat(),
        "provider": "Grand Hotel",
        "destination": "Sydney",
        "amount": "412.50",
        "currency": "AUD",
        "reference": f"R{number}",
    }


LINES: Mapping[UploadKind, Callable[[int], Mapping[str, str]]] = {
    UploadKind.CUSTOMERS: _customer,
    UploadKind.INTERACTIONS: _interaction,
    UploadKind.JOURNEYS: _touchpoint,
    UploadKind.BOOKINGS: _booking,
}
"""A row of each kind, by its number."""
