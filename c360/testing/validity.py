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


def complaints(record: msgspec.Struct, place: str = "") -> Iterator[Complaint]:
    """Everything that is wrong with a record."""
    for name, hint in _hints(type(record)).items():
        yield from _value(getattr(record, name), hint, f"{place}.{name}" if place else name)


@functools.cache
def _hints(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind, include_extras=False)
    # Which connector a record is from is the host's to say; another check looks at it.
    return {name: hints[name] for name in kind.__struct_fields__ if name != "connector"}  # type: ignore[attr-defined]  # a Struct's


def _value(value: Any, hint: Any, place: str) -> Iterator[Complaint]:  # noqa: C901  # a table of types
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if isinstance(hint, NewType):
        yield from _named(value, hint, place)
        return
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        yield from _union(value, get_args(hint), place)
    elif origin is tuple:
        yield from _tuple(value, get_args(hint)[0], place)
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        if type(value) is not hint:
            yield _wrong(value, hint, place)
        else:
            yield from complaints(value, place)
    elif hint is datetime:
        yield from _moment(value, place)
    elif isinstance(hint, type) and type(value) is not hint:  # also: no bool as int, no datetime as date
        yield _wrong(value, hint, place)
    elif hint is str:
        yield from _text(value, place)
    elif hint is Decimal and not value.is_finite():
        yield Complaint(Aspect.NUMBER, place, "a number that is not finite")


def _union(value: Any, hints: Sequence[Any], place: str) -> Iterator[Complaint]:
    if value is None and type(None) in hints:
        return
    found = []
    for hint in hints:
        if hint is not type(None):
            found = list(_value(value, hint, place))
            if not found:
                return
    yield from found


def _tuple(value: Any, hint: Any, place: str) -> Iterator[Complaint]:
    if type(value) is not tuple:
        yield Complaint(Aspect.TYPE, place, f"a {type(value).__name__}, where a tuple is due")
        return
    for item in value:
        yield from _value(item, hint, place)


def _moment(value: Any, place: str) -> Iterator[Complaint]:
    if type(value) is not datetime:
        yield _wrong(value, datetime, place)
    elif value.utcoffset() is None:
        yield Complaint(Aspect.ZONE, place, "a moment without a zone")


def _text(value: str, place: str) -> Iterator[Complaint]:
    if not value.strip():
        yield Complaint(Aspect.TEXT, place, "an empty text")


def _named(value: Any, hint: Any, place: str) -> Iterator[Complaint]:
    base: type = hint.__supertype__
    if type(value) is not base:
        yield _wrong(value, base, place)
        return
    aspect, holds, found = _NAMED.get(hint, (Aspect.TYPE, lambda _: True, ""))
    if not holds(value):
        yield Complaint(aspect, place, found)


_NAMED: dict[Any, tuple[Aspect, Callable[[Any], bool], str]] = {
    CurrencyCode: (Aspect.CURRENCY, is_currency, "no ISO 4217 code"),
    CountryCode: (Aspect.COUNTRY, lambda it: country_code(it) == it, "no ISO 3166-1 alpha-2 code"),
    LanguageTag: (Aspect.LANGUAGE, lambda it: bool(_LANGUAGE.fullmatch(it)), "no BCP 47 tag"),
    Percentage: (Aspect.NUMBER, lambda it: bool(it.is_finite()), "a number that is not finite"),
}


def _wrong(value: Any, hint: Any, place: str) -> Complaint:
    return Complaint(Aspect.TYPE, place, f"a {type(value).__name__}, where a {hint.__name__} is due")


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
