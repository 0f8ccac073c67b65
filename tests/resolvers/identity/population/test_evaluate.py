"""The pipeline over files: public data with published results, and files that are no use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from benchmarks.stage import historical
from resolvers.identity.population.columns import Field
from resolvers.identity.population.errors import PopulationError
from resolvers.identity.population.evaluate import Evaluation, evaluate


def rows(evaluation: Evaluation) -> dict[float, tuple[float, float, float]]:
    return {
        row.threshold: (row.pairwise.precision, row.pairwise.recall, row.pairwise.f1)
        for row in evaluation.rows
    }


@pytest.mark.thorough
def test_febrl_1(reference_data: Path) -> None:
    found = evaluate([reference_data / "febrl" / "dataset1.csv"], "rec_id", thresholds=[0.5, 0.99])
    assert (found.records, found.entities, found.true_pairs) == (1000, 500, 500)
    assert all(f1 >= 0.99 for _, _, f1 in rows(found).values())
    assert all(row.clusters.f1 >= 0.99 for row in found.rows)


def test_fake_1000(reference_data: Path) -> None:
    found = evaluate([reference_data / "linkage" / "fake_1000.csv"], "cluster", thresholds=[0.5])
    precision, _, f1 = rows(found)[0.5]
    assert precision >= 0.99
    assert f1 >= 0.78
    assert found.rows[0].clusters.precision >= 0.99
    assert found.dropped == {"unique_id": "numbers the records"}


@pytest.mark.thorough
def test_historical_persons_in_clusters(tmp_path: Path) -> None:
    file = tmp_path / "historical.csv"
    historical.write(file, persons=200)
    found = evaluate([file], "cluster", thresholds=[0.5])
    (row,) = found.rows
    assert row.clusters.precision >= 0.97
    assert row.clusters.recall >= 0.8
    said_again = {name for name, why in found.dropped.items() if "says again" in why}
    assert said_again == {"full_name", "first_and_surname"}


def _write(file: Path, text: str, encoding: str = "utf-8") -> Path:
    file.write_text(text, encoding=encoding)
    return file


PEOPLE = "who,first,last,born\n" + "".join(
    f"{number // 2},{given},{family},19{number // 2 % 60 + 10}-0{number % 7 + 1}-11\n"
    for number, (given, family) in enumerate(
        (given, family)
        for family in ("Ashby", "Brontë", "Clare", "Doyle", "Eyre", "Fielding")
        for given in ("Ann", "Ann", "Ben", "Ben", "Clara", "Clara")
    )
)


def test_parquet_and_several_files(tmp_path: Path) -> None:
    one = _write(tmp_path / "one.csv", PEOPLE)
    other = tmp_path / "other.parquet"
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{one}')) TO '{other}' (FORMAT parquet)")
    found = evaluate([one, other], "who", thresholds=[0.5])
    assert found.records == 72
    assert found.true_pairs == 18 * 6


def test_latin_1_and_blanks_in_the_header(tmp_path: Path) -> None:
    file = _write(tmp_path / "old.csv", PEOPLE.replace("first,last", " first, last"), "latin-1")
    found = evaluate([file], "who", thresholds=[0.5], given={"born": Field.BIRTH_DATE})
    assert [column.name for column in found.columns] == ["first", "last", "born"]
    assert found.columns[2].field is Field.BIRTH_DATE


def _missing(folder: Path) -> Path:
    return folder / "none.csv"


def _empty(folder: Path) -> Path:
    return _write(folder / "empty.csv", "")


def _header(folder: Path) -> Path:
    return _write(folder / "header.csv", "who,first\n")


def _one(folder: Path) -> Path:
    return _write(folder / "one.csv", "who,first\n1,Ann\n")


def _different(folder: Path) -> Path:
    return _write(folder / "different.csv", "who,first\n1,Ann\n2,Ann\n3,Ben\n")


def _untold(folder: Path) -> Path:
    return _write(folder / "untold.csv", "who,first\n,Ann\n,Ann\n")


def _nothing(folder: Path) -> Path:
    return _write(folder / "nothing.csv", "who,first\n1,Ann\n1,Ann\n2,Ann\n")


def _binary(folder: Path) -> Path:
    file = folder / "broken.parquet"
    file.write_bytes(b"PAR1" + bytes(200))
    return file


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_missing, "is no file"),
        (_empty, "is empty"),
        (_header, "holds no records"),
        (_one, "one record"),
        (_different, "differs in every record"),
        (_untold, "column 'who' is empty"),
        (_nothing, "no column is left to compare: first: has one value"),
        (_binary, "cannot be read"),
    ],
)
def test_what_is_no_use_is_said(make: Callable[[Path], Path], says: str, tmp_path: Path) -> None:
    with pytest.raises(PopulationError, match=says):
        evaluate([make(tmp_path)], "who")


def test_unknown_columns_are_named(tmp_path: Path) -> None:
    file = _write(tmp_path / "people.csv", PEOPLE)
    with pytest.raises(PopulationError, match="no column 'truth'; the columns are: who, first, last, born"):
        evaluate([file], "truth")
    with pytest.raises(PopulationError, match="no column 'surname'"):
        evaluate([file], "who", given={"surname": Field.FAMILY_NAME})
