"""Ids, tokens and official numbers: the same for the same seed, in every process."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from hashlib import blake2b
from types import MappingProxyType


def digest(*parts: object, size: int = 16) -> bytes:
    """Bytes that look random and depend on the parts alone."""
    return blake2b("/".join(map(str, parts)).encode(), digest_size=size).digest()


def uuid_of(*parts: object) -> str:
    """A UUID, of version 4 by its form, that depends on the parts alone."""
    mark = digest(*parts).hex()
    variant = "89ab"[int(mark[16], 16) & 3]
    return f"{mark[:8]}-{mark[8:12]}-4{mark[13:16]}-{variant}{mark[17:20]}-{mark[20:]}"


def token(*parts: object) -> str:
    """An opaque access token of 43 characters."""
    return base64.urlsafe_b64encode(digest("token", *parts, size=32)).decode().rstrip("=")


def short_id(*parts: object) -> str:
    """An opaque id of 22 characters that may stand in a URL."""
    return base64.urlsafe_b64encode(digest(*parts)).decode().rstrip("=")


def capital_id(*parts: object) -> str:
    """An opaque id of 26 capitals and digits."""
    return base64.b32encode(digest(*parts)).decode().rstrip("=")


def number(*parts: object, digits: int) -> int:
    """A number of that many digits at the most."""
    return int.from_bytes(digest(*parts, size=8), "big") % int(10**digits)


def serial(index: int, *parts: object, digits: int) -> str:
    """A number of exactly that many digits, another one for every index below ``9 * 10**(digits - 1)``."""
    room = 9 * 10 ** (digits - 1)
    return str(10 ** (digits - 1) + (index * 7_368_787 + number("serial", *parts, digits=digits)) % room)


def _check_digit(digits: str, weights: range | tuple[int, ...]) -> str:
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return "0" if rest < 2 else str(11 - rest)


def cpf(value: int) -> str:
    """The Brazilian tax number of a person: 9 digits of ``value`` and two check digits."""
    text = f"{value % 10**9:09d}"
    text += _check_digit(text, range(10, 1, -1))
    return text + _check_digit(text, range(11, 1, -1))


def cnpj(value: int) -> str:
    """The Brazilian tax number of a company: 8 digits of ``value``, the branch, two check digits."""
    text = f"{value % 10**8:08d}0001"
    text += _check_digit(text, (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2))
    return text + _check_digit(text, (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2))


def isin(country: str, body: str) -> str:
    """An ISIN: country, nine characters, check digit (ISO 6166)."""
    digits = "".join(str(int(char, 36)) for char in country + body)
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 - place % 2)
        total += value // 10 + value % 10
    return f"{country}{body}{-total % 10}"


def luhn(body: str) -> str:
    """A number with its Luhn check digit, as on cards."""
    total = 0
    for place, char in enumerate(reversed(body)):
        value = int(char) * (2 - place % 2)
        total += value // 10 + value % 10
    return f"{body}{-total % 10}"


def _insurance(seed: int, index: int) -> str:
    return digest(seed, "insurance", index, size=12).hex()


PARTY_IDS: Mapping[str, Callable[[int, int], str]] = MappingProxyType(
    {
        "banking": lambda seed, index: uuid_of(seed, "banking", index),
        "insurance": _insurance,
        "brokerage": lambda seed, index: serial(index, seed, "brokerage", digits=8),
        "loyalty": lambda seed, index: capital_id(seed, "loyalty", index),
        "hotel": lambda seed, index: serial(index, seed, "hotel", digits=9),
        "rental": lambda seed, index: short_id(seed, "rental", index),
    }
)
"""How each partner numbers its customers: from the seed and the member's index."""

DOMAINS = tuple(PARTY_IDS)
"""The partners, in the order of their ports."""

GRANTED = frozenset({"banking", "insurance"})
"""Partners that are asked by the customer's token."""
