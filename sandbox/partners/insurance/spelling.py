"""How the insurer's systems write what people bring: in the letters and parts that the API allows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

import phonenumbers

_ALLOWED = frozenset("áâãéêíïóôõúçÁÂÃÉÍÏÓÔÕÚÇ")
_LETTERS = MappingProxyType(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "Ae", "œ": "oe", "đ": "d",
     "Đ": "D", "\u0131": "i", "å": "aa", "Å": "Aa", "þ": "th", "ð": "d"}
)  # fmt: skip
AREA_CODES = frozenset(
    f"{code}"
    for code in (
        *range(11, 20), 21, 22, 24, 27, 28, *range(31, 36), 37, 38, *range(41, 50), 51, 53, 54, 55,
        *range(61, 70), 71, 73, 74, 75, 77, 79, *range(81, 90), *range(91, 100),
    )
)  # fmt: skip
"""The Brazilian area codes that the API enumerates."""


def letters(text: str) -> str:
    """A name or place with no other accents than Portuguese ones: the API allows no others.

    A text without any Latin letter becomes ``X``.
    """
    rewritten = "".join(map(_letter, text))
    return " ".join(rewritten.split())[:70].strip() or "X"


def digits(text: str) -> str:
    """The digits of a number that people write with dots and dashes."""
    return "".join(char for char in text if char.isdigit())


def phone(number: str) -> Mapping[str, str] | None:
    """An E.164 number in the API's parts; ``None`` where it has fewer digits than the API allows."""
    parsed = phonenumbers.parse(number)
    national = phonenumbers.national_significant_number(parsed)
    area = national[:2] if parsed.country_code == 55 and national[:2] in AREA_CODES else ""
    rest = national.removeprefix(area)
    if not 8 <= len(rest) <= 11:
        return None
    return {
        "countryCallingCode": f"{parsed.country_code}",
        "areaCode": area or "NA",
        "number": rest,
    }


def house_number(number: str) -> str:
    """The digits of a house number; 0 where it has none, for the API requires some."""
    return (re.sub(r"\D", "", number) or "0")[:6]


def _letter(char: str) -> str:
    if (char.isascii() and char.isalpha()) or char in _ALLOWED:
        return char
    if char in _LETTERS:
        return _LETTERS[char]
    base = unicodedata.normalize("NFKD", char)[0]
    if base.isascii() and base.isalpha():
        return base
    return "" if char in "'\u2019" else " "
