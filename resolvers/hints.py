"""The types of a struct's fields, as its class says them.

:func:`typing.get_type_hints` compiles each annotation by itself, and does so anew for every class that
inherits it. A graph has two thousand of them, so that half of building it was spent on reading them. Here
those of one class are compiled together, and only once for all that inherit them.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Mapping
from typing import Any

import msgspec


def hints_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The type of every field with all that ``Annotated`` says of it, those of its bases first.

    Raises:
        NameError: an annotation names what its module does not know.
    """
    found: dict[str, Any] = {}
    for kind in reversed(struct.__mro__):
        found |= _own(kind)
    return found


def defaults_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The default of every field, in their order; ``msgspec.NODEFAULT`` where it has to be given.

    Raises:
        TypeError: a default is made anew for each struct, which can be told nobody.
    """
    names, given = struct.__struct_fields__, struct.__struct_defaults__
    found = dict.fromkeys(names, msgspec.NODEFAULT) | dict(
        zip(names[-len(given) :] if given else (), given, strict=True)
    )
    for name, default in found.items():
        if hasattr(default, "factory"):
            raise TypeError(f"the default of {struct.__name__}.{name} is made anew for each struct")
    return found


# As many as the bases that a few hundred structs share; what is read of the rest is asked for once.
@functools.lru_cache(maxsize=128)
def _own(kind: type) -> Mapping[str, Any]:
    """The types of what a class itself says."""
    written = inspect.get_annotations(kind)
    texts = {name: text for name, text in written.items() if isinstance(text, str)}
    if not texts:
        return written
    together = f"({''.join(f'({text}),' for text in texts.values())})"
    values = eval(together, vars(sys.modules[kind.__module__]))  # noqa: S307  # the annotations of our own modules
    return {**written, **dict(zip(texts, values, strict=True))}
