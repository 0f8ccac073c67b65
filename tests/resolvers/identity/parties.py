"""Parties for tests of identity: short to write, and random ones that resemble each other."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from c360.records.party import Identifier, IdentifierKind, Party, PartyKind
from c360.values import CountryCode, PostalAddress
from resolvers.identity.features import Features, party_features


def address(
    street: str = "Seestrasse 12", city: str = "Zürich", postcode: str = "8002", country: str = "CH"
) -> PostalAddress:
    return PostalAddress(lines=(street,), city=city, postal_code=postcode, country=CountryCode(country))


def tax_id(value: str, country: str = "BR", kind: IdentifierKind = IdentifierKind.TAX_ID) -> Identifier:
    return Identifier(kind=kind, value=value, country=CountryCode(country))


def party(**fields: Any) -> Party:
    fields.setdefault("party_id", "p")
    return Party(**fields)


def features(**fields: Any) -> Features:
    return party_features(party(**fields))


_GIVEN = st.sampled_from(
    [
        "Anna",
        "Ana",
        "Anna Maria",
        "A.",
        "Bob",
        "Robert",
        "Jürg",
        "Juerg",
        "Ольга",
        "Olga",
        "محمد",
        "Mohammed",
        "伟",
        "Wei",
        "",
    ]
) | st.text(max_size=6)
_FAMILY = st.sampled_from(
    [
        "Müller",
        "Mueller",
        "Muller",
        "García López",
        "Garcia",
        "van der Berg",
        "Berg",
        "Anna",
        "李",
        "Li",
        "O'Brien",
        "",
    ]
) | st.text(max_size=6)
_DATES = st.sampled_from(
    [
        date(1980, 3, 4),
        date(1980, 4, 3),
        date(1980, 3, 5),
        date(1981, 3, 4),
        date(1980, 11, 30),
        date(1955, 1, 1),
    ]
)
_EMAILS = st.lists(
    st.sampled_from(
        [
            "a.berg@gmail.com",
            "aberg+x@googlemail.com",
            "a.berg@x.example",
            "aberk@gmail.com",
            "info@firm.example",
            "no",
        ]
    ),
    max_size=2,
).map(tuple)
_PHONES = st.lists(
    st.sampled_from(["+41446681800", "044 668 18 00", "+41446681801", "+61255501234", "12"]), max_size=2
).map(tuple)
_ADDRESSES = st.lists(
    st.builds(
        address,
        street=st.sampled_from(["Seestrasse 12", "12, Seestr.", "Seestrasse 21", "Rue du Lac 1", ""]),
        city=st.sampled_from(["Zürich", "Zurich", "Bern"]),
        postcode=st.sampled_from(["8002", "CH-8002", "3001"]),
    ),
    max_size=2,
).map(tuple)
_NUMBERS = st.lists(
    st.builds(
        tax_id,
        st.sampled_from(["529.982.247-25", "52998224725", "52998224726", "11144477735"]),
        st.sampled_from(["BR", "CH"]),
        st.sampled_from([IdentifierKind.TAX_ID, IdentifierKind.PASSPORT]),
    ),
    max_size=2,
).map(tuple)
_COMPANIES = st.sampled_from(
    [
        "Acme Bau AG",
        "ACME BAU A.G.",
        "Bau Acme",
        "Acme Bauten GmbH",
        "华为有限公司",
        "Padaria Sol Ltda",
        "Sol",
        "AG",
    ]
)

PERSONS = st.builds(
    party,
    given_name=_GIVEN,
    family_name=_FAMILY,
    birth_date=st.none() | _DATES,
    emails=_EMAILS,
    phones=_PHONES,
    addresses=_ADDRESSES,
    identifiers=_NUMBERS,
)
ORGANIZATIONS = st.builds(
    party,
    kind=st.just(PartyKind.ORGANIZATION),
    organization_name=_COMPANIES,
    emails=_EMAILS,
    phones=_PHONES,
    addresses=_ADDRESSES,
    identifiers=_NUMBERS,
)
