"""Whether what a caller answers is what is known: compared, never shown."""

from __future__ import annotations

import enum
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from c360.records.party import Identifier
from c360.values import PostalAddress
from resolvers.identity import normalise
from resolvers.profile import GoldenProfile, GoldenValue


class CheckedAttribute(enum.Enum):
    """What a caller can be asked for."""

    FAMILY_NAME = "FAMILY_NAME"
    """The family name, without the given one."""
    BIRTH_DATE = "BIRTH_DATE"
    """Date of birth, as `1985-03-27`."""
    EMAIL = "EMAIL"
    """An e-mail address, whatever its case."""
    PHONE = "PHONE"
    """A phone number, with its country or as it is dialled at home."""
    STREET = "STREET"
    """Street and number of an address."""
    POSTAL_CODE = "POSTAL_CODE"
    """The code of an address, whatever its spaces."""
    CITY = "CITY"
    """The town of an address."""
    IDENTIFIER = "IDENTIFIER"
    """A registered number: of a passport, for taxes, a customer number."""


def agrees(golden: GoldenProfile, attribute: CheckedAttribute, answer: str, region: str) -> bool:
    """Whether an answer is what is known of a customer.

    Known is what won, and what else a source has had checked: what somebody only wrote down somewhere does
    not prove anything. How long the comparison takes does not tell how much agrees.

    Args:
        golden: The customer's profile.
        attribute: What was asked for.
        answer: What the caller said.
        region: Country of phone numbers said without one.
    """
    said = _said(attribute, answer, region)
    known = [one for one in _KNOWN[attribute](golden) if one]
    if not said:
        return False
    found = [hmac.compare_digest(said.encode(), one.encode()) for one in known]
    return any(found)


def _said(attribute: CheckedAttribute, answer: str, region: str) -> str:
    if attribute is CheckedAttribute.PHONE:
        return normalise.phone(answer, region) or ""
    if attribute is CheckedAttribute.BIRTH_DATE:
        try:
            return date.fromisoformat(answer.strip()).isoformat()
        except ValueError:
            return ""
    return _FORMS[attribute](answer)


def _email(text: str) -> str:
    return normalise.email(text) or ""


def _words(text: str) -> str:
    return " ".join(normalise.name_tokens(text))


def _number(text: str) -> str:
    return normalise.number(text) or ""


_FORMS: Mapping[CheckedAttribute, Callable[[str], str]] = {
    CheckedAttribute.FAMILY_NAME: _words,
    CheckedAttribute.EMAIL: _email,
    CheckedAttribute.STREET: _words,
    CheckedAttribute.POSTAL_CODE: _number,
    CheckedAttribute.CITY: _words,
    CheckedAttribute.IDENTIFIER: _number,
}
"""The one form in which answers and known values are compared."""


def _texts(value: GoldenValue | None) -> Iterable[object]:
    """The values that count as known."""
    if value is None:
        return ()
    checked = (one.value for one in value.losing if any(source.verified for source in one.sources))
    return (value.value, *checked)


def _addresses(golden: GoldenProfile) -> list[PostalAddress]:
    return [one for one in _texts(golden.address) if isinstance(one, PostalAddress)]


_KNOWN: Mapping[CheckedAttribute, Callable[[GoldenProfile], Iterable[str]]] = {
    CheckedAttribute.FAMILY_NAME: lambda golden: [_words(str(one)) for one in _texts(golden.family_name)],
    CheckedAttribute.BIRTH_DATE: lambda golden: [
        one.isoformat() for one in _texts(golden.birth_date) if isinstance(one, date)
    ],
    CheckedAttribute.EMAIL: lambda golden: [_email(str(one)) for one in _texts(golden.email)],
    CheckedAttribute.PHONE: lambda golden: [normalise.phone(str(one)) or "" for one in _texts(golden.phone)],
    CheckedAttribute.STREET: lambda golden: [_words(" ".join(one.lines)) for one in _addresses(golden)],
    CheckedAttribute.POSTAL_CODE: lambda golden: [
        _number(one.postal_code or "") for one in _addresses(golden)
    ],
    CheckedAttribute.CITY: lambda golden: [_words(one.city or "") for one in _addresses(golden)],
    CheckedAttribute.IDENTIFIER: lambda golden: [
        _number(one.value)
        for golden_value in golden.identifiers
        for one in _texts(golden_value)
        if isinstance(one, Identifier)
    ],
}
