"""What the host insists on before it serves a connector class."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from c360.config import ConnectorConfig
from c360.contract import CONTRACT_VERSION, Connector, Description, KeyKind, Limits, Lookup
from c360.errors import ConfigError, place
from c360.kinds import PARTY, domains, kinds
from connectors.errors import PluginError

ConnectorClass = type[Connector[Any]]

Complaint = tuple[str, str]
"""What was found, and what would put it right."""


def described(plugin: str, found: object) -> tuple[ConnectorClass, Description]:
    """The connector class and its description, once both hold what the contract says.

    Raises:
        PluginError: something of the contract does not hold.
    """
    if not (isinstance(found, type) and issubclass(found, Connector)):
        raise PluginError(
            plugin,
            f"c360_connectors returned {_name(found)}",
            "return classes that extend c360.contract.Connector",
        )
    description = _describe(plugin, found)
    for what, remedy in _complaints(found, description):
        raise PluginError(plugin, f"{found.__name__} {what}", remedy)
    return found, description


def _describe(plugin: str, connector: ConnectorClass) -> Description:
    try:
        first, second = connector.describe(), connector.describe()
    except Exception as error:
        raise PluginError(
            plugin, f"{connector.__name__}.describe() raised {place(error)}", "let it return a Description"
        ) from error
    if not isinstance(first, Description):
        raise PluginError(
            plugin, f"{connector.__name__}.describe() returned {_name(first)}", "return a Description"
        )
    if first != second:
        raise PluginError(
            plugin, f"{connector.__name__}.describe() answers differently each time", "return a constant"
        )
    return first


def configured(plugin: str, connector: ConnectorClass, config: ConnectorConfig, *, where: str) -> Description:
    """What an instance with this config is, once it is sure that it promises no more than its class.

    Args:
        plugin: for the error.
        connector: the class.
        config: the instance's own.
        where: dotted name of its section, for the error.

    Raises:
        ConfigError: the config contradicts itself.
        PluginError: what comes back is no description, or promises what the class does not.
    """
    whole = connector.describe()
    try:
        part = connector.configured(config)
    except ConfigError as error:
        raise ConfigError(f"{where}.{error.field}", error.found, error.remedy) from None
    if not isinstance(part, Description):
        raise PluginError(plugin, f"configured() returned {_name(part)}", "return a Description")
    for field in msgspec.structs.fields(Description):
        said, may = getattr(part, field.name), getattr(whole, field.name)
        if field.name in _NARROWING:
            if {_subject(each) for each in said} - {_subject(each) for each in may}:
                raise PluginError(
                    plugin, f"configured() adds to the {field.name} of describe()", "describe them all"
                )
        elif field.name not in _TUNING and said != may:
            raise PluginError(plugin, f"configured() changes the {field.name}", "leave it as describe() says")
    return part


_NARROWING = frozenset({"fetches", "feeds", "identifies", "actions"})
"""What settings may leave out."""

_TUNING = frozenset({"limits", "exemptions", "webhooks"})
"""What settings may say otherwise."""


def _subject(each: object) -> object:
    return getattr(each, "kind", each)


def _complaints(connector: ConnectorClass, description: Description) -> Iterator[Complaint]:
    if description.contract != CONTRACT_VERSION:
        yield (
            f"is written for version {description.contract} of the contract",
            f"port it to version {CONTRACT_VERSION}, or install the release of c360 it was written for",
        )
        return  # whatever else it says may mean something else in that version
    yield from _about_itself(description)
    yield from _about_kinds(description)
    yield from _about_limits(description.limits)
    yield from _about_methods(connector, description)


def _about_itself(description: Description) -> Iterator[Complaint]:
    if not description.name or not description.title:
        yield "has no name or no title", "set both in its Description"
    if not isinstance(description.lookup, Lookup):
        yield f"has the lookup {description.lookup!r}", "use a member of c360.contract.Lookup"
    if description.domain not in domains():
        yield f"serves the unknown domain {description.domain!r}", f"use one of {', '.join(domains())}"
    config = description.config
    if not (isinstance(config, type) and issubclass(config, ConnectorConfig)):
        yield f"has the config {_name(config)}", "extend c360.config.ConnectorConfig"
    if not all(isinstance(key, KeyKind) for key in description.identifies):
        yield "identifies by something unknown", "use members of c360.contract.KeyKind"


def _about_kinds(description: Description) -> Iterator[Complaint]:
    fetched = [fetch.kind for fetch in description.fetches]
    for name in (*fetched, *(feed.kind for feed in description.feeds)):
        if name not in kinds():
            yield f"declares the unknown kind {name!r}", f"use one of {', '.join(kinds())}"
    if len(set(fetched)) < len(fetched):
        yield "declares a kind twice in fetches", "declare each kind once"
    if not any(name == PARTY or name.startswith(f"{description.domain}.") for name in fetched):
        yield (
            f"fetches nothing of its domain {description.domain!r}",
            f"declare a kind of that domain or {PARTY!r} in fetches",
        )
    for fetch in description.fetches:
        if fetch.batch < 1:
            yield f"takes {fetch.kind!r} in batches of {fetch.batch}", "declare a batch of 1 or more"


def _about_limits(limits: Limits) -> Iterator[Complaint]:
    for field in msgspec.structs.fields(Limits):
        value = getattr(limits, field.name)
        if value is not None and not value > 0:
            yield f"has the limit {field.name} = {value}", "declare more than 0"


def _about_methods(connector: ConnectorClass, description: Description) -> Iterator[Complaint]:
    if inspect.isabstract(connector):
        missing = ", ".join(sorted(connector.__abstractmethods__))
        yield f"does not implement {missing}", "implement what the contract asks for"
    streams: list[tuple[str, Callable[..., object]]] = [("fetch", connector.fetch)]
    if description.identifies and connector.identify is Connector.identify:
        yield "declares identifies without identify()", "implement it or declare none"
    if description.feeds:
        streams.append(("changes", connector.changes))
        if connector.changes is Connector.changes:
            yield "declares feeds without changes()", "implement it or declare none"
    for name, method in streams:
        if inspect.iscoroutinefunction(method):
            yield (
                f"has a {name}() that is a coroutine",
                "yield in it (an async generator), or return an async iterator from a plain function",
            )


def _name(found: object) -> str:
    return repr(found.__name__) if isinstance(found, type) else f"a {type(found).__name__}"
