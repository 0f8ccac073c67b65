"""Servers run on the fastest build of Python at hand, and on no other version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.race import interpreters

OWN = Path(sys.executable)
NAME = f"python{sys.version_info.major}.{sys.version_info.minor}"


def program(folder: Path, says: str) -> Path:
    """Something in the place of an interpreter, which says how long it took."""
    file = folder / NAME
    file.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize(
    ("says", "taken"),
    [
        ("echo 0.000001 3 11", True),
        ("echo 1000 3 11", False),
        ("echo 0.000001 3 12", False),
        ("echo broken >&2; exit 1", False),
        ("exit 0", False),
    ],
)
def test_the_fastest_of_the_same_version_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, *, taken: bool
) -> None:
    other = program(tmp_path, says)
    monkeypatch.setattr(interpreters, "PLACES", (tmp_path / "nowhere", tmp_path))
    assert interpreters.fastest() == (other if taken else OWN)


def test_another_interpreter_finds_what_is_installed() -> None:
    found = subprocess.run(
        [sys.executable, "-S", "-c", "import benchmarks.race.interpreters, msgspec"],
        env=dict(interpreters.environment()),
        cwd="/",
        check=False,
    )
    assert found.returncode == 0
