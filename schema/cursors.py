"""Cursors: opaque to callers, and of use only in the connection and order that made them."""

from __future__ import annotations

import msgspec

from schema.errors import ErrorCode, InputError
from schema.ids import from_base64, to_base64

_DECODER = msgspec.json.Decoder(tuple[str, tuple[str, ...]])


def encode(scope: str, place: tuple[str, ...]) -> str:
    """The cursor of a place in a list."""
    return to_base64(msgspec.json.encode((scope, place)))


def decode(text: str, *, scope: str, parts: int | None, argument: str) -> tuple[str, ...]:
    """The place that a cursor stands for.

    Args:
        text: What the caller gave.
        scope: The list and its order, as when the cursor was made.
        parts: How many texts a place has; none where the list is empty.
        argument: Where the caller gave it.

    Raises:
        InputError: ``INVALID_CURSOR``, it was not made for this list in this order.
    """
    try:
        found, place = _DECODER.decode(from_base64(text))
    except (ValueError, UnicodeError):  # msgspec's decoding errors are ValueErrors
        found, place = "", ()
    if found != scope or (parts is not None and len(place) != parts) or any("\0" in part for part in place):
        raise refused(argument)
    return place


def refused(argument: str) -> InputError:
    """The error for a cursor that was given in an argument and cannot be used."""
    message = "This cursor was not made by this list in this order; take it from an edge or pageInfo."
    return InputError(message, code=ErrorCode.INVALID_CURSOR, argument=argument)
