"""Values of a person in the form in which they are shown before anybody made sure who is asking.

A masked value tells apart, not who: ``j•••@e•••.com``, ``•••• 1234``, ``A•••``. Of what says too much even
so, such as a date of birth, nothing is shown. What is hidden cannot be read off what is shown: how long a
value is does not show, and nothing is shown of one so short that a letter would be most of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from c360.records.party import Identifier
from c360.values import PostalAddress

DOTS = "•••"
"""Stands for whatever is hidden, however long it is."""
_SHOWN = 4
"""Last characters of a number that are shown."""
_LEAST_NUMBER = 8
"""Characters that a number has at least where its last ones are shown."""
_LEAST_WORD = 3
"""Characters that a word has at least where its first one is shown."""
_MARKS = re.compile(r"[\W_]+")


def word(text: str) -> str:
    """The first letter of a word: ``Jones`` becomes ``J•••``."""
    return text[0] + DOTS if len(text) >= _LEAST_WORD and text[0].isalpha() else DOTS


def name(text: str) -> str:
    """The first letters of a name's words: ``Ada Byron`` becomes ``A••• B•••``.

    Nothing where there are no words of an alphabet: of a Chinese name the first sign is the family's.
    """
    return " ".join(word(part) for part in text.split()) if text.isascii() or _alphabetic(text) else DOTS


def email(text: str) -> str:
    """The first letters of mailbox and domain, and what the domain ends with: ``j•••@e•••.com``."""
    mailbox, mark, domain = text.rpartition("@")
    host, dot, ending = domain.rpartition(".")
    if not mark or not dot or not ending.isalpha():
        return DOTS
    return f"{word(mailbox)}@{word(host)}.{ending}"


def number(text: str) -> str:
    """The last four characters of a number that is long enough: ``•••• 1234``."""
    plain = _MARKS.sub("", text)
    return f"•••• {plain[-_SHOWN:]}" if len(plain) >= _LEAST_NUMBER else "••••"


def address(value: PostalAddress) -> PostalAddress:
    """The country of an address."""
    return PostalAddress(lines=(DOTS,), country=value.country)


def anything(text: str) -> str:
    """A text of which nothing else is known: an e-mail address or number as such, of others nothing."""
    if "@" in text:
        return email(text)
    plain = _MARKS.sub("", text)
    digits = sum(char.isdigit() for char in plain)
    return number(text) if digits * 2 > len(plain) else DOTS


def _as_it_is(value: Any) -> Any:
    return value


STYLES: dict[str, Callable[[str], str]] = {
    "given_name": name,
    "family_name": name,
    "full_name": name,
    "display_name": name,
    "organization_name": name,
    "holder_name": name,
    "email": email,
    "emails": email,
    "phone": number,
    "phones": number,
    "language": _as_it_is,
}
"""How the texts of a field are masked, by its name; others by :func:`anything`."""


def masked(value: Any, field: str = "") -> Any:
    """A value as it is shown masked; none where nothing of it is shown.

    Args:
        value: Of any type that a field of the graph has.
        field: Name of the field.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return STYLES.get(field, anything)(value)
    if isinstance(value, PostalAddress):
        return address(value)
    if isinstance(value, Identifier):
        return msgspec.structs.replace(value, value=number(value.value))
    if isinstance(value, tuple | list):
        kept = (masked(one, field) for one in value)
        return tuple(one for one in kept if one is not None)
    return None


def _alphabetic(text: str) -> bool:
    """Whether a name is written in letters that stand for sounds, not for words or syllables."""
    return not any(
        "\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7af" or char >= "\U00020000" for char in text
    )
