"""``python -m api identity``: what it prints, what it says when it cannot, and what it does not load."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.commands import identity
from c360.errors import C360Error

PEOPLE = "who,first_name,surname,dob\n" + "".join(
    f"{who},{given},{family},{1950 + who}-03-1{who % 9 + 1}\n"
    for who, (given, family) in enumerate(
        [("Ann", "Ashby"), ("Ben", "Clare"), ("Clara", "Doyle"), ("David", "Eyre"), ("Emma", "Fielding")] * 4
    )
    for _ in range(2)
)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8")
    return file


def test_evaluate_prints_a_row_a_threshold(people: Path) -> None:
    arguments = ["evaluate", str(people), "--truth", "who", "--threshold", ".5", "--threshold", ".9"]
    result = CliRunner().invoke(identity.command, arguments)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("40 records of 20, 20 pairs belong together")
    assert [line.split()[0] for line in lines[-2:]] == ["0.5", "0.9"]
    assert "comparing by" in result.stderr


def test_evaluate_as_json_with_a_mapped_column(people: Path) -> None:
    arguments = ["evaluate", str(people), "--truth", "who", "--json", "--quiet", "--map", "text=surname"]
    result = CliRunner().invoke(identity.command, arguments)
    told = json.loads(result.stdout)
    assert told["columns"] == {"first_name": "given_name", "surname": "text", "dob": "birth_date"}
    assert {"precision", "recall", "f1"} == set(told["thresholds"][0]["clusters"])
    assert not result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--truth", "nobody"], "no column 'nobody'"),
        (["--truth", "who", "--map", "surname"], "not field=column"),
        (["--truth", "who", "--map", "soul=surname"], "fields are: given_name, family_name"),
    ],
)
def test_wrong_arguments_are_said(people: Path, arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(identity.command, ["evaluate", str(people), "--quiet", *arguments])
    assert isinstance(result.exception, C360Error)
    assert says in str(result.exception)


def test_a_missing_library_names_the_extra(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "splink" else name)
    result = CliRunner().invoke(identity.command, ["evaluate", str(people), "--truth", "who"])
    assert isinstance(result.exception, identity.ExtraMissingError)
    assert ".[app,population]" in str(result.exception)
