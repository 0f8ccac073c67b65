"""Cloudbeds' payloads as records."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import yaml

from c360.errors import PartnerFault
from c360.records.hotel import StayStatus
from c360.records.party import IdentifierKind, PartyKind
from plugins.hotel import mapping, payloads

SYDNEY = ZoneInfo("Australia/Sydney")
HOTELS = {"9": mapping.HotelFacts(name="Harbour", zone=SYDNEY, currency="AUD")}


@pytest.fixture(scope="module")
def schemas(partner_specs: Path) -> Any:
    text = (partner_specs / "hotel-cloudbeds-pms-v1.3.yaml").read_text()
    return yaml.load(text, Loader=yaml.CSafeLoader)["components"]["schemas"]


def reservation(**wire: Any) -> payloads.Reservation:
    defaults = {
        "reservationID": "R1",
        "propertyID": "9",
        "guestID": "7",
        "status": "confirmed",
        "reservationCheckIn": "2026-07-01",
        "reservationCheckOut": "2026-07-03",
    }
    return msgspec.convert({**defaults, **wire}, payloads.Reservation)


def entry_of(schemas: Any, answer: str) -> dict[str, Any]:
    data = schemas[answer]["properties"]["data"]
    entry = data.get("items") or data.get("additionalProperties") or data
    properties: dict[str, Any] = entry["properties"]
    return properties


@pytest.mark.specs
def test_every_status_is_mapped(schemas: Any) -> None:
    named = {
        value
        for answer in (
            "GetReservationsResponse",
            "GetReservationsWithRateDetailsResponse",
            "GetGuestListResponse",
        )
        for value in entry_of(schemas, answer)["status"]["enum"]
    }
    assert set(mapping.STATUSES) == named
    assert set(mapping.STATUSES.values()) == set(StayStatus) - {StayStatus.OTHER}


@pytest.mark.specs
@pytest.mark.parametrize(
    ("struct", "answer"),
    [
        (payloads.Guest, "GetGuestResponse"),
        (payloads.Hotel, "GetHotelsResponse"),
        (payloads.ListedReservation, "GetReservationsResponse"),
        (payloads.Reservation, "GetReservationsWithRateDetailsResponse"),
        (payloads.Note, "GetReservationNotesResponse"),
    ],
)
def test_payloads_name_fields_of_the_published_api(
    schemas: Any, struct: type[msgspec.Struct], answer: str
) -> None:
    assert set(struct.__struct_encode_fields__) <= set(entry_of(schemas, answer))


@pytest.mark.specs
def test_listed_guests_name_fields_of_the_published_api(schemas: Any) -> None:
    fields = set(payloads.ListedGuest.__struct_encode_fields__)
    assert fields <= set(entry_of(schemas, "GetGuestListResponse"))
    assert fields - {"guestName"} <= set(entry_of(schemas, "GetGuestsModifiedResponse"))


def test_a_new_status_counts_as_other() -> None:
    assert mapping.stay(reservation(status="teleported"), "7", HOTELS).status is StayStatus.OTHER
    assert mapping.stay(reservation(status=None), "7", HOTELS).status is StayStatus.OTHER


def test_money_has_the_currency_the_api_states() -> None:
    priced = {"total": 120.10, "balance": "20.05", "balanceDetailed": {"paid": 100.05}}
    own = mapping.stay(reservation(**priced, propertyCurrency="usd"), "7", HOTELS)
    house = mapping.stay(reservation(**priced), "7", HOTELS)
    unknown = mapping.stay(reservation(**priced), "7", {})
    assert (own.total.amount, own.total.currency) == (Decimal("120.1"), "USD")  # type: ignore[union-attr]  # it is there
    assert (house.balance.amount, house.balance.currency) == (Decimal("20.05"), "AUD")  # type: ignore[union-attr]  # it is there
    assert (house.paid.amount, house.paid.currency) == (Decimal("100.05"), "AUD")  # type: ignore[union-attr]  # it is there
    assert (unknown.total, unknown.balance, unknown.paid) == (None, None, None)


def test_amounts_are_exact_from_the_wire() -> None:
    rates = b'{"2026-07-01": 0.1, "2026-07-02": "0.20"}'
    body = b'{"reservationID": "1", "total": 1234567.89, "detailedRates": %b}' % rates
    wire = msgspec.json.decode(body, type=payloads.Reservation)
    assert wire.total == Decimal("1234567.89")
    assert wire.detailed_rates == {"2026-07-01": Decimal("0.1"), "2026-07-02": Decimal("0.20")}


def test_nights_come_in_order() -> None:
    wire = reservation(detailedRates={"2026-07-02": 20, "2026-07-01": 10, "soon": 5})
    assert [(it.night.day, int(it.rate.amount)) for it in mapping.stay(wire, "7", HOTELS).nights] == [
        (1, 10),
        (2, 20),
    ]
    assert mapping.stay(reservation(detailedRates=[]), "7", HOTELS).nights == ()


@pytest.mark.parametrize("text", ["2026-07-01", "2026-07-01 14:00:00", "2026-07-01T00:30:00+10:00"])
def test_days_are_the_hotels_own(text: str) -> None:
    assert mapping.stay(reservation(reservationCheckIn=text), "7", HOTELS).check_in == date(2026, 7, 1)


def test_moments() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert mapping.instant("2026-07-01T12:00:00Z", None) == noon
    assert mapping.instant("2026-07-01 22:00:00", SYDNEY) == noon
    assert mapping.instant("2026-07-01 12:00:00", None) is None
    assert mapping.instant("0000-00-00 00:00:00", SYDNEY) is None
    both = mapping.stay(
        reservation(dateCreatedUTC="2026-07-01 12:00:00", dateModified="2026-07-01 22:00:00"), "7", HOTELS
    )
    assert (both.booked_at, both.updated_at) == (noon, noon)


def test_a_reservation_without_days_is_a_fault() -> None:
    with pytest.raises(PartnerFault):
        mapping.stay(reservation(reservationCheckOut=""), "7", HOTELS)


def test_people_are_summed_over_rooms() -> None:
    rooms = [{"adults": "2", "children": "1"}, {"adults": 1, "children": "?"}]
    stay = mapping.stay(reservation(rooms=rooms), "7", HOTELS)
    assert (stay.adults, stay.children) == (3, 1)
    assert mapping.stay(reservation(), "7", HOTELS).adults is None


def test_who_comes_along_is_not_the_main_guest() -> None:
    assert mapping.stay(reservation(), "7", HOTELS).main_guest is True
    assert mapping.stay(reservation(), "8", HOTELS).main_guest is False
    assert mapping.stay(reservation(guestID=""), "8", HOTELS).main_guest is None


def test_documents_and_tax_numbers() -> None:
    guest = payloads.Guest(
        first_name="Ada",
        company_name="Acme",
        document_type="Passport",
        document_number="P1",
        document_issuing_country="PT",
        company_tax_id="C1",
    )
    person = mapping.party("7", guest)
    assert [(it.kind, it.value, it.country) for it in person.identifiers] == [
        (IdentifierKind.PASSPORT, "P1", "PT")
    ]
    assert (person.kind, person.organization_name) == (PartyKind.PERSON, None)
    company = mapping.party("7", payloads.Guest(company_name="Acme", company_tax_id="C1"))
    assert [(it.kind, it.value) for it in company.identifiers] == [(IdentifierKind.TAX_ID, "C1")]
    assert (company.kind, company.organization_name) == (PartyKind.ORGANIZATION, "Acme")


def test_preferences_leave_out_what_was_not_answered() -> None:
    fields = [payloads.CustomField(name="Pillow", value="foam"), payloads.CustomField(name="Floor", value="")]
    guest = payloads.Guest(custom_fields=fields, special_requests=" ", guest_opt_in=False)
    record = mapping.preferences("7", guest)
    assert [(it.name, it.value) for it in record.fields] == [("Pillow", "foam")]
    assert (record.special_requests, record.marketing_opt_in) == (None, False)


def test_hotels_with_odd_facts() -> None:
    entries = [
        payloads.Hotel(property_id=1, property_timezone="Mars/Olympus", property_currency=[]),
        payloads.Hotel(property_id="2", property_currency=payloads.Currency(currency_code="dollars")),
    ]
    assert mapping.hotels(entries) == {"1": mapping.HotelFacts(), "2": mapping.HotelFacts()}
