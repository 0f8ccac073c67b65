"""From a partner's typed answer to a record, declared field by field.

::

    membership = Mapping(
        Member,
        Membership,
        membership_id="id",
        program_id=constant("acme"),
        points=field("balance.points"),
        joined_on=field("joined_at", to=day),
    )
    record = membership(member)

The declaration is checked when it is made: every path exists in the wire type, every field in the record,
and no required field is forgotten. It also tells what a set of fields needs of the answer
(:meth:`Mapping.paths`), and serves a set of fields alone (:meth:`Mapping.only`). A plain function does as
well where a mapping would be harder to read.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Collection, Iterable
from typing import Annotated, Any, Generic, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec

from c360.converters import Unconvertible
from c360.errors import PartnerFault
from c360.projecting import projected

__all__ = ["Mapping", "Source", "constant", "field", "given", "many", "nested"]

WireT = TypeVar("WireT", bound=msgspec.Struct)
RecordT = TypeVar("RecordT", bound=msgspec.Struct)


HOSTS_OWN = frozenset({"connector"})
"""Fields of records that the host fills in."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where one field of a record comes from. Made by the functions of this module."""

    paths: tuple[str, ...] = ()
    """Attributes of the wire type, joined by dots."""
    convert: Callable[..., Any] | None = None
    """Takes what stands at the paths; not called where one of them holds nothing that may not."""
    spared: frozenset[str] = frozenset()
    """Paths that may hold nothing: then the converter gets ``None`` for them."""
    value: Any = None
    inner: Mapping[Any, Any] | None = None
    repeated: bool = False
    by_caller: bool = False


def field(*paths: str, to: Callable[..., Any] | None = None, spared: Collection[str] = ()) -> Source:
    """What stands at a path, or at several, converted; see :mod:`c360.converters`.

    Args:
        paths: attributes of the wire type, joined by dots.
        to: the converter. It is not called, and the field left empty, where a path holds nothing.
        spared: those of several paths that may hold nothing; the converter gets ``None`` for them.

    Raises:
        TypeError: the paths and the converter do not go together.
    """
    if len(paths) != 1 and to is None:
        raise TypeError("several paths need a converter that takes as many values")
    if not set(spared) < set(paths):
        raise TypeError("paths that may hold nothing are some of several, and never all")
    return Source(paths=paths, convert=to, spared=frozenset(spared))


def constant(value: Any) -> Source:
    """The same for every record."""
    return Source(value=value)


def given() -> Source:
    """What the caller gives by the field's name, such as the customer's id."""
    return Source(by_caller=True)


def nested(path: str, mapping: Mapping[Any, Any]) -> Source:
    """A part with a mapping of its own."""
    return Source(paths=(path,), inner=mapping)


def many(path: str, mapping: Mapping[Any, Any]) -> Source:
    """A list of parts with a mapping of their own; a list that is not there is empty."""
    return Source(paths=(path,), inner=mapping, repeated=True)


class Mapping(Generic[WireT, RecordT]):
    """A mapping, compiled once.

    Args:
        wire: what the partner's answer is decoded to.
        record: what comes of it.
        fields: by the record's field, a source, or the path alone.

    Raises:
        TypeError: the declaration does not hold; says which field and why.
    """

    def __init__(self, wire: type[WireT], record: type[RecordT], /, **fields: str | Source) -> None:
        self.wire = wire
        self.record = record
        self.fields = {
            name: field(source) if isinstance(source, str) else source for name, source in fields.items()
        }
        self._check()
        self._given = frozenset(name for name, source in self.fields.items() if source.by_caller)
        required = {each.name for each in msgspec.structs.fields(record) if each.required}
        self.optional = frozenset(self.fields) - self._given - required
        """Fields that :meth:`only` may leave out."""
        self._compiled = _Compiled(self)
        self.build = self._compiled.build
        """The mapping as a function, whose errors name no place: for a mapping that has this one inside."""

    def __call__(self, wire: WireT, **values: Any) -> RecordT:
        """The record of an answer.

        Args:
            wire: the answer, or its part.
            values: the fields that are :func:`given`.

        Raises:
            PartnerFault: a value cannot be converted, or is not there and has to be. Names the place
                in the body, never the value.
            TypeError: what is given is not what was declared.
        """
        if values.keys() != self._given:
            raise TypeError(f"expected to be given {sorted(self._given)}, was given {sorted(values)}")
        try:
            return self.build(wire, **values)  # type: ignore[no-any-return]  # made at run time
        except _CAUGHT as error:
            raise self._blame(wire, error) from None

    def only(self, fields: Collection[str] | None) -> Mapping[Any, RecordT]:
        """The same mapping for some fields, such as :attr:`c360.contract.Need.fields`.

        Its :attr:`wire` decodes what they need and passes over the rest. Beside them are mapped those that
        the record requires and those that are given; of all others, the record's own defaults stand.

        Args:
            fields: names of the record's fields, also such as are not mapped; ``None``: all.
        """
        return self if fields is None else _only(self, self.optional.intersection(fields))

    def paths(self, fields: Collection[str] | None = None) -> frozenset[str]:
        """What a set of the record's fields needs of the partner's JSON.

        Args:
            fields: names of fields; all by default.

        Returns:
            Paths of names as the partner writes them, joined by dots; ``[]`` stands for each of a list.
        """
        chosen = self.fields if fields is None else {name: self.fields[name] for name in fields}
        found: set[str] = set()
        for source in chosen.values():
            for path in source.paths:
                written = _reached(self.wire, path).written
                if source.inner is None:
                    found.add(written)
                    continue
                joint = "[]." if source.repeated else "."
                found.update(f"{written}{joint}{below}" for below in source.inner.paths())
        return frozenset(found)

    def _check(self) -> None:
        name = self.record.__name__
        known = {each.name: each for each in msgspec.structs.fields(self.record)}
        for unknown in self.fields.keys() - known.keys():
            raise TypeError(f"{name} has no field {unknown!r}; it has {', '.join(known)}")
        for each in known.values():
            if each.required and each.name not in self.fields and each.name not in HOSTS_OWN:
                raise TypeError(f"{name}.{each.name} is required and not mapped")
        for field_name, source in self.fields.items():
            for path in source.paths:
                reached = _reached(self.wire, path)
                self._check_type(field_name, source, reached, known[field_name].type)

    def _check_type(self, name: str, source: Source, reached: _Reached, wanted: Any) -> None:
        if source.inner is not None or source.convert is not None:
            return
        missing = _members(reached.type) - _members(wanted) - {type(None)}
        if missing and Any not in _members(wanted):
            found = ", ".join(sorted(getattr(each, "__name__", str(each)) for each in missing))
            raise TypeError(
                f"{self.record.__name__}.{name} does not take the {found} at {source.paths[0]}; convert it"
            )

    def _blame(self, wire: WireT, error: Exception) -> Exception:
        """The error with the place it came from: found by doing it again, field by field."""
        for name, source in self.fields.items():
            if not source.paths:
                continue
            make = self._compiled.alone(name)
            try:
                make(wire)
            except _CAUGHT as failed:
                written = " and ".join(_reached(self.wire, path).written for path in source.paths)
                if isinstance(failed, Unconvertible):
                    return PartnerFault(f"{failed} at {written}")
                if isinstance(failed, PartnerFault):
                    return failed if failed.args[0].startswith(written) else _at(written, failed)
                return PartnerFault(f"cannot be converted at {written}")
        return error  # no source failed: the record's own type refuses what it was given


@functools.lru_cache(maxsize=256)
def _only(mapping: Mapping[Any, RecordT], optional: frozenset[str]) -> Mapping[Any, RecordT]:
    """Made once for each set of fields: operations want the same ones again and again."""
    fields = {
        name: source
        for name, source in mapping.fields.items()
        if name in optional or name not in mapping.optional
    }
    wire = projected(mapping.wire, [path for source in fields.values() for path in source.paths])
    return Mapping(wire, mapping.record, **fields)


_CAUGHT = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, PartnerFault)


def _at(written: str, inner: PartnerFault) -> PartnerFault:
    reason, _, below = str(inner).partition(" at ")
    return PartnerFault(f"{reason} at {written}.{below}" if below else f"{reason} at {written}")


class _Reached(NamedTuple):
    """What a path leads to."""

    type: Any
    written: str
    optional: bool
    """Whether one of the steps before the last may hold nothing."""


def _reached(wire: Any, path: str) -> _Reached:
    kind: Any = wire
    written: list[str] = []
    optional = False
    for step in path.split("."):
        if written and _is_optional(kind):
            optional = True
        struct = next((each for each in _members(kind) if _is_struct(each)), None)
        if struct is None:
            raise TypeError(f"{path}: there is nothing below {'.'.join(written) or wire}")
        found = {each.name: each for each in msgspec.structs.fields(_parametrised(kind, struct))}
        if step not in found:
            raise TypeError(f"{path}: {struct.__name__} has no field {step!r}; it has {', '.join(found)}")
        written.append(found[step].encode_name)
        kind = found[step].type
    return _Reached(kind, ".".join(written), optional)


def _parametrised(kind: Any, struct: Any) -> Any:
    """The generic type with its arguments, where the struct is one."""
    return next((each for each in _arms(kind) if (get_origin(each) or each) is struct), struct)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _arms(kind: Any) -> Iterable[Any]:
    """The members of a union, each without its annotations."""
    if get_origin(kind) is Annotated:
        yield from _arms(get_args(kind)[0])
    elif get_origin(kind) in {Union, types.UnionType}:
        for each in get_args(kind):
            yield from _arms(each)
    else:
        yield getattr(kind, "__supertype__", kind)


def _members(kind: Any) -> set[Any]:
    return {get_origin(each) or each for each in _arms(kind)}


def _is_optional(kind: Any) -> bool:
    return type(None) in _members(kind)


class _Compiled:
    """A mapping as one Python function: what somebody would write by hand, and as fast.

    The text is made of names that the declaration was checked for and of numbers, of nothing else.
    """

    def __init__(self, mapping: Mapping[Any, Any]) -> None:
        self._names: dict[str, Any] = {"record_": mapping.record, "needed_": _needed}
        self._temporaries = 0
        self._mapping = mapping
        self._known = {each.name: each for each in msgspec.structs.fields(mapping.record)}
        given = "".join(f", {name}" for name, source in mapping.fields.items() if source.by_caller)
        parts = ", ".join(
            f"{name}={name if source.by_caller else self._text(source, self._known[name], _built)}"
            for name, source in mapping.fields.items()
        )
        self.build = self._function(f"wire_{given}", f"record_({parts})")

    def alone(self, name: str) -> Callable[[Any], Any]:
        """How one field is made, with the place in its errors."""
        return self._function("wire_", self._text(self._mapping.fields[name], self._known[name], _blamed))

    def _function(self, parameters: str, text: str) -> Callable[..., Any]:
        made: dict[str, Any] = {}
        code = f"def build({parameters}):\n    return {text}\n"
        exec(compile(code, "<mapping>", "exec"), self._names, made)  # noqa: S102  # see the class
        build: Callable[..., Any] = made["build"]
        return build

    def _text(
        self,
        source: Source,
        target: msgspec.structs.FieldInfo,
        inside: Callable[[Mapping[Any, Any]], Callable[..., Any]],
    ) -> str:
        """The expression for one field. Where nothing is found, the record's own default stands."""
        if not source.paths:
            return self._bind(source.value)
        wire = self._mapping.wire
        values = [self._path(wire, path) for path in source.paths]
        convert = inside(source.inner) if source.inner is not None else source.convert
        if source.repeated:
            return f"tuple([{self._bind(convert)}(each) for each in {values[0]} or ()])"
        reached = _reached(wire, source.paths[0])
        if convert is None:
            text = values[0]
            sure = not reached.optional and not _is_optional(reached.type)
        else:
            held = {path: self._temporary() for path in source.paths if path not in source.spared}
            found = dict(zip(source.paths, values, strict=True))
            missing = " or ".join(f"({name} := {found[path]}) is None" for path, name in held.items())
            given = ", ".join(held.get(path, found[path]) for path in source.paths)
            text = f"(None if {missing} else {self._bind(convert)}({given}))"
            sure = False
        if sure or _is_optional(target.type):
            return text
        default = _default(target)
        if default is None:
            return f"needed_({text})"
        name = self._temporary()
        return f"({self._bind(default)} if ({name} := {text}) is None else {name})"

    def _path(self, wire: Any, path: str) -> str:
        """The expression for what stands at a path."""
        steps = path.split(".")
        text = "wire_"
        for position, step in enumerate(steps):
            if position and _is_optional(_reached(wire, ".".join(steps[:position])).type):
                name = self._temporary()
                text = f"(None if ({name} := {text}) is None else {name}.{step})"
            else:
                text = f"{text}.{step}"
        return text

    def _temporary(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}_"

    def _bind(self, value: Any) -> str:
        name = f"k{len(self._names)}_"
        self._names[name] = value
        return name


def _built(inner: Mapping[Any, Any]) -> Callable[..., Any]:
    """How a mapping inside another is called where all is well: without a layer between."""
    return inner.build


def _blamed(inner: Mapping[Any, Any]) -> Callable[..., Any]:
    """How it is called to find out what is wrong."""
    return inner


def _default(target: msgspec.structs.FieldInfo) -> Any:
    """What a record's field is when it is not given; ``None`` where it has to be."""
    if target.default_factory is not msgspec.NODEFAULT:
        return target.default_factory()  # records are frozen, and so are their parts
    return None if target.default is msgspec.NODEFAULT else target.default


def _needed(value: Any) -> Any:
    if value is None:
        raise Unconvertible("expected a value")
    return value
