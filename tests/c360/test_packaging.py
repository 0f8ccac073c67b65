"""What is installed: the SDK alone, and nobody else under the names of our folders."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
FOLDERS = {
    "api",
    "schema",
    "resolvers",
    "connectors",
    "store",
    "plugins",
    "migrations",
    "sandbox",
    "benchmarks",
}


def test_the_wheel_holds_the_sdk_alone(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.partition("/")[0] for name in names} - {"c360"} == {
        next(name.partition("/")[0] for name in names if ".dist-info/" in name)
    }
    assert {"c360/contract.py", "c360/records/banking.py", "c360/py.typed"} <= names


def test_nobody_else_brings_a_package_of_our_names() -> None:
    claimed = importlib.metadata.packages_distributions()
    others = {name: set(claimed.get(name, ())) - {"c360"} for name in FOLDERS | {"c360"}}
    assert not any(others.values()), others
