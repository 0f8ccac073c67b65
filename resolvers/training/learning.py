"""What models are fitted to: the figures of a population on a day, and what became of each customer later.

A folder as ``python -m benchmarks population`` writes it::

    figures.parquet     customer, kind, line, measure, value, currency    one row a figure
    outcomes.parquet    customer, and a column for each outcome           one row a customer
    population.json     the day, the currency, where it comes from, and whether it is made up

Everything is read by expressions that any engine of Ibis runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from hashlib import blake2b, sha256
from itertools import product
from pathlib import Path

import ibis
import msgspec
import numpy as np
import pyarrow as pa
from ibis.expr import types as ir
from numpy.typing import NDArray

from resolvers.summaries.measures import Combine, Line, Measure
from resolvers.summaries.population import Floats, Population
from resolvers.training.files import FileError, read_table, require

Flags = NDArray[np.bool_]
Report = Callable[[str], None]

ASIDE = 0.25
"""Share of the customers that no fit sees."""
_DIGITS = 4
"""Hexadecimal digits of a customer's digest that decide who is kept aside."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """``population.json``: what the figures are of."""

    day: date
    """Of the figures; outcomes are of the time after it."""
    currency: str
    """Of all amounts."""
    source: str
    """In words, such as ``sandbox population, 100,000 customers``."""
    made_up: bool


class Learning(msgspec.Struct, frozen=True, kw_only=True):
    """Customers with what is known of them; rows of all parts are the same customers."""

    population: Population
    kinds: Sequence[str | None]
    """``PERSON`` or ``ORGANIZATION``."""
    outcomes: Mapping[str, Floats]
    """What became of them, by name; NaN where nobody knows."""
    groups: Mapping[str, Sequence[str | None]]
    """What is a word: protected attributes, which judge a model and never feed it."""
    aside: Flags
    """Who is kept aside."""
    about: About
    fingerprint: str

    def __len__(self) -> int:
        return len(self.population)

    def take(self, rows: NDArray[np.intp]) -> Learning:
        """Some customers."""
        return msgspec.structs.replace(
            self,
            population=self.population.take(rows),
            kinds=[self.kinds[row] for row in rows],
            outcomes={name: column[rows] for name, column in self.outcomes.items()},
            groups={name: [column[row] for row in rows] for name, column in self.groups.items()},
            aside=self.aside[rows],
        )

    def parted(self) -> tuple[Learning, Learning]:
        """Those that a fit may see, and those kept aside."""
        return self.take(np.flatnonzero(~self.aside)), self.take(np.flatnonzero(self.aside))

    def outcome(self, name: str) -> Floats:
        """One outcome.

        Raises:
            FileError: there is none of that name.
        """
        try:
            return self.outcomes[name]
        except KeyError:
            known = ", ".join(sorted(self.outcomes)) or "none at all"
            raise FileError(f"outcomes: there is no {name!r}; there are {known}") from None


def read_learning(folder: Path, *, report: Report) -> Learning:
    """Read a folder.

    Raises:
        FileError: a file is missing or is not of this form.
    """
    about = _about(folder / "population.json")
    backend = ibis.duckdb.connect()
    file, later = folder / "figures.parquet", folder / "outcomes.parquet"
    figures, outcomes = read_table(file, backend=backend), read_table(later, backend=backend)
    require(figures, ("customer", "kind", "line", "measure", "value", "currency"), file)
    require(outcomes, ("customer",), later)
    currencies = figures.filter(figures.currency.notnull()).select("currency").distinct().to_pyarrow()
    if others := sorted(set(currencies["currency"].to_pylist()) - {about.currency}):
        raise FileError(
            f"{file}: it has amounts in {', '.join(others)}; give all of them in {about.currency}"
        )
    report(f"reading {file}")
    found = wide(figures, pairs(figures)).order_by("customer").to_pyarrow()
    report(f"reading {later}")
    known = figures.select("customer").distinct().inner_join(outcomes, "customer")
    told = known.order_by("customer").select(*outcomes.columns).to_pyarrow()
    if told["customer"] != found["customer"]:
        raise FileError(f"{later}: it has not one row for each customer of {file.name}")
    return learning(found, told, about)


def wide(figures: ir.Table, there: Collection[tuple[str, str]]) -> ir.Table:
    """One row a customer, one column a figure that is a known one, and whether the customer is kept aside.

    Args:
        figures: one row a figure.
        there: lines and measures that it has.
    """
    columns = {}
    for line, measure in product(Line, Measure):
        if (line.value, measure.value) in there:
            here = (figures.line == line.value) & (figures.measure == measure.value)
            columns[f"{line.value}.{measure.value}"] = _combined(figures.value, measure.combine, here)
    rows = figures.group_by("customer").aggregate(kind=figures.kind.min(), **columns)
    return rows.mutate(aside=kept_aside(rows.customer))


def pairs(figures: ir.Table) -> set[tuple[str, str]]:
    """The lines and measures that a table of figures has."""
    found = figures.select("line", "measure").distinct().to_pyarrow()
    return set(zip(found["line"].to_pylist(), found["measure"].to_pylist(), strict=True))


def _combined(value: ir.NumericColumn, combine: Combine, where: ir.BooleanValue) -> ir.NumericScalar:
    if combine is Combine.LEAST:
        return value.min(where=where)
    if combine is Combine.GREATEST:
        return value.max(where=where)
    return value.sum(where=where)


def kept_aside(customer: ir.StringValue, share: float = ASIDE) -> ir.BooleanValue:
    """Whether a customer is kept aside: by a digest of the id, so always the same ones, on every engine."""
    return customer.cast("string").hexdigest("sha256").substr(0, _DIGITS) < _limit(share)


def is_aside(customer: str, share: float = ASIDE) -> bool:
    """:func:`kept_aside` of one customer."""
    return sha256(customer.encode()).hexdigest()[:_DIGITS] < _limit(share)


def _limit(share: float) -> str:
    return f"{round(share * 16**_DIGITS):0{_DIGITS}x}"


def learning(found: pa.Table, told: pa.Table, about: About) -> Learning:
    """Tables of the same customers in the same order as arrays.

    Args:
        found: as :func:`wide` gives it.
        told: what became of them.
        about: what the figures are of.
    """
    lines: dict[Line, dict[Measure, Floats]] = {}
    for name in found.column_names:
        line, dot, measure = name.partition(".")
        if dot:
            lines.setdefault(Line(line), {})[Measure(measure)] = _numbers(found[name])
    day = np.full(found.num_rows, float(about.day.toordinal()))
    outcomes: dict[str, Floats] = {}
    groups: dict[str, Sequence[str | None]] = {}
    for name in told.column_names:
        if name in {"customer", "kind", "day"}:
            continue
        if name == "birth_year":
            groups["age"] = _ages(_numbers(told[name]), day)
        elif pa.types.is_string(told[name].type) or pa.types.is_large_string(told[name].type):
            groups[name] = told[name].to_pylist()
        else:
            outcomes[name] = _numbers(told[name])
    population = Population(
        customers=found["customer"].to_pylist(), day=day, currency=about.currency, lines=lines
    )
    return Learning(
        population=population,
        kinds=found["kind"].to_pylist(),
        outcomes=outcomes,
        groups=groups,
        aside=np.asarray(found["aside"], dtype=np.bool_),
        about=about,
        fingerprint=fingerprint(population, outcomes, groups),
    )


def _ages(birth_years: Floats, day: Floats) -> list[str | None]:
    """Ages as groups: they judge a model, and single years would be too few to judge by."""
    ages = day / 365.2425 - birth_years
    bands = np.digitize(ages, [start for start, _ in _AGES[1:]])
    return [None if np.isnan(age) else _AGES[band][1] for age, band in zip(ages, bands, strict=True)]


_AGES = ((0, "below 30"), (30, "30 to 44"), (45, "45 to 59"), (60, "60 and over"))


def fingerprint(
    population: Population, outcomes: Mapping[str, Floats], groups: Mapping[str, Sequence[str | None]]
) -> str:
    """A digest of all that a fit can see, the same for the same customers and figures in the same order."""
    digest = blake2b(digest_size=16)
    digest.update("\n".join(population.customers).encode() + population.day.tobytes())
    for line, figures in sorted(population.lines.items(), key=lambda item: item[0].value):
        for measure, column in sorted(figures.items(), key=lambda item: item[0].value):
            digest.update(f"{line.value}.{measure.value}".encode() + column.tobytes())
    for name, column in sorted(outcomes.items()):
        digest.update(name.encode() + column.tobytes())
    for name, words in sorted(groups.items()):
        digest.update(name.encode() + "\n".join(str(word) for word in words).encode())
    return digest.hexdigest()


def _numbers(column: pa.ChunkedArray) -> Floats:
    """Numbers, truths as 0 and 1, days as ordinals; NaN for what is not there."""
    if pa.types.is_date(column.type):
        days = [np.nan if day is None else float(day.toordinal()) for day in column.to_pylist()]
        return np.array(days, dtype=np.float64)
    found: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def _about(file: Path) -> About:
    try:
        return msgspec.json.decode(file.read_bytes(), type=About)
    except FileNotFoundError:
        raise FileError(
            f"{file}: there is no such file; name a folder that python -m benchmarks population wrote"
        ) from None
    except msgspec.DecodeError as error:
        raise FileError(f"{file}: {error}; give day, currency, source and made_up") from None
