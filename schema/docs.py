"""Descriptions from Python: a class by its docstring, an enum member by the docstring beneath it.

::

    class SourceState(enum.Enum):
        FRESH = "FRESH"
        \"\"\"Answered live in this operation.\"\"\"

A member of an enum made at run time has its ``__doc__`` set; any other without one is described by
its name in words, and ``OTHER`` as what it is in every enum.
"""

from __future__ import annotations

import ast
import enum
import inspect
import itertools
import re
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

_MARKUP = re.compile(r":(?:class|meth|func|attr|mod|data):`~?(?:[\w.]*\.)?(\w+)`|``([^`]*)``")

_CLASS = re.compile(r"^class (\w+).*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def description(documented: object) -> str:
    """A docstring as GraphQL shows it: one paragraph a line, without Python's markup.

    Raises:
        TypeError: There is none, or only an inherited one.
    """
    text = getattr(documented, "__doc__", None)
    if not text:
        message = f"{documented!r} has no docstring to describe it in the graph"
        raise TypeError(message)
    return prose(text)


def prose(text: str) -> str:
    """Text with its lines joined into paragraphs and its markup taken off."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(_MARKUP.sub(_plain, " ".join(paragraph.split())) for paragraph in paragraphs)


def _plain(match: re.Match[str]) -> str:
    return match[1] or f"`{match[2]}`"


def member_descriptions(kind: type[enum.Enum]) -> dict[str, str]:
    """A description of every member, by its name."""
    written = _written(kind)
    return {
        name: prose(written.get(name, "")) or vars(member).get("__doc__") or _in_words(name)
        for name, member in kind.__members__.items()
    }


def _in_words(name: str) -> str:
    if name == "OTHER":
        return "None of these, or one of the partner's own that this graph does not know."
    return name.replace("_", " ").capitalize() + "."


def _written(kind: type[enum.Enum]) -> Mapping[str, str]:
    """What is written beneath the members of an enum at the top of its module, by their names."""
    # Of a module with enums these are a small part: to parse all of it would take ten times as long.
    own = _classes(kind.__module__).get(kind.__qualname__)
    if own is None:
        return {}
    (node,) = ast.parse(own).body
    return _beneath(node.body) if isinstance(node, ast.ClassDef) else {}


@lru_cache(maxsize=8)
def _classes(module: str) -> Mapping[str, str]:
    """The source of every class at the top of a module, by name."""
    # Not by the standard library's way to a function's source, which keeps every line for good.
    loaded: Any = sys.modules.get(module)
    loader: Any = getattr(loaded, "__loader__", None)
    try:
        # Not every loader tells: that of a test's module does not.
        told = hasattr(loader, "get_source")
        source = loader.get_source(module) if told else Path(loaded.__file__).read_text("utf-8")
    except (AttributeError, ImportError, OSError, TypeError):  # made at run time
        return {}
    if source is None:  # shipped without it
        return {}
    return {found[1]: found[0] for found in _CLASS.finditer(source)}


def _beneath(body: Sequence[ast.stmt]) -> dict[str, str]:
    found = {}
    for statement, following in itertools.pairwise(body):
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
            continue
        if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            found[statement.targets[0].id] = str(following.value.value)
    return found
