"""What the log says of failing plugins and partners: once while it goes on, in no stranger's words."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable

from c360.errors import ConnectorError, ProblemCode, RetryLater, place

AGAIN = 60.0
"""Seconds after which a line that was written already is written again, with how often it came meanwhile."""

_MOST = 64
"""Different lines that are remembered of one instance."""

_OURS = ("c360.", "connectors.", "plugins.")
"""Whose messages are known to quote nobody: the SDK's, the host's, and those of the shipped plugins,
which the conformance suite reads. A stranger's may hold anything."""

_LONGEST = 86_400.0
"""Seconds: longer waits than a day are not passed on."""

_log = logging.getLogger(__name__)


class Complaints:
    """The lines of one instance.

    Args:
        instance: its id.
        plugin: its plugin, as the settings name it.
    """

    def __init__(self, instance: str, plugin: str) -> None:
        self._instance = instance
        self._plugin = plugin
        self._lines: dict[str, tuple[float, int]] = {}

    def partner(self, what: str, error: ConnectorError) -> None:
        """The partner kept the connector from doing something."""
        self._say(logging.WARNING, f"{self._instance} could not {what}: {said(error)}")

    def contract(self, wrong: object) -> None:
        """The plugin did what the contract does not allow. The text is the host's own."""
        self._say(logging.ERROR, f"plugin {self._plugin} of {self._instance} broke the contract: {wrong}")

    def fault(self, error: BaseException) -> None:
        """The plugin raised what it should not."""
        self._say(logging.ERROR, f"plugin {self._plugin} of {self._instance} failed: {place(error)}")

    def _say(self, level: int, line: str) -> None:
        now = asyncio.get_running_loop().time()
        when, kept_back = self._lines.pop(line, (-math.inf, 0))
        if when <= now < when + AGAIN:
            self._lines[line] = (when, kept_back + 1)
            return
        while len(self._lines) >= _MOST:
            del self._lines[next(iter(self._lines))]
        self._lines[line] = (now, 0)
        if kept_back:
            _log.log(level, "%s (and %d times more in between)", line, kept_back)
        else:
            _log.log(level, "%s", line)


def said(error: ConnectorError) -> str:
    """What may be repeated of a connector's error: its message only where it is none of a stranger's."""
    if _ours(error):
        return str(error)
    code = error.code.value if isinstance(error.code, ProblemCode) else "no code of ours"
    return f"{place(error)} ({code})"


def sayable(error: ConnectorError) -> ConnectorError:
    """The error itself, or one like it that says no more than may be said."""
    if _ours(error):
        return error
    code = error.code if isinstance(error.code, ProblemCode) else ProblemCode.CONNECTOR_FAULT
    if isinstance(error, RetryLater):
        return RetryLater(said(error), code=code, retry_after=patience(error))
    kind: Callable[..., ConnectorError] = next(
        (each for each in type(error).__mro__ if each.__module__ == "c360.errors"), ConnectorError
    )
    return kind(said(error), code=code)


def patience(error: ConnectorError) -> float | None:
    """Seconds that the partner asked to wait, where they make sense."""
    wait = error.retry_after if isinstance(error, RetryLater) else None
    if not isinstance(wait, int | float) or not 0 <= wait <= _LONGEST:
        return None
    return float(wait)


def _ours(error: ConnectorError) -> bool:
    trace = error.__traceback__
    if trace is None:
        return False
    while trace.tb_next is not None:
        trace = trace.tb_next
    return str(trace.tb_frame.f_globals.get("__name__", "")).startswith(_OURS)
