"""From a plugin's module to its connector classes, without a host."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from c360 import hooks
from c360.contract import Connector
from c360.errors import C360Error, place


class PluginError(C360Error):
    """A plugin's module cannot be used: says what was found and what would do."""


def connectors_of(module: str | ModuleType) -> tuple[type[Connector[Any]], ...]:
    """The connector classes that a plugin's hook returns.

    Raises:
        PluginError: it cannot be imported, or has no hook, or the hook returns something else.
    """
    found = _imported(module) if isinstance(module, str) else module
    manager = pluggy.PluginManager("c360")
    manager.add_hookspecs(hooks)
    manager.register(found)
    returned: Sequence[Any] = manager.hook.c360_connectors()
    if not returned:
        raise PluginError(
            f"{found.__name__} has no hook: write a function c360_connectors and decorate it with "
            "c360.hooks.hookimpl"
        )
    classes = tuple(returned[0]) if isinstance(returned[0], list | tuple) else ()
    if not classes or not all(isinstance(it, type) and issubclass(it, Connector) for it in classes):
        raise PluginError(
            f"c360_connectors of {found.__name__} returned no connector classes: return a tuple of classes "
            "that extend c360.contract.Connector"
        )
    return classes


def connector_of(name: str) -> type[Connector[Any]]:
    """The connector class of ``module``, or of ``module:connector``.

    Raises:
        PluginError: there is none, or several and none is named.
    """
    if not name:
        raise PluginError("neither connector nor plugin is set: set connector to the class under test")
    module, _, connector = name.partition(":")
    found = {it.describe().name: it for it in connectors_of(module)}
    if connector:
        if connector not in found:
            raise PluginError(f"{module} has no connector {connector!r}; it has {', '.join(sorted(found))}")
        return found[connector]
    if len(found) > 1:
        raise PluginError(
            f"{module} has several connectors: name {module}:NAME, of {', '.join(sorted(found))}"
        )
    return next(iter(found.values()))


def module_of(kind: type[Connector[Any]]) -> ModuleType | None:
    """The module whose hook returns a class: its own, or the package that it is in."""
    name = kind.__module__
    while name:
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "c360_connectors"):
            return module
        name = name.rpartition(".")[0]
    return None


def source_of(kind: type[Connector[Any]]) -> Path | None:
    """Where a plugin's source is: its folder, or its one file."""
    module = module_of(kind) or sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if file is None:
        return None
    path = Path(file).resolve()
    return path.parent if path.name == "__init__.py" else path


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise PluginError(f"{name} cannot be imported: {place(error)}") from error
