"""Names of persons in a form that can be compared: in Latin letters, taken apart, without what varies.

The same person is *Dr. José María García-López*, *GARCIA Jose*, *Pepe García* and *J. M. Garcia*. Here a
name becomes its words; which of them agree is for :mod:`resolvers.identity.comparisons` to say.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable

import msgspec
from anyascii import anyascii

from resolvers.identity import normalise, tables

_SEEN = 65_536
"""Names repeat: so many words are remembered."""

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_FAMILY_FIRST = re.compile(
    "[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]+"
)
_KANA = re.compile("[\u3040-\u30ff]")
_DIGRAPHS = (
    ("tsch", "c"),
    ("sch", "s"),
    ("sh", "s"),
    ("ch", "c"),
    ("cz", "c"),
    ("ph", "f"),
    ("kh", "k"),
    ("gh", "g"),
    ("th", "t"),
    ("dh", "d"),
    ("ck", "k"),
    ("qu", "k"),
    ("dj", "j"),
    ("dzh", "j"),
)
_CONSONANTS = str.maketrans({"q": "k", "w": "v", "z": "s", "x": "k", "c": "k"})
_SILENT = frozenset("aeiouyhj")


class PersonName(msgspec.Struct, frozen=True, kw_only=True):
    """A person's name, taken apart."""

    given: tuple[str, ...] = ()
    """Words of the given names, in Latin letters without case and accents."""
    family: tuple[str, ...] = ()
    """Words of the family names, without particles."""
    given_spellings: tuple[str, ...] = ()
    """Words with an umlaut in their other spelling: ``juerg`` of ``Jürg``."""
    family_spellings: tuple[str, ...] = ()
    native: str | None = None
    """The name in its own script, where that is not Latin."""
    script: str = "LATIN"


def person_name(given: str | None, family: str | None, full: str | None = None) -> PersonName:
    """Take a name apart.

    Args:
        given: Given names as a partner holds them.
        family: Family names, with particles, double, or with a maiden name (``Meier geb. Huber``).
        full: The name in one piece; it counts only where the other two are missing.
    """
    if not (given or family) and full:
        given, family = _split(full)
    written = f"{family or ''} {given or ''}"
    script = _script(written)
    return PersonName(
        given=_given_words(given or ""),
        family=_family_words(family or ""),
        given_spellings=_other_spellings(given or "", _given_words),
        family_spellings=_other_spellings(family or "", _family_words),
        native=None if script == "LATIN" else "".join(normalise.name_tokens(written)) or None,
        script=script,
    )


@functools.lru_cache(maxsize=_SEEN)
def words(text: str) -> tuple[str, ...]:
    """The words of a text in plain Latin letters, each once: ``Ольга Ёлкина`` is ``olga elkina``."""
    tokens = normalise.name_tokens(text)
    if text.isascii():
        return tokens
    latin = (re.sub(r"[^a-z0-9]+", "", anyascii(token).casefold()) for token in tokens)
    return tuple(dict.fromkeys(word for word in latin if word))


def _other_spellings(text: str, split: Callable[[str], tuple[str, ...]]) -> tuple[str, ...]:
    if text.isascii():
        return ()
    spelt = unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS)
    plain = split(text)
    return tuple(word for word in split(spelt) if word not in plain)


@functools.lru_cache(maxsize=_SEEN)
def _given_words(text: str) -> tuple[str, ...]:
    found = words(text)
    return tuple(word for word in found if word not in tables.titles()) or found


@functools.lru_cache(maxsize=_SEEN)
def forms(word: str) -> tuple[str, ...]:
    """A given name and every name that it may be short for: ``bob`` and ``robert``."""
    return (word, *tables.nicknames().get(word, ()))


@functools.lru_cache(maxsize=_SEEN)
def sound(text: str) -> str | None:
    """The consonants of a name in Latin letters, those that spellings confuse made one.

    ``mhmd``, ``mohammed`` and ``Muhammad`` are ``mmd``; ``None`` where too little is left to tell
    names apart.
    """
    spelt = text.replace(" ", "")
    for written, heard in _DIGRAPHS:
        spelt = spelt.replace(written, heard)
    spelt = spelt.translate(_CONSONANTS)
    first, rest = spelt[:1], spelt[1:]
    heard = ("a" if first in "aeiouy" else first) if first else ""
    for char in rest:
        if char not in _SILENT and char != heard[-1]:
            heard += char
    return heard if len(heard) >= 2 else None


@functools.lru_cache(maxsize=_SEEN)
def _family_words(text: str) -> tuple[str, ...]:
    markers = tables.maiden_markers()
    found = [word for word in words(text) if word not in markers and word not in tables.titles()]
    glued: list[str] = []
    for word in found:
        if glued and glued[-1] in {"mc", "mac"}:
            glued[-1] += word
        else:
            glued.append(word)
    return tuple(word for word in glued if word not in tables.particles()) or tuple(glued)


def _split(full: str) -> tuple[str, str]:
    """Given and family name of a name in one piece, as its script or a comma tells."""
    family, comma, given = full.partition(",")
    if comma and family.strip() and given.strip():
        return given, family
    if _FAMILY_FIRST.fullmatch(full.strip()):
        return _split_east(full.strip())
    parts = [part for part in full.split() if part]
    place = len(parts) - 1
    while place > 1 and parts[place - 1].casefold().strip(".'") in tables.particles():
        place -= 1
    return " ".join(parts[:place]), " ".join(parts[place:])


def _split_east(full: str) -> tuple[str, str]:
    if full[:2] in tables.double_family_names() and len(full) > 2:
        size = 2
    else:
        size = 2 if len(full) >= 4 or (_KANA.search(full) and len(full) > 2) else 1
    return full[size:], full[:size]


@functools.lru_cache(maxsize=_SEEN)
def _script(text: str) -> str:
    """The script of the first letter that is not Latin, by Unicode's names; else ``LATIN``."""
    if text.isascii():
        return "LATIN"
    scripts = (unicodedata.name(char, "LATIN").split()[0] for char in text if char.isalpha())
    return next(
        (script for script in scripts if script != "LATIN" and not script.startswith("FULL")), "LATIN"
    )


def joined(parts: Iterable[str]) -> str | None:
    """Words as one text, or ``None`` where there are none."""
    return " ".join(parts) or None
