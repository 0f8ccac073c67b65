"""Whether records are what their types say: a struct's constructor does not look."""

from __future__ import annotations

import enum
import functools
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, NewType, Union, get_args, get_origin, get_type_hints

import msgspec

from c360.countries import country_code
from c360.currencies import is_currency
from c360.values import CountryCode, CurrencyCode, LanguageTag, Percentage


class Aspect(enum.Enum):
    """What about a value is wrong."""

    TYPE = "TYPE"
    CURRENCY = "CURRENCY"
    COUNTRY = "COUNTRY"
    LANGUAGE = "LANGUAGE"
    ZONE = "ZONE"
    TEXT = "TEXT"
    NUMBER = "NUMBER"


STRUCTURE = frozenset({Aspect.TYPE, Aspect.ZONE, Aspect.NUMBER})
"""What makes a record untyped, whatever the partner sent."""


class Complaint(NamedTuple):
    """A value that is not what its type says. Holds no value: those may be personal."""

    aspect: Aspect
    place: str
    """Dotted names of the fields that lead there."""
    found: str


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})*")
"""The part of BCP 47 that partners use: language, script, region, variants."""


def complaints(record: msgspec.Struct) -> Sequence[Complaint]:
    """Everything that is wrong with a record."""
    return _fields(record, "")


Look = Callable[[Any, str], Sequence[Complaint]]
"""Looks at a value at a place."""


def _fields(record: msgspec.Struct, place: str) -> Sequence[Complaint]:
    found: list[Complaint] = []
    for name, look in _looks(type(record)):
        wrong = look(getattr(record, name), name)
        if wrong:
            found.extend(it._replace(place=f"{place}.{it.place}" if place else it.place) for it in wrong)
    return found


@functools.cache
def _looks(kind: type) -> Sequence[tuple[str, Look]]:
    # Which connector a record is from is the host's to say; another check looks at it.
    return tuple((name, _look(hint)) for name, hint in _hints(kind).items() if name != "connector")


@functools.cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind, include_extras=False)
    return {name: hints[name] for name in kind.__struct_fields__}  # type: ignore[attr-defined]  # a Struct's


@functools.cache
def _look(hint: Any) -> Look:  # noqa: PLR0911  # a table of types
    if get_origin(hint) is Annotated:
        return _look(get_args(hint)[0])
    if isinstance(hint, NewType):
        aspect, holds, found = _NAMED.get(hint, (Aspect.TYPE, lambda _: True, ""))
        return _exactly(hint.__supertype__, aspect, holds, found)
    if get_origin(hint) in {Union, types.UnionType}:
        return _union(hint)
    if get_origin(hint) is tuple:
        return _tuple(_look(get_args(hint)[0]))
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return lambda value, place: (
            _fields(value, place) if type(value) is hint else _wrong(value, hint, place)
        )
    if hint is datetime:
        return _exactly(
            datetime, Aspect.ZONE, lambda it: it.utcoffset() is not None, "a moment without a zone"
        )
    if hint is str:
        return _exactly(str, Aspect.TEXT, lambda it: bool(it.strip()), "an empty text")
    if hint is Decimal:
        return _exactly(
            Decimal, Aspect.NUMBER, lambda it: bool(it.is_finite()), "a number that is not finite"
        )
    return _exactly(hint, Aspect.TYPE, lambda _: True, "")


def _exactly(kind: Any, aspect: Aspect, holds: Callable[[Any], bool], found: str) -> Look:
    """Of that very type (no bool for an int, no datetime for a date), and what else has to hold."""

    def look(value: Any, place: str) -> Sequence[Complaint]:
        if type(value) is not kind:
            return _wrong(value, kind, place)
        return () if holds(value) else (Complaint(aspect, place, found),)

    return look


def _union(hint: Any) -> Look:
    parts = get_args(hint)
    looks = [_look(part) for part in parts if part is not type(None)]
    optional = len(looks) < len(parts)

    def look(value: Any, place: str) -> Sequence[Complaint]:
        if value is None and optional:
            return ()
        found: Sequence[Complaint] = ()
        for each in looks:
            found = each(value, place)
            if not found:
                return ()
        return found

    return look


def _tuple(item: Look) -> Look:
    def look(value: Any, place: str) -> Sequence[Complaint]:
        if type(value) is not tuple:
            return (Complaint(Aspect.TYPE, place, f"a {type(value).__name__}, where a tuple is due"),)
        return [complaint for it in value for complaint in item(it, place)]

    return look


_NAMED: dict[Any, tuple[Aspect, Callable[[Any], bool], str]] = {
    CurrencyCode: (Aspect.CURRENCY, is_currency, "no ISO 4217 code"),
    CountryCode: (Aspect.COUNTRY, lambda it: country_code(it) == it, "no ISO 3166-1 alpha-2 code"),
    LanguageTag: (Aspect.LANGUAGE, lambda it: bool(_LANGUAGE.fullmatch(it)), "no BCP 47 tag"),
    Percentage: (Aspect.NUMBER, lambda it: bool(it.is_finite()), "a number that is not finite"),
}


def _wrong(value: Any, hint: Any, place: str) -> Sequence[Complaint]:
    return (Complaint(Aspect.TYPE, place, f"a {type(value).__name__}, where a {hint.__name__} is due"),)


def optional(record: type[msgspec.Struct], field: str) -> bool:
    """Whether a field of a record may be ``None``."""
    return type(None) in get_args(_hints(record)[field])


def moments(record: msgspec.Struct) -> Iterator[tuple[str, date]]:
    """Every date and moment of a record's own fields, with the field's name."""
    for name in _hints(type(record)):
        value = getattr(record, name)
        if isinstance(value, date):
            yield name, value


def enums(record: Any) -> Iterator[enum.Enum]:
    """Every enum value in a record, also inside its parts."""
    if isinstance(record, enum.Enum):
        yield record
    elif isinstance(record, msgspec.Struct):
        for name in record.__struct_fields__:
            yield from enums(getattr(record, name))
    elif isinstance(record, tuple):
        for item in record:
            yield from enums(item)


def texts(value: Any) -> Iterator[str]:
    """Every text in a record, also inside its parts; dates in ISO form."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, date) and not isinstance(value, datetime):
        yield value.isoformat()
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from texts(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
