"""Postal addresses and names of organisations in a form that can be compared."""

from __future__ import annotations

import functools
import re

import msgspec

from c360.values import PostalAddress
from resolvers.identity import naming, tables

_POSTCODE_COUNTRY = re.compile(r"^[A-Za-z]{1,3}-(?=\d)")
_NOISE = re.compile(r"[^0-9A-Z]+")


class ComparableAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address taken apart."""

    street: str | None = None
    """Words in alphabetical order, then numbers in the order written; ``None`` without a word."""
    numbered: bool = False
    """Whether the street has a number, without which it is no door."""
    city: str | None = None
    postcode: str | None = None

    @property
    def whole(self) -> str | None:
        """Street and place as one text; ``None`` where either is missing."""
        place = self.postcode or self.city
        return f"{self.street} {place}" if self.street and place else None


def address(written: PostalAddress) -> ComparableAddress:
    """Take an address apart, whatever the order of street and number: countries differ in it."""
    street = _street(" ".join(written.lines))
    return ComparableAddress(
        street=street,
        numbered=street is not None and any(char.isdigit() for char in street),
        city=naming.joined(naming.words(written.city)) if written.city else None,
        postcode=postcode(written.postal_code),
    )


@functools.lru_cache(maxsize=65_536)
def postcode(written: str | None) -> str | None:
    """A postal code in capitals without what separates its parts; ``None`` where there is none."""
    if not written:
        return None
    return _NOISE.sub("", _POSTCODE_COUNTRY.sub("", written.strip()).upper()) or None


@functools.lru_cache(maxsize=65_536)
def _street(lines: str) -> str | None:
    tokens = [_short(token) for token in naming.words(lines)]
    numbers = [token for token in tokens if any(char.isdigit() for char in token)]
    kept = sorted({token for token in tokens if token not in numbers})
    return " ".join((*kept, *numbers)) if kept else None


def _short(word: str) -> str:
    """A word of a street by its short form; German and Dutch write the type as the end of the name."""
    short = tables.street_words().get(word)
    if short is not None:
        return short
    for ending in ("strasse", "straat"):
        if word.endswith(ending):
            return word.removesuffix(ending) + "str"
    return word
