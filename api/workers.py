"""Several processes that answer at one address, and are replaced without a request being lost.

The supervisor listens and answers nothing. Each worker takes the clients of one of its sockets, which stay
open whoever comes and goes: a client that connects meanwhile waits for the next. On SIGHUP it starts as many
new ones, which read the settings and the program anew; only once all of them answer are the old ones asked to
end, which answer what they have begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.sharing import Shared

READY_WITHIN = 60.0
"""Seconds until a new worker has to answer."""
LEAVING = 40.0
"""Seconds that a worker has to answer what it has begun: longer than any operation may take."""
_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds until a worker that ended by itself is replaced, the longer the more often it happened."""
_STEADY = 60.0
"""Seconds after which what happened before is forgotten."""
_log = logging.getLogger(__name__)


@dataclass
class Worker:
    """A process that answers, or will."""

    place: int
    """Its number among those that answer together, from 0."""
    process: Process
    told: asyncio.StreamReader
    metrics: int = 0
    """Port of its metrics on loopback."""

    async def ready(self) -> None:
        """Wait until it answers.

        Raises:
            WorkerError: it ended before, or takes too long.
        """
        try:
            async with asyncio.timeout(READY_WITHIN):
                line = await self.told.readline()
        except TimeoutError:
            raise WorkerError(f"a worker does not answer after {READY_WITHIN:g} s") from None
        if not line:
            raise WorkerError("a worker ended before it answered; its own lines say why")
        self.metrics = json.loads(line)["metrics"]

    def ask(self, number: signal.Signals) -> None:
        """Send it a signal, where it is still there."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)


class WorkerError(Exception):
    """A worker does not come up."""


@dataclass
class Supervisor:
    """Keeps a worker answering on each of some sockets; :meth:`run` does it until it is told to end."""

    listeners: Sequence[socket.socket]
    command: Sequence[str]
    """Arguments of the interpreter that start a worker, with ``--share`` and :class:`Shared` behind them."""
    answering: list[Worker] = field(default_factory=list)
    _leaving: set[asyncio.Task[None]] = field(default_factory=set)
    _alive: tuple[int, int] = field(default_factory=os.pipe)
    """A pipe that nobody writes to: workers see it close when the supervisor is gone, however that came."""

    async def run(self, stopped: asyncio.Event, again: asyncio.Event) -> bool:
        """Keep workers answering.

        Args:
            stopped: ends it when it is set.
            again: has all workers replaced when it is set.

        Returns:
            Whether they ever answered.
        """
        try:
            self.answering = await self._started(range(len(self.listeners)))
        except WorkerError as error:
            _log.error("%s", error)  # the message says all
            return False
        _log.info("%d workers answer", len(self.listeners))
        keeping = [asyncio.create_task(self._keep(each)) for each in self.answering]
        try:
            while not await _either(stopped, again):
                again.clear()
                fresh = await self._replaced(stopped)
                if fresh:
                    for task in keeping:
                        task.cancel()
                    keeping = [asyncio.create_task(self._keep(each)) for each in fresh]
        finally:
            for task in keeping:
                task.cancel()
        return True

    def metrics(self) -> Mapping[int, int]:
        """The port of each answering worker's metrics, by its place."""
        return {each.place: each.metrics for each in tuple(self.answering) if each.metrics}

    async def end(self, number: signal.Signals) -> None:
        """Have every worker end by a signal, and wait for it."""
        for each in self.answering:
            self._leave(each, number)
        self.answering = []
        while self._leaving:
            await asyncio.wait(set(self._leaving))

    def kill(self) -> None:
        """End the workers that are leaving without waiting for what they answer."""
        for task in self._leaving:
            task.cancel()

    async def _replaced(self, stopped: asyncio.Event) -> Sequence[Worker]:
        """The workers that answer in place of those before; none where they did not come up."""
        _log.info("replacing %d workers", len(self.listeners))
        starting = asyncio.ensure_future(self._started(range(len(self.listeners))))
        stopping = asyncio.ensure_future(stopped.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.wait({starting})
            return ()
        try:
            fresh = starting.result()
        except WorkerError as error:
            _log.error("%s; those before go on", error)  # the message says all
            return ()
        before, self.answering = self.answering, list(fresh)
        for each in before:
            self._leave(each, signal.SIGTERM)
        _log.info("%d new workers answer", len(fresh))
        return fresh

    async def _started(self, places: Sequence[int]) -> list[Worker]:
        """New workers, all of which answer.

        Raises:
            WorkerError: one does not; none is left then.
        """
        made: list[Worker] = []
        try:
            for place in places:
                fresh = await self._start(place)
                made.append(fresh)
            async with asyncio.TaskGroup() as waiting:
                for each in made:
                    waiting.create_task(each.ready())
        except BaseException as error:
            for each in made:
                self._leave(each, signal.SIGKILL)
            if isinstance(error, ExceptionGroup):
                raise error.exceptions[0] from None
            raise
        return made

    async def _start(self, place: int) -> Worker:
        """Start a process in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        told, tells = os.pipe()
        shared = Shared(self.listeners[place].fileno(), tells, self._alive[0])
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self.command,
                "--share",
                shared.written(),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=shared,
                start_new_session=True,
            )
        finally:
            os.close(tells)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(told, "rb")
        )
        return Worker(place, process, reader)

    async def _keep(self, worker: Worker) -> None:
        """Put another in a worker's place whenever it ends by itself."""
        ended, loop = 0, asyncio.get_running_loop()
        while True:
            began = loop.time()
            code = await worker.process.wait()
            ended = 0 if loop.time() - began > _STEADY else ended
            pause = _PAUSES[min(ended, len(_PAUSES) - 1)]
            ended += 1
            _log.error("worker %d ended (%s); another one starts in %g s", worker.place, code, pause)
            await asyncio.sleep(pause)
            try:
                (fresh,) = await self._started([worker.place])
            except WorkerError as error:
                _log.error("%s", error)  # the message says all
                continue
            self.answering[self.answering.index(worker)] = worker = fresh

    def _leave(self, worker: Worker, number: signal.Signals) -> None:
        task = asyncio.create_task(_left(worker, number))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


async def _left(worker: Worker, number: signal.Signals) -> None:
    """Ask a worker to end, and end it where it does not."""
    worker.ask(number)
    try:
        async with asyncio.timeout(LEAVING):
            await worker.process.wait()
    except (TimeoutError, asyncio.CancelledError):
        worker.ask(signal.SIGKILL)
        await worker.process.wait()


async def _either(stopped: asyncio.Event, again: asyncio.Event) -> bool:
    """Whether the first of two events, before or with the second, was set."""
    waits = [asyncio.ensure_future(each.wait()) for each in (stopped, again)]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for each in waits:
        each.cancel()
    return stopped.is_set()
