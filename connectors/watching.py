"""Notices when a plugin blocks the event loop, and says which one, and where.

A thread asks the loop for a sign of life every ``PERIOD`` while plugins are at work. Where none comes, it
looks at what the loop's thread is doing: the innermost frame of a plugin is to blame, unless the host's own
code runs inside it. Nothing happens while no plugin works, and the thread ends after ``IDLE``.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

PERIOD = 0.02
"""Seconds between two questions. A stall is measured to half of it."""

LONGEST = 0.05
"""Seconds that a plugin may hold the loop."""

IDLE = 2.0
_LOOK = 0.005
"""Seconds between two looks at a loop that does not answer."""

_log = logging.getLogger(__name__)

Blame = Callable[[str, float], None]
"""Told of a stall: the plugin's root module, and the seconds."""


class Watchdog:
    """Watches one event loop.

    Args:
        plugins: what the plugins are called, by their root modules, such as ``plugins.banking``.
        blame: called in the loop when one of them blocked it.
    """

    def __init__(self, plugins: Mapping[str, str], blame: Blame) -> None:
        self._plugins = dict(plugins)
        self._blame = blame
        self._under_way = 0
        self._work = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0

    def enter(self) -> None:
        """A plugin begins a piece of work, in the event loop that is running."""
        self._under_way += 1
        if not self._work.is_set():
            self._begin()

    def leave(self) -> None:
        """A piece of work ended."""
        self._under_way -= 1
        if not self._under_way:
            self._work.clear()

    def _begin(self) -> None:
        with self._lock:
            self._loop = asyncio.get_running_loop()
            self._loop_thread = threading.get_ident()
            self._work.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="c360 watchdog", daemon=True)
                self._thread.start()

    def _watch(self) -> None:
        while True:
            if not self._work.wait(IDLE):
                with self._lock:
                    if not self._work.is_set():
                        self._thread = None
                        return
                continue
            loop = self._loop
            if loop is None or not self._ask(loop):
                self._work.clear()  # the loop has ended; the next one to work says so

    def _ask(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Ask for a sign of life and look on until it comes; whether the loop is still there.

        Lasts a period at least. The loop notes its sign and wakes nobody: to hand it over to a thread that
        waits for it takes the loop longer than all else that it does here.
        """
        signs: list[float] = []
        asked = time.perf_counter()
        try:
            loop.call_soon_threadsafe(_sign, signs)
        except RuntimeError:
            return False
        time.sleep(PERIOD)
        seen: Counter[tuple[str, str]] = Counter()
        looks = 0
        while not signs:
            if loop.is_closed():
                return False
            looks += 1
            found = self._culprit(sys._current_frames().get(self._loop_thread))  # noqa: SLF001  # documented
            if found is not None:
                seen[found] += 1
            # Often enough that what is seen most is what held the loop; slower the longer it lasts.
            time.sleep(_LOOK * (1 + looks / 20))
        took = signs[0] - asked + PERIOD / 2
        if took >= LONGEST and seen:
            (module, where), times = seen.most_common(1)[0]
            if times * 2 >= looks:
                loop.call_soon_threadsafe(self._tell, module, where, took)
        return True

    def _culprit(self, frame: FrameType | None) -> tuple[str, str] | None:
        """The plugin whose code the loop is in, and where; none where it is the host's or another's."""
        while frame is not None:
            name = str(frame.f_globals.get("__name__", ""))
            if name.startswith("connectors.") or (
                name == "asyncio.events" and frame.f_code.co_name == "_run"
            ):
                return None
            for module in self._plugins:
                if name == module or name.startswith(f"{module}."):
                    return module, f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"
            frame = frame.f_back
        return None

    def _tell(self, module: str, where: str, seconds: float) -> None:
        _log.error(
            "plugin %s blocked the event loop for %.0f ms at %s; nobody is answered meanwhile",
            self._plugins[module],
            seconds * 1000,
            where,
        )
        self._blame(module, seconds)


def _sign(signs: list[float]) -> None:
    """A sign of life: when it was given."""
    signs.append(time.perf_counter())


def root_module(module: str) -> str:
    """The package that a plugin's module belongs to: what its frames are known by."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "plugins" else parts[0]
