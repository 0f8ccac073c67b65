"""A line of the log for each operation: made at once, written many at a time.

The library's way makes a record of each line, formats it in steps and writes it by itself, which costs more
than all else that is done for a small operation. What a process that is killed had not written is lost, a
quarter of a second at the most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec

from api.observing.asking import asking

NAME = "api.operations"
EVERY = 0.25
"""Seconds for which lines wait at the most."""
MOST = 500
"""Lines that wait at the most."""
_FIELDS = 50
_CHARACTERS = 200
"""Of the root fields: an operation may have a hundred of them."""


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line as JSON, in the order in which it is read."""

    at: str
    level: str
    logger: str
    message: str
    operation: str
    fields: Sequence[str]
    outcome: str
    milliseconds: float
    request: str = ""


class OperationLines:
    """Writes the lines of one process.

    Args:
        write: takes whole lines.
        json: one JSON object a line, instead of lines for people.
        clock: seconds since 1970.
    """

    def __init__(
        self, write: Callable[[str], object], *, json: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self._write = write
        self._made = self._as_json if json else self._for_people
        self._clock = clock
        self._second = (0, "")
        """The latest second in which there was a line, as it is written."""
        self._waiting: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def take(self, kind: str, fields: Sequence[str], outcome: str, seconds: float) -> None:
        """An operation was answered.

        Args:
            kind: ``query``, ``mutation`` or ``subscription``.
            fields: names of its root fields.
            outcome: ``OK``, or the first code of its errors.
            seconds: how long it took.
        """
        self._waiting.append(self._made(kind, fields, outcome, seconds * 1000))
        if len(self._waiting) >= MOST:
            self.flush()
        elif self._timer is None:
            self._timer = _later(self.flush)

    def flush(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            lines, self._waiting = self._waiting, []
            self._write("\n".join(lines) + "\n")

    def _as_json(self, kind: str, fields: Sequence[str], outcome: str, milliseconds: float) -> str:
        request = asking()
        now = self._clock()
        line = _Line(
            f"{self._at(int(now), _utc)}.{int(now % 1 * 1000):03d}+00:00",
            "INFO",
            NAME,
            _message(kind, fields, outcome, milliseconds),
            kind,
            fields[:_FIELDS],
            outcome,
            round(milliseconds, 3),
            "" if request is None else request.id,
        )
        return msgspec.json.encode(line).decode()

    def _for_people(self, kind: str, fields: Sequence[str], outcome: str, milliseconds: float) -> str:
        at = self._at(int(self._clock()), _local)
        return f"{at} INFO    {NAME}: {_message(kind, fields, outcome, milliseconds)}"

    def _at(self, second: int, written: Callable[[int], str]) -> str:
        """A second as it is written; most lines are of the same one as the line before."""
        if self._second[0] != second:
            self._second = (second, written(second))
        return self._second[1]


def _utc(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _local(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


def _message(kind: str, fields: Sequence[str], outcome: str, milliseconds: float) -> str:
    return f"{kind} {','.join(fields)[:_CHARACTERS] or '-'} {outcome} in {milliseconds:.1f} ms"


def _later(work: Callable[[], None]) -> asyncio.TimerHandle | None:
    """Have something done in a while; where no event loop runs, with the next line that comes."""
    try:
        return asyncio.get_running_loop().call_later(EVERY, work)
    except RuntimeError:
        return None
