"""What changed in a table since the last time, in the order of a column that grows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import msgspec

from c360.contract import Change, Checkpoint, Deletion, Upsert
from c360.errors import PartnerFault
from c360.tables import BadCell, Plan
from c360.tables.cells import text_of


class Place(msgspec.Struct, frozen=True, array_like=True):
    """How far a feed was read: the change and the id of the last row."""

    change: str
    identity: str | None = None
    """``None``: a run ended here, and the next one looks back a little, for what was committed late."""


def read_cursor(cursor: str | None) -> Place | None:
    """The place that a cursor stands for.

    Raises:
        PartnerFault: it is none of this feed's.
    """
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(cursor, type=Place | None)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise PartnerFault("the feed's cursor cannot be read; read the feed from its beginning") from None


def write_cursor(place: Place | None) -> str:
    """A place as a cursor; of a table without a row, the beginning."""
    return msgspec.json.encode(place).decode()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of a feed as changes, each with its place."""

    steps: Sequence[tuple[Change, Place]]
    last: bool
    """Whether nothing more was there."""
    trouble: BadCell | None = None
    """Why it ends before its time: the next row cannot be read."""


def made(plan: Plan, rows: Sequence[Sequence[Any]], size: int) -> Page:
    """The changes that rows tell, up to the first that cannot be read."""
    steps: list[tuple[Change, Place]] = []
    try:
        for row in rows:
            steps.append((_change(plan, row), _place(plan, row)))  # noqa: PERF401  # what came before an error is kept
    except BadCell as trouble:
        return Page(steps=steps, last=True, trouble=trouble)
    return Page(steps=steps, last=len(rows) < size)


async def changes(
    since: str | None, read: Callable[[Place | None], Awaitable[Page]]
) -> AsyncIterator[Change]:
    """The changes after a cursor, page by page, each with a checkpoint that a killed reader goes on from.

    Args:
        since: the cursor.
        read: reads the page after a place.

    Raises:
        BadCell: a row cannot be read; what came before it is delivered and has its checkpoint.
    """
    place = read_cursor(since)
    while True:
        page = await read(place)
        for change, there in page.steps:
            yield change
            place = there
        if page.last and page.trouble is None:
            break
        if page.steps and place is not None:
            yield Checkpoint(cursor=write_cursor(place))
        if page.trouble is not None:
            raise page.trouble
    end = None if place is None else Place(place.change)
    yield Checkpoint(cursor=write_cursor(end), progress=1.0)


def _place(plan: Plan, row: Sequence[Any]) -> Place:
    column = plan.mapping.changed or ""
    try:
        return Place(text_of(row[plan.places[column]]), plan.identity_of(row))
    except ValueError:
        raise BadCell(column, "a moment or a number") from None


def _change(plan: Plan, row: Sequence[Any]) -> Change:
    kind, identity = plan.kind.name, plan.identity_of(row)
    if plan.deleted(row):
        return Deletion(kind=kind, party_id=plan.party_of(row), object_id=identity)
    return Upsert(kind=kind, party_id=plan.party_of(row), object_id=identity, record=plan.record(row))
