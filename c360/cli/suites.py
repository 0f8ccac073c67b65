"""Finds the conformance suites of a plugin: classes in its test files that extend ``ConnectorSuite``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from c360.errors import C360Error, place
from c360.testing import ConnectorSuite

_FOLDERS = (".", "tests")
_MANY = 500
"""Files that are looked through at the most."""


class NoSuiteError(C360Error):
    """There is no suite where one was looked for; the message says where, and what to write."""


def find(where: str | None) -> list[type[ConnectorSuite]]:
    """Suites by what an author would call them.

    Args:
        where: a test file, a folder with some, ``module:Class``, or the name of a plugin whose suite lies
            in a test file here; ``None``: every suite here.

    Raises:
        NoSuiteError: there is none.
    """
    see_here()
    if where is not None and ":" in where:
        return [_named(where)]
    path = Path(where) if where is not None else None
    if path is not None and path.exists():
        beneath = list(_in_files(_files(path)))
        if beneath or path.is_file():
            return _required(beneath, str(path))
    found = list(_in_files(file for folder in _FOLDERS for file in _files(Path(folder))))
    if where is not None:
        found = [suite for suite in found if _is_of(suite, where)]
    return _required(found, where or "this folder")


def see_here() -> None:
    """Let a distribution that is not installed be imported from where it lies."""
    for folder in (Path("src"), Path()):
        text = str(folder.resolve())
        if folder.is_dir() and text not in sys.path:
            sys.path.insert(0, text)


def _named(text: str) -> type[ConnectorSuite]:
    module, _, name = text.partition(":")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError as error:
        raise NoSuiteError(f"{module} cannot be imported: {error}") from None
    except Exception as error:
        raise NoSuiteError(f"importing {module} raised {place(error, 2)}; mend it") from error
    if not (isinstance(found, type) and issubclass(found, ConnectorSuite)):
        raise NoSuiteError(f"{module} has no suite {name!r}; name a class that extends ConnectorSuite")
    return found


def _files(where: Path) -> Iterator[Path]:
    if where.is_file():
        yield where
        return
    for number, file in enumerate(sorted(where.glob("test_*.py"))):
        if number == _MANY:
            return
        yield file


def _in_files(files: Iterator[Path]) -> Iterator[type[ConnectorSuite]]:
    seen = set()
    for file in files:
        resolved = file.resolve()
        if resolved in seen or b"ConnectorSuite" not in resolved.read_bytes():
            continue
        seen.add(resolved)
        module = _loaded(resolved)
        for found in vars(module).values():
            if (
                isinstance(found, type)
                and issubclass(found, ConnectorSuite)
                and found is not ConnectorSuite
                and inspect.getmodule(found) is module
            ):
                yield found


def _loaded(file: Path) -> ModuleType:
    """A test file as a module; what lies beside it can be imported, as under pytest."""
    beside = str(file.parent)
    if beside not in sys.path:
        sys.path.insert(0, beside)
    name = f"c360_suite_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise NoSuiteError(f"{file} cannot be imported as Python; name a test file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        raise NoSuiteError(f"{file} cannot be imported: {error}") from None
    except Exception as error:
        raise NoSuiteError(f"importing {file} raised {place(error, 2)}; mend it") from error
    return module


def _is_of(suite: type[ConnectorSuite], plugin: str) -> bool:
    kind = suite.connector_class()
    return plugin in {kind.__module__.partition(".")[0], kind.__module__, kind.describe().name, suite.plugin}


def _required(found: list[type[ConnectorSuite]], where: str) -> list[type[ConnectorSuite]]:
    if not found:
        raise NoSuiteError(
            f"no conformance suite was found in {where}: write a class that extends "
            "c360.testing.ConnectorSuite in tests/test_*.py, or name it as module:Class"
        )
    return found
