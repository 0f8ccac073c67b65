"""The suite outside pytest: what it finds, what it says, how it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from c360.cli import run
from c360.scaffold import writing
from c360.testing import CHECKS


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A new distribution, in which the command is called."""
    folder = tmp_path / "made"
    writing.write("acme_checked", "hotel", folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield folder
    for name in [name for name in sys.modules if name.startswith(("acme_checked", "c360_suite_"))]:
        del sys.modules[name]


def test_a_failing_check_says_what_to_change(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connector = made / "acme_checked" / "connector.py"
    connector.write_text(connector.read_text().replace('"from": since and since.isoformat()', '"from": None'))
    assert run(["check"]) == 1
    said = capsys.readouterr().out
    assert "FAILED" in said
    assert "change:" in said


def test_a_program_reads_the_report(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "tests/test_conformance.py", "--json"]) == 0
    (report,) = msgspec.json.decode(capsys.readouterr().out)
    assert (report["connector"], report["standing"]["tier"]) == ("acme_checked", "SILVER")
    assert len(report["checks"]) == len(CHECKS)


def test_one_check_alone_keeps_no_standing(made: Path) -> None:
    assert run(["check", "acme_checked", "--only", CHECKS[0].id]) == 0
    assert not (made / "acme_checked" / "conformance.json").exists()


def test_a_tier_may_be_demanded(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--no-save", "--tier", "gold"]) == 1
    assert "does not reach gold" in capsys.readouterr().err


def test_the_checks_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(CHECKS) >= 40


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nothing_of_that_name", "no conformance suite was found"),
        ("no_module:Suite", "cannot be imported"),
        ("c360.testing:Known", "has no suite 'Known'"),
    ],
)
def test_a_suite_that_is_not_there(
    where: str, said: str, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", where]) == 1
    assert said in capsys.readouterr().err


def test_a_suite_that_cannot_be_imported(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (made / "tests" / "test_conformance.py").write_text("from c360.testing import ConnectorSuite\n1 / 0\n")
    assert run(["check"]) == 1
    assert "raised ZeroDivisionError at test_conformance.py:2" in capsys.readouterr().err


def test_an_unknown_check_is_wrong_usage(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--only", "everything"]) == 2
    assert "list them with --list" in capsys.readouterr().err
