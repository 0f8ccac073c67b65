"""A customer as one partner knows them: the raw material of identity and of the golden profile."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from c360.records.base import Kind, Record
from c360.values import CountryCode, LanguageTag, PostalAddress, Value


class PartyKind(enum.Enum):
    """Whether a party is a human being or an organisation."""

    PERSON = "PERSON"
    """A human being."""
    ORGANIZATION = "ORGANIZATION"
    """A company, an association, a public body."""


class IdentifierKind(enum.Enum):
    """What a registered number identifies."""

    TAX_ID = "TAX_ID"
    """Number for taxes, such as a CPF, CNPJ, ABN or AHV number."""
    REGISTRY_NUMBER = "REGISTRY_NUMBER"
    """Number in a register of companies."""
    PASSPORT = "PASSPORT"
    """Number of a passport."""
    NATIONAL_ID = "NATIONAL_ID"
    """Number of an identity card or in a population register."""
    CUSTOMER_NUMBER = "CUSTOMER_NUMBER"
    """The partner's own customer number."""
    OTHER = "OTHER"


class Identifier(Value, frozen=True, kw_only=True):
    """A number somebody registered a party under."""

    kind: Annotated[IdentifierKind, Meta(description="What the number is.")]
    value: Annotated[str, Meta(description="The number as the partner writes it.", extra={"personal": True})]
    country: Annotated[CountryCode | None, Meta(description="Country that issued it.")] = None


class Party(Record, frozen=True, kw_only=True):
    """A person or an organisation as a partner holds it, before any merging."""

    party_id: Annotated[
        str, Meta(description="The partner's own id of this customer.", extra={"personal": True})
    ]
    kind: Annotated[PartyKind, Meta(description="Person or organisation.")] = PartyKind.PERSON
    given_name: Annotated[str | None, Meta(description="Given name or names.", extra={"personal": True})] = (
        None
    )
    family_name: Annotated[str | None, Meta(description="Family name.", extra={"personal": True})] = None
    full_name: Annotated[
        str | None,
        Meta(
            description="The name in one piece, where the partner holds it only so.", extra={"personal": True}
        ),
    ] = None
    organization_name: Annotated[
        str | None, Meta(description="Legal name of an organisation.", extra={"personal": True})
    ] = None
    birth_date: Annotated[
        date | None, Meta(description="Date of birth of a person.", extra={"personal": True})
    ] = None
    emails: Annotated[
        tuple[str, ...],
        Meta(description="E-mail addresses, the preferred one first.", extra={"personal": True}),
    ] = ()
    phones: Annotated[
        tuple[str, ...], Meta(description="Phone numbers, the preferred one first.", extra={"personal": True})
    ] = ()
    addresses: Annotated[
        tuple[PostalAddress, ...],
        Meta(description="Postal addresses, the preferred one first.", extra={"personal": True}),
    ] = ()
    language: Annotated[LanguageTag | None, Meta(description="Preferred language.")] = None
    identifiers: Annotated[
        tuple[Identifier, ...], Meta(description="Registered numbers.", extra={"personal": True})
    ] = ()
    updated_at: Annotated[
        datetime | None, Meta(description="When the partner last changed this, with its zone.")
    ] = None


KINDS = (Kind(name="party.profile", record=Party, ttl=60),)
