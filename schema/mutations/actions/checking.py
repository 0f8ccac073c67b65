"""Holds what is asked of a partner to what the action takes, in words that whoever asked can act on."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from strawberry.utils.str_converters import to_camel_case

from c360.actions import ActionKind
from c360.values import Value
from resolvers.hints import hints_of
from schema.errors import ErrorCode, InputError
from store.columns import storable

_PLACE = re.compile(r"\.(\w+)|\[(\d+)\]")
"""Steps from the input to a value, as the library writes them."""
_WORDS = (
    (
        re.compile(r"Expected `str` of length <= (\d+)"),
        "Give at most {:,} characters.",
        ErrorCode.LIMIT_EXCEEDED,
    ),
    (
        re.compile(r"Expected `str` of length >= (\d+)"),
        "Give at least {:,} characters.",
        ErrorCode.BAD_USER_INPUT,
    ),
    (
        re.compile(r"Expected `array` of length <= (\d+)"),
        "Give at most {:,} of them.",
        ErrorCode.LIMIT_EXCEEDED,
    ),
    (
        re.compile(r"Expected `array` of length >= (\d+)"),
        "Give at least {:,} of them.",
        ErrorCode.BAD_USER_INPUT,
    ),
    (re.compile(r"Expected `\w+` <= (-?[\d.]+)"), "Give at most {:g}.", ErrorCode.BAD_USER_INPUT),
    (re.compile(r"Expected `\w+` >= (-?[\d.]+)"), "Give at least {:g}.", ErrorCode.BAD_USER_INPUT),
)
"""What the library says of a value, and what it asks of whoever gave it."""


def checked(kind: ActionKind, asked: Any, at: datetime) -> bytes:
    """What an action takes, encoded.

    Args:
        kind: Of the action.
        asked: An input of the graph that has its fields.
        at: When it is asked for.

    Raises:
        InputError: A field does not fit, or all of it does not; says which, and what would do.
    """
    given = {name: getattr(asked, name) for name in kind.input.__struct_fields__}
    plain = msgspec.to_builtins(given)
    for place, text in _texts(plain):
        if not storable(text):
            message = "A text has no NUL and no halves of characters."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=_argument(place))
    try:
        read = msgspec.convert(plain, kind.input)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at ")
        steps = [name or index for name, index in _PLACE.findall(where)]
        raise _refused(what, kind.input, steps) from None
    if (unfit := kind.unfit(read, at)) is not None:
        raise InputError(unfit.message, code=ErrorCode.BAD_USER_INPUT, argument=_argument([unfit.field]))
    return msgspec.json.encode(read)


def _refused(what: str, struct: type[Value], steps: list[str]) -> InputError:
    for said, words, code in _WORDS:
        if (found := said.fullmatch(what)) is not None:
            limit = float(found[1]) if "{:g}" in words else int(found[1])
            return InputError(words.format(limit), code=code, argument=_argument(steps))
    meant = _description(struct, steps[0]) if steps else ""
    message = f"This does not fit. Wanted: {meant}" if meant else "This does not fit."
    return InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=_argument(steps))


def _description(struct: type[Value], field: str) -> str:
    said = [one for one in typing.get_args(hints_of(struct).get(field)) if isinstance(one, msgspec.Meta)]
    return next((one.description for one in said if one.description), "")


def _argument(steps: list[str]) -> str:
    return ".".join(["input", *map(to_camel_case, steps)])


def _texts(plain: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[list[str], str]]:
    if isinstance(plain, str):
        yield list(place), plain
    elif isinstance(plain, dict):
        for name, value in plain.items():
            yield from _texts(value, (*place, name))
    elif isinstance(plain, list):
        for index, value in enumerate(plain):
            yield from _texts(value, (*place, str(index)))
