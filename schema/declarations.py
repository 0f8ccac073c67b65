"""What a field of the graph says of itself beside its type, and how that is read off a built schema."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

import msgspec

from c360.contract import Need
from resolvers.timeline import Timeline
from schema.permissions.rules import Rule

_DEMAND = "demand"
_READ = "read"
_RULE = "rule"
_RESOLVER = "resolver"


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What selecting a field asks for."""

    kinds: tuple[str, ...] = ()
    """Kinds of record."""
    timeline: Timeline | None = None
    """Where the field's own arguments set the window of a windowed kind."""
    count: bool = False
    """The number of all customers, which costs the store a query of its own."""
    hub: str = ""
    """What the hub itself knows of a customer: one of :data:`schema.hub.READERS`."""
    arguments: type[msgspec.Struct] | None = None
    """Arguments of the field, where what the hub knows is read by them: beside ``kinds``, in their place
    where any is given."""
    windows: Callable[[Any, date], Collection[Need]] | None = None
    """Beside what it reads of the hub: windows of kinds of record, by the field's arguments and the day.
    Raises an :class:`~schema.errors.InputError` for arguments that the field itself refuses."""
    leads: bool = False
    """Whether what the hub knows leads to other customers, of whom the selections below are made."""


NOTHING = Demand()


def said(
    *,
    demand: Demand,
    read: Callable[[Any], Any] | None = None,
    resolver: Callable[..., Any] | None = None,
    rule: Rule | None = None,
) -> Mapping[str, Any]:
    """What a definition says of a field beside its type."""
    told = {_READ: read, _RESOLVER: resolver, _RULE: rule, _DEMAND: None if demand is NOTHING else demand}
    return {key: value for key, value in told.items() if value is not None}


def demand_of(field: object) -> Demand:
    """What a GraphQL field of a built schema asks for."""
    definition = getattr(field, "extensions", {}).get("strawberry-definition")
    demand: Demand = getattr(definition, "metadata", {}).get(_DEMAND, NOTHING)
    return demand


def rule_of(field: object) -> Rule | None:
    """The rule that a GraphQL field of a built schema declares; none where it has that of its type."""
    definition = getattr(field, "extensions", {}).get("strawberry-definition")
    rule: Rule | None = getattr(definition, "metadata", {}).get(_RULE)
    return rule


def reader_of(field: object) -> Callable[[Any], Any] | None:
    """How a GraphQL field of a built schema is read from its object; none where it has a resolver."""
    definition = getattr(field, "extensions", {}).get("strawberry-definition")
    if definition is None or definition.base_resolver is not None:
        return None
    read: Callable[[Any], Any] | None = definition.metadata.get(_READ)
    return read or operator.attrgetter(definition.python_name)


def is_attribute(field: object) -> bool:
    """Whether a GraphQL field of a built schema is the attribute of its object that has its name."""
    definition = getattr(field, "extensions", {}).get("strawberry-definition")
    return (
        definition is not None and definition.base_resolver is None and definition.metadata.get(_READ) is None
    )


def resolver_of(field: object) -> Callable[..., Any] | None:
    """What a GraphQL field of a built schema is computed by, as it was given; none where it is read."""
    definition = getattr(field, "extensions", {}).get("strawberry-definition")
    resolver: Callable[..., Any] | None = getattr(definition, "metadata", {}).get(_RESOLVER)
    return resolver
