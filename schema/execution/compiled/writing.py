"""Writes the function for one object: its fields read, completed and put under their keys, one by one.

Every generated function takes the object ``s``, its place ``p``, the execution ``x`` and the nearest customer
``c``. In its text ``S`` are sites, ``R`` what is called to read, ``A`` arguments, ``D`` completers, ``K`` the
functions they know by class and ``C`` classes; all else has a letter and a number of its own. A field that
goes wrong is told of by its site; in Python 3.11 a ``try`` costs nothing until then.

Objects below that are of a class that is known beforehand are written in place, without a call and without
telling where they stand, which nobody asks as long as all goes well. So one function writes a list of edges
with all that is selected of their nodes.
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)

from schema.execution.compiled import completing
from schema.execution.compiled.guarding import CUSTOMER
from schema.execution.compiled.leaves import shortcut
from schema.execution.compiled.places import Site
from schema.execution.compiled.reading import How, Reading, Source
from schema.execution.compiled.switches import Turn

MOST_IN_ONE = 60
"""Fields in one function: Python compiles a text in one go, in which nobody else has a turn."""
_DEEPEST = 4
"""Objects within each other in one function: Python nests no more than twenty blocks."""


class Names(Protocol):
    """Where the generated code finds what it names.

    See :class:`schema.execution.compiled.operation.Compiled`.
    """

    def named(self, letter: str, value: Any) -> str:
        """The name of an object in the code."""
        ...

    def use(self, name: str, value: Any) -> None:
        """Let the code use something under a name of its own."""
        ...

    def site(self, turn: Turn, kind: GraphQLObjectType, *, cases: int) -> Site:
        """A field of an object."""
        ...

    def reading(self, site: Site, source: Source) -> Reading:
        """How a field is read."""
        ...

    def arguments(self, site: Site, reading: Reading) -> str:
        """An expression for the arguments of a field, with statements before it in front; empty for none."""
        ...

    def completer(self, kind: GraphQLOutputType, turn: Turn) -> completing.Completer:
        """What completes values of a field's type, or of one that its type is made of."""
        ...

    def expected(self, kind: GraphQLOutputType) -> Sequence[type]:
        """The classes that objects of a type are mostly of, where they are to be written in place."""
        ...

    def turns_of(self, kind: GraphQLObjectType, turn: Turn) -> Sequence[Turn]:
        """The fields that are selected of a field's objects that are of a type."""
        ...


class _Object(NamedTuple):
    """An object that is being written."""

    name: str
    """Of the variable that holds it."""
    way: str
    """An expression for its place."""
    kind: GraphQLObjectType
    source: Source
    cases: int
    """In which it is written at all."""
    depth: int = 0
    """Objects around it in the same function."""


class _Value(NamedTuple):
    """A field's value, or something in its list, that is being written."""

    one: _Object
    """What it belongs to."""
    turn: Turn
    here: str
    """The name of the field's site."""
    name: str
    """Of the variable that holds it."""
    way: str
    """An expression for its place."""
    depth: int
    """Of the text."""


class Function:
    """The text of one function.

    Args:
        names: Where the code finds what it names.
        kind: The type of its objects.
        source: What they are.
        turns: Their fields.
        cases: In which the function is called at all.
    """

    def __init__(
        self, names: Names, kind: GraphQLObjectType, source: Source, turns: Sequence[Turn], cases: int
    ) -> None:
        self._names = names
        self._object = _Object("s", "p", kind, source, cases)
        self._turns = turns
        self._lines: list[str] = []
        self._customer = "s" if kind.name == CUSTOMER else "c"
        self._guarded: str | None = None
        self._written: dict[str, None] = {}
        """The types of all objects that are written in place."""
        self._fields = 0
        self._numbers = 0

    def text(self, name: str, guarded: str | None) -> str:
        """Its text.

        Args:
            name: Of the function.
            guarded: The name of the one that is called where something of the types may be held back; none
                where this is it.
        """
        kind = self._object.kind.name
        self._guarded = guarded
        self._written = {kind: None}
        self._fields, self._numbers = len(self._turns), 0
        self._lines = []
        found = self._body(self._object, self._turns, 1)
        head = [f"def {name}(s, p, x, c):"]
        if guarded is None:
            head.append(f"    u = x.guards.get({kind!r}, ())")
        else:
            held = " or ".join(f"{each!r} in x.guards" for each in self._written)
            head += [f"    if x.guards and ({held}):", f"        return {guarded}(s, p, x, c)"]
        return "\n".join([*head, *self._lines, f"    return {found}", ""])

    def _add(self, depth: int, *lines: str) -> None:
        self._lines += ["    " * depth + line for line in lines]

    def _new(self, letter: str) -> str:
        self._numbers += 1
        return f"{letter}{self._numbers}"

    def _body(self, one: _Object, turns: Sequence[Turn], depth: int) -> str:
        """Write what makes an object's values, and say what it is then."""
        if one.source is Source.ANSWERS:
            self._add(depth, "a = s._answers", "w = s.view")
        if all(not one.cases & ~turn.cases for turn in turns):
            pairs = [(turn.field.key, self._field(one, turn, depth)) for turn in turns]
            return f"{{{', '.join(f'{key!r}: {value}' for key, value in pairs)}}}"
        made = self._new("d")
        self._add(depth, f"{made} = {{}}")
        for turn in turns:
            inside = depth
            if one.cases & ~turn.cases:
                self._add(depth, f"if {turn.cases:#x} >> x.case & 1:")
                inside += 1
            value = self._field(one, turn, inside)
            self._add(inside, f"{made}[{turn.field.key!r}] = {value}")
        return made

    def _field(self, one: _Object, turn: Turn, depth: int) -> str:
        """Write what makes the value of a field, and say where it is then."""
        if turn.field.name == "__typename":
            return repr(one.kind.name)
        value = self._new("v")
        site = self._names.site(turn, one.kind, cases=one.cases)
        here = self._names.named("S", site)
        if self._guarded is None:
            shut = f"{turn.field.name!r} in u and shut({here}, p, x, {self._customer})"
            self._add(depth, f"if {shut}:", f"    {value} = None", "else:")
            depth += 1
        self._add(depth, "try:")
        self._read(one, value, site, here, depth + 1)
        at = _Value(one, turn, here, value, f"({one.way}, {turn.field.key!r})", depth + 1)
        self._complete(at, site.definition.type)
        left = f"{here}.failed" if site.is_required else f"{value} = {here}.lost"
        self._add(depth, "except Exception:", f"    {left}({one.way}, x)")
        return value

    def _read(self, one: _Object, value: str, site: Site, here: str, depth: int) -> None:
        reading = self._names.reading(site, one.source)
        if reading.how is How.ATTRIBUTE:
            self._add(depth, f"{value} = {_attribute(one, reading.name)}")
            return
        call = self._names.named("R", reading.call)
        if reading.how is How.READER:
            self._add(depth, f"{value} = {call}({one.name})")
            return
        *before, given = self._names.arguments(site, reading).split("\n")
        self._add(depth, *before)
        self._add(
            depth, f"{value} = {call}({one.name}, Info({here}, {one.way}, x){given and f', **{given}'})"
        )

    def _complete(self, at: _Value, kind: GraphQLOutputType) -> None:
        required = is_non_null_type(kind)
        bare: Any = kind.of_type if is_non_null_type(kind) else kind
        if is_list_type(bare):
            self._list(at, bare.of_type, required=required)
        elif is_leaf_type(bare):
            self._leaf(at, kind, required=required)
        else:
            self._one(at, kind, bare, required=required)

    def _one(self, at: _Value, kind: GraphQLOutputType, bare: Any, *, required: bool) -> None:
        """Write an object."""
        value, depth = at.name, at.depth
        inside = self._in_place(at, bare)
        if inside is not None:
            self._add(depth + 1, f"{value} = {inside}")
            self._add(depth, "else:")
            depth += 1
        completer: Any = self._names.completer(kind, at.turn)
        known = self._names.named("K", completer.known)
        other = self._names.named("D", completer)
        self._add(
            depth,
            f"f = {known}.get(type({value}))",
            "if f is not None:",
            f"    {value} = f({value}, {at.way}, x, {self._customer})",
            "else:" if required else f"elif {value} is not None:",
            f"    {value} = {other}.value({value}, {at.way}, {at.here}, x, {self._customer})",
        )

    def _in_place(self, at: _Value, kind: Any) -> str | None:
        """Write an object where it stands, if its class is as expected, and say what it is then.

        None where nothing is expected of it, there is too much of it, or something of it may be held back.
        """
        expected = self._names.expected(kind)
        if self._guarded is None or not expected or at.one.depth >= _DEEPEST:
            return None
        turns = self._names.turns_of(kind, at.turn)
        if self._fields + len(turns) > MOST_IN_ONE:
            return None
        self._fields += len(turns)
        self._written[kind.name] = None
        classes = [self._names.named("C", each) for each in expected]
        self._add(at.depth, f"if {' or '.join(f'type({at.name}) is {each}' for each in classes)}:")
        inner = _Object(at.name, at.way, kind, Source.PLAIN, at.turn.field.cases, at.one.depth + 1)
        return self._body(inner, turns, at.depth + 1)

    def _leaf(self, at: _Value, kind: GraphQLOutputType, *, required: bool) -> None:
        bare: Any = kind.of_type if is_non_null_type(kind) else kind
        value, short = at.name, shortcut(bare)
        other = self._names.named("D", self._names.completer(kind, at.turn))
        slow = f"{value} = {other}.value({value}, {at.way}, {at.here}, x, c)"
        there = "" if required else f" and {value} is not None"
        if short is None:
            self._add(at.depth, slow)
            return
        self._use(short)
        if short.changes:
            self._add(
                at.depth,
                f"if {short.fits(value)}:",
                f"    {value} = {short.written(value)}",
                "else:" if required else f"elif {value} is not None:",
                f"    {slow}",
            )
        else:
            self._add(at.depth, f"if {short.misses(value)}{there}:", f"    {slow}")

    def _use(self, short: Any) -> None:
        for name, named in {short.kind.__name__: short.kind, **short.names}.items():
            self._names.use(name, named)

    def _list(self, at: _Value, inner: GraphQLOutputType, *, required: bool) -> None:
        value, depth = at.name, at.depth
        listed = "listed_required" if required else "listed"
        self._add(
            depth,
            f"if type({value}) is not tuple and type({value}) is not list:",
            f"    {value} = {listed}({value}, {at.here})",
        )
        if not required:
            self._add(depth, f"if {value} is not None:")
            depth += 1
        made, place, item = self._new("r"), self._new("n"), self._new("i")
        self._add(depth, f"{made} = []", f"for {place}, {item} in enumerate({value}):")
        self._item(at._replace(name=item, way=f"({at.way}, {place})", depth=depth + 1), inner, made)
        self._add(depth, f"{value} = {made}")

    def _item(self, at: _Value, inner: GraphQLOutputType, made: str) -> None:
        """Write what puts something of a list where it belongs."""
        bare: Any = inner.of_type if is_non_null_type(inner) else inner
        completer = self._names.completer(inner, at.turn)
        other = self._names.named("D", completer)
        slow = f"{other}.item({at.name}, {at.way}, {at.here}, x, {self._customer})"
        if isinstance(completer, completing.ObjectOf):
            known = self._names.named("K", completer.known)
            self._object_item(at, bare, made, (known, slow), required=completer.required)
            return
        short = shortcut(bare) if is_leaf_type(bare) else None
        if short is None:
            self._add(at.depth, f"{made}.append({slow})")
            return
        self._use(short)
        self._add(at.depth, f"{made}.append({short.written(at.name)} if {short.fits(at.name)} else {slow})")

    def _object_item(
        self, at: _Value, kind: Any, made: str, other: tuple[str, str], *, required: bool
    ) -> None:
        known, slow = other
        outer = at.depth
        if not required:
            self._add(outer, "try:")
            at = at._replace(depth=outer + 1)
        depth = at.depth
        inside = self._in_place(at, kind)
        if inside is not None:
            self._add(depth + 1, f"{made}.append({inside})")
            self._add(depth, "else:")
            depth += 1
        called = f"f({at.name}, {at.way}, x, {self._customer})"
        self._add(
            depth,
            f"f = {known}.get(type({at.name}))",
            f"{made}.append({slow} if f is None else {called})",
        )
        if not required:
            missed = f"{made}.append({at.here}.lost_at({at.way}, x))"
            self._add(outer, "except Exception:", f"    {missed}")


def _attribute(one: _Object, name: str) -> str:
    if one.source is Source.ANSWERS:
        return f"a[{name!r}](w)"
    if name.isidentifier() and not keyword.iskeyword(name):
        return f"{one.name}.{name}"
    return f"getattr({one.name}, {name!r})"
