"""One module per domain, each with its ``GROUP``; nothing else knows the list of domains."""

from __future__ import annotations

import importlib
import pkgutil

from schema.groups.base import Group


def discover() -> tuple[Group, ...]:
    """Every declared group, by the name of its domain."""
    modules = sorted(info.name for info in pkgutil.iter_modules(__path__))
    found = (getattr(importlib.import_module(f"{__name__}.{module}"), "GROUP", None) for module in modules)
    return tuple(sorted((group for group in found if group is not None), key=lambda group: group.domain))
