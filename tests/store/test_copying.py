"""Rows as COPY takes them: what is read back is what was written, whatever stands in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from store.copying import Always, count, lines, rows
from store.database import Database
from store.models import NameToken, UploadChunk
from store.models.base import Base, table
from store.repositories.base import COPIED
from tests.store.identity import Run, T, enrolled, person

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # the library's
ODD = ("a\tb", "line\nbreak", "back\\slash", "\\N", "\r", "é邓", "'quoted\"", "\\.", "nul\\0")


def test_texts_are_read_back_as_they_were_written(database: Database, run: Run) -> None:
    async def go() -> None:
        async with database.unit(T) as unit:
            (anna,) = await enrolled(unit, person("anna", "b1"))
            tokens = [f"{each}{n}" for n in range(COPIED // len(ODD) + 1) for each in ODD]
            await unit.customers._scope.insert_columns(
                NameToken, {"token": tokens, "customer_id": Always(anna), "home_id": Always(anna)}
            )
        async with database.read(T) as unit:
            found = await unit.customers._session.scalars(
                select(NameToken.token).where(NameToken.customer_id == anna)
            )
            assert set(tokens) <= set(found)

    run(go())


VALUES = (
    ("a", r"a"),
    (True, "t"),
    (b"\0", r"\\x00"),
    (7, "7"),
    (0.5, "0.5"),
    (date(2026, 1, 2), "2026-01-02"),
)


def test_every_column_can_be_copied() -> None:
    """However many rows there are: few are inserted, and many copied."""
    forms = {type(value): (value, form) for value, form in VALUES}
    for one in Base.metadata.tables.values():
        for column in one.columns:
            kind = column.type.python_type
            if kind is not object:  # a type of ours, which says itself how it is bound
                value, form = forms[kind]
                assert lines(one, {column.name: [value]}, DIALECT) == f"{form}\n"


def test_every_type_has_its_form() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=10)))
    columns: dict[str, Any] = {
        "upload_id": ["u", "v"],
        "start": [1, 2],
        "content": [b"\x00\xff", b""],
        "size": Always(None),
    }
    assert lines(table(UploadChunk), columns, DIALECT) == ("u\t1\t\\\\x00ff\t\\N\nv\t2\t\\\\x\t\\N\n")
    assert rows({"a": [1, 2], "b": Always(moment)}) == [{"a": 1, "b": moment}, {"a": 2, "b": moment}]
    with pytest.raises(TypeError, match="complex"):
        lines(table(UploadChunk), {"start": [1j]}, DIALECT)
    with pytest.raises(ValueError, match="one value"):
        count({"a": Always(1)})
