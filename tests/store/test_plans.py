"""With ten thousand customers, lists and look-ups go by indexes, as both databases say themselves."""

from __future__ import annotations

import io
import itertools
import re
import shutil
import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, make_url

from c360.access import Reach, TenantId
from c360.contract import KeyKind
from c360.records.party import PartyKind
from store import migrate
from store.columns import utc_now
from store.data import CustomerFilter, CustomerOrder, EnrolKey, InstanceData, OrderField
from store.data_folders import Part
from store.data_identity import PartyRef
from store.database import Database
from store.keyring import Keyring
from store.repositories.base import Scope
from store.repositories.folder_statement import ID, KEY, REF, Shape, statement
from store.sight import Sight
from store.unit import Unit
from tests.fixtures.databases import BACKENDS, Postgres

Run = Callable[[Coroutine[Any, Any, Any]], Any]
T = TenantId("t")
COUNT = 10_000
KEYRING = Keyring(master=b"m" * 32, pepper=b"p" * 32)
"""That of the other tests, of which each has its own."""
LARGE = (
    "customer|lookup_key|identity_link|name_token|profile_value"
    "|book|summary|segment_member|customer_score|redirect|review|identity_entry|entry_customer|entry_party"
)


def standing(number: int) -> str:
    return "MERGED" if number % 10 == 1 else "PRESENT"


def moment_of(number: int) -> str:
    return f"2026-01-01 {number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000000"


def rows(keyring: Keyring) -> Iterator[tuple[str, Sequence[Any]]]:
    """A table's name and a row, customers first."""
    at = "2026-01-01 00:00:00.000000"
    for number in range(COUNT):
        kind = "ORGANIZATION" if number % 50 == 0 else "PERSON"
        name = f"family{number % 997:03} given{number}"
        moment = moment_of(number)
        country = f"C{number % 40}"
        called = (kind, str(number), name.title(), name, country)
        yield "customer", (T, f"{number:036}", *called, moment, moment, None, standing(number))
    for number in range(COUNT):
        customer = f"{number:036}"
        digest = keyring.lookup_hash(T, "EMAIL", f"{number}@example.com")
        yield "lookup_key", (T, "EMAIL", digest, customer, "bank", str(number))
        block = keyring.lookup_hash(T, "BLOCK", f"1980-01-01 given{number}")
        yield "lookup_key", (T, "BLOCK", block, customer, "bank", str(number))
        for token in (f"family{number % 997:03}", f"given{number}"):
            yield "name_token", (T, token, customer, customer)
        for connector in ("bank", "hotel"):
            figures = ("[]", at, moment_of(number), None)
            yield "summary", (T, connector, str(number), customer, *figures)
        for connector in ("bank", "hotel") if number % 3 else ("bank",):
            link = (f"{connector}{number:030}", customer, connector, str(number), "ACTIVE", "import", 1.0)
            yield "identity_link", (T, *link, "", at, None, customer, at)
        value = ("bank", str(number), "email", 0, f"{number}@example.com", 0, at, at, None, at, None)
        yield "profile_value", (T, f"v{number:035}", customer, *value)
    for number in range(COUNT):
        customer = f"{number:036}"
        if number % 20 == 0:
            yield "segment_member", (T, "best", customer, "2026-01-01")
        yield "segment_member", (T, "everybody", customer, "2026-01-01")
        for line in ("", "HOME"):
            yield "customer_score", (T, customer, "PROFIT", line, number % 977 / 8)
        if number % 20 == 0:
            yield "book", (T, f"b{number:035}", customer, customer, "agent", at, None, "chief", None)
    yield from decisions(at)


def decisions(at: str) -> Iterator[tuple[str, Sequence[Any]]]:
    """Every tenth customer was merged into the one before, and every tenth pair is before a human."""
    for number in range(COUNT):
        customer, before = f"{number:036}", f"{number - 1:036}"
        entry = f"e{number:035}"
        if number % 10 == 1:
            yield "identity_entry", (T, entry, "MERGE", at, "a", "r", 0.9, None, "", None, None)
            yield "entry_customer", (T, entry, 0, before)
            yield "entry_customer", (T, entry, 1, customer)
            yield (
                "redirect",
                (T, f"r{number:035}", customer, before, before, entry, at, None, "MERGED", "PRESENT"),
            )
        elif number % 10 == 5:
            yield "identity_entry", (T, entry, "LINK", at, "a", "r", 0.9, None, "", None, None)
            yield "entry_customer", (T, entry, 0, customer)
            yield "entry_party", (T, entry, "bank", str(number), None, customer)
            parties = ("bank", str(number - 1), before, "bank", str(number), customer, before, customer)
            yield "review", (T, f"w{number:035}", entry, *parties, None, None)


@pytest.fixture(scope="module")
def tables() -> dict[str, list[Sequence[Any]]]:
    """All rows by table, for both databases."""
    found: dict[str, list[Sequence[Any]]] = {}
    for name, row in rows(KEYRING):
        found.setdefault(name, []).append(row)
    return found


@pytest.fixture(scope="module", params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Which database the tests run on."""
    return str(request.param)


@pytest.fixture(scope="module")
def database_url(
    backend: str,
    tables: Mapping[str, Sequence[Sequence[Any]]],
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[str]:
    """The address of a database of each kind with all rows, made once for both tests."""
    if backend == "sqlite":
        file = tmp_path_factory.mktemp("plans") / "c360.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        fill(f"sqlite:///{file}", tables)
        yield f"sqlite:///{file}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    address = server.create()
    migrate.upgrade(address)
    fill(address, tables)
    yield address
    server.drop(address)


def fill(database_url: str, tables: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    """Put the rows into a database, and have it count them."""
    if database_url.startswith("sqlite"):
        with sqlite3.connect(str(make_url(database_url).database)) as connection:
            for name, many in tables.items():
                marks = ", ".join("?" * len(many[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", many)
        connection.close()
        return
    address = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, options="-c timezone=UTC") as server:
        for name, many in tables.items():
            with server.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                copy.write(as_text(many))
        server.execute("VACUUM ANALYZE")


def as_text(many: Sequence[Sequence[Any]]) -> str:
    """PostgreSQL's text format of ``COPY``."""
    buffer = io.StringIO()
    for row in many:
        fields = (
            "\\N" if each is None else f"\\\\x{each.hex()}" if isinstance(each, bytes) else str(each)
            for each in row
        )
        buffer.write("\t".join(fields) + "\n")
    return buffer.getvalue()


ORDERS = [
    CustomerOrder(field=field, descending=descending) for field in OrderField for descending in (False, True)
]
FILTERS = [
    CustomerFilter(name="given77"),
    CustomerFilter(name="family123 given"),
    CustomerFilter(connectors=("hotel",)),
    CustomerFilter(connectors=("bank", "hotel")),
    CustomerFilter(domains=("banking",)),
    CustomerFilter(country="C7"),
    CustomerFilter(kind=PartyKind.ORGANIZATION),
    CustomerFilter(country="C7", kind=PartyKind.PERSON, connectors=("hotel",)),
    CustomerFilter(segment="best"),
]


async def pages(unit: Unit, order: CustomerOrder) -> None:
    first = await unit.customers.page(CustomerFilter(), order, first=20)
    await unit.customers.page(CustomerFilter(), order, first=20, after=first.cursors[-1])
    last = await unit.customers.page(CustomerFilter(), order, last=20)
    await unit.customers.page(CustomerFilter(), order, last=20, before=last.cursors[0])


async def filtered(unit: Unit, which: CustomerFilter) -> None:
    page = await unit.customers.page(which, first=20)
    assert page.ids
    await unit.customers.page(which, CustomerOrder(field=OrderField.CREATED_AT), first=20)


async def look_ups(unit: Unit, *, found: bool = True) -> None:
    keys = [(KeyKind.EMAIL, f"{number}@example.com") for number in range(3)]
    ids = await unit.customers.by_keys(keys)
    assert len(ids) == 3 or not found
    await unit.customers.by_party_refs([("bank", "7"), ("hotel", "8")])
    await unit.customers.load([each[0] for each in ids.values()])


async def identities(unit: Unit) -> None:
    """What the graph and the worker ask about who is who."""
    old, other = f"{11:036}", f"{15:036}"
    assert await unit.customers.resolve([old, other]) == {old: f"{10:036}", other: other}
    assert await unit.ledger.redirects([old])
    keys = [EnrolKey(kind=KeyKind.EMAIL, value=f"{number}@example.com") for number in range(5)]
    found = await unit.candidates.find(keys, ["1980-01-01 given7"])
    assert len(found.candidates) == 6
    assert (await unit.ledger.entries(old)).entries
    assert (await unit.ledger.deciding([PartyRef("bank", "15"), PartyRef("hotel", "16")])).keys()
    page = await unit.reviews.page(first=20)
    await unit.reviews.page(first=20, after=page.cursors[-1])
    assert len((await unit.reviews.page(customer_id=other)).reviews) == 1
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    assert (await unit.ledger.past([old], valid_at=moment, recorded_at=moment))[old].parties
    assert (await unit.ledger.plan_merge(other, [f"{25:036}"])).moves


async def summaries(unit: Unit) -> None:
    """What the graph, the worker and work on the population read of behaviour."""
    assert len(await unit.summaries.of([f"{number:036}" for number in range(50)])) == 50
    moment = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
    found = await unit.summaries.due("hotel", moment, 20)
    assert [each.party_id for each in found] == [str(number) for number in range(20)]
    assert len(await unit.summaries.due("bank", moment, 100)) == 61
    page = await unit.summaries.everybody(None, 30)
    page = await unit.summaries.everybody(max(page), 30)
    assert sorted(page) == [f"{number:036}" for number in range(30, 60)]


async def standings(unit: Unit) -> None:
    """Who belongs to a segment, and who is best by a figure and a line of business."""
    page = await unit.standings.members("best", first=20)
    assert len((await unit.standings.members("best", first=20, after=page.cursors[-1])).ids) == 20
    best = await unit.standings.best("PROFIT", "HOME", first=20)
    after = await unit.standings.best("PROFIT", "HOME", first=20, after=best.cursors[-1])
    assert best.scores[-1] >= after.scores[0]


SIGHTS = [
    Sight(reach=Reach.BOOK, subject="agent"),
    Sight(reach=Reach.SELF, customer_id=f"{20:036}"),
    Sight(reach=Reach.PARTNER, connectors=frozenset({"hotel"})),
]


async def narrowed(unit: Unit) -> None:
    """The lists and look-ups of somebody who does not see everybody."""
    for order in ORDERS:
        first = await unit.customers.page(CustomerFilter(), order, first=20)
        assert first.ids
        await unit.customers.page(CustomerFilter(), order, first=20, after=first.cursors[-1])
        await unit.customers.page(CustomerFilter(), order, last=20)
    assert await unit.customers.count()
    await unit.customers.resolve([f"{number:036}" for number in range(3)])
    await look_ups(unit, found=False)
    await unit.standings.best("PROFIT", "HOME", first=20)
    await unit.standings.members("best", first=20)
    await unit.reviews.page(first=20)
    await unit.contests.page(first=20)


async def counts(unit: Unit) -> None:
    assert await unit.customers.count() == COUNT - COUNT // 10
    for which in FILTERS[:2] + FILTERS[5:7]:
        assert await unit.customers.count(which)


async def everything(unit: Unit) -> None:
    for order in ORDERS:
        await pages(unit, order)
    for which in FILTERS:
        await filtered(unit, which)
    await look_ups(unit)
    await identities(unit)
    await summaries(unit)
    await standings(unit)
    await counts(unit)


def _excused(statement: str, backend: str) -> bool:
    """Whether a plan says nothing of a large installation.

    Where nobody is in sight, neither database looks for anybody. Of so few reviews PostgreSQL may read all at
    once; that indexes serve, SQLite shows.
    """
    nobody = "WHERE 0 = 1" in statement or "WHERE false" in statement
    return nobody or (backend == "postgresql" and "FROM review" in statement and "FROM book" in statement)


def test_every_list_and_look_up_goes_by_an_index(
    database: Database, backend: str, run: Run, keyring: Keyring
) -> None:
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            statements.append((statement, parameters))

    async def go() -> list[tuple[str, str]]:
        async with database.unit(T) as unit:
            await unit.instances.sync([InstanceData(id="bank", plugin="p", domain="banking")])
        engine = database._reader
        async with database.read(T) as unit:
            event.listen(engine, "before_cursor_execute", note)
            await everything(unit)
            for sight in SIGHTS:
                await narrowed(Unit(Scope(unit.scope.session, T, keyring, utc_now, sight)))
            event.remove(engine, "before_cursor_execute", note)
            connection = unit.customers._session
            explain = "EXPLAIN QUERY PLAN " if backend == "sqlite" else "EXPLAIN "
            plans = []
            for statement, parameters in statements:
                result = await connection.exec_driver_sql(explain + statement, parameters)
                plans.append((statement, "\n".join(str(row[-1]) for row in result)))
            return plans

    plans = run(go())
    assert len(plans) > 60
    # A SQLite scan names no columns it searches by; an index that it only walks through is one too.
    scan = rf"\bSCAN ({LARGE})\b" if backend == "sqlite" else rf"Seq Scan on ({LARGE})\b"
    # A book, or the one customer, is read by its own index and sorted: less than walking the order.
    narrowing = ("EXISTS", "name_token", "segment_member", "FROM book", "survivor_id")
    for asked, plan in plans:
        if _excused(asked, backend):
            continue
        assert not re.search(scan, plan), f"{asked}\n{plan}"
        if "ORDER BY customer_score." in asked and not any(name in asked for name in narrowing[3:]):
            assert "TEMP B-TREE" not in plan, plan
            assert "Sort" not in plan, plan
        if "ORDER BY customer." in asked and not any(name in asked for name in narrowing):
            assert "TEMP B-TREE" not in plan or "country" in asked or "kind" in asked, plan
            assert "Sort" not in plan or "country" in asked or "kind" in asked, plan


def _explained(url: str, shape: Shape) -> str:
    """The plan of a statement of folders for whatever it is asked, as its reader has it planned."""
    made = statement(shape)
    if not shape.postgres:
        with closing(sqlite3.connect(str(make_url(url).database))) as connection:
            connection.create_function("c360_bytes", 1, bytes.fromhex, deterministic=True)
            given = dict.fromkeys(made.parameters, "[]")
            return "\n".join(row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {made.text}", given))
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, options="-c random_page_cost=1.1") as server:
        result = server.pgconn.exec_(f"EXPLAIN (GENERIC_PLAN) {made.text}".encode())
        assert result.status == psycopg.pq.ExecStatus.TUPLES_OK, result.error_message
        return "\n".join((result.get_value(row, 0) or b"").decode() for row in range(result.ntuples))


def test_folders_are_found_and_read_by_indexes(database_url: str, backend: str) -> None:
    postgres = backend == "postgresql"
    # So few rows PostgreSQL may read all at once; that indexes serve, SQLite shows of every table.
    scan = rf"Seq Scan on ({LARGE})\b" if postgres else r"SCAN (?!found|CONSTANT|\w+ VIRTUAL)"
    # An index that is searched by the tenant alone is walked from end to end.
    walked = r"SEARCH (?!segment_version|product)\w+ USING .*\(tenant=\?\)$"
    for reach, by in itertools.product(
        (Reach.EVERYBODY, Reach.BOOK, Reach.SELF, Reach.PARTNER), ({ID}, {KEY}, {REF}, {ID, KEY, REF})
    ):
        for parts in (frozenset[Part](), frozenset(Part)):
            shape = Shape(postgres=postgres, reach=reach, by=frozenset(by), parts=parts)
            plan = _explained(database_url, shape)
            assert not re.search(scan, plan), f"{shape}\n{plan}"
            assert not re.search(walked, plan, re.MULTILINE), f"{shape}\n{plan}"
