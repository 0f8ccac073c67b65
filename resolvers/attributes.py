"""The attributes of a profile: their names, their text form in the hub, what counts as equal.

The hub keeps every profile value as text. This module is the only place that knows how the values
of a partner's :class:`~c360.records.party.Party` become that text and how they come back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import msgspec

from c360.records.party import Identifier, Party
from c360.values import LanguageTag, PostalAddress
from resolvers.identity import normalise

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of a profile."""

    name: str
    read: Callable[[str], Any]
    """Its value from the text; raises ``ValueError`` where the text is not one."""
    write: Callable[[Any], str]
    """The text of a value."""
    same: Callable[[Any], str]
    """What two values have in common that count as the same one."""
    variant: Callable[[Any], str] = lambda _: ""
    """Sub-attribute with a winner of its own: a tax number never competes with a passport."""
    values: Callable[[Party], tuple[Any, ...]]
    """Its values in a partner's record, the preferred one first."""


def _text(value: str) -> str:
    if not value.strip():
        message = "empty"
        raise ValueError(message)
    return value


def _same_name(value: str) -> str:
    return " ".join(normalise.name_tokens(value)) or value


def _same_address(value: PostalAddress) -> str:
    """An address whatever the order of street and number: partners and countries differ in it.

    Numbers keep their order among themselves, since ``3/12`` and ``12/3`` are two doors, and the region
    counts only where no postal code tells it.
    """
    tokens = normalise.name_tokens(" ".join(value.lines))
    numbers = [token for token in tokens if any(char.isdigit() for char in token)]
    words = sorted(set(tokens) - set(numbers))
    region = "" if value.postal_code else value.region or ""
    place = " ".join((value.city or "", region, value.postal_code or "", value.country or ""))
    return " ".join((*words, *numbers, *normalise.name_tokens(place)))


def _language(value: str) -> LanguageTag:
    if not _LANGUAGE.fullmatch(value):
        message = "not a language tag"
        raise ValueError(message)
    return LanguageTag(value)


def _decoder(kind: type[msgspec.Struct]) -> Callable[[str], Any]:
    return msgspec.json.Decoder(kind).decode


def _encode(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _one(value: Any) -> tuple[Any, ...]:
    return () if value is None or value == "" else (value,)


def _names(name: str) -> Attribute:
    return Attribute(
        name=name,
        read=_text,
        write=str,
        same=_same_name,
        values=lambda party: _one(getattr(party, name)),
    )


ATTRIBUTES: Mapping[str, Attribute] = MappingProxyType(
    {
        attribute.name: attribute
        for attribute in (
            _names("given_name"),
            _names("family_name"),
            _names("full_name"),
            _names("organization_name"),
            Attribute(
                name="birth_date",
                read=date.fromisoformat,
                write=date.isoformat,
                same=date.isoformat,
                values=lambda party: _one(party.birth_date),
            ),
            Attribute(
                name="email",
                read=_text,
                write=str,
                same=lambda value: normalise.email(value) or value.casefold(),
                values=lambda party: party.emails,
            ),
            Attribute(
                name="phone",
                read=_text,
                write=str,
                same=lambda value: normalise.phone(value) or value,
                values=lambda party: party.phones,
            ),
            Attribute(
                name="address",
                read=_decoder(PostalAddress),
                write=_encode,
                same=_same_address,
                values=lambda party: party.addresses,
            ),
            Attribute(
                name="language",
                read=_language,
                write=str,
                same=str.casefold,
                values=lambda party: _one(party.language),
            ),
            Attribute(
                name="identifier",
                read=_decoder(Identifier),
                write=_encode,
                same=lambda value: normalise.number(value.value) or value.value,
                variant=lambda value: f"{value.kind.value}:{value.country or ''}",
                values=lambda party: party.identifiers,
            ),
        )
    }
)
"""Every attribute by name, in the order of a profile."""


def party_values(party: Party) -> tuple[tuple[str, str, int], ...]:
    """What a partner says of its customer, as (attribute, text, rank): what the hub keeps of it.

    The rank is the value's place among those of its attribute, the preferred one being 0.
    """
    return tuple(
        (attribute.name, attribute.write(value), rank)
        for attribute in ATTRIBUTES.values()
        for rank, value in enumerate(attribute.values(party))
    )
