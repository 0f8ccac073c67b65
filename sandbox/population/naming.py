"""The many ways in which one name, e-mail address or date is written down."""

from __future__ import annotations

import functools
import unicodedata
from datetime import date
from random import Random

from sandbox.population.origins import Origin, pick

_UNFOLDED = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "\u0131": "i",
        "İ": "I",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
    }
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


@functools.lru_cache(maxsize=65536)
def without_accents(text: str) -> str:
    """The text with plain letters: ``Müller`` becomes ``Muller``, ``João`` ``Joao``."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNFOLDED))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def plain(text: str, origin: str) -> str:
    """The text as a system without accents writes it: ``Mueller`` where German is spoken."""
    return without_accents(text.translate(_UMLAUTS) if origin in {"DE", "CH"} else text)


@functools.lru_cache(maxsize=65536)
def slug(text: str) -> str:
    """The text as it stands in an e-mail address."""
    return "".join(char for char in without_accents(text).lower() if char.isascii() and char.isalnum())


def feminine(family: str, origin: str) -> str:
    """The family name as women of that country bear it."""
    if origin == "PL" and family.endswith(("ski", "cki", "dzki")):
        return family[:-1] + "a"
    if origin == "GR" and family.endswith(("s", "ς")):
        return family[:-1]
    return family


def mistyped(text: str, rng: Random) -> str:
    """The text with one slip of the keyboard: letters swapped, dropped or doubled."""
    if len(text) < 4:
        return text
    place = 1 + int(rng.random() * (len(text) - 2))
    slip = rng.random()
    if slip < 0.45 and text[place].isalpha() and text[place + 1].isalpha():
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    if slip < 0.75:
        return text[:place] + text[place + 1 :]
    return text[:place] + text[place] + text[place:]


def mistaken(born: date, rng: Random) -> date:
    """A date of birth as a hurried clerk takes it down: day and month swapped, or a year off."""
    if born.day <= 12 and born.day != born.month:
        return date(born.year, born.day, born.month)
    return born.replace(year=born.year + (1 if rng.random() < 0.5 else -1), day=min(born.day, 28))


PROVIDERS = ("kmail.example", "postbox.example", "webmail.example", "homepost.example", "inbox.example")
TWIN_PROVIDER = {"kmail.example": "kooglemail.example", "webmail.example": "webmail.net.example"}
"""Providers that deliver to the same box under two names."""
BLOCKED = ("none@none.example", "noemail@noemail.example", "no-reply@hotel.example", "null@null.example")
"""What clerks type where a form insists on an address."""


def address_of(given: str, family: str, born: date, rng: Random) -> str:
    """An e-mail address such as the bearer of a name gets at a provider."""
    first, last = slug(given) or "me", slug(family) or "box"
    style = rng.random()
    if style < 0.45:
        local = f"{first}.{last}"
    elif style < 0.6:
        local = f"{first[0]}.{last}{born.year % 100:02d}"
    elif style < 0.75:
        local = f"{first}{last}"
    elif style < 0.9:
        local = f"{first}.{last}{born.year % 100:02d}"
    else:
        local = f"{last}_{first}{born.day}"
    return f"{local}@{pick(rng, PROVIDERS)}"


def rewritten(email: str, rng: Random) -> str:
    """The same address, or nearly, as somebody else would write it."""
    local, _, host = email.partition("@")
    way = rng.random()
    if way < 0.5:
        return f"{local.title()}@{host}"
    if way < 0.6:
        return email.upper()
    if way < 0.8:
        return f"{local}@{TWIN_PROVIDER.get(host, host.title())}"
    return f"{local}+bookings@{host}" if way < 0.9 else mistyped(local, rng) + f"@{host}"


def company_variant(name: str, origin: Origin, rng: Random) -> str:
    """A company's name as another register has it: without its legal form, or spelt out."""
    short = name.removesuffix(f" {origin.legal}")
    way = rng.random()
    if way < 0.4:
        return short
    if way < 0.6:
        return name.upper()
    spelt = {"GmbH": "Gesellschaft mbH", "Ltd": "Limited", "AG": "A.G.", "Pty Ltd": "Pty. Limited"}
    return f"{short} {spelt.get(origin.legal, origin.legal.replace('.', ''))}"
