"""Logging: to standard error, as lines for people or as JSON, without personal data.

Nothing that a caller or a partner sent is logged by the application; the HTTP client's own lines,
which carry whole addresses, are switched off.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Collection, Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import msgspec
import structlog

from api.observing.asking import asking
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


class JsonLines(structlog.stdlib.ProcessorFormatter):
    """One JSON object a line: what happened, where, and in answer to which request.

    Args:
        hidden: names under which nothing is written, whatever stands there: fields that the graph marks
            as personal.
    """

    def __init__(self, hidden: Collection[str] = ()) -> None:
        super().__init__(
            foreign_pre_chain=[
                structlog.stdlib.ExtraAdder(),
                _request,
                _redacted(frozenset(hidden)),
            ],
            processors=[_line, structlog.processors.JSONRenderer(serializer=_encoded)],
        )


def _request(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    request = asking()
    if request is not None:
        event["request"] = request.id
    return event


def _redacted(hidden: frozenset[str]) -> structlog.typing.Processor:
    def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        for name in hidden & event.keys():
            event[name] = "…"
        return event

    return redact


def _line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The line of an event, in the order in which it is read."""
    record: logging.LogRecord = event.pop("_record")
    error = event.pop("exc_info", None)
    line = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "message": event.pop("event"),
        **{name: value for name, value in event.items() if not name.startswith("_")},
    }
    if isinstance(error, tuple) and error[1] is not None:
        line["error"] = place(error[1], lines=3)
    return line


def _encoded(line: Any, **_: Any) -> str:
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
    # Strawberry writes the failing query with its traceback; the engine reports errors by itself.
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL + 1)


def report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what goes wrong in an event loop where nobody waits for it. See ``set_exception_handler``.

    The library's own line shows tasks and exceptions as they are, with whatever they hold.
    """
    error = context.get("exception")
    _log.error("%s: %s", context.get("message"), place(error, lines=3) if error else "no exception")
