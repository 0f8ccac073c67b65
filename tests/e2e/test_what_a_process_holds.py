"""What a process that answers has loaded and holds, once it has shown everything of a customer."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from benchmarks.race.cores import resident
from benchmarks.stage.documents import FULL_VIEW
from benchmarks.stage.graph import Stage
from benchmarks.stage.processes import install

HEAVY = (
    "duckdb",
    "ibis",
    "lightgbm",
    "matplotlib",
    "pandas",
    "polars",
    "pyarrow",
    "scipy",
    "sklearn",
)
"""Libraries of native code that fit models, link populations or read files."""
MOST = 200.0
"""MiB, the first view included. One of these libraries would come to 30 or more."""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the system does not tell")
def test_showing_everything_loads_nothing_heavy(stage: Stage, tmp_path: Path) -> None:
    installation = install(tmp_path, stage.settings.database.url, stage.partners.connectors)
    with (
        installation.running() as (address, process),
        httpx.Client(trust_env=False, timeout=20, headers=installation.bearer()) as client,
    ):
        answer = client.post(
            f"{address}/graphql", json={"query": FULL_VIEW, "variables": {"by": stage.key(stage.member())}}
        )
        assert answer.json()["data"]["customer"]["complete"], answer.text[:300]
        mapped = _packages(process)
        held = resident(process)
    assert {"cryptography", "msgspec", "numpy"} <= mapped
    assert not mapped & set(HEAVY)
    assert held < MOST


def _packages(process: int) -> set[str]:
    """The packages of all libraries that a process has mapped."""
    lines = Path(f"/proc/{process}/maps").read_text("utf-8").splitlines()
    files = {line.split(maxsplit=5)[5] for line in lines if "site-packages" in line}
    return {file.partition("site-packages/")[2].partition("/")[0] for file in files}
