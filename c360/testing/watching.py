"""Watches what a plugin's own code calls: clocks, waits, files, sockets, the environment.

A profile function sees every call of a C function with the frame that makes it; only frames of the plugin's
own files count, so that a library may do as it pleases.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import Any

_CLOCKS = frozenset({"now", "utcnow", "today"})
_TIMES = frozenset({"time", "time_ns", "localtime", "gmtime", "ctime"})
_ENVIRONMENT = frozenset({"getenv", "get", "__getitem__", "__contains__", "copy", "items", "keys"})


class Watch:
    """What a plugin's code was seen to do, by topic: places in its source, such as ``feeds.py:31``."""

    def __init__(self, source: Path | None) -> None:
        self._roots = _roots(source)
        self.clocks: set[str] = set()
        """Reads of another clock than ``ctx.now``."""
        self.environment: set[str] = set()
        """Reads of environment variables."""
        self.blocking: set[str] = set()
        """Waits, files and sockets: calls that keep the loop from turning."""
        self.threads: set[str] = set()
        """Threads and processes started."""

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch this thread."""
        before = sys.getprofile()
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _profile(self, frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call":
            if self._mine(frame):
                self._called(frame, function)
        elif event == "call":
            caller = frame.f_back
            if caller is not None and self._mine(caller):
                self._entered(frame, caller)

    def _mine(self, frame: FrameType) -> bool:
        return frame.f_code.co_filename.startswith(self._roots) if self._roots else False

    def _called(self, frame: FrameType, function: Any) -> None:
        name = getattr(function, "__name__", "")
        module = getattr(function, "__module__", None) or ""
        owner = getattr(function, "__self__", None)
        if owner in {date, datetime} if isinstance(owner, type) else False:
            if name in _CLOCKS:
                self.clocks.add(_place(frame))
        elif module == "time" and name in _TIMES:
            self.clocks.add(_place(frame))
        elif (
            (module == "time" and name == "sleep")
            or (module in {"io", "_io"} and name == "open")
            or isinstance(owner, socket.socket)
        ):
            self.blocking.add(_place(frame))
        elif module in {"posix", "nt"} and name in {"system", "fork", "posix_spawn"}:
            self.threads.add(_place(frame))

    def _entered(self, frame: FrameType, caller: FrameType) -> None:
        code = frame.f_code
        file, name = code.co_filename, code.co_name
        if name in _ENVIRONMENT and (name == "getenv" or frame.f_locals.get("self") is os.environ):
            self.environment.add(_place(caller))
        elif (file == threading.__file__ and name == "start") or (
            file.endswith("subprocess.py") and name in {"run", "Popen", "__init__", "check_output"}
        ):
            self.threads.add(_place(caller))
        elif (
            (file == socket.__file__ and name in {"create_connection", "getaddrinfo"})
            or file.endswith(("urllib/request.py", "http/client.py"))
            or "/requests/" in file
            or (file.endswith("pathlib.py") and name in {"open", "read_text", "read_bytes", "write_text"})
        ):
            self.blocking.add(_place(caller))


def _roots(source: Path | None) -> tuple[str, ...]:
    if source is None:
        return ()
    return (f"{source}{os.sep}",) if source.is_dir() else (str(source),)


def _place(frame: FrameType) -> str:
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
