"""Writes the function for one object: its fields read, completed and put under their keys, one by one.

Every generated function takes the object ``s``, its place ``p``, the execution ``x`` and the nearest customer
``c``. In its text ``v0``, ``v1`` … are values, ``S`` sites, ``R`` what is called to read, ``A`` arguments,
``D`` completers and ``K`` the functions they know by class. A field that goes wrong is told of by its site;
in Python 3.11 a ``try`` costs nothing until then.
"""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from typing import Any, Protocol

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
        self._kind = kind
        self._source = source
        self._turns = turns
        self._cases = cases
        self._lines: list[str] = []
        self._customer = "s" if kind.name == CUSTOMER else "c"

    def text(self, name: str, guarded: str | None) -> str:
        """Its text.

        Args:
            name: Of the function.
            guarded: The name of the one that is called where something of the type may be held back; none
                where this is it.
        """
        self._add(0, f"def {name}(s, p, x, c):")
        if guarded is None:
            self._add(1, f"u = x.guards[{self._kind.name!r}]")
        else:
            self._add(1, f"if {self._kind.name!r} in x.guards:", f"    return {guarded}(s, p, x, c)")
        if self._source is Source.ANSWERS:
            self._add(1, "a = s._answers", "w = s.view")
        if all(map(self._always, self._turns)):
            written = [self._field(place, turn, guarded, 1) for place, turn in enumerate(self._turns)]
            pairs = zip(self._turns, written, strict=True)
            self._add(1, f"return {{{', '.join(f'{turn.field.key!r}: {value}' for turn, value in pairs)}}}")
        else:
            self._add(1, "d = {}")
            for place, turn in enumerate(self._turns):
                self._switched(place, turn, guarded)
            self._add(1, "return d")
        text = "\n".join(self._lines) + "\n"
        self._lines.clear()
        return text

    def _add(self, depth: int, *lines: str) -> None:
        self._lines += ["    " * depth + line for line in lines]

    def _always(self, turn: Turn) -> bool:
        return not self._cases & ~turn.cases

    def _switched(self, place: int, turn: Turn, guarded: str | None) -> None:
        depth = 1
        if not self._always(turn):
            self._add(1, f"if {turn.cases:#x} >> x.case & 1:")
            depth = 2
        written = self._field(place, turn, guarded, depth)
        self._add(depth, f"d[{turn.field.key!r}] = {written}")

    def _field(self, place: int, turn: Turn, guarded: str | None, depth: int) -> str:
        """Write what makes the value of a field, and say where it is then."""
        if turn.field.name == "__typename":
            return repr(self._kind.name)
        value = f"v{place}"
        site = self._names.site(turn, self._kind, cases=self._cases)
        here = self._names.named("S", site)
        if guarded is None:
            shut = f"{turn.field.name!r} in u and shut({here}, p, x, {self._customer})"
            self._add(depth, f"if {shut}:", f"    {value} = None", "else:")
            depth += 1
        self._add(depth, "try:")
        self._read(value, site, here, depth + 1)
        self._complete(value, site.definition.type, turn, here, depth + 1)
        missed = f"{here}.failed(p, x)" if site.is_required else f"{value} = {here}.lost(p, x)"
        self._add(depth, "except Exception:", f"    {missed}")
        return value

    def _read(self, value: str, site: Site, here: str, depth: int) -> None:
        reading = self._names.reading(site, self._source)
        if reading.how is How.ATTRIBUTE:
            self._add(depth, f"{value} = {self._attribute(reading.name)}")
            return
        call = self._names.named("R", reading.call)
        if reading.how is How.READER:
            self._add(depth, f"{value} = {call}(s)")
            return
        *before, given = self._names.arguments(site, reading).split("\n")
        self._add(depth, *before)
        self._add(depth, f"{value} = {call}(s, Info({here}, p, x){given and f', **{given}'})")

    def _attribute(self, name: str) -> str:
        if self._source is Source.ANSWERS:
            return f"a[{name!r}](w)"
        if name.isidentifier() and not keyword.iskeyword(name):
            return f"s.{name}"
        return f"getattr(s, {name!r})"

    def _complete(self, value: str, kind: GraphQLOutputType, turn: Turn, here: str, depth: int) -> None:
        required = is_non_null_type(kind)
        bare: Any = kind.of_type if is_non_null_type(kind) else kind
        if is_list_type(bare):
            self._list(value, bare.of_type, turn, here, depth, required=required)
        elif is_leaf_type(bare):
            self._leaf(value, kind, turn, here, depth, required=required)
        else:
            completer: Any = self._names.completer(kind, turn)
            way = f"(p, {turn.field.key!r})"
            known = self._names.named("K", completer.known)
            other = self._names.named("D", completer)
            self._add(
                depth,
                f"f = {known}.get(type({value}))",
                "if f is not None:",
                f"    {value} = f({value}, {way}, x, {self._customer})",
                "else:" if required else f"elif {value} is not None:",
                f"    {value} = {other}.value({value}, {way}, {here}, x, {self._customer})",
            )

    def _leaf(
        self, value: str, kind: GraphQLOutputType, turn: Turn, here: str, depth: int, *, required: bool
    ) -> None:
        bare: Any = kind.of_type if is_non_null_type(kind) else kind
        short = shortcut(bare)
        other = self._names.named("D", self._names.completer(kind, turn))
        slow = f"{value} = {other}.value({value}, p, {here}, x, c)"
        there = "" if required else f" and {value} is not None"
        if short is None:
            self._add(depth, slow)
            return
        self._use(short)
        if short.changes:
            self._add(
                depth,
                f"if {short.fits(value)}:",
                f"    {value} = {short.written(value)}",
                "else:" if required else f"elif {value} is not None:",
                f"    {slow}",
            )
        else:
            self._add(depth, f"if {short.misses(value)}{there}:", f"    {slow}")

    def _use(self, short: Any) -> None:
        for name, named in {short.kind.__name__: short.kind, **short.names}.items():
            self._names.use(name, named)

    def _list(
        self, value: str, inner: GraphQLOutputType, turn: Turn, here: str, depth: int, *, required: bool
    ) -> None:
        listed = "listed_required" if required else "listed"
        self._add(
            depth,
            f"if type({value}) is not tuple and type({value}) is not list:",
            f"    {value} = {listed}({value}, {here})",
        )
        if not required:
            self._add(depth, f"if {value} is not None:")
            depth += 1
        self._add(
            depth,
            f"q = (p, {turn.field.key!r})",
            "r = []",
            f"for n, i in enumerate({value}):",
        )
        self._item(inner, turn, here, depth + 1)
        self._add(depth, f"{value} = r")

    def _item(self, inner: GraphQLOutputType, turn: Turn, here: str, depth: int) -> None:
        """Write what puts something of a list where it belongs."""
        bare: Any = inner.of_type if is_non_null_type(inner) else inner
        completer = self._names.completer(inner, turn)
        other = self._names.named("D", completer)
        slow = f"{other}.item(i, (q, n), {here}, x, {self._customer})"
        if isinstance(completer, completing.ObjectOf):
            self._object_item(completer, slow, here, depth)
            return
        short = shortcut(bare) if is_leaf_type(bare) else None
        if short is None:
            self._add(depth, f"r.append({slow})")
            return
        self._use(short)
        self._add(depth, f"r.append({short.written('i')} if {short.fits('i')} else {slow})")

    def _object_item(self, completer: completing.ObjectOf, slow: str, here: str, depth: int) -> None:
        known = self._names.named("K", completer.known)
        quick = f"r.append(f(i, (q, n), x, {self._customer}))"
        self._add(depth, f"f = {known}.get(type(i))", "if f is None:", f"    r.append({slow})")
        if completer.required:
            self._add(depth, "else:", f"    {quick}")
            return
        self._add(
            depth,
            "else:",
            "    try:",
            f"        {quick}",
            "    except Exception:",
            f"        r.append({here}.lost_at((q, n), x))",
        )
