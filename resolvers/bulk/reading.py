"""Rows out of bytes: CSV and NDJSON, cut wherever the bytes at hand end."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from store.data_bulk import FailureReason, RowProblem, RowProblemCode, UploadFormat

LONGEST_ROW = 64 * 1024
"""Bytes of a row."""
_BOM = b"\xef\xbb\xbf"


class UnreadableError(Exception):
    """The bytes cannot be read on."""

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class RawRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row as it stands there."""

    number: int
    fields: Mapping[str, str]
    """What it says by the names of the fields; what says nothing is left out."""
    problem: RowProblem | None = None
    """Why it cannot be read."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows, and where they end."""

    rows: tuple[RawRow, ...]
    size: int
    """Bytes that they take."""


def header(content: bytes, known: Sequence[str], needed: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """The names of the columns of a CSV, and the bytes that the header takes.

    Args:
        content: The first bytes of the file.
        known: Names that a column can have.
        needed: Names of which there has to be a column.

    Raises:
        UnreadableError: There is no header, or it is not one.
    """
    start = len(_BOM) if content.startswith(_BOM) else 0
    end = _end_of_record(content, start, last=True)
    if end is None:
        raise UnreadableError(FailureReason.ROW_TOO_LONG)
    names = tuple(name.strip() for name in _record(content[start:end]))
    if len(set(names)) < len(names) or not set(names) <= set(known) or not set(needed) <= set(names):
        raise UnreadableError(FailureReason.HEADER)
    return names, end


def rows(
    content: bytes,
    form: UploadFormat,
    *,
    columns: Sequence[str] = (),
    first: int,
    most: int,
    last: bool,
) -> Batch:
    """The rows that stand whole in some bytes.

    Args:
        content: Bytes that begin with a row.
        form: How they are written.
        columns: Names of the columns of a CSV.
        first: Number of the first row.
        most: So many rows at the most.
        last: Whether the bytes end where the file ends.

    Raises:
        UnreadableError: They are not text, or a row does not end.
    """
    found: list[RawRow] = []
    at = len(_BOM) if form is UploadFormat.NDJSON and first == 1 and content.startswith(_BOM) else 0
    while len(found) < most:
        end = (
            _end_of_line(content, at, last=last)
            if form is UploadFormat.NDJSON
            else _end_of_record(content, at, last=last)
        )
        if end is None or end == at:
            break
        if end - at > LONGEST_ROW:
            raise UnreadableError(FailureReason.ROW_TOO_LONG)
        piece = content[at:end]
        at = end
        if piece.strip():
            number = first + len(found)
            found.append(
                _of_json(piece, number) if form is UploadFormat.NDJSON else _of_csv(piece, number, columns)
            )
    if not found and at == 0 and len(content) > LONGEST_ROW:
        raise UnreadableError(FailureReason.ROW_TOO_LONG)
    return Batch(rows=tuple(found), size=at)


def _end_of_line(content: bytes, at: int, *, last: bool) -> int | None:
    """Where a line ends, its end included; none where it goes on behind the bytes at hand."""
    end = content.find(b"\n", at)
    if end >= 0:
        return end + 1
    return len(content) if last else None


def _end_of_record(content: bytes, at: int, *, last: bool) -> int | None:
    """Where a record of a CSV ends: at a line's end that no quotes hold."""
    start, quotes = at, 0
    while True:
        end = content.find(b"\n", at)
        stop = len(content) if end < 0 else end + 1
        quotes += content.count(b'"', at, stop)
        if end >= 0 and quotes % 2 == 0:
            return stop
        if end < 0:
            return stop if last else None
        if stop - start > LONGEST_ROW:
            raise UnreadableError(FailureReason.ROW_TOO_LONG)
        at = stop


def _of_json(piece: bytes, number: int) -> RawRow:
    try:
        found = _DECODER.decode(piece)
    except msgspec.ValidationError:
        return _malformed(number, "Write a JSON object whose values are texts, numbers or null.")
    except msgspec.DecodeError:
        return _malformed(number, "Write a JSON object on each line.")
    except UnicodeDecodeError:
        raise UnreadableError(FailureReason.NOT_UTF8) from None
    return RawRow(
        number=number,
        fields={
            name: value if isinstance(value, str) else str(value)
            for name, value in found.items()
            if value is not None and value != ""
        },
    )


_DECODER = msgspec.json.Decoder(dict[str, str | int | float | None])


def _of_csv(piece: bytes, number: int, columns: Sequence[str]) -> RawRow:
    values = _record(piece)
    if len(values) != len(columns):
        return _malformed(number, f"Write {len(columns)} fields, as many as the header has.")
    return RawRow(
        number=number,
        fields={name: value for name, value in zip(columns, values, strict=True) if value != ""},
    )


def _record(piece: bytes) -> list[str]:
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableError(FailureReason.NOT_UTF8) from None
    found: Iterator[list[str]] = csv.reader(io.StringIO(text, newline=""))
    return next(found, [])


def _malformed(number: int, message: str) -> RawRow:
    problem = RowProblem(number=number, code=RowProblemCode.MALFORMED, message=message)
    return RawRow(number=number, fields={}, problem=problem)
