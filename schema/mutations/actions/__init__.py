"""One module per family of partner actions, each with its ``ACTIONS``; nothing else knows the families."""

from __future__ import annotations

import importlib
import pkgutil

from schema.mutations.base import Mutation


def discover() -> tuple[type[Mutation], ...]:
    """The mutations of every family, by the names of their modules."""
    modules = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return tuple(
        mutation
        for module in modules
        for mutation in getattr(importlib.import_module(f"{__name__}.{module}"), "ACTIONS", ())
    )
