"""What DuckDB lets through, becomes a record: the two ways of checking a row agree."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from c360.tables import BadCell, compile_plans
from c360.tables.cells import GRAMMAR
from plugins.files.config import FileTable
from plugins.files.reading import bad, connect, literal, quoted
from tests.fixtures.sizes import size

PLAN = compile_plans(
    [
        msgspec.convert(
            {
                "kind": "hotel.stays",
                "files": "x",
                "party": "p",
                "window": "check_in",
                "fields": {
                    "reservation_id": "id",
                    "status": "state",
                    "check_in": "day",
                    "check_out": "day",
                    "booked_at": "moment",
                    "main_guest": "flag",
                    "adults": "number",
                    "total": {"amount": "amount", "currency": "currency"},
                    "paid": {"amount": {"column": "paid", "values": {"x": 1}}, "currency": "currency"},
                },
            },
            FileTable,
        )
    ],
    domain="hotel",
)[0]
CHECK = " OR ".join(bad(check) for check in PLAN.checks)
CELLS = ", ".join(f"nullif(?::VARCHAR, '') AS {quoted(name)}" for name in PLAN.columns)
ASCII = st.characters(max_codepoint=127)
ODD = (
    "", "x", "2026-02-30", "2026-06-15", "2026-06-15T24:00Z", "2026-06-15 10:00:00+19:00", "EUR", "CONFIRMED",
    "1e5", "NaN", "-0", "  1", "1 ",
)  # fmt: skip
TEXTS = st.one_of(
    *(st.from_regex(pattern, fullmatch=True, alphabet=ASCII) for pattern in GRAMMAR.values()),
    st.sampled_from(ODD),
    st.text(max_size=6, alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
)
DUCKDB = connect(64)


@settings(max_examples=size(100, 300), deadline=None)
@given(st.lists(st.none() | TEXTS, min_size=len(PLAN.columns), max_size=len(PLAN.columns)))
def test_what_duckdb_lets_through_becomes_a_record(cells: list[str | None]) -> None:
    ((refused,),) = DUCKDB.execute(f"SELECT {CHECK} FROM (SELECT {CELLS})", cells).fetchall()
    row = [cell or None for cell in cells]
    reason: BadCell | None = None
    try:
        PLAN.record(row)
        PLAN.party_of(row)
    except BadCell as error:
        reason = error
    assert bool(refused) == (reason is not None), reason


def test_a_name_and_a_text_of_the_settings_cannot_leave_their_quotes() -> None:
    text = "a'; DROP TABLE x; --"
    assert DUCKDB.execute(f"SELECT {literal(text)}").fetchall() == [(text,)]
    name = 'a"; DROP TABLE x; --'
    assert DUCKDB.execute(f"SELECT {quoted(name)} FROM (SELECT 1 AS {quoted(name)})").fetchall() == [(1,)]
