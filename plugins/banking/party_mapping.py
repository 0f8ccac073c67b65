"""The customer of a consent as a party."""

from __future__ import annotations

from collections.abc import Iterable

from c360.countries import country_code
from c360.errors import PartnerFault
from c360.records.party import Identifier, IdentifierKind, Party, PartyKind
from c360.values import AddressPurpose, CountryCode, PostalAddress
from plugins.banking import payloads as wire
from plugins.banking.scalars import e164

AUSTRALIA = CountryCode("AU")

_PURPOSES = {
    "MAIL": AddressPurpose.MAILING,
    "REGISTERED": AddressPurpose.REGISTERED,
    "PHYSICAL": AddressPurpose.HOME,
    "WORK": AddressPurpose.WORK,
    "OTHER": AddressPurpose.OTHER,
}
_PREFERENCE = tuple(_PURPOSES)
"""Mail goes to the address for mail, without one to the registered one, says the standard."""


def party(customer: wire.Customer, party_id: str) -> Party:
    """The party behind a consent, under the id that the hub's link has: the CDR gives customers none.

    Raises:
        PartnerFault: there is neither a person nor an organisation.
    """
    if customer.person is not None:
        return _person(customer.person, party_id)
    if customer.organisation is not None:
        return _organisation(customer.organisation, party_id)
    raise PartnerFault("the customer is neither a person nor an organisation")


def _person(person: wire.Person, party_id: str) -> Party:
    given = " ".join(part for part in (person.first_name, *(person.middle_names or ())) if part)
    phones = sorted(person.phone_numbers or (), key=lambda phone: not phone.is_preferred)
    emails = sorted(person.email_addresses or (), key=lambda email: not email.is_preferred)
    return Party(
        party_id=party_id,
        kind=PartyKind.PERSON,
        given_name=given or None,
        family_name=person.last_name or None,
        emails=_distinct(email.address.strip() for email in emails),
        phones=_distinct(
            e164(phone.full_number, phone.country_code, phone.area_code, phone.number) for phone in phones
        ),
        addresses=_addresses(person.physical_addresses, PartyKind.PERSON),
        updated_at=person.last_update_time,
    )


def _organisation(organisation: wire.Organisation, party_id: str) -> Party:
    return Party(
        party_id=party_id,
        kind=PartyKind.ORGANIZATION,
        organization_name=organisation.legal_name or organisation.business_name,
        addresses=_addresses(organisation.physical_addresses, PartyKind.ORGANIZATION),
        identifiers=business_numbers(abn=organisation.abn, acn=organisation.acn),
        updated_at=organisation.last_update_time,
    )


def business_numbers(*, abn: str | None, acn: str | None, arbn: str | None = None) -> tuple[Identifier, ...]:
    """Australian business, company and registered-body numbers.

    The first is the one the tax office gives; the companies' register gives the others.
    """
    numbers = (
        (IdentifierKind.TAX_ID, abn),
        (IdentifierKind.REGISTRY_NUMBER, acn),
        (IdentifierKind.REGISTRY_NUMBER, arbn),
    )
    return tuple(Identifier(kind=kind, value=number, country=AUSTRALIA) for kind, number in numbers if number)


def _addresses(
    addresses: tuple[wire.PhysicalAddress, ...] | None, owner: PartyKind
) -> tuple[PostalAddress, ...]:
    def preference(address: wire.PhysicalAddress) -> int:
        return _PREFERENCE.index(address.purpose) if address.purpose in _PREFERENCE else len(_PREFERENCE)

    mapped = (_address(address, owner) for address in sorted(addresses or (), key=preference))
    return tuple(address for address in mapped if address is not None)


def _address(address: wire.PhysicalAddress, owner: PartyKind) -> PostalAddress | None:
    purpose = _PURPOSES.get(address.purpose or "", AddressPurpose.OTHER)
    if purpose is AddressPurpose.HOME and owner is PartyKind.ORGANIZATION:
        purpose = AddressPurpose.OTHER
    if address.simple is not None:
        return _simple(address.simple, purpose)
    if address.paf is not None:
        return _paf(address.paf, purpose)
    return None


def _simple(address: wire.SimpleAddress, purpose: AddressPurpose) -> PostalAddress:
    lines = (address.address_line1, address.address_line2, address.address_line3)
    return PostalAddress(
        lines=tuple(line for line in lines if line),
        city=address.city or None,
        region=address.state or None,
        postal_code=address.postcode or None,
        country=country_code(address.country) if address.country else AUSTRALIA,
        purpose=purpose,
    )


def _paf(address: wire.PafAddress, purpose: AddressPurpose) -> PostalAddress:
    """Put the parts in the order in which Australia Post prints them."""
    first = _joined("", address.thoroughfare_number1, address.thoroughfare_number1_suffix)
    second = _joined("", address.thoroughfare_number2, address.thoroughfare_number2_suffix)
    box = _joined(
        "",
        address.postal_delivery_number_prefix,
        address.postal_delivery_number,
        address.postal_delivery_number_suffix,
    )
    lines = (
        _joined(" ", address.building_name1, address.building_name2),
        _joined(
            " ",
            address.floor_level_type,
            address.floor_level_number,
            address.flat_unit_type,
            address.flat_unit_number,
        ),
        _joined(
            " ",
            f"LOT {address.lot_number}" if address.lot_number and not first else None,
            _joined("-", first, second),
            address.street_name,
            address.street_type,
            address.street_suffix,
        ),
        _joined(" ", address.postal_delivery_type, box),
    )
    return PostalAddress(
        lines=tuple(line for line in lines if line),
        city=address.locality_name or None,
        region=address.state or None,
        postal_code=address.postcode or None,
        country=AUSTRALIA,
        purpose=purpose,
    )


def _joined(separator: str, *parts: str | int | None) -> str:
    return separator.join(str(part) for part in parts if part not in (None, ""))


def _distinct(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
