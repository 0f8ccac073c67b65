"""Loads the plugins that the settings name, shipped ones and strangers', by the same hook."""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pluggy

from c360 import hooks
from c360.checks import ConnectorClass
from c360.contract import Description
from c360.errors import place
from connectors.checks import described
from connectors.errors import PluginError

ENTRY_POINTS = "c360"
"""Group of entry points in which a distribution announces its plugin."""

SHIPPED = "plugins"
"""Package whose modules are the shipped plugins."""

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_log = logging.getLogger(__name__)

EntryPoints = Callable[..., Iterable[importlib.metadata.EntryPoint]]


class PluginManager:
    """The plugins in use. One that is faulty is remembered with what is wrong; the others serve."""

    def __init__(
        self, *, shipped: str = SHIPPED, entry_points: EntryPoints = importlib.metadata.entry_points
    ) -> None:
        self._shipped = shipped
        self._entry_points = entry_points
        self._pluggy = pluggy.PluginManager("c360")
        self._pluggy.add_hookspecs(hooks)
        self._connectors: dict[str, Mapping[str, tuple[ConnectorClass, Description]]] = {}
        self._errors: dict[str, PluginError] = {}

    @property
    def errors(self) -> Mapping[str, PluginError]:
        """What is wrong with the faulty plugins, by name."""
        return self._errors

    def load(self, names: Iterable[str]) -> None:
        """Load plugins by name, each once. Never raises for a faulty one: see :attr:`errors`."""
        for name in dict.fromkeys(names):
            if name not in self._connectors and name not in self._errors:
                self._guarded(name, functools.partial(self._import, name))

    def register(self, name: str, plugin: object) -> None:
        """Use a plugin that is already at hand. Never raises for a faulty one: see :attr:`errors`.

        Raises:
            PluginError: the name is taken.
        """
        if name in self._connectors:
            raise PluginError(name, "a plugin of that name is in use", "register it under another name")
        self._guarded(name, lambda: plugin)

    def find(self, setting: str) -> tuple[ConnectorClass, Description]:
        """The connector that an instance's ``plugin`` setting means.

        ``NAME`` is the plugin's connector of the same name, or its only one; ``NAME/CONNECTOR``
        picks one of several.

        Raises:
            PluginError: the plugin is faulty, was not loaded, or has no such connector.
        """
        name, _, wanted = setting.partition("/")
        if name in self._errors:
            raise self._errors[name]
        connectors = self._connectors.get(name)
        if connectors is None:
            raise PluginError(name, "it was not loaded", "load it before asking for its connectors")
        if not wanted and len(connectors) == 1:
            return next(iter(connectors.values()))
        if (wanted or name) not in connectors:
            choices = ", ".join(f"{name}/{connector}" for connector in sorted(connectors))
            raise PluginError(name, f"it has no connector {(wanted or name)!r}", f"use one of {choices}")
        return connectors[wanted or name]

    def _guarded(self, name: str, plugin: Callable[[], object]) -> None:
        try:
            self._connectors[name] = self._collect(name, plugin())
            self._errors.pop(name, None)
        except PluginError as error:
            if self._pluggy.has_plugin(name):
                self._pluggy.unregister(name=name)
            _log.error("%s", error)
            self._errors[name] = error

    def _import(self, name: str) -> object:
        if not _NAME.match(name):
            raise PluginError(name, "that is not a plugin's name", "use lower-case letters, digits and _")
        path = f"{self._shipped}.{name}"
        try:
            if importlib.util.find_spec(self._shipped) and importlib.util.find_spec(path):
                return importlib.import_module(path)
            for entry in self._entry_points(group=ENTRY_POINTS, name=name):
                return entry.load()
        except (Exception, SystemExit) as error:
            detail = f" ({error})" if isinstance(error, ImportError) else ""
            raise PluginError(
                name, f"importing it raised {place(error)}{detail}", "repair or reinstall the plugin"
            ) from error
        raise PluginError(
            name,
            "there is no such plugin",
            f"correct the name, or install the distribution with this entry point in group {ENTRY_POINTS!r}",
        )

    def _collect(self, name: str, plugin: object) -> Mapping[str, tuple[ConnectorClass, Description]]:
        try:
            self._pluggy.register(plugin, name=name)
            self._pluggy.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(
                name, f"its hooks do not fit: {error}", "see c360.hooks for the hooks"
            ) from error
        found: dict[str, tuple[ConnectorClass, Description]] = {}
        for connector in self._ask(name, plugin):
            kind, description = described(name, connector)
            if description.name in found:
                raise PluginError(name, f"two connectors are called {description.name!r}", "rename one")
            found[description.name] = (kind, description)
        if not found:
            raise PluginError(
                name, "it brings no connector", "return connector classes from its hook c360_connectors"
            )
        return found

    def _ask(self, name: str, plugin: object) -> list[Any]:
        """What the one plugin's hook returns; asked alone, so that no other can spoil it."""
        others = [other for other in self._pluggy.get_plugins() if other is not plugin]
        ask = self._pluggy.subset_hook_caller("c360_connectors", remove_plugins=others)
        try:
            return [connector for answer in ask() for connector in answer]
        except (Exception, SystemExit) as error:
            raise PluginError(
                name, f"its hook c360_connectors raised {place(error)}", "return a list of connector classes"
            ) from error
