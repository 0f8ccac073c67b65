"""The tables of names, forms and providers that comparing relies on: data, one file each.

They are read once, when first needed. A word stands in them in plain Latin letters.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

_FOLDER = Path(__file__).parent / "data"


@functools.cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _words(name: str, key: str) -> frozenset[str]:
    return frozenset(" ".join(_read(name)[key].values()).split())


@functools.cache
def nicknames() -> Mapping[str, tuple[str, ...]]:
    """Short form → the names it may stand for, over all languages."""
    found: dict[str, dict[str, None]] = {}
    for language in _read("nicknames").values():
        for name, shorts in language.items():
            for short in shorts.split():
                found.setdefault(short, {})[name] = None
    return MappingProxyType({short: tuple(names) for short, names in found.items()})


@functools.cache
def particles() -> frozenset[str]:
    """Words of family names that one register writes and the next leaves out: ``van``, ``de``."""
    return _words("names", "particles")


@functools.cache
def titles() -> frozenset[str]:
    """Titles and forms of address."""
    return _words("names", "titles")


@functools.cache
def maiden_markers() -> frozenset[str]:
    """Words that announce the name at birth."""
    return _words("names", "maiden")


@functools.cache
def double_family_names() -> frozenset[str]:
    """Chinese and Korean family names of two characters."""
    return _words("names", "double")


@functools.cache
def legal_forms(country: str | None = None) -> frozenset[str]:
    """Legal forms of organisations of a country; of all countries where none is given or known."""
    table = _read("legal_forms")
    return frozenset(table[country] if country in table else chain.from_iterable(table.values()))


@functools.cache
def street_words() -> Mapping[str, str]:
    """Word of an address → its short form: ``street`` and ``st`` are ``st``."""
    return MappingProxyType(
        {
            long: short
            for language in _read("streets").values()
            for short, longs in language.items()
            for long in longs.split()
        }
    )


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a mail host."""

    host: str
    """The one that its other hosts are the same as."""
    dots: bool
    """Whether dots in the local part matter."""
    ignored: str
    """Further characters that do not matter."""


@functools.cache
def providers() -> Mapping[str, Provider]:
    """Mail hosts where anyone can have an address, with what they ignore in it."""
    found: dict[str, Provider] = {}
    for host, rule in _read("providers").items():
        provider = Provider(host=host, dots=rule.get("dots", True), ignored=rule.get("ignored", ""))
        found |= dict.fromkeys((host, *rule.get("aliases", ())), provider)
    return MappingProxyType(found)
