"""The two files: what the hub would have kept of each customer on the day, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.population.outcomes import PRODUCTS, Outcome
from resolvers.summaries.measures import Line, Measure, Unit
from sandbox.population.model import Member

Lines = Mapping[Line, Mapping[Measure, float]]
CURRENCY = "AUD"
"""Of all amounts."""
_TOGETHER = 50
"""Parts that become one group of rows."""
_WORD = pa.dictionary(pa.int32(), pa.string())

FIGURES = pa.schema(
    [
        ("customer", pa.string()),
        ("kind", _WORD),
        ("line", _WORD),
        ("measure", _WORD),
        ("value", pa.float64()),
        ("currency", _WORD),
    ]
)
"""One figure a row, over all of a customer's partners; ``currency`` is empty but for amounts."""

BUYING = (Line.CARDS, Line.HOTEL, Line.RENTAL, Line.LOYALTY)
"""Lines without a contract, whose next year is foretold by days with purchases."""
SPENDING = (Line.CARDS, Line.HOTEL, Line.RENTAL)
"""Those of them whose amounts are told."""

OUTCOMES = pa.schema(
    [
        ("customer", pa.string()),
        ("kind", _WORD),
        ("day", pa.date32()),
        ("sex", _WORD),
        ("age_group", _WORD),
        *((f"purchases_{line.value.lower()}", pa.float64()) for line in BUYING),
        *((f"spent_{line.value.lower()}", pa.float64()) for line in SPENDING),
        *((f"{what}_{product}", pa.int32()) for what in ("held", "taken", "ended") for product in PRODUCTS),
        ("in_default", pa.bool_()),
        ("defaulted", pa.bool_()),
        ("departed", pa.bool_()),
    ]
)
"""One customer a row. ``sex`` and ``age_group`` are there to report fairness by, and for nothing else."""

_AGES = (25, 35, 45, 55, 65)
"""Ages at which the next group begins."""


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A customer on a day, and a year later."""

    member: Member
    figures: Lines
    """As the hub kept them on the day."""
    later: Lines
    """As it will keep them a year later."""
    outcome: Outcome


def figures_table(customers: Iterable[Customer]) -> pa.Table:
    """Every figure of some customers."""
    rows = [
        {
            "customer": each.member.id,
            "kind": _kind(each.member),
            "line": line.value,
            "measure": measure.value,
            "value": value,
            "currency": CURRENCY if measure.unit is Unit.MONEY else None,
        }
        for each in customers
        for line, measures in each.figures.items()
        for measure, value in measures.items()
    ]
    return pa.Table.from_pylist(rows, schema=FIGURES)


def outcomes_table(customers: Iterable[Customer], day: date) -> pa.Table:
    """What became of some customers."""
    return pa.Table.from_pylist([_outcome(each, day) for each in customers], schema=OUTCOMES)


def write(table: pa.Table, file: Path) -> None:
    """Write a file that is there in full or not at all."""
    partial = file.with_suffix(".partial")
    pq.write_table(table, partial, compression="zstd")
    partial.replace(file)


def joined(parts: Sequence[Path], schema: pa.Schema, file: Path) -> int:
    """Join parts in their order into one file; gives the number of rows."""
    partial = file.with_suffix(".partial")
    rows = 0
    with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        for start in range(0, len(parts), _TOGETHER):
            some = [pq.read_table(part, schema=schema) for part in parts[start : start + _TOGETHER]]
            table = pa.concat_tables(some).unify_dictionaries()
            rows += table.num_rows
            writer.write_table(table)
    partial.replace(file)
    return rows


def _outcome(customer: Customer, day: date) -> dict[str, Any]:
    member, outcome, later = customer.member, customer.outcome, customer.later
    row: dict[str, Any] = {
        "customer": member.id,
        "kind": _kind(member),
        "day": day,
        "sex": member.sex or None,
        "age_group": None if member.organization else _age_group(member, day),
        "in_default": outcome.in_default,
        "defaulted": outcome.defaulted,
        "departed": outcome.departed,
    }
    for line in BUYING:
        row[f"purchases_{line.value.lower()}"] = later.get(line, {}).get(Measure.PURCHASE_DAYS_12M, 0.0)
    for line in SPENDING:
        row[f"spent_{line.value.lower()}"] = later.get(line, {}).get(Measure.SPENT_12M, 0.0)
    counts = {"held": outcome.held, "taken": outcome.taken, "ended": outcome.ended}
    for what, products in counts.items():
        row |= {f"{what}_{product}": count for product, count in products.items()}
    return row


def _age_group(member: Member, day: date) -> str:
    born = member.birth_date
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    below = [start for start in _AGES if start <= age]
    above = [start for start in _AGES if start > age]
    if not below:
        return f"UNDER_{above[0]}"
    return f"{below[-1]}_TO_{above[0] - 1}" if above else f"{below[-1]}_AND_OVER"


def _kind(member: Member) -> str:
    return "ORGANIZATION" if member.organization else "PERSON"
