"""Look-ups in a store of a million customers: by any key, by a partner's id, and for who a party may be."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import make_url

from benchmarks.figures import Figure, Sample, milliseconds
from benchmarks.punctual import quiet_collector
from benchmarks.stage.databases import Databases
from c360.access import TenantId
from c360.contract import KeyKind
from store import migrate
from store.data import EnrolKey
from store.database import Database
from store.keyring import Keyring
from store.unit import Unit

NAME = "look-ups among a million"
COUNT = 1_000_000
RUNS = 1_000
BOUND = 5.0
"""Milliseconds at the 99th percentile."""
T = TenantId("bench")
AT = "2026-01-01 00:00:00.000000"
FAMILIES, GIVEN = 9_973, 997
KINDS = (KeyKind.EMAIL, KeyKind.PHONE, KeyKind.POLICY_NUMBER)
Rows = Callable[[int], Iterator[Sequence[Any]]]
"""The rows of a table for the customer of a number."""


def run(backend: str, databases: Databases) -> list[Figure]:
    """Fill a store, then look up customers who lie all over it, each operation in a unit of its own."""
    url = databases.create()
    migrate.upgrade(url)
    keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
    started = time.perf_counter()
    fill(url, keyring)
    filled = time.perf_counter() - started
    try:
        samples = asyncio.run(_measure(url, keyring))
    finally:
        databases.drop(url)
    figures = [
        Figure(workload=NAME, name=f"{backend}: filling", value=round(filled), unit="s", note=f"{COUNT:,}")
    ]
    for name, sample in samples.items():
        figures += [
            milliseconds(NAME, f"{backend}: {name}: p50", sample.p50),
            milliseconds(NAME, f"{backend}: {name}: p99", sample.p99, bound=BOUND),
        ]
    return figures


async def _measure(url: str, keyring: Keyring) -> dict[str, Sample]:
    database = Database(url, keyring=keyring)
    try:
        samples = {
            f"by {kind.value.replace('_', ' ').lower()}": await _timed(database, _by_key(kind))
            for kind in KINDS
        }
        samples["by a partner's id"] = await _timed(database, _by_ref)
        samples["of an old id"] = await _timed(database, _old)
        samples["candidates of a party"] = await _timed(database, _candidates)
        samples["by e-mail, with links and values"] = await _timed(database, _loaded)
        return samples
    finally:
        await database.dispose()


async def _timed(database: Database, work: Callable[[Unit, int], Awaitable[Any]]) -> Sample:
    async def once(number: int) -> float:
        started = time.perf_counter()
        async with database.read(T) as unit:
            found = await work(unit, number)
        took = time.perf_counter() - started
        if not found:
            message = f"customer {number} was not found"
            raise RuntimeError(message)
        return took

    step = 7_919  # a prime: customers who lie far from each other
    for number in range(50):
        await once(number * step % COUNT)
    gc.collect()
    with quiet_collector():
        return Sample.of([await once((50 + number) * step % COUNT) for number in range(RUNS)])


def _by_key(kind: KeyKind) -> Callable[[Unit, int], Awaitable[Any]]:
    async def work(unit: Unit, number: int) -> Any:
        return await unit.customers.by_keys([(kind, _value(kind, number))])

    return work


async def _by_ref(unit: Unit, number: int) -> Any:
    return await unit.customers.by_party_refs([("bank", str(number))])


async def _old(unit: Unit, number: int) -> Any:
    return await unit.customers.resolve([_id(number - number % 10 + 1)])


async def _candidates(unit: Unit, number: int) -> Any:
    keys = [EnrolKey(kind=kind, value=_value(kind, number)) for kind in KINDS]
    found = await unit.candidates.find(keys, [_block(number), "born 1900-01-01 nobody"])
    return found.candidates


async def _loaded(unit: Unit, number: int) -> Any:
    kind = KeyKind.EMAIL
    found = await unit.customers.by_keys([(kind, _value(kind, number))])
    return await unit.customers.load(found[kind, _value(kind, number)])


def _id(number: int) -> str:
    return f"{number:036}"


def _value(kind: KeyKind, number: int) -> str:
    return {
        KeyKind.EMAIL: f"{number}@mail.example",
        KeyKind.PHONE: f"+614{number // 3:08}",  # families share a phone
        KeyKind.POLICY_NUMBER: f"P{number:09}",
    }[kind]


def _block(number: int) -> str:
    # Some forty people of a million were born on one day, and few of them share a name.
    return f"born {1930 + number % 70}-{1 + number % 12:02}-{1 + number % 28:02} family{number % FAMILIES}"


def _owner(number: int) -> int:
    """Every tenth customer was merged into the one before."""
    return number - 1 if number % 10 == 1 else number


def fill(url: str, keyring: Keyring, *, count: int = COUNT, tenant: TenantId = T) -> None:
    """Write customers into a database past everything that looks after it, as fast as it takes them.

    Args:
        url: its address; it is up to date.
        keyring: hashes what customers are looked up by.
        count: how many.
        tenant: whose they are.
    """
    tables: dict[str, Rows] = {
        "customer": _customers,
        "identity_entry": _entries,
        "redirect": _redirects,
        "lookup_key": partial(_keys, keyring),
        "name_token": _tokens,
        "identity_link": _links,
        "profile_value": _values,
    }
    write = _sqlite if url.startswith("sqlite") else _postgres
    write(url, {name: partial(_rows, rows, count, tenant) for name, rows in tables.items()})


def _rows(rows: Rows, count: int, tenant: TenantId) -> Iterator[Sequence[Any]]:
    for number in range(count):
        for _, *row in rows(number):
            yield (tenant, *row)


def _sqlite(url: str, tables: dict[str, Callable[[], Iterator[Sequence[Any]]]]) -> None:
    connection = sqlite3.connect(str(make_url(url).database))
    # What is filled here is thrown away, and random keys want their index in memory.
    for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -600000"):
        connection.execute(f"PRAGMA {pragma}")
    for name, rows in tables.items():
        marks = ", ".join("?" * len(next(rows())))
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows())  # noqa: S608  # of this file
        connection.commit()
    connection.close()


def _postgres(url: str, tables: dict[str, Callable[[], Iterator[Sequence[Any]]]]) -> None:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, options="-c timezone=UTC") as server:
        for name, rows in tables.items():
            with server.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in rows():
                    copy.write_row(row)
        server.execute("VACUUM ANALYZE")


def _customers(number: int) -> Iterator[Sequence[Any]]:
    name = f"family{number % FAMILIES} given{number % GIVEN}"
    standing = "PRESENT" if _owner(number) == number else "MERGED"
    yield (T, _id(number), "PERSON", str(number), name.title(), name, "AU", AT, AT, None, standing)


def _entries(number: int) -> Iterator[Sequence[Any]]:
    if _owner(number) != number:
        yield (T, f"e{number:035}", "MERGE", AT, "bench", "r", 1.0, None, "", None, None)


def _redirects(number: int) -> Iterator[Sequence[Any]]:
    owner = _id(_owner(number))
    if owner != _id(number):
        entry = f"e{number:035}"
        yield (T, f"r{number:035}", _id(number), owner, owner, entry, AT, None, "MERGED", "PRESENT")


def _keys(keyring: Keyring, number: int) -> Iterator[Sequence[Any]]:
    owner = _id(_owner(number))
    for kind, value in (*((kind.value, _value(kind, number)) for kind in KINDS), ("BLOCK", _block(number))):
        yield (T, kind, keyring.lookup_hash(T, kind, value), owner, "bank", str(number))


def _tokens(number: int) -> Iterator[Sequence[Any]]:
    for token in (f"family{number % FAMILIES}", f"given{number % GIVEN}"):
        yield (T, token, _id(_owner(number)), _id(number))


def _links(number: int) -> Iterator[Sequence[Any]]:
    link = (f"b{number:035}", _id(_owner(number)), "bank", str(number), "ACTIVE", "import", 1.0, "", AT, None)
    yield (T, *link, _id(number), AT)


def _values(number: int) -> Iterator[Sequence[Any]]:
    said = {"email": _value(KeyKind.EMAIL, number), "family_name": f"Family{number % FAMILIES}"}
    for attribute, value in said.items():
        where = (f"{attribute[0]}{number:035}", _id(_owner(number)), "bank", str(number), attribute)
        yield (T, *where, 0, value, False, AT, AT, None, AT, None)
