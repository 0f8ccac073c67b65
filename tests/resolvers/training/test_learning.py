from datetime import date
from hashlib import sha256
from pathlib import Path

import ibis
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

from resolvers.summaries.measures import Line, Measure
from resolvers.training.files import FileError
from resolvers.training.learning import About, is_aside, kept_aside, pairs, read_learning, wide

DAY = date(2025, 6, 30)
ABOUT = About(day=DAY, currency="AUD", source="three made-up customers", made_up=True)
NAMES = ("customer", "kind", "line", "measure", "value", "currency")
FIGURES = [
    ("b", "PERSON", "CARDS", "SPENT", 10.0, "AUD"),
    ("b", "PERSON", "CARDS", "LAST_ON", 739000.0, None),
    ("a", "ORGANIZATION", "HOTEL", "SPENT", 5.5, "AUD"),
    ("c", "PERSON", "ATTIC", "SPENT", 1.0, "AUD"),
    ("c", "PERSON", "CARDS", "GHOSTS", 1.0, None),
]


OUTCOMES: dict[str, list[object]] = {
    "customer": ["c", "a", "b"],
    "day": [DAY] * 3,
    "defaulted": [True, False, None],
    "region": ["north", None, None],
    "birth_year": [1996, None, 1960],
}


def write(folder: Path, *, outcomes: dict[str, list[object]] | None = None) -> Path:
    columns = dict(zip(NAMES, map(list, zip(*FIGURES, strict=True)), strict=True))
    pq.write_table(pa.table(columns), folder / "figures.parquet")
    told = outcomes or OUTCOMES
    pq.write_table(pa.table(told), folder / "outcomes.parquet")
    (folder / "population.json").write_bytes(msgspec.json.encode(ABOUT))
    return folder


def silent(_: str) -> None:
    pass


def test_figures_and_outcomes_stand_in_the_same_rows(tmp_path: Path) -> None:
    found = read_learning(write(tmp_path), report=silent)
    assert list(found.population.customers) == ["a", "b", "c"]
    assert list(found.kinds) == ["ORGANIZATION", "PERSON", "PERSON"]
    np.testing.assert_equal(found.population.get(Line.CARDS, Measure.SPENT), [np.nan, 10.0, np.nan])
    np.testing.assert_equal(found.population.get(Line.HOTEL, Measure.SPENT), [5.5, np.nan, np.nan])
    assert found.population.day.tolist() == [DAY.toordinal()] * 3
    np.testing.assert_equal(found.outcome("defaulted"), [0.0, np.nan, 1.0])
    assert list(found.groups["region"]) == [None, None, "north"]
    assert list(found.groups["age"]) == [None, "60 and over", "below 30"]
    assert set(found.outcomes) == {"defaulted"}


def test_figures_that_this_release_does_not_know_are_passed_over(tmp_path: Path) -> None:
    found = read_learning(write(tmp_path), report=silent).population
    assert {line.value for line in found.lines} == {"CARDS", "HOTEL"}
    assert {measure.value for measure in found.lines[Line.CARDS]} == {"SPENT", "LAST_ON"}


def test_some_are_kept_aside_by_a_digest_of_their_ids_alone() -> None:
    ids = [f"customer-{number}" for number in range(4_000)]
    table = ibis.memtable(pa.table({"customer": ids}))
    found = table.mutate(aside=kept_aside(table.customer)).to_pyarrow()
    aside = dict(zip(found["customer"].to_pylist(), found["aside"].to_pylist(), strict=True))
    assert aside == {each: sha256(each.encode()).hexdigest()[:4] < "4000" for each in ids}
    assert aside == {each: is_aside(each) for each in ids}
    assert sum(aside.values()) == pytest.approx(1_000, abs=100)


def test_no_customer_is_both_seen_and_kept_aside(tmp_path: Path) -> None:
    found = read_learning(write(tmp_path), report=silent)
    seen, unseen = found.parted()
    assert sorted([*seen.population.customers, *unseen.population.customers]) == ["a", "b", "c"]
    assert not seen.aside.any()
    assert unseen.aside.all()


@pytest.mark.parametrize("compiler", [PySparkCompiler, DuckDBCompiler])
def test_expressions_are_not_of_one_engine(compiler: type[SQLGlotCompiler]) -> None:
    columns = {
        "customer": "string",
        "kind": "string",
        "line": "string",
        "measure": "string",
        "value": "decimal",
    }
    figures = ibis.table(columns, name="figures")
    written = (
        compiler().to_sqlglot(wide(figures, {("CARDS", "SPENT"), ("CARDS", "LAST_ON")})).sql(compiler.dialect)
    )
    assert "CARDS" in written
    assert "SHA" in written.upper()


def test_same_data_has_the_same_fingerprint(tmp_path: Path) -> None:
    (one := tmp_path / "one").mkdir()
    (other := tmp_path / "other").mkdir()
    first = read_learning(write(one), report=silent)
    assert read_learning(write(other), report=silent).fingerprint == first.fingerprint
    write(other, outcomes={**OUTCOMES, "defaulted": [True, True, None]})
    assert read_learning(other, report=silent).fingerprint != first.fingerprint


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for customers in (["a", "a", "b"], ["a", "b"], ["a", "b", "c", "c"]):
        write(tmp_path, outcomes={"customer": list(customers), "day": [DAY] * len(customers)})
        with pytest.raises(FileError, match="not one row for each customer"):
            read_learning(tmp_path, report=silent)
    write(tmp_path)
    with pytest.raises(FileError, match="no 'married'; there are defaulted"):
        read_learning(tmp_path, report=silent).outcome("married")
    (tmp_path / "population.json").write_text("{}")
    with pytest.raises(FileError, match=r"population\.json.*source"):
        read_learning(tmp_path, report=silent)
    (tmp_path / "population.json").unlink()
    with pytest.raises(FileError, match="benchmarks population"):
        read_learning(tmp_path, report=silent)


def test_amounts_are_of_one_currency(tmp_path: Path) -> None:
    write(tmp_path)
    columns = dict(zip(NAMES, map(list, zip(*FIGURES, strict=True)), strict=True))
    pq.write_table(
        pa.table({**columns, "currency": ["AUD", None, "EUR", None, None]}), tmp_path / "figures.parquet"
    )
    with pytest.raises(FileError, match="amounts in EUR; give all of them in AUD"):
        read_learning(tmp_path, report=silent)


def test_figures_that_stand_there_twice_are_combined_by_their_own_rule() -> None:
    rows = [
        ("a", "PERSON", "CARDS", measure, value, None)
        for measure in ("SPENT", "LAST_ON", "FIRST_ON")
        for value in (1.0, 2.0)
    ]
    table = ibis.memtable(pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True))))
    found = wide(table, pairs(table)).to_pyarrow().to_pylist()[0]
    assert (found["CARDS.SPENT"], found["CARDS.LAST_ON"], found["CARDS.FIRST_ON"]) == (3, 2, 1)
