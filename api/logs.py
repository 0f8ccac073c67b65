"""Logging: to standard error, as lines for people or as JSON, without personal data.

Nothing that a caller or a partner sent is logged by the application; the HTTP client's own lines,
which carry whole addresses, are switched off.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import msgspec

from c360.errors import place

NOISY = ("httpx", "httpcore", "asyncio", "aiosqlite", "alembic", "uvicorn.access")


_log = logging.getLogger(__name__)
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
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Render the record."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = place(record.exc_info[1], lines=3)
        return msgspec.json.encode(line).decode()


def configure(level: str, *, json: bool) -> None:
    """Set up the process's logging once, from the composition root."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonLines() if json else Lines("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Strawberry writes the failing query with its traceback; the engine reports errors by itself.
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL + 1)


def report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what goes wrong in an event loop where nobody waits for it. See ``set_exception_handler``.

    The library's own line shows tasks and exceptions as they are, with whatever they hold.
    """
    error = context.get("exception")
    _log.error("%s: %s", context.get("message"), place(error, lines=3) if error else "no exception")
