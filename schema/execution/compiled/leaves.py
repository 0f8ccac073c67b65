"""Leaves of the answer: how values of scalars and enums are written, the usual ones without a call."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
)

from schema.scalars import serialize_decimal, serialize_duration


class Shortcut(msgspec.Struct, frozen=True, kw_only=True):
    """How most values of a leaf are written, in Python text over a variable."""

    kind: type
    """The class of those values, none of its subclasses."""
    bounds: str = ""
    """What else has to hold, with ``{0}`` for the variable."""
    text: str = "{0}"
    """What is written."""
    names: Mapping[str, Any] = {}
    """What the texts name."""

    def fits(self, variable: str) -> str:
        """The test whether a value is one of them."""
        test = f"type({variable}) is {self.kind.__name__}"
        return f"{test} and {self.bounds.format(variable)}" if self.bounds else test

    def misses(self, variable: str) -> str:
        """The test whether it is not."""
        if self.bounds:
            return f"not ({self.fits(variable)})"
        return f"type({variable}) is not {self.kind.__name__}"

    def written(self, variable: str) -> str:
        """What is written of a value that is one of them."""
        return self.text.format(variable)

    @property
    def changes(self) -> bool:
        """Whether what is written is not the value itself."""
        return self.text != "{0}"


_STRING = Shortcut(kind=str)
_BUILT_IN: Mapping[GraphQLLeafType, Shortcut] = {
    GraphQLString: _STRING,
    GraphQLID: _STRING,
    GraphQLBoolean: Shortcut(kind=bool),
    GraphQLInt: Shortcut(kind=int, bounds="-2147483648 <= {0} <= 2147483647"),
    GraphQLFloat: Shortcut(kind=float, bounds="-inf < {0} < inf", names={"inf": float("inf")}),
}
_BY_SERIALIZER: Mapping[Callable[..., Any], Shortcut] = {
    str: _STRING,
    date.isoformat: Shortcut(kind=date, text="{0}.isoformat()"),
    datetime.isoformat: Shortcut(kind=datetime, text="{0}.isoformat()"),
    # Most have no exponent, and then are the same in the form that is a third of the work.
    serialize_decimal: Shortcut(
        kind=Decimal,
        text="(t if 'E' not in (t := str({0})) else decimal({0}))",
        names={"decimal": serialize_decimal},
    ),
    serialize_duration: Shortcut(
        kind=timedelta, text="duration({0})", names={"duration": serialize_duration}
    ),
}


def shortcut(kind: GraphQLLeafType) -> Shortcut | None:
    """How most values of a leaf are written; none where there is no way but to ask the type."""
    if isinstance(kind, GraphQLEnumType):
        return _enum(kind)
    # The library's own scalars are those of graphql-core; what serializes may be no key of a mapping.
    found = _BUILT_IN.get(kind)
    if found is not None:
        return found
    serializer: Any = kind.coerce_output_value
    return next(
        (one for known, one in _BY_SERIALIZER.items() if known is serializer or known == serializer), None
    )


def _enum(kind: GraphQLEnumType) -> Shortcut | None:
    """Members of a Python enum whose names are those of the graph."""
    values = [value.value for value in kind.values.values()]
    wrapped: Any = getattr(kind, "wrapped_cls", None)
    if not (isinstance(wrapped, type) and issubclass(wrapped, enum.Enum)) or issubclass(wrapped, enum.Flag):
        return None
    members = [*wrapped.__members__.values()]
    if not members or any(one.value not in values for one in members):
        return None
    if any(kind.coerce_output_value(one) != one.name for one in members):
        return None
    return Shortcut(kind=wrapped, text="{0}._name_")
