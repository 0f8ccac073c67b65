"""From the operator's objects to the hub's records. Pure functions."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import msgspec

from c360 import converters
from c360.errors import PartnerFault
from c360.records.party import Identifier, IdentifierKind, Party
from c360.records.rental import (
    ChargeCategory,
    ChargeState,
    LegStatus,
    RentalBooking,
    RentalCharge,
    RentalLeg,
    RentalStatus,
    VehicleClass,
)
from c360.values import CountryCode, Money, Percentage, PostalAddress
from plugins.rental import pricing
from plugins.rental.payloads import (
    WireAddress,
    WireAsset,
    WireAssetType,
    WireBooking,
    WireCustomer,
    WireDocument,
    WireEntry,
    WireLeg,
    WirePlace,
    WireSpot,
)

STATUSES = {status.value: status for status in RentalStatus if status is not RentalStatus.OTHER}
LEG_STATUSES = {status.value: status for status in LegStatus if status is not LegStatus.OTHER}
VEHICLE_CLASSES = {kind.value.replace("_", ""): kind for kind in VehicleClass}
"""The record's enums have the API's own names; only words are set apart."""
CATEGORIES = {category.value: category for category in ChargeCategory} | {"ALL": ChargeCategory.OTHER}
"""``ALL`` is meant for filtering; an entry that carries it is of no particular category."""
CHARGE_STATES = {state.value: state for state in ChargeState if state is not ChargeState.OTHER}
DOCUMENTS = {"PASSPORT": IdentifierKind.PASSPORT, "ID": IdentifierKind.NATIONAL_ID}


def booking(wire: WireBooking, booking_id: str) -> RentalBooking:
    """A booking.

    Args:
        wire: the booking.
        booking_id: the id it was asked for by; the API leaves it optional in the answer.

    Raises:
        PartnerFault: a number or a currency is not one, or beyond any amount of money.
    """
    legs = tuple(_leg(item) for item in wire.legs)
    first, last = (wire.legs[0], wire.legs[-1]) if wire.legs else (None, None)
    main = wire.main_asset_type or (first.asset_type if first else None)
    price = pricing.total((wire.pricing, *(item.pricing for item in wire.legs)))
    return RentalBooking(
        booking_id=booking_id,
        status=STATUSES.get(wire.state or "", RentalStatus.OTHER),
        starts_at=wire.departure_time or (first.departure_time if first else None),
        ends_at=wire.arrival_time or (last.arrival_time if last else None),
        started_at=wire.actual_departure_time or (first.actual_departure_time if first else None),
        ended_at=wire.actual_arrival_time or (last.actual_arrival_time if last else None),
        vehicle_class=_vehicle_class(main),
        vehicle_category=main.asset_sub_class if main else None,
        vehicle=_vehicle(main, first.asset if first and len(wire.legs) == 1 else None),
        from_name=_place(wire.origin) or (legs[0].from_name if legs else None),
        to_name=_place(wire.destination) or (legs[-1].to_name if legs else None),
        price=price.amount,
        price_estimated=price.estimated,
        legs=legs,
    )


def leg_ids(wire: WireBooking, booking_id: str) -> tuple[str, ...]:
    """Ids of a booking's legs; a leg without one, and a booking without legs, go by the booking's id."""
    return tuple(dict.fromkeys(item.id or booking_id for item in wire.legs)) or (booking_id,)


def charge(wire: WireEntry, booking_id: str, leg_id: str) -> RentalCharge:
    """A journal entry of a leg.

    Raises:
        PartnerFault: a number or a currency is not one, or beyond any amount of money.
    """
    return RentalCharge(
        entry_id=f"{leg_id}/{wire.journal_sequence_id}" if wire.journal_sequence_id else leg_id,
        booking_id=booking_id,
        leg_id=leg_id,
        category=CATEGORIES.get(wire.category, ChargeCategory.OTHER) if wire.category else None,
        amount=_money(wire.amount, wire.currency_code),
        amount_without_tax=_money(wire.amount_ex_vat, wire.currency_code),
        tax_rate=Percentage(pricing.exact(wire.vat_rate)) if wire.vat_rate is not None else None,
        state=CHARGE_STATES.get(wire.state, ChargeState.OTHER) if wire.state else None,
        invoice_id=wire.invoice_id,
        invoiced_at=wire.invoice_date,
        expires_at=wire.expiration_date,
        description=wire.comment,
    )


def party(wire: WireCustomer, party_id: str) -> Party:
    """A customer; always a person, as the API knows no other.

    Raises:
        PartnerFault: the number of an identity document is not a text, or a country not a code.
    """
    phones = sorted((item for item in wire.phones if item.number), key=lambda item: not item.preferred)
    return Party(
        party_id=party_id,
        given_name=wire.first_name,
        family_name=wire.last_name,
        birth_date=wire.birth_date,
        emails=(wire.email,) if wire.email else (),
        phones=tuple(item.number for item in phones if item.number),
        addresses=(_address(wire.address),) if wire.address else (),
        identifiers=tuple(_identifier(card) for card in wire.cards if card.type in DOCUMENTS),
        updated_at=wire.modification_date,
    )


def _leg(wire: WireLeg) -> RentalLeg:
    return RentalLeg(
        leg_id=wire.id,
        status=LEG_STATUSES.get(wire.state or "", LegStatus.OTHER),
        vehicle_class=_vehicle_class(wire.asset_type),
        vehicle_category=wire.asset_type.asset_sub_class if wire.asset_type else None,
        vehicle=_vehicle(wire.asset_type, wire.asset),
        from_name=_place(wire.origin),
        to_name=_place(wire.destination),
        starts_at=wire.departure_time,
        ends_at=wire.arrival_time,
        started_at=wire.actual_departure_time,
        ended_at=wire.actual_arrival_time,
        distance=wire.distance,
    )


def _vehicle_class(wire: WireAssetType | None) -> VehicleClass | None:
    if wire is None or not wire.asset_class:
        return None
    return VEHICLE_CLASSES.get(wire.asset_class, VehicleClass.OTHER)


def _vehicle(kind: WireAssetType | None, asset: WireAsset | None) -> str | None:
    """The name, or else brand and model; what is said of the vehicle itself goes before its type's."""
    for properties in (asset and asset.overridden_properties, kind and kind.shared_properties):
        if properties:
            name = properties.name or " ".join(filter(None, (properties.brand, properties.model)))
            if name:
                return name
    return None


def _place(wire: WirePlace | None) -> str | None:
    if wire is None:
        return None
    address = wire.physical_address
    return (
        wire.name or (address and ", ".join(filter(None, (address.street_address, _area(address))))) or None
    )


def _address(wire: WireAddress) -> PostalAddress:
    area = None if wire.city else wire.area_reference
    return PostalAddress(
        lines=tuple(filter(None, (wire.street_address, wire.address_additional_info, area))),
        city=wire.city,
        region=wire.province or wire.state,
        postal_code=wire.postal_code,
        country=_country(wire.country) if wire.country else None,
    )


def _area(wire: WireSpot) -> str | None:
    return wire.city or wire.area_reference


def _identifier(card: WireDocument) -> Identifier:
    try:
        number = msgspec.json.decode(card.card_number, type=str)
    except msgspec.MsgspecError:
        raise PartnerFault("the number of an identity document is not a text") from None
    return Identifier(
        kind=DOCUMENTS[card.type],
        value=number,
        country=_country(card.country) if card.country else None,
    )


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    if amount is None or currency is None:
        return None
    return Money(amount=pricing.exact(amount), currency=converters.currency(currency))


@lru_cache(maxsize=512)
def _country(code: str) -> CountryCode:
    if not (len(code) == 2 and code.isascii() and code.isalpha()):
        raise PartnerFault("a country is not a code of two letters")
    return CountryCode(code.upper())
