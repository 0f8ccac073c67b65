"""A new distribution is green at once, and says what is wrong with a name or a folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from c360.cli import run
from c360.kinds import domains
from c360.scaffold import writing
from c360.testing.tiers import Standing, Tier, tier_of

CHECKOUT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python in a new distribution's folder, as its author does."""

    def call(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder or tmp_path,
            env={
                "PYTHONPATH": str(CHECKOUT),
                "PATH": "/usr/bin:/bin",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # an author has not what this project tests with
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call


def test_every_domain_of_a_partner_has_a_beginning() -> None:
    assert set(writing.domains()) == set(domains()) - {"workorders"}


@pytest.mark.parametrize("domain", sorted(writing.domains()))
def test_a_new_distribution_is_silver_at_once(
    domain: str, tmp_path: Path, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    folder = tmp_path / "made"
    made = python("-m", "c360", "new", "acme-things", "--domain", domain, "--folder", str(folder))
    assert made.returncode == 0, made.stderr
    checked = python("-m", "c360", "check", "--tier", "silver", folder=folder)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 failed" in checked.stdout
    assert (folder / "acme_things" / "conformance.json").is_file()


def test_pytest_finds_the_same(
    tmp_path: Path, python: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    writing.write("acme_stays", "hotel", tmp_path / "made")
    tested = python("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path / "made")
    assert tested.returncode == 0, tested.stdout
    assert " passed" in tested.stdout


def test_the_standing_is_kept_where_the_hub_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writing.write("acme_kept", "loyalty", tmp_path / "made")
    monkeypatch.chdir(tmp_path / "made")
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert run(["check", "acme_kept"]) == 0
    standing: Standing = tier_of("acme_kept", "acme_kept")
    assert (standing.tier, standing.proven) == (Tier.SILVER, True)
    for name in [name for name in sys.modules if name.startswith(("acme_kept", "c360_suite_"))]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["new", "Acme", "--domain", "hotel"], "use lower-case letters"),
        (["new", "json", "--domain", "hotel"], "the name of something in Python"),
        (["new", "acme", "--domain", "moon"], "use one of banking"),
        (["new", "acme", "--domain", "hotel", "--folder", "."], "name an empty folder"),
    ],
)
def test_what_cannot_be_written_is_refused(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "something").write_text("mine")
    assert run(arguments) == 1
    assert said in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["something"]
