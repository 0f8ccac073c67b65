"""Types, fields and arguments as the library knows them, from what is known of them already.

The library reads a type from a class of Python's: it makes a dataclass of it, reads its annotations as text,
and resolves the type of a field anew whenever it is asked for. Here every type is known when a field is made,
and nobody makes an object of an output type, so that the definitions are written down as they are. A graph
of some hundred types is there in a third of the time, and an argument is converted in less.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import StrawberryObjectDefinition, StrawberryType
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

GraphType: TypeAlias = StrawberryType | type
"""A type of the graph as the library resolves it: a class or a scalar, a list, or one that may be null."""


class Resolved(StrawberryAnnotation):
    """A type that needs no resolving."""

    __slots__ = ("_found",)

    def __init__(self, found: GraphType) -> None:
        super().__init__(found)
        self._found = found

    def resolve(
        self,
        *,
        type_definition: StrawberryObjectDefinition | None = None,
        origin: type | None = None,
    ) -> GraphType:
        """The type."""
        return self._found


class Argument(StrawberryArgument):
    """An argument of a field, or what becomes a field of an input object."""

    def __init__(
        self, name: str, kind: GraphType, text: str, *, default: object, directives: Sequence[object]
    ) -> None:
        super().__init__(
            python_name=name,
            graphql_name=None,
            type_annotation=Resolved(kind),
            description=text,
            default=strawberry.UNSET if default is dataclasses.MISSING else default,
            directives=directives,
        )
        self.kind = kind
        self._default = default

    @property
    def type(self) -> GraphType:
        """Its type."""
        return self.kind

    def as_field(self) -> Field:
        """The field of an input object that says the same."""
        text = self.description or ""
        return Field(self.kind, text, default=self._default, directives=self.directives)


class Computed(StrawberryResolver[Any]):
    """A resolver with the arguments that are known only at run time."""

    def __init__(self, resolver: Callable[..., Any], arguments: Sequence[Argument]) -> None:
        def computed(root: Any, info: strawberry.Info, **given: Any) -> Any:
            return resolver(root, info, **given)

        super().__init__(computed)
        self.arguments = list(arguments)


class Field(StrawberryField):
    """A field of an object or of an input object.

    Args:
        kind: the type of its value.
        text: its description.
        directives: what is printed of it.
        metadata: what else is said of it.
        resolver: what computes it; read from its object without.
        default: of an input's field.
    """

    def __init__(
        self,
        kind: GraphType,
        text: str,
        *,
        directives: Sequence[object] = (),
        metadata: Mapping[Any, Any] | None = None,
        resolver: Computed | None = None,
        default: object = dataclasses.MISSING,
    ) -> None:
        self._kind = kind
        super().__init__(
            type_annotation=Resolved(kind),
            description=text,
            base_resolver=resolver,
            default=default,
            metadata=metadata,
            directives=directives,
        )

    @property
    def type(self) -> Any:
        """The type of its value."""
        return self._kind

    @type.setter  # noqa: A003  # the name is the library's
    def type(self, _: Any) -> None:
        """What a dataclass would say of it counts for nothing."""

    def resolve_type(
        self,
        *,
        type_definition: StrawberryObjectDefinition | None = None,
    ) -> Any:
        """The same."""
        return self._kind


def define(
    name: str,
    text: str,
    fields: Mapping[str, StrawberryField],
    *,
    bases: tuple[type, ...] = (),
    directives: Sequence[object] = (),
    is_type_of: Callable[[Any, Any], bool] | None = None,
    interface: bool = False,
) -> type:
    """A class that stands for an object or an interface of the graph. Nobody makes objects of it.

    Fields that are read from their object stand before those that are computed.

    Args:
        name: its name in the graph.
        text: its description.
        fields: its own, by their names in Python; those of its bases come before.
        bases: interfaces it implements.
        directives: what is printed of it.
        is_type_of: whether a value is resolved as this type, where an interface asks.
        interface: whether it is an interface itself.
    """
    made = types.new_class(name, bases, exec_body=lambda body: body.update(__module__=__name__, __doc__=text))
    above = [vars(base)["__strawberry_definition__"] for base in bases]
    inherited = {each.python_name: each for one in above for each in one.fields}
    own = sorted(fields.items(), key=lambda each: each[1].base_resolver is not None)
    _defined(
        made,
        {**inherited, **_of(made, dict(own))},
        name=name,
        description=text,
        directives=directives,
        interfaces=above,
        is_interface=interface,
        is_type_of=is_type_of,
    )
    return made


def define_input(
    name: str,
    text: str,
    fields: Mapping[str, StrawberryField],
    *,
    directives: Sequence[object] = (),
) -> type:
    """A class of the values of an input object: what was given, as attributes, and defaults of the rest."""
    defaults = {
        key: field.default for key, field in fields.items() if field.default is not dataclasses.MISSING
    }
    body = {"__module__": __name__, "__doc__": text, **defaults}
    made = types.new_class(name, (types.SimpleNamespace,), exec_body=lambda namespace: namespace.update(body))
    _defined(made, _of(made, fields), name=name, description=text, directives=directives, is_input=True)
    return made


def _of(owner: type, fields: Mapping[str, StrawberryField]) -> Mapping[str, StrawberryField]:
    """The fields of a type, told where they stand."""
    for name, field in fields.items():
        field.python_name = name
        field.origin = owner
    return fields


def _defined(
    made: type,
    fields: Mapping[str, StrawberryField],
    *,
    name: str,
    description: str,
    directives: Sequence[object],
    interfaces: Sequence[StrawberryObjectDefinition] = (),
    is_input: bool = False,
    is_interface: bool = False,
    is_type_of: Callable[[Any, Any], bool] | None = None,
) -> None:
    definition = StrawberryObjectDefinition(
        name=name,
        is_input=is_input,
        is_interface=is_interface,
        interfaces=list(interfaces),
        description=description,
        directives=list(directives),
        origin=made,
        extend=False,
        fields=list(fields.values()),
        is_type_of=is_type_of,
        resolve_type=None,
    )
    type.__setattr__(made, "__strawberry_definition__", definition)
