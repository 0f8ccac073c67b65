"""From the API's identifications of persons and companies to the graph's parties. Pure."""

from __future__ import annotations

from c360.countries import country_code
from c360.records.party import Identifier, IdentifierKind, Party, PartyKind
from c360.values import CountryCode, PostalAddress
from plugins.insurance import payloads, vocabulary

BRAZIL = CountryCode("BR")
BRAZILIAN_CALLING_CODE = "55"
ABSENT = "NA"
"""What the API writes where a required part does not exist."""


def person(party_id: str, found: payloads.PersonalIdentification) -> Party:
    """A natural person, under ``party_id`` where the partner gives no id.

    The API has the name in one piece. A social name goes before the civil one, as Brazilian law has it.
    """
    return Party(
        party_id=found.personal_id or party_id,
        kind=PartyKind.PERSON,
        full_name=found.social_name or found.civil_name,
        birth_date=found.birth_date,
        emails=_emails(found.contact),
        phones=_phones(found.contact),
        addresses=_addresses(found.contact),
        identifiers=(*_tax_id(found.cpf_number), *_documents(found)),
        updated_at=found.update_date_time,
    )


def company(party_id: str, found: payloads.BusinessIdentification) -> Party:
    """A company by its registered name, under ``party_id`` where the partner gives no id."""
    foreign = _present(found.document.business_register_number_origin_country)
    return Party(
        party_id=found.business_id or party_id,
        kind=PartyKind.ORGANIZATION,
        organization_name=found.business_name,
        emails=_emails(found.contact),
        phones=_phones(found.contact),
        addresses=_addresses(found.contact),
        identifiers=(
            *_tax_id(found.document.businesscnpj_number),
            *(
                (
                    Identifier(
                        kind=IdentifierKind.REGISTRY_NUMBER,
                        value=foreign,
                        country=country_code(found.document.country),
                    ),
                )
                if foreign
                else ()
            ),
        ),
        updated_at=found.update_date_time,
    )


def phone_number(phone: payloads.Phone) -> str | None:
    """A phone number in E.164, ``None`` where the parts do not make one.

    Area codes of this API are Brazilian by its own enumeration, so one without a calling code is a
    Brazilian number.
    """
    country = (_present(phone.country_calling_code) or "").lstrip("0")
    area = _present(phone.area_code) or ""
    number = _present(phone.number) or ""
    if not country and area:
        country = BRAZILIAN_CALLING_CODE
    digits = f"{country}{area}{number}"
    complete = country and number and digits.isascii() and digits.isdigit() and 8 <= len(digits) <= 15
    return f"+{digits}" if complete else None


def _present(value: str | None) -> str | None:
    text = (value or "").strip()
    return text if text and text != ABSENT else None


def _emails(contact: payloads.Contact) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry.email for entry in contact.emails if entry.email))


def _phones(contact: payloads.Contact) -> tuple[str, ...]:
    numbers = (phone_number(phone) for phone in contact.phones)
    return tuple(dict.fromkeys(number for number in numbers if number))


def _addresses(contact: payloads.Contact) -> tuple[PostalAddress, ...]:
    return tuple(_address(entry.address) for entry in contact.postal_addresses)


def _address(flagged: payloads.FlaggedAddress) -> PostalAddress:
    parts = flagged.address
    street = " ".join(part for part in (_street_type(parts), _present(parts.name)) if part)
    first = ", ".join(part for part in (street, _present(parts.number)) if part)
    rest = (parts.address_complementary_info, parts.district_name, parts.district)
    return PostalAddress(
        lines=tuple(text for text in (first, *map(_present, rest)) if text),
        city=_present(parts.town_name),
        region=_present(parts.country_sub_division),
        postal_code=_present(parts.post_code),
        country=BRAZIL if flagged.flag_post_code == "NACIONAL" else country_code(parts.country_code),
    )


def _street_type(parts: payloads.AddressParts) -> str | None:
    kind = _present(parts.type)
    return kind.capitalize() if kind else None


def _tax_id(number: str | None) -> tuple[Identifier, ...]:
    value = _present(number)
    return (Identifier(kind=IdentifierKind.TAX_ID, value=value, country=BRAZIL),) if value else ()


def _documents(found: payloads.PersonalIdentification) -> tuple[Identifier, ...]:
    """Identity documents; the country is known of those that only Brazil issues."""
    identifiers = []
    for document in found.documents:
        kind = vocabulary.DOCUMENTS.get(document.type or "", IdentifierKind.OTHER)
        value = _present(document.number)
        if kind and value:
            country = BRAZIL if document.type in {"RG", "RNE", "CNH"} else None
            identifiers.append(Identifier(kind=kind, value=value, country=country))
    foreign = _present(found.other_documents.number) if found.other_documents else None
    if foreign:
        identifiers.append(Identifier(kind=IdentifierKind.OTHER, value=foreign))
    return tuple(identifiers)
