"""Rows as records: what a mapping may say, what it may not, and what becomes of a cell."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.errors import ConfigError
from c360.records.banking import Account, AccountKind, Balance
from c360.tables import BadCell, Plan, Shape, TableMapping, compile_plans
from c360.tables.cells import GRAMMAR, converter

STAYS = """
kind = "hotel.stays"
party = "guest"
window = "check_in"
[fields]
reservation_id = "id"
status = "state"
check_in = "arrival"
check_out = "departure"
total = {amount = "total", currency = {constant = "EUR"}}
rooms = [{room_type = "type", adults = "adults"}]
"""


def mapping(text: str) -> TableMapping:
    return msgspec.convert(tomllib.loads(text), TableMapping)


def plan(text: str = STAYS, domain: str = "hotel") -> Plan:
    return compile_plans([mapping(text)], domain=domain)[0]


def row(of: Plan, **cells: Any) -> list[Any]:
    return [cells.get(column) for column in of.columns]


@pytest.mark.parametrize(
    ("old", "new", "field", "words"),
    [
        ("hotel.stays", "hotel.rooms", "kind", "hotel.stays"),
        ("hotel.stays", "banking.accounts", "kind", "party.profile"),
        ('party = "guest"', "", "party", "customer's id"),
        ('window = "check_in"', "", "window", "check_in, check_out"),
        ('window = "check_in"', 'window = "status"', "window", "check_in"),
        ('status = "state"', "", "fields.status", "Stay cannot be without it"),
        ('status = "state"', 'state = "state"', "fields.state", "reservation_id"),
        ('"state"', '{column = "state", values = {A = "HERE"}}', "fields.status.values.A", "CHECKED_IN"),
        ('status = "state"', "status = 7", "fields.status", "column"),
        ('status = "state"', 'status = {constant = "HERE"}', "fields.status.constant", "one of"),
        ('check_in = "arrival"', 'check_in = {constant = "tomorrow"}', "fields.check_in.constant", "a date"),
        ('{amount = "total", currency = {constant = "EUR"}}', '"total"', "fields.total", "amount, currency"),
        ("currency = {constant", "currenzy = {constant", "fields.total.currenzy", "amount, currency"),
        (', currency = {constant = "EUR"}', "", "fields.total.currency", "Money cannot be without it"),
        ('rooms = [{room_type = "type", adults = "adults"}]', 'rooms = "type"', "fields.rooms", "list"),
        ('adults = "adults"}', 'adult = "adults"}', "fields.rooms[0].adult", "adults"),
        ('reservation_id = "id"', 'reservation_id = "id"\nconnector = "x"', "fields.connector", "the host"),
        ('party = "guest"', 'party = "guest"\nzone = "Mars/Base"', "zone", "Europe/Zurich"),
        ('party = "guest"', 'party = "guest"\ndeleted_value = "x"', "deleted_value", "deleted"),
        ('party = "guest"', 'party = "guest"\nkeys = {EMAIL = []}', "keys.EMAIL", "columns"),
    ],
)  # fmt: skip
def test_what_a_mapping_gets_wrong_is_named_with_what_would_do(
    old: str, new: str, field: str, words: str
) -> None:
    assert old in STAYS
    with pytest.raises(ConfigError) as caught:
        plan(STAYS.replace(old, new))
    assert caught.value.field == f"tables[0].{field}"
    assert words in caught.value.remedy


def test_a_field_that_the_graph_joins_is_not_mapped() -> None:
    text = 'kind = "banking.accounts"\nparty = "p"\n[fields]\naccount_id = "a"\nbalance = "b"'
    with pytest.raises(ConfigError, match=re.escape("banking.balances")):
        plan(text, "banking")


def test_a_kind_is_mapped_once() -> None:
    with pytest.raises(ConfigError, match="view"):
        compile_plans([mapping(STAYS), mapping(STAYS)], domain="hotel")
    with pytest.raises(ConfigError, match="at least one"):
        compile_plans([], domain="hotel")


def test_a_feed_of_rows_without_an_id_has_to_be_given_one() -> None:
    text = """
    kind = "banking.balances"
    party = "p"
    changed = "at"
    fields = {account_id = "a", current = {amount = "c", currency = "cur"}}
    """
    with pytest.raises(ConfigError, match="identity"):
        plan(text, "banking")
    assert plan(f'identity = "row"\n{text}', "banking").columns == ("a", "c", "cur", "p", "row", "at")


def test_only_the_columns_that_are_needed_are_read() -> None:
    assert plan().columns == ("id", "state", "arrival", "departure", "total", "type", "adults", "guest")


def test_a_part_without_its_leading_column_is_left_out_and_one_without_another_is_refused() -> None:
    text = """
    kind = "banking.balances"
    party = "p"
    fields = {account_id = "a", current = {amount = "c", currency = "cur"},
              available = {amount = "av", currency = "cur2"}}
    """.replace("\n              ", " ")
    made = plan(text, "banking")
    record = made.record(row(made, a="A", c="1.50", cur="CHF", cur2="CHF"))
    assert isinstance(record, Balance)
    assert record.available is None
    assert record.current.amount == Decimal("1.50")
    with pytest.raises(BadCell, match="'cur2'"):
        made.record(row(made, a="A", c="1", cur="CHF", av="2"))
    with pytest.raises(BadCell, match="'c'"):
        made.record(row(made, a="A", cur="CHF"))


def test_values_of_a_column_mean_what_the_table_says_and_an_unknown_one_is_other() -> None:
    text = """
    kind = "banking.accounts"
    party = "p"
    [fields]
    account_id = "a"
    display_name = "n"
    masked_number = "n"
    product_name = "n"
    kind = {column = "t", values = {1 = "MORTGAGE"}}
    """
    made = plan(text, "banking")
    for cell, meant in ((1, AccountKind.MORTGAGE), ("LOAN", AccountKind.LOAN), ("?", AccountKind.OTHER)):
        record = made.record(row(made, a="A", t=cell, n="N"))
        assert isinstance(record, Account)
        assert record.kind is meant


@pytest.mark.parametrize(
    ("shape", "cell", "value"),
    [
        (Shape.TEXT, 12, "12"),
        (Shape.TEXT, 12.0, "12"),
        (Shape.TEXT, Decimal("1E+2"), "100"),
        (Shape.TEXT, date(2026, 1, 2), "2026-01-02"),
        (Shape.INTEGER, "007", 7),
        (Shape.INTEGER, Decimal("7.00"), 7),
        (Shape.DECIMAL, 0.1, Decimal("0.1")),
        (Shape.DECIMAL, "-1.50", Decimal("-1.50")),
        (Shape.BOOLEAN, 1, True),
        (Shape.BOOLEAN, "No", False),
        (Shape.DATE, datetime(2026, 1, 2, 23, tzinfo=UTC), date(2026, 1, 2)),
        (Shape.MOMENT, "2026-01-02 10:00", datetime(2026, 1, 2, 10, tzinfo=ZoneInfo("Europe/Zurich"))),
        (Shape.MOMENT, "2026-01-02T10:00:00.123456789Z", datetime(2026, 1, 2, 10, 0, 0, 123456, UTC)),
        (Shape.MOMENT, "2026-01-02 10:00:00+00", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        (Shape.CURRENCY, "CHF", "CHF"),
        (Shape.COUNTRY, "che", "CH"),
    ],
)
def test_a_cell_becomes_a_value(shape: Shape, cell: Any, value: Any) -> None:
    assert converter(shape, ZoneInfo("Europe/Zurich"))(cell) == value


@pytest.mark.parametrize(
    ("shape", "cell"),
    [
        (Shape.TEXT, b"x"),
        (Shape.INTEGER, True),
        (Shape.INTEGER, 1.5),
        (Shape.INTEGER, "1e3"),
        (Shape.DECIMAL, float("nan")),
        (Shape.DECIMAL, "1,5"),
        (Shape.DECIMAL, "NaN"),
        (Shape.BOOLEAN, "maybe"),
        (Shape.DATE, "2026-02-30"),
        (Shape.DATE, "02.01.2026"),
        (Shape.DATE, 20260102),
        (Shape.MOMENT, date(2026, 1, 2)),
        (Shape.MOMENT, "2026-01-02"),
        (Shape.MOMENT, "2026-01-02 25:00"),
        (Shape.CURRENCY, "chf"),
        (Shape.COUNTRY, "Switzerland"),
        (Shape.COUNTRY, 41),
    ],
)
def test_a_cell_of_another_shape_is_refused(shape: Shape, cell: Any) -> None:
    with pytest.raises((ValueError, ArithmeticError, TypeError)):
        converter(shape, ZoneInfo("UTC"))(cell)


CELLS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.dates() | st.datetimes()
    | st.text(max_size=30) | st.binary(max_size=5) | st.uuids()
)  # fmt: skip


@given(st.lists(CELLS, min_size=8, max_size=8))
def test_whatever_a_row_holds_a_record_or_the_columns_name_comes_of_it(cells: list[Any]) -> None:
    made = plan()
    refused: BadCell | None = None
    try:
        record = made.record(cells)
    except BadCell as error:
        refused = error
    if refused is None:
        assert msgspec.convert(msgspec.to_builtins(record), type(record)) == record
    else:
        assert refused.column in made.columns
        assert str(refused) == f"column {refused.column!r} does not hold {refused.due}"


ASCII = st.characters(max_codepoint=127)
SHAPES = sorted(GRAMMAR, key=lambda shape: shape.name)


@given(st.sampled_from(SHAPES), st.data())
def test_what_the_grammar_takes_is_read_unless_the_calendar_lacks_it(
    shape: Shape, data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(GRAMMAR[shape], fullmatch=True, alphabet=ASCII))
    try:
        converter(shape, ZoneInfo("UTC"))(text)
    except (ValueError, ArithmeticError):
        assert shape in {Shape.DATE, Shape.MOMENT}
