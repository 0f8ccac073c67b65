"""The clients that front ends use: graphql-ws, graphql-sse, urql and Apollo, each by its own ways."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings
from tests.fixtures.happenings import followers, progress
from tests.fixtures.serving import serving
from tests.fixtures.tokens import bearer

SCRIPT = Path(__file__).resolve().parent.parent / "node" / "live.mjs"
FOLLOW = 'subscription Follow { jobProgress(jobId: "import.customers") { cursor done finished } }'
FOLLOWING = (
    "graphql-ws",
    "graphql-sse",
    "urql over sockets",
    "urql over events",
    "apollo over sockets",
)


@pytest.mark.node
@pytest.mark.timeout(400)
def test_clients_of_others_follow_a_job_to_its_end(settings: Settings, node_packages: Path) -> None:
    with serving(settings) as served:
        progress(served, 1)
        command = [
            "node",
            str(SCRIPT),
            f"{served.address}/graphql",
            bearer(settings)["authorization"],
            FOLLOW,
        ]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=node_packages.parent
        )
        heard: dict[str, list[Any]] = defaultdict(list)
        reading = threading.Thread(target=_read, args=(process, heard))
        reading.start()
        try:
            end = time.monotonic() + 60
            while followers(served) < len(FOLLOWING):
                assert process.poll() is None, process.stderr and process.stderr.read()
                assert time.monotonic() < end, heard
                time.sleep(0.05)
            progress(served, 10)
            time.sleep(0.5)  # longer than events are gathered
            progress(served, 1_000, finished=True)
            reading.join(30)
            assert process.wait(10) == 0, process.stderr and process.stderr.read()
        finally:
            process.kill()
            process.communicate()
    assert [told.get("data", told.get("codes")) for told in heard["query"] + heard["mistake"]] == [
        {"__typename": "Query"},
        {"__typename": "Query"},
        ["GRAPHQL_VALIDATION_FAILED"],
    ]
    assert heard["apollo query"] == [{"data": {"__typename": "Query"}}]
    for client in FOLLOWING:
        *steps, last = heard[client]
        told = [step.get("data", step) for step in steps]
        assert [(each.get("done"), each.get("finished")) for each in told] == [(10, False), (1_000, True)], (
            told
        )
        assert last == {"complete": True}, client


def _read(process: subprocess.Popen[str], heard: dict[str, list[Any]]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        told = json.loads(line)
        heard[told.pop("client")].append(told)
