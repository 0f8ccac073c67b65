"""Global ids: ``Type:id`` in URL-safe base64 without padding. Opaque to callers, checked when they return."""

from __future__ import annotations

import binascii
import re
from typing import NamedTuple

from resolvers.global_ids import encode, to_base64
from schema.errors import ErrorCode, InputError

__all__ = ["MAX_LENGTH", "GlobalId", "decode", "decode_as", "encode", "from_base64", "to_base64"]

MAX_LENGTH = 256
"""Characters of the longest id that is looked at."""

_USUAL = bytes.maketrans(b"-_+/=", b"+/!!!")
"""Characters that stand for others in URLs; what stands for nothing there is made what stands for nothing."""
_PADDING = (b"", b"===", b"==", b"=")
_CONTENT = re.compile(r"([A-Z][A-Za-z0-9]{0,63}):([!-~]{1,128})")


class GlobalId(NamedTuple):
    """What a global id says."""

    type_name: str
    local_id: str


def decode(text: str, *, argument: str) -> GlobalId:
    """What a global id says.

    Raises:
        InputError: ``INVALID_ID``, the text is not one that :func:`encode` makes.
    """
    try:
        found = _CONTENT.fullmatch(from_base64(text).decode("ascii"))
    except ValueError:
        found = None
    if found is None:
        message = "This is not an id of this graph; take ids from its answers as they are."
        raise InputError(message, code=ErrorCode.INVALID_ID, argument=argument)
    return GlobalId(found[1], found[2])


def decode_as(type_name: str, text: str, *, argument: str) -> str:
    """The local id in a global id of one type.

    Raises:
        InputError: ``INVALID_ID``, the text is no id or one of another type.
    """
    found = decode(text, argument=argument)
    if found.type_name != type_name:
        message = f"This is an id of the type {found.type_name}; one of the type {type_name} is wanted."
        raise InputError(message, code=ErrorCode.INVALID_ID, argument=argument)
    return found.local_id


def from_base64(text: str) -> bytes:
    """The content of a text that :func:`to_base64` makes, and of no other spelling of it.

    Raises:
        ValueError: The text is not one.
    """
    if not 0 < len(text) <= MAX_LENGTH * 4 or not text.isascii():
        message = "not URL-safe base64"
        raise ValueError(message)
    usual = text.encode().translate(_USUAL) + _PADDING[len(text) % 4]
    try:
        content = binascii.a2b_base64(usual, strict_mode=True)
    except binascii.Error:
        message = "not URL-safe base64"
        raise ValueError(message) from None
    if binascii.b2a_base64(content, newline=False) != usual:
        message = "not the canonical spelling"
        raise ValueError(message)
    return content
