"""The guide to events: its operations are of the graph, its samples verify what the hub signs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from resolvers.events import signing
from schema.build import built_schema
from tests.docs.generating import CHECKOUT

BODY = b'{"type": "customer.changed"}'
SECRET, OLD = signing.new_secret(), signing.new_secret()


def blocks(kind: str) -> list[str]:
    text = (CHECKOUT / "docs" / "events.md").read_text("utf-8")
    return re.findall(rf"^```{kind}\b[^\n]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def delivered(at: float | None = None, *, keys: tuple[str, ...] = (SECRET,)) -> dict[str, str]:
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return signing.headers("019a6f0e-6c1d-7d3a-9f57-0e3c1f1b2a44", BODY, keys, moment)


def cases() -> dict[str, tuple[dict[str, str], bytes, bool]]:
    """Deliveries of this moment, each with whether it is genuine."""
    return {
        "as sent": (delivered(), BODY, True),
        "while rotated": (delivered(keys=(signing.new_secret(), SECRET)), BODY, True),
        "another secret": (delivered(keys=(OLD,)), BODY, False),
        "another body": (delivered(), BODY + b" ", False),
        "another id": ({**delivered(), "webhook-id": "other"}, BODY, False),
        "too old": (delivered(time.time() - 4000), BODY, False),
    }


def test_the_operations_are_of_the_graph() -> None:
    schema = built_schema().graphql
    found = blocks("gql")
    assert found
    for text in found:
        assert validate(schema, parse(text)) == []


@pytest.mark.parametrize("case", cases())
def test_the_sample_in_python_verifies(case: str) -> None:
    headers, body, genuine = cases()[case]
    (sample,) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(sample, "verify.py", "exec"), names)  # our own guide
    assert names["verify"](SECRET, headers, body) is genuine


def test_the_sample_in_javascript_verifies(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js")
    (sample,) = blocks("js")
    (tmp_path / "verify.mjs").write_text(sample, "utf-8")
    made = list(cases().values())
    sent = [[headers, body.decode()] for headers, body, _ in made]
    run = (
        'import { verify } from "./verify.mjs";'
        f"const cases = {json.dumps(sent)};"
        f"const verified = cases.map(([h, b]) => verify({json.dumps(SECRET)}, h, Buffer.from(b)));"
        "console.log(JSON.stringify(verified));"
    )
    (tmp_path / "run.mjs").write_text(run, "utf-8")
    done = subprocess.run([node, "run.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [genuine for *_, genuine in made]
