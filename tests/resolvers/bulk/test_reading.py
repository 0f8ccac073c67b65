"""Rows out of bytes: the same whatever the size of a batch, and wherever the bytes at hand end."""

from __future__ import annotations

import csv
import io

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from resolvers.bulk.reading import header, rows
from store.data_bulk import UploadFormat

_VALUE = st.text(st.sampled_from('ab",; \n\r\té€'), max_size=6)
_TABLE = st.lists(st.tuples(_VALUE, _VALUE, _VALUE), min_size=1, max_size=12)
COLUMNS = ("id", "subject", "summary")


def read(content: bytes, form: UploadFormat, *, most: int, window: int) -> list[dict[str, str]]:
    """All rows, read batch by batch from windows of bytes as a job reads them."""
    columns, at = header(content, COLUMNS, ("id",)) if form is UploadFormat.CSV else ((), 0)
    found: list[dict[str, str]] = []
    number = 0
    while at < len(content):
        piece = content[at : at + window]
        last = at + len(piece) >= len(content)
        batch = rows(piece, form, columns=columns, first=number + 1, most=most, last=last)
        assert [row.number for row in batch.rows] == list(range(number + 1, number + 1 + len(batch.rows)))
        assert batch.size > 0 or not last
        window += 0 if batch.size else 8
        found += [dict(row.fields) for row in batch.rows]
        number += len(batch.rows)
        at += batch.size
    return found


@given(_TABLE, st.integers(1, 5), st.integers(16, 200), st.sampled_from(["\n", "\r\n"]))
def test_a_csv_is_read_as_it_was_written(
    table: list[tuple[str, str, str]], most: int, window: int, end: str
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([COLUMNS, *table])
    found = read(buffer.getvalue().encode(), UploadFormat.CSV, most=most, window=window)
    said = [dict(zip(COLUMNS, row, strict=True)) for row in table]
    assert found == [{name: value for name, value in row.items() if value} for row in said]


@given(_TABLE, st.integers(1, 5), st.integers(1, 200), st.booleans())
def test_ndjson_is_read_as_it_was_written(
    table: list[tuple[str, str, str]], most: int, window: int, closed: bool
) -> None:
    said = [dict(zip(COLUMNS, row, strict=True)) for row in table]
    content = b"\n".join(map(msgspec.json.encode, said)) + (b"\n" if closed else b"")
    found = read(content, UploadFormat.NDJSON, most=most, window=window)
    assert found == [{name: value for name, value in row.items() if value} for row in said]
