"""Logging: to standard error, as lines for people or as JSON, without personal data.

Nothing that a caller or a partner sent is logged by the application; the HTTP client's own lines,
which carry whole addresses, are switched off.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Collection
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import msgspec

from api.observing.asking import asking
from c360.errors import place

CONNECTIONS = "uvicorn.error.connections"
"""Where the library tells of single connections: with addresses and query strings, which may hold a token."""
NOISY = ("httpx", "httpcore", "asyncio", "aiosqlite", "alembic", "uvicorn.access")


_log = logging.getLogger(__name__)
_CAPITAL = re.compile("([A-Z])")
_OWN = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {
    "message",
    "asctime",
    "taskName",
}
"""What every record has: the rest was given to say more."""
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Lines(logging.Formatter):
    """A line for people; of an exception its type and places, since its message may quote a person."""

    def format(self, record: logging.LogRecord) -> str:
        """Render the record, not with an exception's text that another handler left on it."""
        record.exc_text = None
        return super().format(record)

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802  # the library's name
        """Render an exception."""
        return f"  {place(ei[1], lines=3)}" if ei[1] is not None else ""


class JsonLines(logging.Formatter):
    """One JSON object a line: what happened, where, and in answer to which request.

    Args:
        hidden: names under which nothing is written, whatever stands there: fields that the graph marks
            as personal.
    """

    def __init__(self, hidden: Collection[str] = ()) -> None:
        super().__init__()
        self.hidden: set[str] = set(hidden)
        """Names may come later, when the graph is known."""

    def format(self, record: logging.LogRecord) -> str:
        """Render the record, in the order in which it is read."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        request = asking()
        if request is not None:
            line["request"] = request.id
        for name, value in record.__dict__.items():
            if name not in _OWN and not name.startswith("_"):
                line[name] = "…" if name in self.hidden else value
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = place(record.exc_info[1], lines=3)
        return msgspec.json.encode(line, enc_hook=lambda value: type(value).__name__).decode()


def configure(level: str, *, json: bool, hidden: Collection[str] = ()) -> None:
    """Set up the process's logging once, from the composition root.

    Args:
        level: the lowest that is written.
        json: one JSON object a line, instead of lines for people.
        hidden: names of fields under which nothing is written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonLines(hidden) if json else Lines("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Whoever sends what is no request gets an answer, and a line that says so without what it was.
    logging.getLogger(CONNECTIONS).setLevel(logging.ERROR)
    # Strawberry writes the failing query with its traceback; the engine reports errors by itself.
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL + 1)


def hide(names: Collection[str]) -> None:
    """Write nothing under these names any more, in whatever case they are spelt.

    Args:
        names: of fields of the graph, in its spelling.
    """
    spelt = {*names, *(_CAPITAL.sub(r"_\1", name).lower() for name in names)}
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, JsonLines):
            handler.formatter.hidden |= spelt


def report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what goes wrong in an event loop where nobody waits for it. See ``set_exception_handler``.

    The library's own line shows tasks and exceptions as they are, with whatever they hold.
    """
    error = context.get("exception")
    _log.error("%s: %s", context.get("message"), place(error, lines=3) if error else "no exception")
