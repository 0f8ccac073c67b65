"""The connector of tables, on SQLite and on PostgreSQL: what it reads, how, and what it says of trouble."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, make_url, text

from c360.contract import Checkpoint, Deletion, KeyKind, Need, PartyQuery, Ref, Upsert
from c360.errors import (
    ConnectorError,
    DeadlineExceeded,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from c360.records.hotel import GuestPreferences, Stay, StayStatus
from c360.records.party import Identifier, IdentifierKind, Party
from c360.values import AddressPurpose, CountryCode, CurrencyCode, Money, PostalAddress
from plugins.sql.connector import SqlConnector
from tests.fixtures.connectors import cursor, ids
from tests.fixtures.timing import own_garbage
from tests.plugins.sql.conftest import MAPPING, House


def test_rows_become_records_with_parts_lists_and_what_values_mean(house: House) -> None:
    found = house.fetch("hotel.stays", "1", "2", "77")
    assert found["1"].records == (
        Stay(
            reservation_id="R1",
            status=StayStatus.CHECKED_IN,
            check_in=date(2026, 6, 10),
            check_out=date(2026, 6, 16),
            booked_at=datetime(2026, 5, 1, 9, 30, tzinfo=ZoneInfo("UTC")),
            total=Money(amount=Decimal("123.4"), currency=CurrencyCode("CHF")),
            adults=2,
        ),
        Stay(
            reservation_id="R2",
            status=StayStatus.CANCELLED,
            check_in=date(2026, 3, 1),
            check_out=date(2026, 3, 2),
        ),
    )
    (unknown,) = found["2"].records
    assert isinstance(unknown, Stay)
    assert unknown.status is StayStatus.OTHER
    assert unknown.total == Money(amount=Decimal(0), currency=CurrencyCode("EUR"))
    assert (found["77"].records, found["77"].error) == ((), None)


def test_a_profile_keeps_what_there_is_and_who_is_not_there_is_unknown(house: House) -> None:
    found = house.fetch("party.profile", "1", "2", "3", "4", "x", str(10**30))
    assert found["1"].records == (
        Party(
            party_id="1",
            given_name="Ada",
            family_name="Lovelace",
            emails=("Ada@Mail.example",),
            phones=("+41791234567",),
            addresses=(
                PostalAddress(
                    lines=("Gasse 1",), city="Bern", country=CountryCode("CH"), purpose=AddressPurpose.HOME
                ),
            ),
            identifiers=(Identifier(kind=IdentifierKind.CUSTOMER_NUMBER, value="1"),),
            updated_at=datetime(2026, 6, 1, 10, tzinfo=UTC),
        ),
    )
    (second,) = found["2"].records
    assert isinstance(second, Party)
    assert (second.family_name, second.phones, second.addresses) == (None, (), ())
    for missing in ("3", "4", "x", str(10**30)):  # marked as gone, not there, and never there
        assert isinstance(found[missing].error, SkipCustomer), missing


def test_a_view_is_read_like_a_table(house: House) -> None:
    found = house.fetch("hotel.preferences", "1")
    assert found["1"].records == (
        GuestPreferences(guest_id="1", special_requests="Quiet room", marketing_opt_in=True),
    )


def test_the_window_is_cut_by_the_database_both_days_included(house: House) -> None:
    def arrivals(since: str | None, until: str | None) -> list[str]:
        days: dict[str, Any] = {
            name: date.fromisoformat(day)
            for name, day in (("since", since), ("until", until))
            if day is not None
        }
        found = house.fetch("hotel.stays", "1", "2", **days)
        return sorted(r.reservation_id for each in found.values() for r in each.records)  # type: ignore[attr-defined]

    assert arrivals("2026-06-10", "2026-06-15") == ["R1", "R3"]
    assert arrivals("2026-06-11", "2026-06-14") == []
    assert arrivals(None, "2026-03-01") == ["R2"]
    assert arrivals("2026-06-15", None) == ["R3"]
    house.run("UPDATE \"Res 'table'\" SET arrives = NULL WHERE \"res no\" = 'R2'")
    broken = house.fetch("hotel.stays", "1", since=date(2026, 6, 10), until=date(2026, 6, 10))
    assert isinstance(broken["1"].error, PartnerFault)  # without a day it belongs to any window


def test_moments_count_on_the_day_they_have_in_the_tables_own_zone(house: House) -> None:
    house.run("CREATE TABLE trips (id TEXT, who TEXT, starts TIMESTAMP)")
    house.run(
        "INSERT INTO trips VALUES ('T1', 'a', '2026-06-10 23:30:00'), ('T2', 'a', '2026-06-11 00:10:00')"
    )
    settings = """
    [[tables]]
    kind = "rental.bookings"
    table = "trips"
    party = "who"
    window = "starts_at"
    zone = "Europe/Zurich"
    [tables.fields]
    booking_id = "id"
    status = {constant = "FINISHED"}
    starts_at = "starts"
    """
    made = house.connector(settings, domain="rental")
    found = house.fetch(
        "rental.bookings", "a", connector=made, since=date(2026, 6, 10), until=date(2026, 6, 10)
    )
    (trip,) = found["a"].records
    assert trip.starts_at == datetime(2026, 6, 10, 23, 30, tzinfo=ZoneInfo("Europe/Zurich"))  # type: ignore[attr-defined]


def statements(house: House, work: Any, connector: SqlConnector) -> list[tuple[str, Any]]:
    """What goes over the wire while something is done."""
    sent: list[tuple[str, Any]] = []
    engine: Any = connector._database._engine
    target = getattr(engine, "sync_engine", engine)
    event.listen(target, "before_cursor_execute", lambda *a: sent.append((a[2], a[3])))
    work()
    return [
        each for each in sent if each[0].startswith("SELECT") and "FROM guests" in each[0].replace('"', "")
    ]


def test_many_customers_cost_one_statement_that_names_the_mapped_columns_alone(house: House) -> None:
    made = house.connector()
    many = [str(number) for number in range(1, 501)]
    ((text, values),) = statements(house, lambda: house.fetch("party.profile", *many, connector=made), made)
    assert len(values) in {501, 502}  # the customers, the limit, and SQLite's offset
    assert "*" not in text
    selected = text.partition("FROM")[0]
    assert "country" in selected
    assert "O''" not in text


@pytest.mark.parametrize("evil", ["1'; DROP TABLE guests; --", "1 OR 1=1", "\x00", 'é"`'])
def test_values_are_bound_and_names_are_quoted(house: House, evil: str) -> None:
    found = house.fetch("party.profile", evil, "1")
    assert isinstance(found[evil].error, SkipCustomer)
    assert found["1"].records
    assert house.identify(PartyQuery(key=KeyKind.EMAIL, value=evil)) == []
    settings = MAPPING.replace('table = "guests"', "table = 'guests\"; DROP TABLE guests; --'")
    refused = house.fetch("party.profile", "1", connector=house.connector(settings))["1"].error
    assert isinstance(refused, Reconfigure)
    assert house.fetch("party.profile", "1")["1"].records


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        (KeyKind.EMAIL, "ada@mail.example", ["1"]),
        (KeyKind.PHONE, "+41791234567", ["1"]),
        (KeyKind.CUSTOMER_NUMBER, "2", ["2"]),
        (KeyKind.CUSTOMER_NUMBER, "two", []),
        (KeyKind.EMAIL, "nobody@mail.example", []),
    ],
)
def test_customers_are_found_by_the_declared_columns(
    house: House, key: KeyKind, value: str, found: list[str]
) -> None:
    parties = house.identify(PartyQuery(key=key, value=value))
    assert [party.party_id for party in parties] == found


def test_only_what_is_mapped_is_promised(house: House) -> None:
    made = house.connector()
    described = type(made).configured(made.config)
    assert [fetch.kind for fetch in described.fetches] == [
        "party.profile",
        "hotel.stays",
        "hotel.preferences",
    ]
    assert set(described.identifies) == {KeyKind.EMAIL, KeyKind.PHONE, KeyKind.CUSTOMER_NUMBER}
    assert [(feed.kind, feed.deletions) for feed in described.feeds] == [
        ("party.profile", True),
        ("hotel.stays", False),
    ]


# --- the feed ----------------------------------------------------------------------------------


def test_a_feed_gives_all_then_what_changed_and_what_is_gone(house: House) -> None:
    first = house.changes("party.profile")
    assert ids(first) == ["1", "2"]
    assert [each.object_id for each in first if isinstance(each, Deletion)] == ["3"]
    house.run("UPDATE guests SET first = 'Eve', updated = '2026-06-09 10:00:00' WHERE guest_no = 2")
    second = house.changes("party.profile", cursor(first))
    assert ids(second) == ["2"]
    (eve,) = (each.record for each in second if isinstance(each, Upsert))
    assert isinstance(eve, Party)
    assert eve.given_name == "Eve"


def test_a_feed_by_a_moment_looks_back_for_what_was_committed_late(house: House) -> None:
    first = house.changes("party.profile")
    house.run("INSERT INTO guests (guest_no, updated) VALUES (9, '2026-06-03 09:55:00')")
    assert ids(house.changes("party.profile", cursor(first))) == ["9"]
    narrow = house.connector(overlap=0)
    assert ids(house.changes("party.profile", cursor(first), narrow)) == []


def test_a_feed_that_was_killed_goes_on_from_its_last_checkpoint_without_a_gap(house: House) -> None:
    house.run("UPDATE guests SET updated = '2026-06-01 10:00:00', gone = 0")  # all at the same moment
    seen: list[str] = []
    since: str | None = None
    for _ in range(3):
        part = house.changes("party.profile", since, house.connector(page=1))
        checkpoint = next(each for each in part if isinstance(each, Checkpoint))
        since = checkpoint.cursor
        seen += ids(part[: part.index(checkpoint)])
    assert seen == ["1", "2", "3"]


def test_a_feed_keeps_its_place_before_a_row_it_cannot_read(house: House) -> None:
    house.run("UPDATE guests SET country = 'Atlantis' WHERE guest_no = 2")
    made = house.connector()
    seen: list[Any] = []

    async def read() -> None:
        async for change in made.changes("party.profile", None):
            seen.append(change)  # noqa: PERF401  # what came before the error counts

    with pytest.raises(PartnerFault, match="'country'"):
        house.within(made, read)
    assert ids(seen) == ["1"]
    assert isinstance(seen[-1], Checkpoint)


def test_a_feed_of_an_empty_table_ends_and_begins_again(house: House) -> None:
    house.run("DELETE FROM guests")
    first = house.changes("party.profile")
    assert ids(first) == []
    house.run("INSERT INTO guests (guest_no, updated) VALUES (9, '2020-01-01 00:00:00')")
    assert ids(house.changes("party.profile", cursor(first))) == ["9"]


def test_a_cursor_of_another_feed_is_refused(house: House) -> None:
    with pytest.raises(PartnerFault, match="cursor"):
        house.changes("party.profile", "yesterday")


# --- trouble -----------------------------------------------------------------------------------


def failure(house: House, kind: str = "party.profile", **options: Any) -> ConnectorError:
    error = house.fetch(kind, "1", **options)["1"].error
    assert error is not None
    return error


def test_a_cell_that_cannot_be_read_voids_its_own_customer_and_is_not_quoted(house: House) -> None:
    house.run("UPDATE guests SET country = 'Ada''s secret' WHERE guest_no = 1")
    found = house.fetch("party.profile", "1", "2")
    error = found["1"].error
    assert isinstance(error, PartnerFault)
    assert "'country'" in str(error)
    assert "secret" not in str(error)
    assert found["2"].records


def test_a_missing_column_or_table_is_named(house: House) -> None:
    renamed = house.connector(MAPPING.replace('"last"', '"surname"'))
    assert "'surname'" in str(failure(house, connector=renamed))
    error = failure(house, connector=house.connector(MAPPING.replace('"guests"', '"people"')))
    assert isinstance(error, Reconfigure)
    assert "'people'" in str(error)


def test_a_column_that_is_dropped_while_it_is_read_is_named(house: House) -> None:
    made = house.connector()

    async def twice() -> ConnectorError | None:
        need, refs = [Need(kind="party.profile")], [Ref(party_id="1")]
        assert [each.error async for each in made.fetch(need, refs)] == [None]
        await asyncio.to_thread(house.run, "ALTER TABLE guests RENAME COLUMN last TO surname")
        return (await anext(aiter(made.fetch(need, refs)))).error

    error = house.within(made, twice)
    assert isinstance(error, Reconfigure)
    assert "'last'" in str(error)


def test_more_rows_than_allowed_are_refused(house: House) -> None:
    error = failure(house, "hotel.stays", connector=house.connector(max_rows=1))
    assert error.code is ProblemCode.TOO_MUCH_DATA


def test_a_slow_statement_is_stopped_at_the_operations_deadline(house: House, backend: str) -> None:
    slow = {
        "postgresql": "CREATE VIEW slow AS SELECT 1 AS id, pg_sleep(5)::text AS wish, 1 AS optin",
        "sqlite": "CREATE VIEW slow AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 100000000) SELECT 1 AS id, max(i) AS wish, 1 AS optin FROM n",
    }
    house.run(slow[backend])
    house.left = 0.2
    started = time.perf_counter()
    error = failure(
        house, "hotel.preferences", connector=house.connector(MAPPING.replace('"wishes"', '"slow"'))
    )
    assert isinstance(error, DeadlineExceeded)
    assert time.perf_counter() - started < 1.5


def test_no_time_left_sends_nothing(house: House) -> None:
    house.left = -0.1
    assert isinstance(failure(house), DeadlineExceeded)


def test_the_event_loop_turns_while_many_rows_are_read(house: House) -> None:
    """The longest piece of work on the loop's thread while 5,000 rows are read and made into records."""
    house.run(
        "INSERT INTO guests (guest_no, first, mail, updated) WITH RECURSIVE n(i) AS"
        " (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 5999)"
        " SELECT i, 'Ada', 'a@b.example', (SELECT updated FROM guests WHERE guest_no = 1) FROM n"
    )
    made = house.connector()
    pieces: list[float] = []

    async def watched() -> int:
        ending = asyncio.Event()

        async def tick() -> None:
            last = time.thread_time()
            while not ending.is_set():
                await asyncio.sleep(0)
                now = time.thread_time()
                pieces.append(now - last)
                last = now

        ticking = asyncio.ensure_future(tick())
        count = len([each async for each in made.changes("party.profile", None)])
        ending.set()
        await ticking
        return count

    with own_garbage():
        read = house.within(made, watched)
    assert read == 5000 + 3 + 3  # and a checkpoint for each page
    assert max(pieces) < 0.05, f"the longest piece took {max(pieces):.3f} s"


def test_a_database_that_is_down_is_tried_again_later(house: House, backend: str) -> None:
    if backend == "sqlite":
        error = failure(house, connector=house.connector(url="sqlite:////nowhere/at/all.db"))
        assert isinstance(error, Reconfigure)
    else:
        down = house.connector(url="postgresql+psycopg://u:p4ssw0rd@127.0.0.1:1/x")
        error = failure(house, connector=down)
        assert isinstance(error, RetryLater)
    assert "p4ssw0rd" not in str(error)
    assert "p4ssw0rd" not in repr(house.made[-1].config)


def test_nothing_can_be_written(house: House) -> None:
    made = house.connector()

    def write(connection: Any) -> None:
        connection.execute(text("DELETE FROM guests"))

    async def attempt() -> None:
        await made._database.read(write, seconds=2)

    with pytest.raises(ConnectorError):
        house.within(made, attempt)
    assert house.fetch("party.profile", "1")["1"].records


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_login_without_rights_or_a_database_that_is_not_there_is_the_operators_business(
    house: House,
) -> None:
    house.run("CREATE ROLE clerk LOGIN")
    try:
        url = make_url(house.url).set(username="clerk").render_as_string(hide_password=False)
        denied = failure(house, connector=house.connector(url=url))
        assert isinstance(denied, Reconfigure)
        assert "SELECT" in str(denied)
    finally:
        house.run("DROP ROLE clerk")
    nobody = make_url(house.url).set(username="nobody_at_all").render_as_string(hide_password=False)
    assert isinstance(failure(house, connector=house.connector(url=nobody)), Reconfigure)
    nothing = make_url(house.url).set(database="nothing_at_all").render_as_string(hide_password=False)
    assert isinstance(failure(house, connector=house.connector(url=nothing)), Reconfigure)
