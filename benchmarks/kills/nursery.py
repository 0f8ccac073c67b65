"""A warm process that servers and workers are forked from, so that one that is killed is there again at once.

Started as ``python -m benchmarks.kills.nursery SERVERS``. It says on standard output where so many servers
listen, then takes a line for each process to start, a :class:`Birth` in JSON, and answers with its pid. Its
children are what ``python -m api serve`` and ``worker`` run. It ends, and they with it, when standard input
does.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

import plugins
from api.serving import answer
from api.settings import Settings, load
from api.worker import work
from benchmarks.stage.partners import CHECKOUT, READY_WITHIN, StageError
from schema.build import built_schema

STARTED_WITHIN = 3 * READY_WITHIN
"""Seconds that it gets to load everything, on a machine that does other things as well."""


class Birth(msgspec.Struct, frozen=True, kw_only=True):
    """A process to start."""

    settings: str
    """The settings file."""
    server: int | None = None
    """Which server it is; none for a worker."""


@dataclass
class Nursery:
    """A running nursery, as whoever kills its children sees it."""

    process: subprocess.Popen[str]
    addresses: list[str]

    @classmethod
    def start(cls, servers: int, log: Path) -> Self:
        """Start one.

        Args:
            servers: how many servers there are to be.
            log: where it and its children write what they say.

        Raises:
            StageError: it did not start.
        """
        with log.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-m", "benchmarks.kills.nursery", str(servers)],
                cwd=CHECKOUT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
            )
        nursery = cls(process, [])
        said = nursery._line()
        if not said:
            process.kill()
            nursery.stop()
            message = f"the nursery did not start; it said: {log.read_text('utf-8')[-500:]}"
            raise StageError(message)
        nursery.addresses = json.loads(said)
        return nursery

    def fork(self, birth: Birth) -> int:
        """Start a child; its pid."""
        assert self.process.stdin is not None  # noqa: S101  # a pipe, as asked for
        self.process.stdin.write(f"{msgspec.json.encode(birth).decode()}\n")
        self.process.stdin.flush()
        return int(self._line())

    def stop(self) -> None:
        """End it with its children."""
        assert self.process.stdin is not None  # noqa: S101  # a pipe, as asked for
        self.process.stdin.close()
        self.process.wait(READY_WITHIN)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _line(self) -> str:
        assert self.process.stdout is not None  # noqa: S101  # a pipe, as asked for
        readable, _, _ = select.select([self.process.stdout], [], [], STARTED_WITHIN)
        return self.process.stdout.readline() if readable else ""


def main(servers: str) -> int:
    """Fork children until standard input ends."""
    for module in pkgutil.iter_modules(plugins.__path__):
        importlib.import_module(f"plugins.{module.name}")
    # Made once: each child has it as it is, and spends no seconds on it.
    built_schema()
    listeners = [_listener() for _ in range(int(servers))]
    addresses = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in listeners]
    print(json.dumps(addresses), flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who is killed is not waited for
    gc.collect()
    gc.freeze()
    children: list[int] = []
    for line in sys.stdin:
        birth = msgspec.json.decode(line, type=Birth)
        settings = load(Path(birth.settings), environ={})
        children.append(_fork(settings, None if birth.server is None else listeners[birth.server]))
        print(children[-1], flush=True)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return 0


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # stays open while the server is dead, as behind a load balancer
    return listener


def _fork(settings: Settings, listener: socket.socket | None) -> int:
    """Start a server on a listener, or a worker where there is none."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(2, 1)
        if listener is None:
            asyncio.run(work(settings))
        else:
            asyncio.run(answer(settings, listener))
        code = 0
    except BaseException:  # noqa: BLE001  # nobody else tells
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
