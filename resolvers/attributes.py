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

_SORTED = msgspec.json.Encoder(order="sorted")
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
    field: str
    """Field of a partner's record that holds its values."""
    several: bool = False
    """Whether that field holds several, the preferred one first."""

    def values(self, party: Party) -> tuple[Any, ...]:
        """Its values in a partner's record, the preferred one first."""
        found: Any = getattr(party, self.field)
        if self.several:
            return tuple(found)
        return () if found is None or found == "" else (found,)


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
    return _SORTED.encode(value).decode()


def _names(name: str) -> Attribute:
    return Attribute(
        name=name,
        read=_text,
        write=str,
        same=_same_name,
        field=name,
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
                field="birth_date",
            ),
            Attribute(
                name="email",
                read=_text,
                write=str,
                same=lambda value: normalise.email(value) or value.casefold(),
                field="emails",
                several=True,
            ),
            Attribute(
                name="phone",
                read=_text,
                write=str,
                same=lambda value: normalise.phone(value) or value,
                field="phones",
                several=True,
            ),
            Attribute(
                name="address",
                read=_decoder(PostalAddress),
                write=_encode,
                same=_same_address,
                field="addresses",
                several=True,
            ),
            Attribute(
                name="language",
                read=_language,
                write=str,
                same=str.casefold,
                field="language",
            ),
            Attribute(
                name="identifier",
                read=_decoder(Identifier),
                write=_encode,
                same=lambda value: normalise.number(value.value) or value.value,
                variant=lambda value: f"{value.kind.value}:{value.country or ''}",
                field="identifiers",
                several=True,
            ),
        )
    }
)
"""Every attribute by name, in the order of a profile."""


def party_values(party: Party) -> tuple[tuple[str, str, int], ...]:
    """What a partner says of its customer, as (attribute, text, rank): what the hub keeps of it.

    The rank is the value's place among those of its attribute, the preferred one being 0.
    """
    found: list[tuple[str, str, int]] = []
    for attribute in _IN_ORDER:
        value: Any = getattr(party, attribute.field)
        if value is None or value == "":
            continue
        name, write = attribute.name, attribute.write
        if attribute.several:
            found += [(name, write(one), rank) for rank, one in enumerate(value)]
        else:
            found.append((name, write(value), 0))
    return tuple(found)


_IN_ORDER = tuple(ATTRIBUTES.values())
