"""Pseudonyms for what is personal in a partner's answers: consistent, in the same format, one-way.

Which values are personal follows from the names of their fields, as APIs name them (``givenName``,
``first_name``, ``dateOfBirth``, ``customerId`` …). A value that was found in one place is replaced in all:
in paths, in parameters, in other bodies and inside longer texts. Pseudonyms come from HMAC-SHA-256 under a
key that is drawn for one recording and kept nowhere, so that nobody can try values out.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

SCRUBBED = "scrubbed"
"""Stands where a secret stood; matches anything when a recording is replayed."""


class Category(enum.Enum):
    """What a value is, for the form of its pseudonym."""

    ID = "ID"
    """Letters stay letters, digits digits, hexadecimal hexadecimal; lengths and signs stay."""
    GIVEN_NAME = "GIVEN_NAME"
    FAMILY_NAME = "FAMILY_NAME"
    FULL_NAME = "FULL_NAME"
    EMAIL = "EMAIL"
    """At a domain that RFC 2606 reserves."""
    PHONE = "PHONE"
    """The first digits, which tell the country, stay."""
    BIRTH_DATE = "BIRTH_DATE"
    """Moved by up to two years, in the same format."""
    STREET = "STREET"
    CITY = "CITY"
    POSTAL_CODE = "POSTAL_CODE"
    TEXT = "TEXT"
    """Words somebody wrote: other letters."""


_GIVEN = (
    "Ada",
    "Bela",
    "Cora",
    "Dara",
    "Ebba",
    "Fara",
    "Gita",
    "Hana",
    "Ines",
    "Jana",
    "Kaia",
    "Lena",
    "Mina",
    "Nora",
    "Olga",
    "Pia",
    "Rosa",
    "Sara",
)
_FAMILY = (
    "Alder",
    "Birch",
    "Cedar",
    "Dogwood",
    "Elm",
    "Fir",
    "Ginkgo",
    "Hazel",
    "Ivy",
    "Juniper",
    "Larch",
    "Maple",
    "Oak",
    "Pine",
    "Rowan",
    "Spruce",
)
_CITIES = ("Eastford", "Westbury", "Northam", "Southend", "Midvale", "Lakeside", "Hillcrest", "Riverton")

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_EMAIL = re.compile(r"[^\s@<>\"',;:/?&=]+@[^\s@<>\"',;:/?&=]+\.[A-Za-z]{2,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

_ID_ENDS = frozenset(
    [
        "id",
        "ids",
        "number",
        "numbers",
        "reference",
        "ref",
        "uuid",
        "guid",
        "iban",
        "bban",
        "bsb",
        "cpf",
        "cnpj",
        "pan",
        "passport",
        "token",
        "cursor",
    ]
)
_NO_ID = frozenset(["page", "correlation", "request", "trace", "phone"])
_STREET = frozenset(["street", "address1", "line1", "line2", "line3", "thoroughfare", "complement"])
_TEXTS = frozenset(
    [
        "note",
        "notes",
        "comment",
        "comments",
        "remark",
        "remarks",
        "memo",
        "message",
        "requests",
        "narrative",
        "nickname",
    ]
)


def category(name: str) -> Category | None:  # noqa: C901, PLR0911  # a table read from the top, first match wins
    """What the name of a field says about its value; ``None`` where it is not personal."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return None
    last, joined, has = words[-1], "".join(words), set(words)
    if has & {"email", "mail"} or "email" in joined:
        return Category.EMAIL
    if has & {"phone", "phones", "mobile", "cell", "fax", "msisdn", "telephone", "cellphone"}:
        return Category.PHONE
    if has & {"birth", "birthday", "birthdate", "born", "dob"}:
        return Category.BIRTH_DATE
    if last in {"name", "names", "surname", "lastname", "firstname", "middlename", "username"}:
        return _name_category(has, joined)
    if has & _STREET or (has & {"address", "addr"} and has & {"line", "lines", "1", "2", "3"}):
        return Category.STREET
    if (
        has & {"postcode", "postalcode", "zip", "zipcode", "cep"}
        or {"postal", "code"} <= has
        or ({"post", "code"} <= has)
    ):
        return Category.POSTAL_CODE
    if has & {"city", "town", "locality", "suburb"}:
        return Category.CITY
    if last in _TEXTS:
        return Category.TEXT
    if last in _ID_ENDS and not has & _NO_ID:
        return Category.ID
    return None


def _name_category(has: set[str], joined: str) -> Category | None:
    if has & {"first", "given", "middle", "firstname", "forename", "middlename"}:
        return Category.GIVEN_NAME
    if has & {"last", "family", "surname", "lastname"}:
        return Category.FAMILY_NAME
    people = {"full", "customer", "guest", "holder", "owner", "contact", "legal", "user", "display", "party"}
    if has & people or joined in {"name", "username"}:
        return Category.FULL_NAME
    return None  # of a product, a hotel, a programme


class Pseudonyms:
    """Replaces personal values, the same one always by the same.

    Args:
        key: what the pseudonyms come from; drawn where it is not given, and then kept nowhere.
        keep: names of fields that are not personal, whatever they are called.
        personal: further names of fields, with what they hold.
    """

    def __init__(
        self,
        key: bytes | None = None,
        *,
        keep: Iterable[str] = (),
        personal: Iterable[tuple[str, Category]] = (),
    ) -> None:
        self._key = key or secrets.token_bytes(32)
        self._keep = frozenset(keep)
        self._personal = dict(personal)
        self._known: dict[str, str] = {}
        self._taken: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    @property
    def originals(self) -> tuple[str, ...]:
        """The values that were replaced; personal, for the audit of what is written alone."""
        return tuple(original for original, other in self._known.items() if original != other)

    def learn(self, value: Any, name: str = "") -> None:
        """Find what is personal in a JSON value, so that :meth:`replace` knows it everywhere."""
        if isinstance(value, dict):
            for field, inner in value.items():
                self.learn(inner, field)
        elif isinstance(value, list | tuple):
            for inner in value:
                self.learn(inner, name)
        elif isinstance(value, str):
            self._learn_text(value, name)
        elif isinstance(value, int) and value >= 1000 and self._category(name) is Category.ID:
            self.name(str(value), Category.ID)

    def name(self, value: str, kind: Category) -> str:
        """The pseudonym of a value of a kind; learnt where it is new."""
        if not value.strip():
            return value
        if value not in self._known:
            self._known[value] = self._fresh(value, kind)
            self._pattern = None
        return self._known[value]

    def replace(self, value: Any, name: str = "") -> Any:
        """A JSON value with everything that was learnt replaced, wherever it stands."""
        if isinstance(value, dict):
            return {self._text(field): self.replace(inner, field) for field, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.replace(inner, name) for inner in value]
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int) and not isinstance(value, bool) and str(value) in self._known:
            return int(self._known[str(value)])
        return value

    def _category(self, name: str) -> Category | None:
        return None if name in self._keep else self._personal.get(name, category(name))

    def _learn_text(self, value: str, name: str) -> None:
        for email in _EMAIL.findall(value):
            self.name(email, Category.EMAIL)
        kind = self._category(name)
        if kind is None or kind is Category.EMAIL or value.startswith(("http://", "https://")):
            return
        if len(value) > 1 and value != SCRUBBED:
            self.name(value, kind)

    def _text(self, text: str) -> str:
        if text in self._known:
            return self._known[text]
        if self._pattern is None:
            # Inside other texts only what cannot be part of something else by chance.
            long = sorted((value for value in self._known if len(value) >= 4), key=len, reverse=True)
            inner = "|".join(map(re.escape, long)) or r"(?!)"
            self._pattern = re.compile(rf"(?<![A-Za-z0-9])(?:{inner})(?![A-Za-z0-9])")
        return self._pattern.sub(lambda found: self._known[found.group()], text)

    def _fresh(self, value: str, kind: Category) -> str:
        for attempt in range(100):
            found = self._make(value, kind, attempt)
            if kind not in _UNIQUE or (found not in self._taken and found not in self._known):
                break
        self._taken.add(found)
        return found

    def _make(self, value: str, kind: Category, attempt: int) -> str:  # noqa: PLR0911  # a table of kinds
        mark = hmac.new(self._key, f"{kind.value}\0{attempt}\0{value}".encode(), hashlib.sha512).digest()
        number = int.from_bytes(mark[:8])
        match kind:
            case Category.GIVEN_NAME:
                return _cased(_GIVEN[number % len(_GIVEN)], value)
            case Category.FAMILY_NAME:
                return _cased(_FAMILY[number % len(_FAMILY)], value)
            case Category.FULL_NAME:
                given, family = _GIVEN[number % len(_GIVEN)], _FAMILY[mark[9] % len(_FAMILY)]
                return _cased(f"{given} {family}" if " " in value.strip() else given, value)
            case Category.EMAIL:
                return f"{_letters(value.partition('@')[0], mark)}@mail.example"
            case Category.PHONE:
                return value[:4] + _letters(value[4:], mark)
            case Category.BIRTH_DATE:
                return _DATE.sub(lambda found: _moved(found.group(), number), value, count=1)
            case Category.STREET:
                return _letters(re.sub(r"[^\W\d]+", "Lane", value, count=1), mark, digits_only=True)
            case Category.CITY:
                return _cased(_CITIES[number % len(_CITIES)], value)
            case _:
                return _letters(value, mark)


_UNIQUE = frozenset({Category.ID, Category.EMAIL, Category.PHONE})
"""What must differ where the originals do."""


def _letters(value: str, mark: bytes, *, digits_only: bool = False) -> str:
    """Other letters for letters and other digits for digits; everything else stays."""
    hexadecimal = _UUID.fullmatch(value) is not None
    stream = mark
    while len(stream) < len(value):
        stream += hashlib.sha512(stream).digest()
    made = []
    for place, (sign, byte) in enumerate(zip(value, stream, strict=False)):
        if sign in string.digits:
            first = place == 0 and value.isdigit()  # a number keeps its length
            made.append(str(1 + byte % 9) if first else str(byte % 10))
        elif digits_only or not sign.isalpha():
            made.append(sign)
        else:
            letters = "abcdef" if hexadecimal else string.ascii_lowercase
            other = letters[byte % len(letters)]
            made.append(other.upper() if sign.isupper() else other)
    return "".join(made)


def _cased(made: str, like: str) -> str:
    if like.isupper():
        return made.upper()
    return made.lower() if like.islower() else made


def _moved(text: str, number: int) -> str:
    try:
        moved = date.fromisoformat(text) - timedelta(days=1 + number % 730)
    except (ValueError, OverflowError):
        return text
    return moved.isoformat()
