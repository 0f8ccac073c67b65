"""The texts of generated code: kept small, and shown in tracebacks and debuggers as a file's would be."""

from __future__ import annotations

import itertools
import linecache
import weakref
import zlib
from types import CodeType
from typing import Any


class Texts:
    """The generated functions of one operation; forgotten with it.

    Args:
        name: Of the operation.
    """

    def __init__(self, name: str) -> None:
        self._folder = f"compiled/{name}-{next(_numbers)}"
        self._files: list[str] = []
        weakref.finalize(self, _forget, self._files).atexit = False

    def compiled(self, name: str, text: str) -> CodeType:
        """The code of one function.

        Args:
            name: Of the function.
            text: Its definition.
        """
        file = f"{self._folder}/{name}"
        packed = zlib.compress(text.encode(), 1)
        lines: Any = (lambda: zlib.decompress(packed).decode(),)
        linecache.cache[file] = lines  # unpacked when a line of it is asked for
        self._files.append(file)
        module = compile(text, file, "exec", dont_inherit=True)
        return next(one for one in module.co_consts if isinstance(one, CodeType))


_numbers = itertools.count(1)
"""Operations of the same name are told apart."""


def _forget(files: list[str]) -> None:
    for file in files:
        linecache.cache.pop(file, None)
