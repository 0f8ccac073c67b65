"""The wheel alone is enough: nothing of the application, nothing that it does not declare."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages with the wheel and what it depends on, and nothing else."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    folder = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(folder)
    metadata = next(folder.glob("*.dist-info/METADATA")).read_text()
    wanted = [name for line in metadata.splitlines() if (name := _required(line))]
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        wanted += [
            found for each in distribution.requires or () if (found := _required(f"Requires-Dist: {each}"))
        ]
        for file in distribution.files or ():
            top = file.parts[0]
            if top != ".." and not (folder / top).exists():
                (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder


def _required(line: str) -> str | None:
    """The distribution that a line of metadata asks for; nothing for extras and other systems."""
    found = re.match(r"Requires-Dist: ([A-Za-z0-9._-]+)(.*)", line)
    if not found or ";" in found[2]:
        return None
    return found[1]


def test_new_and_check_need_the_wheel_alone(site: Path, tmp_path: Path) -> None:
    def python(*arguments: str, folder: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-S", *arguments],  # without this environment's own packages
            cwd=folder,
            env={"PYTHONPATH": str(site), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    for absent in ("pytest", "strawberry", "sqlalchemy", "connectors"):
        assert python("-c", f"import {absent}").returncode == 1
    made = python("-m", "c360", "new", "acme_points", "--domain", "loyalty")
    assert made.returncode == 0, made.stderr
    checked = python("-m", "c360", "check", "--tier", "silver", folder=tmp_path / "c360-acme-points")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tried = python("-m", "c360", "try", "acme_points", "--party", "x", folder=tmp_path / "c360-acme-points")
    assert tried.returncode == 2
    assert "settings.api_key: found nothing" in tried.stderr or "settings.base_url" in tried.stderr
