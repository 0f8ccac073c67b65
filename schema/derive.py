"""Graph types from Python's own: each field is written once, in the record, and never again.

A frozen msgspec struct with ``Annotated[…, Meta(description=…)]`` on its fields becomes a GraphQL
object, an enum a GraphQL enum. What a joined field needs stands in its ``Meta.extra`` and becomes
its :class:`Demand`, which planning reads.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import strawberry
from strawberry.schema_directives import OneOf
from strawberry.types.base import StrawberryList, StrawberryOptional, StrawberryType
from strawberry.types.enum import EnumValue, StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

from c360.access import Purpose
from c360.values import CountryCode, CurrencyCode, LanguageTag, Percentage
from resolvers.hints import defaults_of, hints_of
from resolvers.joins import field_extra
from schema.declarations import NOTHING, Demand, said
from schema.definitions import Argument, Computed, Field, GraphType, define, define_input
from schema.docs import description, member_descriptions
from schema.permissions.directives import Directives
from schema.permissions.rules import Rule, personal
from schema.permissions.types import type_rule

_SCALARS = (
    str, int, float, bool, date, datetime, timedelta, Decimal,
    CurrencyCode, CountryCode, LanguageTag, Percentage, strawberry.ID,
)  # fmt: skip
_LISTS = frozenset({tuple, list, Sequence})


class GraphName(msgspec.Struct, frozen=True):
    """In ``Annotated``: the type of the graph that stands for a Python type here."""

    name: str


@dataclasses.dataclass(frozen=True)
class _Later(LazyType[Any, Any]):
    """A type that refers to itself, if only through others, and so is named before it is made."""

    made: Mapping[str, Any] = dataclasses.field(default_factory=dict, compare=False)

    def resolve_type(self) -> type[Any]:
        found: type[Any] = self.made[self.type_name]
        return found


class NodeOf(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a struct's object a node."""

    interface: type
    identify: Callable[[Any], str]
    """The global id of a value."""


class Deriver:
    """Makes graph types and remembers them, so that each Python type has one.

    Args:
        enum_names: Names in the graph of enums that are named otherwise in Python.
        stands_for: The types that :class:`GraphName` names.
        nodes: The structs whose objects are nodes; their field ``id`` is not one of the struct.
        input_names: Names in the graph of structs that are inputs as well as objects.
        asking: Who may give a value of an enum, where not everybody may.
    """

    def __init__(
        self,
        enum_names: Mapping[type[enum.Enum], str] | None = None,
        stands_for: Mapping[str, Any] | None = None,
        nodes: Mapping[type[msgspec.Struct], NodeOf] | None = None,
        input_names: Mapping[type[msgspec.Struct], str] | None = None,
        asking: Mapping[enum.Enum, Rule] | None = None,
    ) -> None:
        self._enum_names = dict(enum_names or {})
        self._stands_for = dict(stands_for or {})
        self._nodes = dict(nodes or {})
        self._input_names = dict(input_names or {})
        self._enums: dict[type[enum.Enum], StrawberryEnumDefinition] = {}
        self._objects: dict[type, Any] = {}
        self._inputs: dict[type, Any] = {}
        self._names: set[str] = set()
        self.expected: dict[str, Sequence[type]] = {}
        """By the names of types, the classes that their objects are mostly of."""
        self._asking: Mapping[enum.Enum, Sequence[object]] = {}
        self.directives = Directives(self.enum(Purpose))
        self._asking = {one: self.directives.asking(rule) for one, rule in (asking or {}).items()}

    def stand(self, name: str, made: Any) -> None:
        """Let :class:`GraphName` name a type that is made only now, even where it was named before."""
        self._stands_for[name] = made

    def annotation(self, hint: Any) -> GraphType:  # one branch per kind of type
        """The graph's type for a Python type hint.

        Raises:
            TypeError: No GraphQL type stands for it.
        """
        if hasattr(hint, "__metadata__"):
            return self.annotation(self._stand_in(hint))
        origin = typing.get_origin(hint)
        if origin in {typing.Union, types.UnionType}:
            return self._optional(typing.get_args(hint))
        if origin in _LISTS:
            return StrawberryList(self.annotation(typing.get_args(hint)[0]))
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return self.enum(hint)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            made: type = self.object(hint)
            return made
        if isinstance(hint, StrawberryType | LazyType) or hint in _SCALARS or strawberry_type(hint):
            known: GraphType = hint
            return known
        message = f"no GraphQL type stands for {hint!r}"
        raise TypeError(message)

    def _stand_in(self, hint: Any) -> Any:
        named = next((one.name for one in hint.__metadata__ if isinstance(one, GraphName)), None)
        if named is None:
            return typing.get_args(hint)[0]
        return self._stands_for.get(named) or _Later(named, "", made=self._stands_for)

    def _optional(self, members: tuple[Any, ...]) -> GraphType:
        inner = [member for member in members if member is not types.NoneType]
        if len(inner) != 1:
            message = f"no GraphQL type stands for a union of {inner!r}"
            raise TypeError(message)
        return StrawberryOptional(self.annotation(inner[0]))

    def enum(self, kind: type[enum.Enum]) -> StrawberryEnumDefinition:
        """The GraphQL enum of a Python enum, which itself stays as it is."""
        if kind not in self._enums:
            descriptions = member_descriptions(kind)
            self._enums[kind] = StrawberryEnumDefinition(
                wrapped_cls=kind,
                name=self._enum_names.get(kind, kind.__name__),
                values=[
                    EnumValue(
                        name,
                        member.value,
                        description=descriptions[name],
                        directives=self._asking.get(member, ()),
                    )
                    for name, member in kind.__members__.items()
                ],
                description=description(kind),
            )
        return self._enums[kind]

    def object(self, record: type[msgspec.Struct]) -> Any:
        """The GraphQL object of a struct, named like it."""
        if record not in self._objects:
            if record.__module__.startswith("c360."):  # others may have objects that only look like theirs
                self.expected.setdefault(record.__name__, (record,))
            node = self._nodes.get(record)
            self._objects[record] = (
                self.build(
                    record.__name__,
                    description(record),
                    self.fields(record),
                    rule=type_rule(record.__name__, record),
                )
                if node is None
                else self._node(record, node)
            )
        return self._objects[record]

    def _node(self, record: type[msgspec.Struct], node: NodeOf) -> Any:
        text = "Global id, opaque: `node` finds the same object again."
        identity = self.attribute(strawberry.ID, text, read=node.identify)
        return self.build(
            record.__name__,
            description(record),
            {"id": identity, **self.fields(record)},
            bases=(node.interface,),
            is_type_of=lambda value, _info: isinstance(value, record),
            rule=type_rule(record.__name__, record),
        )

    def fields(self, record: type[msgspec.Struct]) -> dict[str, StrawberryField]:
        """The fields of a struct as GraphQL fields, resolved by attribute."""
        hints = hints_of(record)
        return {
            name: self.attribute(
                _named(hint),
                _described(record, name, hint),
                demand=_joined(hint),
                rule=_ruled(hint),
            )
            for name, hint in ((name, hints[name]) for name in record.__struct_fields__)
        }

    def attribute(
        self,
        hint: Any,
        text: str,
        *,
        demand: Demand = NOTHING,
        read: Callable[[Any], Any] | None = None,
        rule: Rule | None = None,
    ) -> StrawberryField:
        """A field that is read from its object alone.

        Args:
            hint: The type of its value.
            text: The field's description.
            demand: What selecting the field asks for.
            read: How it is read; by default it is the attribute of that name.
            rule: Who may select it; by default whoever may select its type's fields.
        """
        metadata = said(demand=demand, read=read, rule=rule)
        return Field(self.annotation(hint), text, directives=self.directives.of(rule), metadata=metadata)

    def computed(
        self,
        resolver: Callable[..., Any],
        hint: Any,
        text: str,
        *,
        arguments: type[msgspec.Struct] | None = None,
        demand: Demand = NOTHING,
        rule: Rule | None = None,
    ) -> StrawberryField:
        """A field with a resolver.

        Args:
            resolver: Called with the object, the execution's info and the arguments by name.
            hint: The type of what it returns.
            text: The field's description.
            arguments: A struct whose fields are the arguments.
            demand: What selecting the field asks for.
            rule: Who may select it; by default whoever may select its type's fields.
        """
        computed = Computed(resolver, [] if arguments is None else list(self._arguments(arguments)))
        return Field(
            self.annotation(hint),
            text,
            resolver=computed,
            directives=self.directives.of(rule),
            metadata=said(demand=demand, resolver=resolver, rule=rule),
        )

    def build(
        self,
        name: str,
        text: str,
        fields: Mapping[str, StrawberryField],
        *,
        bases: tuple[type, ...] = (),
        is_type_of: Callable[[Any, Any], bool] | None = None,
        interface: bool = False,
        rule: Rule | None = None,
    ) -> Any:
        """A GraphQL object, or an interface, with these fields.

        Args:
            name: Its name in the graph.
            text: Its description.
            fields: By their names in Python.
            bases: Interfaces it implements.
            is_type_of: Whether a value is resolved as this type, where an interface asks.
            interface: Whether it is an interface itself.
            rule: Who may select its fields; by default what is said of types of that name.

        Raises:
            TypeError: Another type has that name: the library would mix the two up.
        """
        if name in self._names:
            message = f"two types would be named {name} in the graph; rename one"
            raise TypeError(message)
        self._names.add(name)
        return define(
            name,
            text,
            fields,
            bases=bases,
            directives=self.directives.of(rule or type_rule(name, None)),
            is_type_of=is_type_of,
            interface=interface,
        )

    def input(self, struct: type[msgspec.Struct], *, one_of: bool = False) -> Any:
        """The GraphQL input object of a struct; to be called for a ``one_of`` before it is referred to."""
        if struct not in self._inputs:
            self._inputs[struct] = define_input(
                self._input_names.get(struct, struct.__name__),
                description(struct),
                {one.python_name: one.as_field() for one in self._arguments(struct)},
                directives=[OneOf()] if one_of else [],
            )
        return self._inputs[struct]

    def _arguments(self, struct: type[msgspec.Struct]) -> Iterator[Argument]:
        hints = hints_of(struct)
        for name, default in defaults_of(struct).items():
            hint = hints[name]
            yield Argument(
                name,
                self._given(_nullable(hint, default)),
                _described(struct, name, hint),
                default=_printed(default),
                directives=self.directives.asking(field_extra(hint).get("asking")),
            )

    def _given(self, hint: Any) -> GraphType:
        """The graph's type for the type hint of something that is given: as any other, structs as inputs."""
        if hasattr(hint, "__metadata__"):
            return self._given(self._stand_in(hint))
        members = typing.get_args(hint)
        if typing.get_origin(hint) in {typing.Union, types.UnionType} and types.NoneType in members:
            (inner,) = (member for member in members if member is not types.NoneType)
            return StrawberryOptional(self._given(inner))
        if typing.get_origin(hint) in _LISTS:
            return StrawberryList(self._given(members[0]))
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            made: type = self.input(hint)
            return made
        return self.annotation(hint)


def strawberry_type(hint: object) -> bool:
    """Whether a type is one of the graph already."""
    return hasattr(hint, "__strawberry_definition__")


def _printed(default: Any) -> Any:
    """No default is printed where none is meant: absent and null are the same to us."""
    if default is msgspec.NODEFAULT:
        return dataclasses.MISSING
    if default is None or default == ():
        return strawberry.UNSET
    return default


def _nullable(hint: Any, default: Any) -> Any:
    """An empty tuple stands for "not given", which callers leave out or give as null."""
    return typing.Optional[hint] if default == () else hint  # noqa: UP045  # a run-time value


def _described(record: type, name: str, hint: object) -> str:
    for meta in getattr(hint, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            return meta.description
    message = f"{record.__name__}.{name} has no description"
    raise TypeError(message)


def _named(hint: Any) -> Any:
    """What the host fills in names a connector instance, and is an id wherever it stands."""
    return strawberry.ID if field_extra(hint).get("host") else hint


def _ruled(hint: object) -> Rule | None:
    """The rule that a struct's field declares; of one that is marked as personal, that too."""
    extra = field_extra(hint)
    rule: Rule | None = extra.get("rule")
    return personal(rule) if extra.get("personal") else rule


def _joined(hint: object) -> Demand:
    extra = field_extra(hint)
    if "hub" in extra:
        return Demand(hub=extra["hub"])
    if "kinds" in extra:
        return Demand(kinds=extra["kinds"])
    return Demand(kinds=(extra["joined"],)) if "joined" in extra else NOTHING
