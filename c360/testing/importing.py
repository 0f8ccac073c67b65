"""A script that imports a plugin in an interpreter of its own and tells what that did.

Its one argument is JSON: the search path, the module, its file, and the paths of the plugin's source. What a
library does when the plugin imports it is not the plugin's: the nearest frame outside the standard library
counts.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from types import FrameType
from typing import Any

_WATCHED = {
    "socket.connect": "connects to a network",
    "socket.bind": "opens a port",
    "socket.getaddrinfo": "looks up a host",
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "open": "writes a file",
    "os.putenv": "changes the environment",
    "_thread.start_new_thread": "starts a thread",
    "time.sleep": "waits",
    "os.mkdir": "makes a folder",
    "os.remove": "removes a file",
    "sqlite3.connect": "opens a database",
}
_LIBRARY = (os.path.dirname(os.__file__) + os.sep, "<frozen")  # noqa: PTH120  # pathlib would be imported for it


class Guard:
    """Notes what is done while the plugin's own code is the one that does it."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        self._roots = roots
        self.found: list[str] = []

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """An audit hook; see :func:`sys.addaudithook`."""
        if event not in _WATCHED or not self._guilty(sys._getframe(1)):  # noqa: SLF001  # who did it
            return
        if event != "open" or (isinstance(args[1], str) and set(args[1]) & set("wax+")):
            self.found.append(_WATCHED[event])

    def environment(self) -> None:
        """Note reads of environment variables, which no audit event tells."""
        kind: Any = type(os.environ)
        read = kind.__getitem__

        def watched(environ: Any, name: str) -> Any:
            if self._guilty(sys._getframe(1)):  # noqa: SLF001  # who did it
                self.found.append("reads the environment")
            return read(environ, name)

        kind.__getitem__ = watched

    def write(self, text: str) -> None:
        """What is printed; stands in for standard output."""
        if text.strip():
            self.found.append("prints")

    def flush(self) -> None:
        """See :meth:`write`."""

    def _guilty(self, frame: FrameType | None) -> bool:
        while frame is not None:
            name = frame.f_code.co_filename
            if name != __file__ and (not name.startswith(_LIBRARY) or "site-packages" in name):
                return name.startswith(self._roots)
            frame = frame.f_back
        return False


def _import(module: str, file: str) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise
        spec = importlib.util.spec_from_file_location("plugin_under_test", file)
        if spec is None or spec.loader is None:
            raise
        made = importlib.util.module_from_spec(spec)
        sys.modules[made.__name__] = made
        spec.loader.exec_module(made)


def main() -> None:
    """Import, and print what that did as JSON."""
    told = json.loads(sys.argv[1])
    sys.path[:] = told["path"]
    sys.dont_write_bytecode = True
    guard = Guard(tuple(told["roots"]))
    guard.environment()
    out = sys.stdout
    sys.stdout = guard
    sys.addaudithook(guard.audit)
    _import(told["module"], told["file"])
    out.write(json.dumps(list(dict.fromkeys(guard.found))))
    out.flush()


if __name__ == "__main__":
    main()
