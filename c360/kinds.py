"""The registers of record kinds and of actions, collected from the modules of :mod:`c360.records`.

A new domain brings a module with its records and a ``KINDS`` tuple, and with ``ACTIONS`` where something
can be changed; nothing else is edited.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType

from c360 import records
from c360.actions import ActionKind
from c360.errors import UnknownKindError
from c360.records.base import Kind

PARTY = "party.profile"
"""The kind every connector that knows people brings: the customer as the partner holds them."""


@functools.cache
def kinds() -> Mapping[str, Kind]:
    """All kinds by name, in the order of their modules."""
    found: dict[str, Kind] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(records.__path__)):
        for kind in getattr(importlib.import_module(f"c360.records.{module}"), "KINDS", ()):
            found[kind.name] = kind
    return MappingProxyType(found)


@functools.cache
def actions() -> Mapping[str, ActionKind]:
    """All actions by name, in the order of their modules."""
    found: dict[str, ActionKind] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(records.__path__)):
        for action in getattr(importlib.import_module(f"c360.records.{module}"), "ACTIONS", ()):
            found[action.name] = action
    return MappingProxyType(found)


@functools.cache
def domains() -> tuple[str, ...]:
    """Names of the business domains, sorted; ``party`` is not one of them."""
    return tuple(sorted({kind.domain for kind in kinds().values()} - {"party"}))


def kind(name: str) -> Kind:
    """The kind of that name.

    Raises:
        UnknownKindError: no module of records declares it.
    """
    try:
        return kinds()[name]
    except KeyError:
        raise UnknownKindError(name, tuple(kinds())) from None
