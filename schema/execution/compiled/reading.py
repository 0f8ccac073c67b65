"""How the fields of a schema are read from their objects, as directly as each allows."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from graphql import GraphQLField, default_field_resolver

from schema.answers import FieldAnswers
from schema.declarations import is_attribute, reader_of, resolver_of
from schema.permissions.veiling import Veiled, VeiledCustomer

Resolver = Callable[..., Any]
"""Called with the object, what is told of the field, and the arguments by name."""


class How(enum.Enum):
    """The ways in which a field is read."""

    ATTRIBUTE = "attribute"
    """It is an attribute of its object."""
    READER = "reader"
    """By a function of its object."""
    RESOLVER = "resolver"
    """By a function of its object, what is told of the field, and its arguments."""


class Source(enum.Enum):
    """What stands for an object, as far as it matters for how its fields are read."""

    PLAIN = "plain"
    """An object with attributes."""
    ANSWERS = "answers"
    """One whose attributes are functions of a customer: they are called without the detour."""
    VEILED = "veiled"
    """One that masks what it gives: its fields are read by the schema's resolvers alone."""


def source_of(kind: type) -> Source:
    """What objects of a class are."""
    if issubclass(kind, VeiledCustomer | Veiled):
        return Source.VEILED
    return Source.ANSWERS if issubclass(kind, FieldAnswers) else Source.PLAIN


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How a field is read."""

    how: How
    name: str = ""
    """Of the attribute."""
    call: Resolver | None = None
    takes_arguments: bool = False
    """Whether what is called is given the field's arguments as the schema knows them."""
    converts: bool = False
    """Whether they are given as Python knows them."""

    def called(self) -> Resolver:
        """The function that reads it, whatever the way."""
        if self.call is None:
            return lambda source, *_told, **_given: getattr(source, self.name)
        call = self.call
        return call if self.how is How.RESOLVER else lambda source, *_told, **_given: call(source)


def reading(field: GraphQLField, source: Source, unread: frozenset[Resolver]) -> Reading:
    """How a field is read.

    Args:
        field: Of the schema.
        source: What it is read from.
        unread: Resolvers that do not look at their arguments.
    """
    if source is not Source.VEILED:
        resolver = resolver_of(field)
        if resolver is not None:
            reads = bool(field.args) and resolver not in unread
            return Reading(how=How.RESOLVER, call=resolver, takes_arguments=reads, converts=reads)
        if is_attribute(field):
            name = field.extensions["strawberry-definition"].python_name
            if source is not Source.ANSWERS or not hasattr(FieldAnswers, name):
                return Reading(how=How.ATTRIBUTE, name=name)
        reader = reader_of(field)
        if reader is not None:
            return Reading(how=How.READER, call=reader)
    return Reading(
        how=How.RESOLVER, call=field.resolve or default_field_resolver, takes_arguments=bool(field.args)
    )


Convert = Callable[[GraphQLField, Mapping[str, Any]], Mapping[str, Any]]
"""Makes Python's arguments from those that the schema knows."""
