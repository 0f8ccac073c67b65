"""Completes the values that the generated code leaves aside: rare shapes, classes not seen yet, mistakes.

Follows graphql-core step by step, so that every error reads as it does there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from graphql import (
    Executor,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLLeafType,
    GraphQLObjectType,
    Undefined,
    default_type_resolver,
    is_object_type,
)
from graphql.pyutils import inspect, is_iterable

from schema.execution.compiled.places import Info, Site, Way
from schema.execution.compiled.running import Running

Written = Callable[[Any, Way | None, Running, Any], dict[str, Any]]
"""A generated function: what it is given is an object, its place, the execution, the nearest customer."""


class Completer:
    """Completes values of one type at one place of the document.

    Args:
        required: Whether there has to be a value.
    """

    __slots__ = ("required",)

    def __init__(self, *, required: bool) -> None:
        self.required = required

    def _complete(self, value: Any, way: Way, site: Site, run: Running, customer: Any) -> Any:
        """A value that is there."""
        raise NotImplementedError

    def value(self, value: Any, way: Way, site: Site, run: Running, customer: Any) -> Any:
        """What is written of a value.

        Args:
            value: As it was read.
            way: Where it stands.
            site: The field that it is of.
            run: The execution.
            customer: The nearest customer above.

        Raises:
            Exception: It cannot be written, and whoever calls says where it stands.
        """
        if isinstance(value, Exception):
            raise value
        if value is None or value is Undefined:
            if self.required:
                site.refuse_null()
            return None
        return self._complete(value, way, site, run, customer)

    def item(self, value: Any, way: Way, site: Site, run: Running, customer: Any) -> Any:
        """The same for something in a list, which is null where it cannot be written and may be.

        Raises:
            GraphQLError: It cannot be written, and may not be null.
        """
        try:
            return self.value(value, way, site, run, customer)
        except Exception:  # noqa: BLE001  # whatever it is, it is told where it stands
            if self.required:
                site.failed_at(way, run)
            site.lost_at(way, run)
            return None


class Leaf(Completer):
    """Completes scalars and enums.

    Args:
        kind: Their type.
        required: See :class:`Completer`.
    """

    __slots__ = ("_kind",)

    def __init__(self, kind: GraphQLLeafType, *, required: bool) -> None:
        super().__init__(required=required)
        self._kind = kind

    def _complete(self, value: Any, way: Way, site: Site, run: Running, customer: Any) -> Any:
        return Executor.complete_leaf_value(self._kind, value)


class ListOf(Completer):
    """Completes lists.

    Args:
        inner: Completes what is in them.
        required: See :class:`Completer`.
    """

    __slots__ = ("_inner",)

    def __init__(self, inner: Completer, *, required: bool) -> None:
        super().__init__(required=required)
        self._inner = inner

    def _complete(self, value: Any, way: Way, site: Site, run: Running, customer: Any) -> Any:
        item = self._inner.item
        values = listed(value, site)
        return [item(one, (way, place), site, run, customer) for place, one in enumerate(values)]


def listed(value: Any, site: Site) -> Any:
    """Something other than a tuple or a list where a list is expected.

    Raises:
        Exception: It is one.
        GraphQLError: It cannot be gone through.
    """
    if isinstance(value, Exception):
        raise value
    if value is None or value is Undefined:
        return None
    if not is_iterable(value):
        message = f"Expected Iterable, but did not find one for field '{site.parent}.{site.name}'."
        raise GraphQLError(message)
    return value


def listed_required(value: Any, site: Site) -> Any:
    """The same where there has to be a list.

    Raises:
        TypeError: There is none.
    """
    found = listed(value, site)
    return site.refuse_null() if found is None else found


class Objects(Protocol):
    """What objects at one place of the document are written with."""

    def written(self, kind: GraphQLObjectType, value: type) -> Written:
        """The function for objects of a type that are of some class; generated where there is none yet."""
        ...


class ObjectOf(Completer):
    """Completes objects of one type.

    Args:
        kind: Their type.
        objects: What they are written with.
        told_by_class: Whether the class of an object says what type it is.
        required: See :class:`Completer`.
    """

    __slots__ = ("_kind", "_objects", "_told_by_class", "known")

    def __init__(
        self, kind: GraphQLObjectType, objects: Objects, *, told_by_class: bool, required: bool
    ) -> None:
        super().__init__(required=required)
        self._kind = kind
        self._objects = objects
        self._told_by_class = told_by_class
        self.known: dict[type, Written] = {}
        """By class, where the class is enough to know that an object can be written, and how."""

    def _complete(self, value: Any, way: Way, site: Site, run: Running, customer: Any) -> Any:
        found = self.known.get(type(value))
        if found is None:
            found = self._found(value, way, site, run)
        return found(value, way, run, customer)

    def _found(self, value: Any, way: Way, site: Site, run: Running) -> Written:
        return self._checked(self._kind, value, way, site, run)

    def _checked(self, kind: GraphQLObjectType, value: Any, way: Way, site: Site, run: Running) -> Written:
        """What an object is written with, once it is sure that it is of a type.

        Raises:
            GraphQLError: It is not.
        """
        if kind.is_type_of is not None and not kind.is_type_of(value, _info(way, site, run)):
            message = f"Expected value of type '{kind}' but got: {inspect(value)}."
            raise GraphQLError(message, site.nodes(run))
        written = self._objects.written(kind, type(value))
        if self._told_by_class or (kind.is_type_of is None and kind is self._kind):
            self.known[type(value)] = written
        return written


class AbstractOf(ObjectOf):
    """Completes objects of an interface or a union.

    Args:
        kind: It.
        objects: See :class:`ObjectOf`.
        told_by_class: See :class:`ObjectOf`.
        required: See :class:`Completer`.
    """

    __slots__ = ("_abstract",)

    def __init__(
        self, kind: GraphQLAbstractType, objects: Objects, *, told_by_class: bool, required: bool
    ) -> None:
        super().__init__(kind, objects, told_by_class=told_by_class, required=required)  # type: ignore[arg-type]  # what is asked of it is the same
        self._abstract = kind

    def _found(self, value: Any, way: Way, site: Site, run: Running) -> Written:
        resolve = self._abstract.resolve_type or default_type_resolver
        name = resolve(value, _info(way, site, run), self._abstract)
        return self._checked(self._valid(name, value, site, run), value, way, site, run)

    def _valid(self, name: Any, value: Any, site: Site, run: Running) -> GraphQLObjectType:
        """The type of that name, as graphql-core checks it.

        Raises:
            GraphQLError: It is not one that may stand there.
        """
        abstract, field = self._abstract, f"{site.parent}.{site.name}"
        nodes = site.nodes(run)
        if not isinstance(name, str):
            message = (
                f"Abstract type '{abstract}' must resolve to an Object type at runtime for field '{field}'"
            )
            if name is None:
                message += (
                    f". Either the '{abstract}' type should provide a 'resolve_type' function or each "
                    "possible type should provide an 'is_type_of' function."
                )
            else:
                message += (
                    f" with value {inspect(value)}, received '{inspect(name)}', which is not a valid Object "
                    "type name."
                )
            raise GraphQLError(message, nodes)
        schema = run.compiled.schema
        kind = schema.get_type(name)
        if kind is None:
            message = (
                f"Abstract type '{abstract}' was resolved to a type '{name}' that does not exist inside the "
                "schema."
            )
            raise GraphQLError(message, nodes)
        if not is_object_type(kind):
            message = f"Abstract type '{abstract}' was resolved to a non-object type '{name}'."
            raise GraphQLError(message, nodes)
        if not schema.is_sub_type(abstract, kind):
            message = f"Runtime Object type '{kind}' is not a possible type for '{abstract}'."
            raise GraphQLError(message, nodes)
        return kind


def _info(way: Way, site: Site, run: Running) -> Any:
    """What is told of a field to whom asks for the type of its value, or of something in its list."""
    above = way
    while above is not None and isinstance(above[1], int):
        above = above[0]
    return Info(site, above[0], run)
