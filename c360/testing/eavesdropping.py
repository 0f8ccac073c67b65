"""Hears what a connector under test logs, prints and raises: nothing secret may be in it."""

from __future__ import annotations

import contextlib
import io
import logging
import traceback
import warnings
from collections.abc import Iterator


class Ear(logging.Handler):
    """Collects everything that is said while it listens."""

    def __init__(self) -> None:
        super().__init__(level=logging.NOTSET)
        self.logged: list[str] = []
        """Log lines of every level, with the text of their exceptions."""
        self.printed = ""
        """What went to standard output and standard error."""
        self.errors: list[BaseException] = []
        """Errors that the connector raised or yielded."""

    def emit(self, record: logging.LogRecord) -> None:
        """See :class:`logging.Handler`."""
        text = f"{record.name}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1]))
        self.logged.append(text)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to the root logger at every level, and to what is printed."""
        root = logging.getLogger()
        level, kept = root.level, root.handlers[:]
        root.handlers[:] = [self]
        root.setLevel(logging.DEBUG)
        out = io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), warnings.catch_warnings():
                yield
        finally:
            root.setLevel(level)
            root.handlers[:] = kept
            self.printed += out.getvalue()
