"""Starting the other contenders, and making sure that they answer what c360 answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

import httpx
import msgspec
from pyreqwest.client import Client

from benchmarks.race.load import Shot, ask
from benchmarks.race.running import Contender
from benchmarks.stage.partners import CHECKOUT, READY_WITHIN, StageError
from benchmarks.stage.processes import free_port

PEERS = CHECKOUT / "benchmarks" / "peers"
NODE = {
    "apollo": "Apollo Server",
    "yoga": "GraphQL Yoga + graphql-jit",
    "mercurius": "Mercurius + JIT",
    "bare": "bare node:http + graphql-jit",
}
"""Servers of Node.js, by the name of their program."""
STOCK = "strawberry"
OWN = "c360"
NAMES = (OWN, STOCK, *NODE)


class DifferentAnswerError(Exception):
    """A contender does not answer what c360 answers; the message says where."""


def missing() -> str | None:
    """Why there is no Node.js with its packages; ``None`` where there is. Installs them once."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return "Node.js is not installed"
    stamp = PEERS / "node_modules" / ".package-lock.json"
    lock = PEERS / "package-lock.json"
    if stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime:
        return None
    done = subprocess.run(  # noqa: S603  # programs that were looked for
        [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=PEERS,
        capture_output=True,
        text=True,
        check=False,
    )
    return None if done.returncode == 0 else f"npm ci failed: {done.stderr.strip()[-300:]}"


@contextmanager
def started(name: str, facts: Path) -> Iterator[Contender]:
    """A contender for the length of the block.

    Args:
        name: one of :data:`NAMES` but c360's own.
        facts: what it has to know.

    Raises:
        StageError: it did not start.
    """
    port = free_port()
    if name == STOCK:
        command = [sys.executable, "-m", "benchmarks.race.stock", str(facts), str(port)]
    else:
        command = [str(shutil.which("node")), str(PEERS / f"{name}.mjs"), str(facts), str(port)]
    log = facts.with_name(f"{name}.log")
    with log.open("w", encoding="utf-8") as output:
        process = _run(command, output)
        try:
            url = f"http://127.0.0.1:{port}/{'graphql' if name in {'yoga', 'mercurius'} else ''}"
            _await(url, process, log)
            yield Contender(name=name, url=url, process=process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def compare(client: Client, other: Contender, expected: Sequence[tuple[Shot, Any]]) -> None:
    """Ask a contender for what c360 has answered already.

    Raises:
        DifferentAnswerError: it answers something else.
    """
    for shot, answer in expected:
        if difference := differs(answer, await ask(client, other.url, shot)):
            message = f"{other.name} does not answer as {OWN} does: {difference}"
            raise DifferentAnswerError(message)


def differs(expected: Any, found: Any, path: str = "data") -> str | None:
    """Where two answers differ, if they do. Amounts and moments may be written in different ways."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        if expected.keys() != found.keys():
            return f"{path} has {sorted(found)}, not {sorted(expected)}"
        return _first(differs(expected[key], found[key], f"{path}.{key}") for key in expected)
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"{path} has {len(found)} elements, not {len(expected)}"
        pairs = enumerate(zip(expected, found, strict=True))
        return _first(differs(one, other, f"{path}.{place}") for place, (one, other) in pairs)
    same = expected == found or _meant(path, expected) == _meant(path, found)
    return None if same else f"{path} is {found!r}, not {expected!r}"


def _first(found: Iterator[str | None]) -> str | None:
    return next((one for one in found if one), None)


def _meant(path: str, value: Any) -> Any:
    name = path.rpartition(".")[2]
    if name == "amount" and isinstance(value, str):
        return Decimal(value)
    if name.endswith("At") and isinstance(value, str):
        return datetime.fromisoformat(value)
    return value


def _run(command: Sequence[str], output: IO[str]) -> subprocess.Popen[str]:
    environment = {"NODE_ENV": "production", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    if "PYTHONPATH" in os.environ:  # by which another interpreter finds what is installed
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return subprocess.Popen(  # noqa: S603  # our own programs
        command,
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _await(url: str, process: subprocess.Popen[str], log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    body = msgspec.json.encode({"query": "{ __typename }"})
    headers = {"content-type": "application/json"}
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < until and process.poll() is None:
            try:
                if client.post(url, content=body, headers=headers).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
    message = f"{log.stem} did not start; it said: {log.read_text('utf-8')[-800:]}"
    raise StageError(message)
