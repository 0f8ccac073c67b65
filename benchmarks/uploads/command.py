"""``python -m benchmarks uploads``: a million rows from a file into the database, through real processes."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from benchmarks.uploads.scene import (
    Hub,
    State,
    announced,
    begun,
    environment,
    keep,
    postgres,
    sent,
    written,
)
from benchmarks.workloads.bulk import CUSTOMERS
from store.data_bulk import UploadKind, UploadState

_EVERY = 1.0
"""Seconds between two looks at the job."""
_TABLES = {
    UploadKind.CUSTOMERS: "customer",
    UploadKind.INTERACTIONS: "interaction",
    UploadKind.JOURNEYS: "touchpoint",
    UploadKind.BOOKINGS: "booking",
}
_UNDER_WAY = (UploadState.QUEUED.value, UploadState.RUNNING.value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Take an upload through; exit code 1 where a row was lost or came twice, 3 where the time was over."""
    parser = argparse.ArgumentParser(
        prog="benchmarks uploads",
        description="Send a file over HTTP to a server on PostgreSQL, kill the server with SIGKILL in the "
        "middle and go on, let a worker take the rows in, kill that in the middle too, and count what is "
        "there. With --folder a run that is broken off is gone on with by the same command.",
    )
    kinds = [kind.value.lower() for kind in UploadKind]
    parser.add_argument("--rows", type=int, default=1_000_000, help="how many (default 1000000)")
    parser.add_argument("--kind", choices=kinds, default="customers", help="of what (default customers)")
    parser.add_argument("--folder", type=Path, help="where everything is kept, to go on there")
    parser.add_argument("--seconds", type=float, default=86_400, help="stop after these, to be gone on with")
    parser.add_argument("--no-kills", action="store_true", help="let everybody live")
    options = parser.parse_args(arguments)
    until = time.monotonic() + options.seconds
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="c360-up-")))
        folder.mkdir(parents=True, exist_ok=True)
        server, address, process = stack.enter_context(postgres(folder.resolve()))
        state = begun(folder, server, UploadKind(options.kind.upper()), options.rows)
        url = make_url(address).set(database=state.database).render_as_string(hide_password=False)
        if options.no_kills:
            state.server_killed = state.worker_killed = True
        hub = Hub(folder, url)
        stack.callback(hub.close)
        run = _Run(folder, hub, state, process)
        if not run.through(until):
            print(f"broken off; go on with the same command and --folder {folder}")
            return 3
        return run.told(url)


class _Run:
    """One upload, from its announcement to what is there in the end."""

    def __init__(self, folder: Path, hub: Hub, state: State, database: int) -> None:
        self._folder = folder
        self._hub = hub
        self._state = state
        self._database = database

    def through(self, until: float) -> bool:
        """Whether the job came to its end before the time was over."""
        state = self._state
        if not state.path:
            if state.kind is not UploadKind.CUSTOMERS:
                self._customers()
            file = written(self._folder, state.kind, state.rows)
            state.path = announced(self._hub, state.kind, file)
            keep(self._folder, state)
        if self._job()["state"] == UploadState.RECEIVING.value:
            file = written(self._folder, state.kind, state.rows)
            took = sent(self._hub, state.path, file, self._kills_server)
            print(f"{file.stat().st_size / 1e6:,.0f} MB sent in {took:.1f} s", flush=True)
            keep(self._folder, state)
        return self._follow(until)

    def _customers(self) -> None:
        """Those whom other rows are about."""
        file = written(self._folder, UploadKind.CUSTOMERS, CUSTOMERS)
        path = announced(self._hub, UploadKind.CUSTOMERS, file)
        sent(self._hub, path, file, lambda _: False)
        while self._hub.client.get(path).json()["state"] in _UNDER_WAY:
            time.sleep(_EVERY)

    def _kills_server(self, share: float) -> bool:
        due = share >= 0.5 and not self._state.server_killed
        self._state.server_killed |= due
        return due

    def _job(self) -> Any:
        answer = self._hub.client.get(self._state.path)
        answer.raise_for_status()
        return answer.json()

    def _follow(self, until: float) -> bool:
        state, hub = self._state, self._hub
        job = self._job()
        rows, told, at, began, killed = (
            job["rows"]["read"],
            0,
            time.monotonic(),
            hub.used(self._database),
            0.0,
        )
        while job["state"] in _UNDER_WAY:
            if time.monotonic() > until:
                keep(self._folder, state)
                return False
            time.sleep(_EVERY)
            job, now, used = self._job(), time.monotonic(), hub.used(self._database)
            read = job["rows"]["read"]
            if killed and read > rows:
                state.waited, killed = now - killed, 0.0
            elif not killed and read:
                state.seconds += now - at
                for name, (process, seconds) in used.items():
                    before = began.get(name, (0, 0.0))
                    spent = seconds - (before[1] if before[0] == process else 0.0)
                    state.processor[name] = state.processor.get(name, 0.0) + spent
                for name, mebibytes in hub.held().items():
                    state.memory.setdefault(name, []).append(round(mebibytes, 1))
            rows, at, began = read, now, used
            if read * 20 // state.rows > told:
                told = read * 20 // state.rows
                self._say(read)
            if not state.worker_killed and read >= state.rows // 2:
                hub.kill("worker")
                state.worker_killed, killed = True, time.monotonic()
                hub.start("worker")
            keep(self._folder, state)
        return True

    def _say(self, read: int) -> None:
        state = self._state
        held = ", ".join(f"{name} {samples[-1]:.0f} MiB" for name, samples in state.memory.items())
        rate = read / state.seconds if state.seconds else 0.0
        print(f"{read:>9,} rows, {rate:,.0f} a second; {held}; {environment()}", flush=True)

    def told(self, url: str) -> int:
        """Say what was measured; exit code 1 where not every row is there once."""
        state, job = self._state, self._job()
        rows = job["rows"]
        report = self._hub.client.get(f"{state.path}/report").text.splitlines()
        with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False)) as database:
            table = _TABLES[state.kind]
            there = database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608  # our own
        whole = (
            job["state"] == UploadState.DONE.value
            and (rows["read"], rows["failed"], len(report)) == (state.rows, 0, 1)
            and there == (state.rows,)
        )
        spent = ", ".join(
            f"{name} {seconds / state.rows * 1e6:.0f}" for name, seconds in sorted(state.processor.items())
        )
        print(
            f"{job['state']}: {rows}, {there and there[0]:,} in the database: {'held' if whole else 'MISSED'}"
        )
        print(f"{state.rows / state.seconds:,.0f} rows a second ({state.seconds:.0f} s); µs a row: {spent}")
        print(f"rows again {state.waited:.1f} s after the worker was killed")
        for name, samples in state.memory.items():
            quarter = max(1, len(samples) // 4)
            first, last = max(samples[:quarter]), max(samples[-quarter:])
            print(f"{name}: {first:.0f} MiB at the most in the first quarter, {last:.0f} in the last")
        return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
