"""Keys and names in one form, so that the same thing written twice is found once.

Every function is total: a text that is not what it should be gives ``None`` (or no tokens), never
an exception, because what comes in was typed by people.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from c360.contract import KeyKind
from resolvers.identity import tables

MAX_KEY = 254
"""Characters beyond which no key is looked up; the longest legal e-mail address."""

_EMAIL_LOCAL = re.compile(r"[^\s@<>()\[\],;:\"\\]+")
_HOST_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_NUMBER_NOISE = re.compile(r"[\s.\-/·]+")
_NUMBER = re.compile(r"[0-9A-Z_+:#*|=@]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_NO_TEXT = frozenset({"Cc", "Cs"})
_APOSTROPHES = str.maketrans(dict.fromkeys("'`´ʹʼ‘’", ""))  # noqa: RUF001  # these are the point
_LETTERS = str.maketrans(
    dict(zip("øłđðħ", "olddh", strict=True))
    | {"þ": "th", "æ": "ae", "œ": "oe", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}
)
"""Latin letters that Unicode does not take apart into a letter and an accent."""


@functools.lru_cache(maxsize=1024)
def email(text: str) -> str | None:
    """An e-mail address in lower case with its host in ASCII (IDNA), or ``None``.

    Dots and ``+tags`` are kept: whether they matter is the mail host's affair.
    """
    plain = text.isascii()
    cleaned = text.strip().lower() if plain else unicodedata.normalize("NFKC", text).strip().casefold()
    local, at, host = cleaned.rpartition("@")
    if not at or len(cleaned) > MAX_KEY or not _EMAIL_LOCAL.fullmatch(local):
        return None
    if not (local.isprintable() if plain else _is_text(local)):
        return None
    ascii_host = _ascii_host(host)
    return f"{local}@{ascii_host}" if ascii_host else None


@functools.lru_cache(maxsize=4096)
def _ascii_host(host: str) -> str | None:
    try:
        encoded = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = encoded.split(".")
    if len(labels) < 2 or not all(_HOST_LABEL.fullmatch(label) for label in labels):
        return None
    return encoded


def same_mailbox(address: str) -> str:
    """An address in the form in which addresses that reach one mailbox are equal; for comparing alone.

    A tag after ``+`` never counts; dots and other hosts of a provider do as its rules say
    (``Ana.Souza+bank@googlemail.com`` is ``anasouza@gmail.com``). Stored and sent to is what was written.

    Args:
        address: As :func:`email` gives it.
    """
    local, _, host = address.rpartition("@")
    provider = tables.providers().get(host)
    bare = local.partition("+")[0] or local
    if provider is not None:
        host = provider.host
        ignored = provider.ignored + ("" if provider.dots else ".")
        bare = "".join(char for char in bare if char not in ignored) or bare
    return f"{bare}@{host}"


@functools.lru_cache(maxsize=1024)
def phone(text: str, region: str | None = None) -> str | None:
    """A phone number in E.164, or ``None``.

    Args:
        text: As people write it, with or without spaces, dots, brackets, ``00`` or ``+``.
        region: Country whose national format is understood; without it only international
            numbers are.
    """
    if _E164.fullmatch(text) and _is_plain(text[1:]):
        return text
    cleaned = unicodedata.normalize("NFKC", text).strip()
    if len(cleaned) > MAX_KEY:
        return None
    if cleaned.startswith("00"):
        cleaned = "+" + cleaned[2:]
    import phonenumbers  # 2 MiB, and .02 s of a start that meets no number

    try:
        parsed = phonenumbers.parse(cleaned, region)
    except phonenumbers.NumberParseException:
        return None
    if parsed.extension or not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _is_plain(digits: str) -> bool:
    """Whether a number behind its ``+`` stands as it is: of a possible length, with no prefix to take away.

    Most numbers are. Of the others nothing is said here: the library reads them, at twenty times the cost.
    """
    for size in (1, 2, 3):
        plan = _plan(digits[:size])
        if plan is not None:
            national = digits[size:]
            return len(national) in plan.lengths and not (plan.prefix and plan.prefix.match(national))
    return False


class _Plan(NamedTuple):
    """What of a numbering plan says whether a number stands as it is."""

    lengths: frozenset[int]
    prefix: re.Pattern[str] | None
    """What people write before a number within the country, such as ``0``."""


@functools.lru_cache(maxsize=2048)
def _plan(calling_code: str) -> _Plan | None:
    """The plan of a country calling code; none where there is no such code."""
    import phonenumbers  # see phone()

    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(calling_code))
    found = regions and phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(
        int(calling_code), regions[0]
    )
    general = found and found.general_desc
    if not found or not general:
        return None
    prefix = found.national_prefix_for_parsing
    return _Plan(
        lengths=frozenset(general.possible_length) - frozenset(general.possible_length_local_only),
        prefix=re.compile(prefix) if prefix else None,
    )


def number(text: str) -> str | None:
    """A policy, account, membership or tax number in capitals without separators, or ``None``."""
    cleaned = _NUMBER_NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()
    if not cleaned or len(cleaned) > MAX_KEY or not _NUMBER.fullmatch(cleaned):
        return None
    return cleaned


def name(text: str) -> str | None:
    """A name with single spaces, otherwise as written, or ``None`` where nothing is left.

    Neither is a name a text with control characters or halves of characters: no partner takes them.
    """
    plain = text.isascii()
    cleaned = " ".join((text if plain else unicodedata.normalize("NFKC", text)).split())
    if not cleaned or len(cleaned) > MAX_KEY or not (cleaned.isprintable() if plain else _is_text(cleaned)):
        return None
    return cleaned


def _is_text(text: str) -> bool:
    return not any(unicodedata.category(char) in _NO_TEXT for char in text)


def name_tokens(text: str) -> tuple[str, ...]:
    """The words of a name, without case, accents or apostrophes, each once, in order.

    Scripts other than Latin keep their letters; only marks that are accents or vowel points go.
    """
    return tuple(dict.fromkeys(name_words(text)))


def name_words(text: str) -> list[str]:
    """The same words with those that repeat."""
    if text.isascii():
        return _ASCII_WORD.findall(text[: 4 * MAX_KEY].lower().translate(_APOSTROPHES))
    folded = unicodedata.normalize("NFKD", text[: 4 * MAX_KEY]).casefold().translate(_APOSTROPHES)
    kept = "".join(char for char in folded if not _is_accent(char)).translate(_LETTERS)
    composed = unicodedata.normalize("NFC", kept)
    return "".join(char if _is_word(char) else " " for char in composed).split()


def _is_accent(char: str) -> bool:
    # Classes 10 to 35 are Hebrew and Arabic points, 200 and above accents. Between 1 and 9 are
    # marks that make another letter (Japanese voicing, Indic nukta and virama).
    combining = unicodedata.combining(char)
    return 10 <= combining <= 35 or combining >= 200


def _is_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char) in {"Mn", "Mc"}


_BY_KIND: Mapping[KeyKind, Callable[[str], str | None]] = MappingProxyType(
    {KeyKind.EMAIL: email, KeyKind.PHONE: phone, KeyKind.NAME: name}
)


def key(kind: KeyKind, text: str) -> str | None:
    """A look-up key of any kind in its one form, or ``None`` where it cannot be one."""
    return _BY_KIND.get(kind, number)(text)
