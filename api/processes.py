"""Processes: what a start leaves behind, how one is asked to stop, and children that end in order."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence

GRACE = 5.0
"""Seconds a child has to stop cleanly."""
_COLLECTING = (10_000, 20, 10)
"""When garbage is looked for: what requests and feeds make is freed without, but for the rare cycle."""


def settled() -> None:
    """Let the collector look for garbage from now on, and never among what the start made.

    That stays, and next to nothing of it is garbage: looking through it, now or in every collection, would
    only cost time. While a process starts its collector is best switched off.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECTING)
    gc.enable()


def stop_event() -> asyncio.Event:
    """An event of the running loop that Ctrl-C and SIGTERM set, instead of ending the process."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


class Children:
    """The processes of one supervisor, started in order and stopped in reverse."""

    def __init__(self) -> None:
        self._running: list[tuple[str, Process]] = []

    async def start(self, name: str, arguments: Sequence[str], *, listen: bool = False) -> Process:
        """Start ``python -m …`` in a session of its own, so that Ctrl-C reaches the supervisor alone.

        Args:
            name: what to call it in messages.
            arguments: after ``python -m``.
            listen: read its standard output.
        """
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if listen else None,
            start_new_session=True,
        )
        self._running.append((name, process))
        return process

    async def first_to_end(self) -> tuple[str, int]:
        """Wait until one of them ends by itself: its name and exit code."""
        waits = {asyncio.ensure_future(process.wait()): name for name, process in self._running}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            first = done.pop()
            return waits[first], first.result()
        finally:
            for wait in waits:
                wait.cancel()

    async def stop(self) -> None:
        """Ask each to stop, the last started first; what does not stop in time is ended."""
        for _, process in reversed(self._running):
            if process.returncode is not None:
                continue
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), GRACE)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        self._running.clear()
