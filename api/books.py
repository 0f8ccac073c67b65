"""Books of business from a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from api.settings import Settings
from api.wiring import open_store, require_current
from c360.access import TenantId
from c360.errors import C360Error, ConfigError
from schema import ids
from schema.errors import InputError
from schema.identity.answers import CUSTOMER
from store.data_access import BookChange
from store.unit import Unit

_COLUMNS = ({"agent", "customer_id"}, {"agent", "connector", "party_id"})


class BookFileError(C360Error):
    """The file names somebody who is not there, or cannot be read."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file: an agent and a customer, by id or as a partner numbers them."""

    number: int
    agent: str
    customer_id: str | None = None
    party: tuple[str, str] | None = None


class _DryRun(Exception):
    """Nothing is to be kept."""


async def bring_in(
    settings: Settings, file: Path, *, by: str, replace: bool = False, dry_run: bool = False
) -> Mapping[str, BookChange]:
    """Bring customers into agents' books: all of the file or nothing of it.

    Args:
        settings: where the store is.
        file: CSV with a header.
        by: who says so.
        replace: whether the books of the agents named hold nobody else afterwards.
        dry_run: change nothing, only tell.

    Returns:
        what became of each book, by the agent.

    Raises:
        ConfigError: the file cannot be read.
        BookFileError: a line is wrong, or names a customer who is not there; the line is named.
    """
    lines = list(read(file))
    require_current(settings)
    tenant = TenantId(settings.tenant)
    done: dict[str, BookChange] = {}

    async def change(unit: Unit) -> None:
        done.clear()
        for agent, customers in (await _found(unit, lines)).items():
            put = unit.books.replace if replace else unit.books.assign
            done[agent] = await put(agent, customers, by=by)
        if dry_run:
            raise _DryRun

    async with open_store(settings) as store:
        with suppress(_DryRun):
            await store.database.retrying(tenant, change)
    return done


async def _found(unit: Unit, lines: list[Line]) -> dict[str, list[str]]:
    """The customers of each agent, who are all there."""
    present = await unit.customers.resolve([one.customer_id for one in lines if one.customer_id])
    linked = await unit.customers.by_party_refs([one.party for one in lines if one.party])
    books: dict[str, list[str]] = {}
    for one in lines:
        customer = present.get(one.customer_id or "") if one.party is None else linked.get(one.party)
        if customer is None:
            raise BookFileError(f"line {one.number} names a customer who is not there; nothing was changed")
        books.setdefault(one.agent, []).append(customer)
    return {agent: list(dict.fromkeys(customers)) for agent, customers in books.items()}


def read(file: Path) -> Iterator[Line]:
    """The lines of a file.

    Raises:
        ConfigError: it cannot be read.
        BookFileError: its columns are others, or a line lacks one.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened)
            columns = set(rows.fieldnames or ())
            if columns not in _COLUMNS:
                raise BookFileError("the columns are agent and customer_id, or agent, connector and party_id")
            for number, row in enumerate(rows, start=2):
                yield _line(number, row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError("FILE", type(error).__name__, "name a readable CSV file in UTF-8") from None


def _line(number: int, row: Mapping[str | None, str | None]) -> Line:
    values = {
        str(name): (value or "").strip() for name, value in row.items() if isinstance(value, str | None)
    }
    if None in row or not all(values.values()):
        raise BookFileError(f"line {number} lacks a column, or has one too many; nothing was changed")
    if "party_id" in values:
        party = (values["connector"], values["party_id"])
        return Line(number=number, agent=values["agent"], party=party)
    return Line(number=number, agent=values["agent"], customer_id=_local(values["customer_id"]))


def _local(text: str) -> str:
    """The hub's own id of a customer, of whom the file may have the id that the graph gives."""
    try:
        return ids.decode_as(CUSTOMER, text, argument="customer_id")
    except InputError:
        return text
