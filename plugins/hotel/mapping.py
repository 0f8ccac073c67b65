"""From Cloudbeds' payloads to records: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from c360.countries import country_code
from c360.errors import PartnerFault
from c360.records.hotel import GuestField, GuestNote, GuestPreferences, RoomNight, Stay, StayRoom, StayStatus
from c360.records.party import Identifier, IdentifierKind, Party, PartyKind
from c360.values import CurrencyCode, Money, PostalAddress
from plugins.hotel import payloads

STATUSES: Mapping[str, StayStatus] = {
    "in_progress": StayStatus.NOT_CONFIRMED,
    "not_confirmed": StayStatus.NOT_CONFIRMED,
    "confirmed": StayStatus.CONFIRMED,
    "canceled": StayStatus.CANCELLED,
    "checked_in": StayStatus.CHECKED_IN,
    "checked_out": StayStatus.CHECKED_OUT,
    "no_show": StayStatus.NO_SHOW,
}
"""Every status of a reservation that the API names."""

_DOCUMENTS: Mapping[str, IdentifierKind] = {
    "passport": IdentifierKind.PASSPORT,
    "national_id": IdentifierKind.NATIONAL_ID,
    "identity_card": IdentifierKind.NATIONAL_ID,
    "dni": IdentifierKind.NATIONAL_ID,
}


class HotelFacts(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a stay needs to know of its hotel."""

    name: str | None = None
    zone: tzinfo | None = None
    currency: str | None = None


Hotels = Mapping[str, HotelFacts]
"""The hotels behind an API key, by property id."""

_NO_FACTS = HotelFacts()


def hotels(entries: Iterable[payloads.Hotel]) -> Hotels:
    """Name, time zone and currency of each hotel."""
    return {
        str(entry.property_id): HotelFacts(
            name=_text(entry.property_name),
            zone=_zone(entry.property_timezone),
            currency=_first_currency(entry.property_currency),
        )
        for entry in entries
    }


def party(guest_id: str, guest: payloads.Guest) -> Party:
    """A guest as a party. A guest without a personal name is a company."""
    return _party(
        guest_id,
        names=(guest.first_name, guest.last_name, None, guest.company_name),
        birth_date=guest.birth_date,
        emails=_present(guest.email),
        phones=_present(guest.phone, guest.cell_phone),
        address=PostalAddress(
            lines=_present(guest.address, guest.address2),
            city=_text(guest.city),
            region=_text(guest.state),
            postal_code=_text(guest.zip),
            country=country_code(guest.country),
        ),
        document=(guest.document_type, guest.document_number, guest.document_issuing_country),
        tax_ids=(guest.tax_id, guest.company_tax_id),
    )


def listed_party(guest: payloads.ListedGuest) -> Party:
    """A guest of a list as a party.

    The list's modification date is the reservation's, not the guest's, and so left out.
    """
    return _party(
        str(guest.guest_id),
        names=(guest.guest_first_name, guest.guest_last_name, guest.guest_name, guest.company_name),
        birth_date=guest.guest_birth_date,
        emails=_present(guest.guest_email),
        phones=_present(guest.guest_phone, guest.guest_cell_phone),
        address=PostalAddress(
            lines=_present(guest.guest_address1, guest.guest_address2),
            city=_text(guest.guest_city),
            region=_text(guest.guest_state),
            postal_code=_text(guest.guest_zip),
            country=country_code(guest.guest_country),
        ),
        document=(
            guest.guest_document_type,
            guest.guest_document_number,
            guest.guest_document_issuing_country,
        ),
        tax_ids=(guest.tax_id, guest.company_tax_id),
    )


def preferences(guest_id: str, guest: payloads.Guest) -> GuestPreferences:
    """What a guest asked for and answered to the house's own questions."""
    pairs = ((_text(field.name), _text(field.value)) for field in guest.custom_fields or ())
    return GuestPreferences(
        guest_id=guest_id,
        special_requests=_text(guest.special_requests),
        marketing_opt_in=guest.guest_opt_in,
        fields=tuple(GuestField(name=name, value=value) for name, value in pairs if name and value),
    )


def stay(wire: payloads.Reservation, guest_id: str, known: Hotels) -> Stay:
    """A reservation as a stay of one of its guests.

    Raises:
        PartnerFault: it has no dates.
    """
    facts = known.get(str(wire.property_id), _NO_FACTS)
    check_in, check_out = day(wire.reservation_check_in), day(wire.reservation_check_out)
    if check_in is None or check_out is None:
        raise PartnerFault("a reservation without the days of its stay")
    currency = _currency(wire.property_currency) or facts.currency
    rooms = wire.rooms or []
    main = _text(wire.guest_id)
    return Stay(
        reservation_id=str(wire.reservation_id),
        property_id=_text(wire.property_id),
        property_name=facts.name,
        status=STATUSES.get(wire.status or "", StayStatus.OTHER),
        check_in=check_in,
        check_out=check_out,
        booked_at=_utc(wire.date_created_utc) or instant(wire.date_created, facts.zone),
        updated_at=_utc(wire.date_modified_utc) or instant(wire.date_modified, facts.zone),
        cancelled_at=_utc(wire.date_cancelled_utc) or instant(wire.date_cancelled, facts.zone),
        main_guest=None if main is None else main == guest_id,
        adults=_sum([room.adults for room in rooms]),
        children=_sum([room.children for room in rooms]),
        channel=_text(wire.source_name),
        meal_plans=_text(wire.meal_plans),
        total=_money(wire.total, currency),
        paid=_money(_paid(wire.balance_detailed), currency),
        balance=_money(wire.balance, currency),
        rooms=tuple([_room(room) for room in rooms]),
        nights=_nights(wire.detailed_rates, currency),
    )


def note(wire: payloads.Note, reservation_id: str, zone: tzinfo | None) -> GuestNote | None:
    """A note on a reservation; ``None`` for an empty one."""
    text = _text(wire.reservation_note)
    if text is None:
        return None
    return GuestNote(
        note_id=str(wire.reservation_note_id),
        reservation_id=reservation_id,
        text=text,
        author=_text(wire.user_name),
        noted_at=instant(wire.date_created, zone),
        updated_at=instant(wire.date_modified, zone),
    )


def day(text: str | None) -> date | None:
    """The calendar day of a date or time, as the hotel wrote it."""
    if not text:
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def instant(text: str | None, zone: tzinfo | None) -> datetime | None:
    """A moment. Without a zone of its own it is in the hotel's; ``None`` where that is not known either."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment
    return None if zone is None else moment.replace(tzinfo=zone)


def _utc(text: str | None) -> datetime | None:
    return instant(text, UTC)


def _party(
    guest_id: str,
    *,
    names: tuple[str | None, str | None, str | None, str | None],
    birth_date: str | None,
    emails: tuple[str, ...],
    phones: tuple[str, ...],
    address: PostalAddress,
    document: tuple[str | None, str | None, str | None],
    tax_ids: tuple[str | None, str | None],
) -> Party:
    given, family, full, company = (_text(name) for name in names)
    organization = company is not None and given is None and family is None
    # A person's company, and its tax number, are shared with colleagues: they say nothing of the person.
    tax_id = _text(tax_ids[0]) or (_text(tax_ids[1]) if organization else None)
    return Party(
        party_id=guest_id,
        kind=PartyKind.ORGANIZATION if organization else PartyKind.PERSON,
        given_name=given,
        family_name=family,
        full_name=full if given is None and family is None and not organization else None,
        organization_name=company if organization else None,
        birth_date=day(birth_date),
        emails=emails,
        phones=tuple(dict.fromkeys(phones)),
        addresses=() if address == PostalAddress() else (address,),
        identifiers=_identifiers(document, tax_id),
    )


def _identifiers(
    document: tuple[str | None, str | None, str | None], tax_id: str | None
) -> tuple[Identifier, ...]:
    found = []
    kind, number, country = document
    if number := _text(number):
        key = (_text(kind) or "").lower().replace(" ", "_")
        found.append(
            Identifier(
                kind=_DOCUMENTS.get(key, IdentifierKind.OTHER), value=number, country=country_code(country)
            )
        )
    if tax_id:
        found.append(Identifier(kind=IdentifierKind.TAX_ID, value=tax_id))
    return tuple(found)


def _room(wire: payloads.Room) -> StayRoom:
    return StayRoom(
        room_type=_text(wire.room_type_name),
        room_name=_text(wire.room_name),
        rate_plan=_text(wire.rate_name),
        adults=_int(wire.adults),
        children=_int(wire.children),
    )


def _nights(
    rates: Mapping[str, Decimal] | list[Decimal] | None, currency: str | None
) -> tuple[RoomNight, ...]:
    if not isinstance(rates, Mapping):
        return ()
    priced = ((day(key), _money(rate, currency)) for key, rate in rates.items())
    found = [RoomNight(night=night, rate=rate) for night, rate in priced if night and rate]
    return tuple(sorted(found, key=lambda it: it.night))


def _paid(details: payloads.BalanceDetails | list[payloads.BalanceDetails] | None) -> Decimal | None:
    if isinstance(details, list):
        details = details[0] if details else None
    return None if details is None else details.paid


def _money(amount: Decimal | None, currency: str | None) -> Money | None:
    """An amount, where the API says in what currency."""
    if amount is None or currency is None or not amount.is_finite():
        return None
    return Money(amount=amount, currency=CurrencyCode(currency))


def _currency(text: str | None) -> str | None:
    code = (text or "").strip().upper()
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def _first_currency(wire: list[payloads.Currency] | payloads.Currency | None) -> str | None:
    if isinstance(wire, list):
        wire = wire[0] if wire else None
    return None if wire is None else _currency(wire.currency_code)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _int(value: payloads.Loose) -> int | None:
    try:
        return None if value is None else int(value)
    except (ValueError, OverflowError):
        return None


def _sum(values: Iterable[payloads.Loose]) -> int | None:
    numbers = [number for value in values if (number := _int(value)) is not None]
    return sum(numbers) if numbers else None


def _text(value: payloads.Loose) -> str | None:
    return None if value is None else str(value).strip() or None


def _present(*values: str | None) -> tuple[str, ...]:
    return tuple(text for value in values if (text := _text(value)))
