"""Names made comparable: for sorting, and as tokens for search by prefix."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
_LETTERS = "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
_PART = re.compile(f"[{_LETTERS}]|[^{_LETTERS}]+")
# Chinese characters and Korean syllables are words of their own: no space tells the names apart, and
# one source says 邓静 where another says 静 and 邓.
# Letters that Unicode does not take apart though people type them without the mark.
_PLAIN = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)
ATTRIBUTES = ("given_name", "family_name", "full_name", "organization_name")
"""The profile attributes that are names."""
_LONGEST = 64
"""Longest token kept. Longer words are cut, in the search too."""


def fold(text: str) -> str:
    """Without case and accents: ``Müller-Łukasz`` becomes ``muller-lukasz``."""
    if text.isascii():
        return text.lower()
    taken_apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in taken_apart if not unicodedata.combining(character))
    return unicodedata.normalize("NFKC", plain.casefold()).translate(_PLAIN)


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text, in order, each once; each Chinese or Korean character is one."""
    parts = (part for word in _WORD.findall(fold(text)) for part in _PART.findall(word))
    return tuple(dict.fromkeys(part[:_LONGEST] for part in parts))


def sort_name(text: str) -> str:
    """What a name is sorted by: its folded words, single-spaced."""
    return " ".join(_WORD.findall(fold(text)))


def tokens(names: Iterable[str]) -> frozenset[str]:
    """All words of all names."""
    return frozenset(word for name in names for word in words(name))


def prefix_end(prefix: str) -> str:
    """The upper bound, itself excluded, of the texts that start with a prefix."""
    return prefix + "\U0010ffff"
