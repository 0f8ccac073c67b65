"""The GraphQL-over-HTTP audit of somebody else: all 61 checks, the SHOULDs too."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from api.settings import Settings
from tests.fixtures.tokens import token

SCRIPT = Path(__file__).resolve().parent.parent / "node" / "audit.mjs"


@pytest.mark.node
def test_all_audits_pass(served: str, settings: Settings, node_packages: Path) -> None:
    done = subprocess.run(
        ["node", str(SCRIPT), f"{served}/graphql", token(settings)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=node_packages.parent,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [
        f"{result['id']} {result['name']}: {result['reason']}"
        for result in results
        if result["status"] != "ok"
    ]
    assert failed == [], done.stderr
    assert len(results) == 61
