"""``make run`` from beginning to end: start, ask, interrupt, start again; and what keeps it from starting."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from schema.permissions.roles import ROLES

CHECKOUT = Path(__file__).resolve().parent.parent.parent
COUNT = 8


def free_ports() -> int:
    """The first of eight ports in a row that nobody uses."""
    start = 21000 + os.getpid() % 1000 * COUNT
    for first in range(start, start + 100 * COUNT, COUNT):
        held = []
        try:
            for port in range(first, first + COUNT):
                sock = socket.socket()
                held.append(sock)
                sock.bind(("127.0.0.1", port))
        except OSError:
            continue
        else:
            return first
        finally:
            for sock in held:
                sock.close()
    pytest.fail("no eight free ports in a row")


def _interruptible() -> None:
    """Hear Ctrl-C also where the tests run in the background of a shell, which has it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "api", "demo", "--folder", str(folder), "--port", str(port),
         "--people", "30", "--companies", "3"],
        cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=_interruptible,  # noqa: PLW1509  # nothing else runs here that would hold a lock
    )  # fmt: skip


@contextmanager
def demo(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running demo and what it said."""
    process = start(folder, port)
    try:
        assert process.stdout
        said = ""
        while "Ctrl-C stops everything" not in said:
            line = process.stdout.readline()
            assert line, f"the demo ended: {said}"
            said += line
        yield process, said
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def asked(address: str, token: str, wanted: str, email: str) -> Any:
    """What the demo answers of a customer: their selection, and what follows on it."""
    return httpx.post(
        address,
        headers={"authorization": f"Bearer {token}"},
        json={
            "query": f"query ($email: String!) {{ customer(by: {{email: $email}}) {wanted} }}",
            "variables": {"email": email},
        },
        trust_env=False,
        timeout=30,
    ).json()


def test_start_ask_interrupt_and_start_again(tmp_path: Path) -> None:
    port = free_ports()
    with demo(tmp_path, port) as (_, said):
        email = re.findall(r'email: "([^"]+)"', said)[0]
        address = f"http://127.0.0.1:{port}/graphql"
        tokens = dict(re.findall(r"^  ([a-z-]+) +(ey\S+)$", said, re.MULTILINE))
        assert list(tokens) == list(ROLES)
        assert f"Bearer {tokens['front-end']}" in said
        assert httpx.post(address, json={"query": "{ __typename }"}, trust_env=False).status_code == 401
        answer = asked(
            address,
            tokens["front-end"],
            "{ displayName complete sources { status } banking { accounts { accountId } } }",
            email,
        )
        assert "errors" not in answer
        assert answer["data"]["customer"]["complete"] is True
        assert email in said
        answer = asked(
            address,
            tokens["agent"],
            "{ displayName withheld { reason } } customers(first: 1) { totalCount }",
            email,
        )
        assert answer["data"]["customers"]["totalCount"] == 33
        assert {"reason": "NOT_VERIFIED"} in answer["data"]["customer"]["withheld"]
    assert all_free(port), "something goes on after Ctrl-C"
    with demo(tmp_path, port) as (process, said):
        assert "loaded already" in said
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert all_free(port)


def all_free(first: int) -> bool:
    """Whether nobody listens on the demo's ports any more."""
    for port in range(first, first + COUNT):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return False
    return True


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    port = free_ports()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port + 3))
        taken.listen()
        process = start(tmp_path, port)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert f"port {port + 3} is taken" in said


def test_a_broken_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "c360.db").write_bytes(b"this is not a database at all" * 10)
    process = start(tmp_path, free_ports())
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "c360.db is not a SQLite database" in said
    assert "Traceback" not in said


def test_interrupted_while_starting(tmp_path: Path) -> None:
    port = free_ports()
    process = start(tmp_path, port)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)
    assert process.returncode in {0, 130, -signal.SIGINT}
    assert all_free(port)
    assert "Traceback" not in said or process.returncode == -signal.SIGINT
