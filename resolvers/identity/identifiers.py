"""Registered numbers: what makes two comparable, and whether a number's check digits hold.

A number whose check digits hold was not mistyped; of a scheme without check digits nothing is known.
Schemes: the issuing authorities' published rules, as collected in python-stdnum's documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from c360.records.party import Identifier, IdentifierKind
from resolvers.identity import normalise

COMPARED = frozenset(
    {
        IdentifierKind.TAX_ID,
        IdentifierKind.REGISTRY_NUMBER,
        IdentifierKind.PASSPORT,
        IdentifierKind.NATIONAL_ID,
    }
)
"""Kinds that mean the same at every partner; a customer number is the partner's own."""


def scope(identifier: Identifier) -> str:
    """What a number is comparable within, such as ``TAX_ID:BR``."""
    return f"{identifier.kind.value}:{identifier.country or ''}"


def key(identifier: Identifier) -> str | None:
    """A number with its scope, such as ``TAX_ID:BR:12345678909``; ``None`` where it cannot be one."""
    number = normalise.number(identifier.value)
    if number is None:
        return None
    prefix = (
        identifier.country
        if identifier.kind in {IdentifierKind.TAX_ID, IdentifierKind.REGISTRY_NUMBER}
        else None
    )
    if prefix and number.startswith(prefix) and len(number) > 6:
        number = number.removeprefix(prefix)  # a VAT number is the number with its country before it
    return f"{scope(identifier)}:{number}"


def kind_of(written: str) -> IdentifierKind:
    """The kind that stands at the start of a key, a scope or a form."""
    return IdentifierKind(written.partition(":")[0])


def form_of(written: str) -> str:
    """What a key contradicts another within: its scope and its length, such as ``TAX_ID:BR:11``.

    One country has several schemes of one kind, which differ in length: a sole trader in Australia has
    a TFN of nine digits and an ABN of eleven.
    """
    scope, _, number = written.rpartition(":")
    return f"{scope}:{len(number)}"


def checked(identifier: Identifier) -> bool | None:
    """Whether the check digits hold; ``None`` where no scheme with check digits is known."""
    schemes = _SCHEMES.get(scope(identifier))
    whole = key(identifier)
    if schemes is None or whole is None:
        return None
    number = whole.removeprefix(f"{scope(identifier)}:")
    if len(set(number)) < 2:  # 000…, 111…: what clerks type where a form insists
        return False
    return any(holds(number) for holds in schemes)


_Check = Callable[[str], bool]


def _digits(number: str, length: int) -> tuple[int, ...] | None:
    return (
        tuple(map(int, number)) if number.isascii() and number.isdigit() and len(number) == length else None
    )


def _weighted(
    length: int, weights: tuple[int, ...], modulus: int, accept: Callable[[int, tuple[int, ...]], bool]
) -> _Check:
    """Digits times weights, summed up, modulo; ``accept`` compares the rest with the digits."""

    def holds(number: str) -> bool:
        digits = _digits(number, length)
        if digits is None:
            return False
        return accept(sum(a * b for a, b in zip(digits, weights, strict=False)) % modulus, digits)

    return holds


def _zero(rest: int, _: tuple[int, ...]) -> bool:
    return rest == 0


def _eleven_minus(rest: int, digits: tuple[int, ...]) -> bool:
    return (0 if rest < 2 else 11 - rest) == digits[-1]


def _last(rest: int, digits: tuple[int, ...]) -> bool:
    return rest % 10 == digits[-1]


def _cpf(number: str) -> bool:
    return _two_checks(number, tuple(range(10, 1, -1)), tuple(range(11, 1, -1)))


def _cnpj(number: str) -> bool:
    first = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return _two_checks(number, first, (6, *first))


def _two_checks(number: str, first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    digits = _digits(number, len(second) + 1)
    if digits is None:
        return False

    def check(weights: tuple[int, ...]) -> int:
        rest = sum(a * b for a, b in zip(digits, weights, strict=False)) % 11
        return 0 if rest < 2 else 11 - rest

    return check(first) == digits[-2] and check(second) == digits[-1]


def _luhn(*lengths: int) -> _Check:
    def holds(number: str) -> bool:
        if len(number) not in lengths or _digits(number, len(number)) is None:
            return False
        total = 0
        for place, char in enumerate(reversed(number)):
            value = int(char) * (1 + place % 2)
            total += value // 10 + value % 10
        return total % 10 == 0

    return holds


def _abn(number: str) -> bool:
    """Australia: one is taken from the first digit, then modulo 89."""
    digits = _digits(number, 11)
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    return digits is not None and (sum(a * b for a, b in zip(digits, weights, strict=True)) - 10) % 89 == 0


def _ean13(prefix: str) -> _Check:
    """Swiss AHV numbers are EAN-13 with the country's 756 before."""

    def holds(number: str) -> bool:
        digits = _digits(number, 13)
        return (
            digits is not None
            and number.startswith(prefix)
            and sum(digit * (1 + 2 * (place % 2)) for place, digit in enumerate(digits)) % 10 == 0
        )

    return holds


def _swiss_uid(number: str) -> bool:
    digits = _digits(number.removeprefix("CHE").removeprefix("E").removesuffix("MWST"), 9)
    if digits is None:
        return False
    rest = sum(a * b for a, b in zip(digits, (5, 4, 3, 2, 7, 6, 5, 4), strict=False)) % 11
    return (11 - rest) % 11 == digits[8]


def _iso7064_11_10(number: str) -> bool:
    """German tax number (11 digits): ISO 7064, modulo 11, 10."""
    digits = _digits(number, 11)
    if digits is None:
        return False
    product = 10
    for digit in digits[:-1]:
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == digits[-1]


def _letter(alphabet: str, lead: Mapping[str, str]) -> _Check:
    """Spanish DNI and NIE: the letter is the number modulo 23."""

    def holds(number: str) -> bool:
        body = lead.get(number[:1], number[:1]) + number[1:-1]
        return (
            len(number) == 9 and body.isascii() and body.isdigit() and alphabet[int(body) % 23] == number[-1]
        )

    return holds


def _codice_fiscale(number: str) -> bool:
    if len(number) != 16 or not number.isalnum() or not number.isascii():
        return False
    odd = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", _ITALIAN_ODD, strict=True))
    total = 0
    for place, char in enumerate(number[:15]):
        total += odd[char] if place % 2 == 0 else int(char) if char.isdigit() else ord(char) - 65
    return chr(65 + total % 26) == number[15]


_ITALIAN_ODD = (
    *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
    *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
)


def _mod97(length: int, *, prefixes: tuple[str, ...] = ("",)) -> _Check:
    """The last two digits are 97 minus the rest modulo 97; before 2000 and after have their own prefix."""

    def holds(number: str) -> bool:
        if _digits(number, length) is None:
            return False
        return any(97 - int(prefix + number[:-2]) % 97 == int(number[-2:]) for prefix in prefixes)

    return holds


def _chinese(number: str) -> bool:
    """ISO 7064, modulo 11-2, with X for ten."""
    if len(number) != 18 or _digits(number[:17], 17) is None:
        return False
    rest = 0
    for char in number[:17]:
        rest = (rest + int(char)) * 2 % 11
    return "0123456789X"[(12 - rest) % 11] == number[17]


def _finnish(number: str) -> bool:
    body = "".join(char for char in number[:-1] if char.isdigit())
    return len(body) == 9 and "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(body) % 31] == number[-1]


_SCHEMES: Mapping[str, tuple[_Check, ...]] = MappingProxyType(
    {
        "TAX_ID:AU": (_weighted(9, (1, 4, 3, 7, 5, 8, 6, 9, 10), 11, _zero), _abn),
        "REGISTRY_NUMBER:AU": (
            _abn,
            _weighted(9, (8, 7, 6, 5, 4, 3, 2, 1, 1), 10, _zero),
        ),
        "TAX_ID:BE": (_mod97(10), _mod97(11, prefixes=("", "2"))),
        "NATIONAL_ID:BE": (_mod97(11, prefixes=("", "2")),),
        "REGISTRY_NUMBER:BE": (_mod97(10),),
        "TAX_ID:BR": (_cpf, _cnpj),
        "REGISTRY_NUMBER:BR": (_cnpj,),
        "NATIONAL_ID:BR": (_cpf,),
        "TAX_ID:CA": (_luhn(9),),
        "TAX_ID:CH": (_ean13("756"), _swiss_uid),
        "NATIONAL_ID:CH": (_ean13("756"),),
        "REGISTRY_NUMBER:CH": (_swiss_uid,),
        "NATIONAL_ID:CN": (_chinese,),
        "TAX_ID:DE": (_iso7064_11_10,),
        "TAX_ID:ES": (_letter("TRWAGMYFPDXBNJZSQVHLCKE", {"X": "0", "Y": "1", "Z": "2"}),),
        "NATIONAL_ID:ES": (_letter("TRWAGMYFPDXBNJZSQVHLCKE", {"X": "0", "Y": "1", "Z": "2"}),),
        "NATIONAL_ID:FI": (_finnish,),
        "REGISTRY_NUMBER:FR": (_luhn(9, 14),),
        "TAX_ID:IT": (_codice_fiscale, _luhn(11)),
        "TAX_ID:NL": (_weighted(9, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11, _zero),),
        "NATIONAL_ID:NL": (_weighted(9, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11, _zero),),
        "NATIONAL_ID:PL": (_weighted(11, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10, _zero),),
        "TAX_ID:PL": (
            _weighted(10, (6, 5, 7, 2, 3, 4, 5, 6, 7), 11, _last),
            _weighted(11, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10, _zero),
        ),
        "TAX_ID:PT": (_weighted(9, (9, 8, 7, 6, 5, 4, 3, 2), 11, _eleven_minus),),
        "NATIONAL_ID:SE": (_luhn(10),),
        "NATIONAL_ID:ZA": (_luhn(13),),
    }
)
"""Checks by scope; a number is right where any of the scope's schemes holds."""
