"""Files as a partner really sends them: late, twice, half-written, with bad rows and bad names."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from c360.contract import Change, Checkpoint, Deletion, KeyKind, Need, PartyQuery, Ref, Upsert
from c360.errors import ConfigError, PartnerFault, ProblemCode, Reconfigure, RetryLater, SkipCustomer
from c360.records.party import Party
from c360.records.rental import RentalBooking, RentalStatus
from c360.values import CurrencyCode, Money
from tests.fixtures.connectors import cursor, ids
from tests.plugins.files.conftest import MAPPING, Operator

A1 = "b1,c1,A,2026-06-10T09:00:00Z,10.50,EUR,"
PEOPLE = "id,name,mail"


def test_rows_become_records(operator: Operator) -> None:
    operator.drop(
        "bookings-2026-06-14.csv", A1, "b2,c2,B,,,,", 'b3,c1,"odd, state",2026-06-11 10:00:00,,EUR,'
    )
    found = operator.fetch("rental.bookings", "c1", "c2", "c3")
    assert found["c1"].records == (
        RentalBooking(
            booking_id="b1",
            status=RentalStatus.CONFIRMED,
            starts_at=datetime(2026, 6, 10, 9, tzinfo=UTC),
            price=Money(amount=Decimal("10.50"), currency=CurrencyCode("EUR")),
        ),
        RentalBooking(
            booking_id="b3", status=RentalStatus.OTHER, starts_at=datetime(2026, 6, 11, 10, tzinfo=UTC)
        ),
    )
    assert found["c2"].records == (RentalBooking(booking_id="b2", status=RentalStatus.FINISHED),)
    assert (found["c3"].records, found["c3"].error) == ((), None)


def test_parquet_is_read_like_csv(operator: Operator) -> None:
    operator.parquet(
        "bookings-2026-06-14.parquet",
        "SELECT 'b1' AS id, 'c1' AS customer, 'A' AS state, TIMESTAMPTZ '2026-06-10 09:00:00+00' AS start,"
        " 10.50::DECIMAL(9, 2) AS price, 'EUR' AS currency, false AS void",
    )
    (booking,) = operator.bookings()
    assert isinstance(booking, RentalBooking)
    assert (booking.starts_at, booking.price and booking.price.amount) == (
        datetime(2026, 6, 10, 9, tzinfo=UTC),
        Decimal("10.50"),
    )


def test_the_window_is_cut_by_the_day_and_what_has_none_belongs_to_any(operator: Operator) -> None:
    operator.drop("bookings-2026-06-14.csv", A1, "b2,c1,A,2026-06-12 00:00:00,,,", "b3,c1,A,,,,")

    def within(since: date, until: date) -> list[str]:
        return [booking.booking_id for booking in operator.bookings("c1", since=since, until=until)]  # type: ignore[attr-defined]

    assert within(date(2026, 6, 10), date(2026, 6, 11)) == ["b1", "b3"]
    assert within(date(2026, 6, 11), date(2026, 6, 12)) == ["b2", "b3"]


# --- late, twice, half ------------------------------------------------------------------------


def prices(operator: Operator) -> dict[str, str]:
    found: list[Any] = operator.bookings()
    return {each.booking_id: str(each.price.amount) for each in found if each.price}


def test_a_late_file_does_not_overwrite_what_is_newer(operator: Operator) -> None:
    operator.drop("bookings-2026-06-14.csv", "b1,c1,A,,14,EUR,")
    assert prices(operator) == {"b1": "14"}
    operator.drop("bookings-2026-06-13.csv", "b1,c1,A,,13,EUR,", "b2,c1,A,,13,EUR,")
    assert prices(operator) == {"b1": "14", "b2": "13"}
    operator.drop("bookings-2026-06-15.csv", "b1,c1,A,,15,EUR,")
    assert prices(operator) == {"b1": "15", "b2": "13"}


def test_a_declared_column_orders_rows_whatever_the_files_are_called(operator: Operator) -> None:
    by_column = MAPPING.replace('party = "customer"', 'party = "customer"\nchanged = "start"')
    operator.drop("bookings-2026-06-13.csv", "b1,c1,A,2026-06-10 12:00:00,12,EUR,")
    operator.drop(
        "bookings-2026-06-14.csv", "b1,c1,A,2026-06-10T11:00:00Z,11,EUR,", "b2,c2,A,2026-06-10,2,EUR,"
    )
    found = operator.fetch("rental.bookings", "c1", connector=operator.connector(by_column))
    assert [str(each.price.amount) for each in found["c1"].records] == ["12"]  # type: ignore[attr-defined]


def test_of_two_rows_of_a_record_in_one_file_the_last_counts(operator: Operator) -> None:
    operator.drop("bookings-2026-06-14.csv", "b1,c1,A,,1,EUR,", "b1,c1,A,,2,EUR,")
    assert prices(operator) == {"b1": "2"}


def test_the_same_content_under_another_name_changes_nothing(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", "b1,c1,A,,13,EUR,")
    operator.drop("bookings-2026-06-14.csv", "b1,c1,A,,14,EUR,")
    first = operator.changes("rental.bookings")
    operator.drop("bookings-2026-06-15.csv", "b1,c1,A,,13,EUR,")  # sent once more by mistake
    assert prices(operator) == {"b1": "14"}
    assert ids(operator.changes("rental.bookings", cursor(first))) == []


def test_a_file_is_left_until_it_has_settled(operator: Operator) -> None:
    file = operator.drop("bookings-2026-06-14.csv", A1, age=5)
    error = operator.fetch("rental.bookings", "c1")["c1"].error
    assert isinstance(error, RetryLater)
    assert error.code is ProblemCode.NOT_INDEXED
    operator.aged(file, 60)
    assert prices(operator) == {"b1": "10.50"}


def test_a_file_is_left_until_its_marker_is_there(operator: Operator) -> None:
    operator.drop("bookings-2026-06-14.csv", A1)
    waiting = operator.fetch("rental.bookings", "c1", connector=operator.connector(marker=".done"))
    assert waiting["c1"].error is not None
    (operator.folder / "bookings-2026-06-14.csv.done").touch()
    there = operator.fetch("rental.bookings", "c1", connector=operator.connector(marker=".done"))
    assert len(there["c1"].records) == 1


def test_a_parquet_file_without_its_footer_is_left_until_it_has_one(operator: Operator) -> None:
    file = operator.parquet(
        "bookings-2026-06-14.parquet",
        "SELECT 'b1' AS id, 'c1' AS customer, 'A' AS state, NULL AS start,"
        " 1 AS price, 'EUR' AS currency, 0 AS void",
    )
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    operator.aged(file, 3600)
    assert operator.fetch("rental.bookings", "c1")["c1"].error is not None
    file.write_bytes(whole)
    operator.aged(file, 3000)
    assert prices(operator) == {"b1": "1"}


# --- what is bad ------------------------------------------------------------------------------


def test_bad_rows_are_counted_by_column_and_their_values_are_not_told(
    operator: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    operator.drop(
        "bookings-2026-06-14.csv",
        A1,
        "b2,c2,A,tomorrow at Ada's,,,",
        "b3,c3,A,,cheap,EUR,",
        "b4,c4,A,,10,,",
        ",c1,A,,,,",
        "b6,,A,,,,",
        "b7,c1",
        "b8,c1,A,,,,,,,secret",
        "b9,c5,,,,,",
    )
    with caplog.at_level(logging.INFO, "plugins.files"):
        found = operator.fetch("rental.bookings", "c1", "c2", "c3", "c4", "c5")
    assert [each.booking_id for each in found["c1"].records] == ["b1"]  # type: ignore[attr-defined]
    for customer, column in {"c2": "start", "c3": "price", "c4": "currency", "c5": "state"}.items():
        error = found[customer].error
        assert isinstance(error, PartnerFault), customer
        assert repr(column) in str(error)
    (line,) = (each.getMessage() for each in caplog.records if each.levelno == logging.WARNING)
    assert "8 rows of rental.bookings cannot be read" in line
    assert "2 by column '(the line)'" in line
    for value in ("tomorrow", "Ada", "cheap", "secret", "b2"):
        assert value not in caplog.text


def test_a_row_that_could_not_be_read_is_forgotten_once_it_can(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", A1, "b2,c1,A,,cheap,EUR,")
    assert operator.fetch("rental.bookings", "c1")["c1"].error is not None
    operator.drop("bookings-2026-06-14.csv", "b2,c1,A,,2,EUR,")
    assert prices(operator) == {"b1": "10.50", "b2": "2"}


def test_a_file_in_which_no_row_can_be_read_is_left_out(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", "b1,c1,A,,cheap,EUR,")
    error = operator.fetch("rental.bookings", "c9")["c9"].error
    assert isinstance(error, PartnerFault)


@pytest.mark.parametrize(
    "content",
    [b"", b"id,customer\n1,2\n", b"\xff\xfe\x00nonsense\x00\xff", b"PK\x03\x04 a spreadsheet", b"\x00" * 200],
    ids=["empty", "columns missing", "another encoding", "a spreadsheet", "zeros"],
)
def test_a_bad_file_is_named_and_does_not_stop_the_others(
    operator: Operator, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    bad = operator.folder / "bookings-2026-06-13.csv"
    bad.write_bytes(content)
    operator.aged(bad, 3600)
    operator.drop("bookings-2026-06-14.csv", A1)
    assert prices(operator) == {"b1": "10.50"}
    lines = [each.getMessage() for each in caplog.records if bad.name in each.getMessage()]
    assert len(lines) == 1
    caplog.clear()
    assert prices(operator) == {"b1": "10.50"}
    assert bad.name not in caplog.text  # said once


def test_a_bad_parquet_file_is_left_out(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
    bad = operator.folder / "bookings-2026-06-13.parquet"
    bad.write_bytes(b"PAR1" + b"\x07" * 64 + b"PAR1")
    operator.aged(bad, 3600)
    operator.drop("bookings-2026-06-14.csv", A1)
    assert prices(operator) == {"b1": "10.50"}
    assert "cannot be read as Parquet" in caplog.text


def test_a_folder_that_is_not_there_is_the_operators_business(operator: Operator) -> None:
    made = operator.connector(folder=str(operator.folder / "elsewhere"))

    async def attempt() -> list[Any]:
        return [each async for each in made.fetch([Need(kind="party.profile")], [Ref(party_id="1")])]

    with pytest.raises(Reconfigure, match="folder"):
        operator.within(made, attempt)


def test_a_damaged_index_is_named(operator: Operator) -> None:
    operator.drop("bookings-2026-06-14.csv", A1)
    operator.index.write_bytes(b"not a database at all" * 100)
    made = operator.connector()

    async def attempt() -> list[Any]:
        return [each async for each in made.fetch([Need(kind="rental.bookings")], [Ref(party_id="c1")])]

    with pytest.raises(Reconfigure, match="index"):
        operator.within(made, attempt)


# --- what is gone -----------------------------------------------------------------------------


def gone(changes: list[Change]) -> list[str]:
    return [each.object_id for each in changes if isinstance(each, Deletion)]


def test_a_tombstone_deletes_and_a_later_row_brings_back(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", A1)
    first = operator.changes("rental.bookings")
    operator.drop("bookings-2026-06-14.csv", "b1,c1,A,,,,yes")
    assert operator.bookings() == []
    second = operator.changes("rental.bookings", cursor(first))
    assert gone(second) == ["b1"]
    operator.drop("bookings-2026-06-12.csv", "b1,c1,A,,12,EUR,")  # late: still deleted
    assert operator.bookings() == []
    operator.drop("bookings-2026-06-15.csv", "b1,c1,A,,15,EUR,")
    assert prices(operator) == {"b1": "15"}


def people(operator: Operator, day: int, *rows: str) -> Path:
    return operator.drop(f"people-2026-06-{day:02d}.csv", *rows, header=PEOPLE)


def test_what_the_newest_snapshot_does_not_mention_is_gone(operator: Operator) -> None:
    people(operator, 10, "1,Ada,ada@mail.example", "2,Bo,", "3,Cy,")
    first = operator.changes("party.profile")
    assert sorted(ids(first)) == ["1", "2", "3"]
    people(operator, 12, "1,Ada,ada@mail.example", "3,Cy Changed,")
    second = operator.changes("party.profile", cursor(first))
    assert (ids(second), gone(second)) == (["3"], ["2"])  # who is as before is no change
    people(operator, 11, "2,Bo,", "4,Late,")  # of the day before: it says nothing any more
    assert operator.changes("party.profile", cursor(second))[:-1] == []
    found = operator.fetch("party.profile", "1", "2", "4")
    assert found["1"].error is None
    assert isinstance(found["2"].error, SkipCustomer)
    assert isinstance(found["4"].error, SkipCustomer)


def test_a_snapshot_that_says_again_what_an_older_one_said_counts(operator: Operator) -> None:
    people(operator, 10, "1,Ada,", "2,Bo,")
    people(operator, 11, "1,Ada,", "3,Cy,")
    operator.read()
    people(operator, 12, "1,Ada,", "2,Bo,")  # as on the tenth, and meant so
    found = operator.fetch("party.profile", "1", "2", "3")
    assert [found[each].error is None for each in ("1", "2", "3")] == [True, True, False]


def test_a_snapshot_with_a_bad_row_does_not_delete_what_the_row_is_about(operator: Operator) -> None:
    settings = MAPPING.replace('emails = ["mail"]', 'emails = ["mail"]\nbirth_date = "born"')
    header = f"{PEOPLE},born"
    operator.drop("people-2026-06-10.csv", "1,Ada,,1980-01-01", "2,Bo,,", header=header)
    operator.fetch("party.profile", "1", connector=operator.connector(settings))
    operator.drop("people-2026-06-11.csv", "1,Ada,,a while ago", "3,Cy,,", header=header)
    found = operator.fetch("party.profile", "1", "2", connector=operator.connector(settings))
    assert isinstance(found["1"].error, PartnerFault)
    assert isinstance(found["2"].error, SkipCustomer)
    operator.drop("people-2026-06-12.csv", "1,Ada,,1980-01-01", "3,Cy,,", header=header)
    operator.read(operator.connector(settings))
    operator.drop("people-2026-06-13.csv", "1,Ada,,1980-01-01,one,too,many", "4,Di,,", header=header)
    kept = operator.fetch("party.profile", "1", "3", "4", connector=operator.connector(settings))
    assert [each.error for each in kept.values()] == [None] * 3  # nobody knows whom the bad line was about


# --- the feed, searching, the index -----------------------------------------------------------


def test_the_feed_follows_new_files_page_by_page(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", *(f"b{n},c1,A,,{n},EUR," for n in range(5)))
    first = operator.changes("rental.bookings", page=2)
    assert ids(first) == [f"b{n}" for n in range(5)]
    assert sum(isinstance(each, Checkpoint) for each in first) == 3
    middle = next(each for each in first if isinstance(each, Checkpoint))
    assert ids(operator.changes("rental.bookings", middle.cursor)) == ["b2", "b3", "b4"]
    operator.drop("bookings-2026-06-14.csv", "b9,c1,A,,9,EUR,")
    assert ids(operator.changes("rental.bookings", cursor(first))) == ["b9"]
    with pytest.raises(PartnerFault, match="cursor"):
        operator.changes("rental.bookings", "yesterday")


def test_a_lost_index_is_made_anew_and_the_feed_begins_again(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", A1)
    first = operator.changes("rental.bookings")
    for file in operator.index.parent.glob("index.db*"):
        file.unlink()
    assert ids(operator.changes("rental.bookings", cursor(first))) == ["b1"]


def test_another_mapping_reads_the_files_again(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", A1)
    assert len(operator.bookings()) == 1
    other = MAPPING.replace('price = {amount = "price", currency = "currency"}', 'vehicle = "currency"')
    found = operator.fetch("rental.bookings", "c1", connector=operator.connector(other))
    assert [each.vehicle for each in found["c1"].records] == ["EUR"]  # type: ignore[attr-defined]


def test_customers_are_found_by_key_by_what_is_newest(operator: Operator) -> None:
    people(operator, 10, "1,Ada,Ada@Mail.example", "2,Bo,bo@mail.example")
    people(operator, 11, "1,Ada,new@mail.example", "2,Bo,bo@mail.example")
    operator.read()

    def search(value: str) -> list[str]:
        made = operator.connector()
        query = PartyQuery(key=KeyKind.EMAIL, value=value)
        found: list[Party] = list(operator.within(made, lambda: made.identify(query)))
        return [party.party_id for party in found]

    assert search("new@mail.example") == ["1"]
    assert search("ada@mail.example") == []
    assert search("bo@mail.example") == ["2"]


def test_two_processes_share_an_index_and_a_file_is_read_once(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", *(f"b{n},c1,A,,{n},EUR," for n in range(3000)))
    one, other = operator.connector(), operator.connector()

    async def both() -> list[int]:
        try:
            await asyncio.gather(one._look(), other._look())
            found = []
            for made in (one, other):
                await made._look()
                need, refs = [Need(kind="rental.bookings")], [Ref(party_id="c1")]
                found += [len(each.records) async for each in made.fetch(need, refs)]
            return found
        finally:
            await asyncio.gather(one.close(), other.close())

    assert asyncio.run(both()) == [3000, 3000]


def test_a_reading_that_is_interrupted_leaves_nothing_half_done(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", *(f"b{n},c1,A,,{n},EUR," for n in range(5000)))
    made = operator.connector()
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    assert not made._intake.look(operator.now, stop)
    assert made._index.outcomes("rental.bookings") == set()
    asyncio.run(made.close())
    assert len(operator.bookings("c1")) == 5000


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("dated = 'people-([0-9-]+)\\.'", "dated = 'people-'", "tables[1].dated"),
        ("dated = 'people-([0-9-]+)\\.'", "dated = 'people-('", "tables[1].dated"),
        ('booking_id = "id"', 'booking_id = {constant = "1"}', "tables[0].identity"),
    ],
)
def test_what_the_settings_get_wrong_is_named(operator: Operator, old: str, new: str, field: str) -> None:
    assert old in MAPPING
    with pytest.raises(ConfigError) as caught:
        operator.connector(MAPPING.replace(old, new))
    assert caught.value.field == field
    with pytest.raises(ConfigError) as caught:
        operator.connector(folder="drops")
    assert caught.value.field == "folder"


def test_a_files_upsert_is_typed(operator: Operator) -> None:
    operator.drop("bookings-2026-06-13.csv", A1)
    (first, *_) = operator.changes("rental.bookings")
    assert isinstance(first, Upsert)
    assert isinstance(first.record, RentalBooking)
