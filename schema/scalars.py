"""Scalars: how values are written in JSON, and how strictly they are read.

A value that does not fit is refused with what would do; nothing is guessed or rounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry
from graphql import GraphQLError, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from c360.values import CountryCode, CurrencyCode, LanguageTag, Percentage
from schema.errors import ErrorCode, InputError
from schema.permissions.directives import ScopeName

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATETIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})", re.ASCII
)
_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,5})W|(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?)",
    re.ASCII,
)
_COUNTRY = re.compile(r"[A-Z]{2}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SCOPE = re.compile(r"[a-z-]{1,40}:[a-z]{1,40}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}")


_EARLIEST, _LATEST = date(1000, 1, 1), date(8999, 12, 31)
"""Days that are taken: so far from the ends of the calendar that no reckoning with them leaves it."""
_LONGEST = timedelta(days=100_000)
"""Span that is taken, for the same reason."""
_WITHIN = f"from the year {_EARLIEST.year} to {_LATEST.year}"


def _refused(what: str, example: str) -> InputError:
    return InputError(f'Expected {what}, such as "{example}".', code=ErrorCode.BAD_USER_INPUT)


def _matching(pattern: re.Pattern[str], value: object, what: str, example: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _refused(what, example)
    return value


def parse_date(value: object) -> date:
    """A calendar day in ISO 8601."""
    text = _matching(_DATE, value, "a date", "2025-03-31")
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise _refused("a date of the calendar", "2025-03-31") from None
    if not _EARLIEST <= found <= _LATEST:
        raise _refused(f"a date {_WITHIN}", "2025-03-31")
    return found


def parse_datetime(value: object) -> datetime:
    """A moment in ISO 8601 with its zone."""
    text = _matching(_DATETIME, value, "a moment with its zone", "2025-03-31T09:30:00Z")
    try:
        found = datetime.fromisoformat(text.upper().replace(",", "."))
    except ValueError:
        raise _refused("a moment of the calendar", "2025-03-31T09:30:00Z") from None
    if not _EARLIEST <= found.date() <= _LATEST:
        raise _refused(f"a moment {_WITHIN}", "2025-03-31T09:30:00Z")
    return found


def parse_decimal(value: object) -> Decimal:
    """A decimal number as text, or an integer; a float has already lost what it was."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40:
        return Decimal(value)
    try:
        return Decimal(_matching(_DECIMAL, value, "a decimal number as a string", "12.50"))
    except InvalidOperation:
        raise _refused("a decimal number as a string", "12.50") from None


def serialize_decimal(value: Decimal) -> str:
    """The digits without an exponent."""
    return format(value, "f")


def parse_duration(value: object) -> timedelta:
    """A span of ISO 8601 in weeks, days, hours, minutes and seconds."""
    text = _matching(_DURATION, value, "a duration of ISO 8601 without years and months", "PT1H30M")
    found = _DURATION.fullmatch(text)
    groups = found.groupdict() if found else {}
    parts = {unit: float(amount) for unit, amount in groups.items() if amount}
    if not parts:
        raise _refused("a duration of ISO 8601 without years and months", "PT1H30M")
    span = timedelta(**parts)
    if span > _LONGEST:
        raise _refused(f"a duration of at most {_LONGEST.days} days", "PT1H30M")
    return span


def serialize_duration(value: timedelta) -> str:
    """The shortest text with days, hours, minutes and seconds, in whole milliseconds."""
    milliseconds = round(value / timedelta(milliseconds=1))
    sign = "-" if milliseconds < 0 else ""
    seconds, rest = divmod(abs(milliseconds), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    fraction = f".{rest:03d}".rstrip("0") if rest else ""
    clock = "".join(
        (
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or rest else "",
        )
    )
    if not days and not clock:
        return "PT0S"
    return f"{sign}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"


def _text(pattern: re.Pattern[str], what: str, example: str) -> Callable[[object], str]:
    return lambda value: _matching(pattern, value, what, example)


def _scalar(*, parse_value: Callable[[object], object], **described: Any) -> ScalarDefinition:
    """A scalar whose literals are refused where they stand in the document."""

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> object:
        try:
            return parse_value(value_from_ast_untyped(node, variables))
        except InputError as error:
            raise GraphQLError(error.message, node, extensions=error.extensions) from None

    made: ScalarDefinition = strawberry.scalar(
        parse_value=parse_value, parse_literal=parse_literal, **described
    )
    return made


def scalar_map() -> Mapping[object, ScalarDefinition]:
    """Every scalar of the graph by the Python type that stands for it."""
    return {
        date: _scalar(
            name="Date",
            description=f"A calendar day in ISO 8601, such as `2025-03-31`; those that are sent, {_WITHIN}.",
            serialize=date.isoformat,
            parse_value=parse_date,
        ),
        datetime: _scalar(
            name="DateTime",
            description="A moment in ISO 8601 with its zone, such as `2025-03-31T09:30:00+02:00`; those that "
            f"are sent, {_WITHIN}.",
            specified_by_url="https://scalars.graphql.org/andimarek/date-time",
            serialize=datetime.isoformat,
            parse_value=parse_datetime,
        ),
        Decimal: _scalar(
            name="Decimal",
            description='A decimal number, exact, as a string such as `"1234.50"`.',
            serialize=serialize_decimal,
            parse_value=parse_decimal,
        ),
        Percentage: _scalar(
            name="Percentage",
            description='A share in percent, exact, as a string: `"4.5"` is 4.5 %.',
            serialize=serialize_decimal,
            parse_value=parse_decimal,
        ),
        timedelta: _scalar(
            name="Duration",
            description=(
                "A span of time in ISO 8601 with weeks, days, hours, minutes and seconds, such as `PT90S` "
                "or `P1DT12H`; never with years or months, whose length varies."
            ),
            serialize=serialize_duration,
            parse_value=parse_duration,
        ),
        CurrencyCode: _scalar(
            name="CurrencyCode",
            description="An ISO 4217 code in capitals, such as `AUD`.",
            serialize=str,
            parse_value=_text(_CURRENCY, "an ISO 4217 code in capitals", "AUD"),
        ),
        CountryCode: _scalar(
            name="CountryCode",
            description="An ISO 3166-1 alpha-2 code in capitals, such as `CH`.",
            serialize=str,
            parse_value=_text(_COUNTRY, "an ISO 3166-1 alpha-2 code in capitals", "CH"),
        ),
        ScopeName: _scalar(
            name="Scope",
            description="What a token can be given leave for, such as `profile:read`.",
            serialize=str,
            parse_value=_text(_SCOPE, "the name of a scope", "profile:read"),
        ),
        LanguageTag: _scalar(
            name="LanguageTag",
            description="A BCP 47 language tag, such as `pt-BR`.",
            serialize=str,
            parse_value=_text(_LANGUAGE, "a BCP 47 language tag", "pt-BR"),
        ),
    }  # fmt: skip
