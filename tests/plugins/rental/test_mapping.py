from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.errors import ConnectorError, PartnerFault
from c360.http import Response
from c360.records.party import IdentifierKind, Party
from c360.records.rental import (
    ChargeCategory,
    ChargeState,
    LegStatus,
    RentalBooking,
    RentalCharge,
    RentalStatus,
    VehicleClass,
)
from c360.values import CountryCode, CurrencyCode, Money
from plugins.rental import mapping
from plugins.rental.payloads import WireBooking, WireCustomer, WireEntry
from tests.fixtures.mutations import JSON, paths, replaced


def decode(body: Any, kind: Any) -> Any:
    return Response(status=200, headers={}, content=json.dumps(body).encode()).decode(kind)


def rental(body: Any) -> RentalBooking:
    return mapping.booking(decode(body, WireBooking), "B1")


def chf(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency=CurrencyCode("CHF"))


@pytest.fixture(scope="session")
def schemas(partner_specs: Path) -> dict[str, Any]:
    text = (partner_specs / "rental-tomp-v1.6.1.yaml").read_text("utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)["components"]["schemas"]  # type: ignore[no-any-return]  # YAML


@pytest.mark.parametrize(
    ("schema", "mapped"),
    [
        ("bookingState", mapping.STATUSES),
        ("legState", mapping.LEG_STATUSES),
        ("assetClass", mapping.VEHICLE_CLASSES),
        ("journalState", mapping.CHARGE_STATES),
        ("journalCategory", mapping.CATEGORIES),
    ],
)
def test_every_value_of_the_published_enums_is_mapped(
    schemas: dict[str, Any], schema: str, mapped: dict[str, Any]
) -> None:
    assert sorted(schemas[schema]["enum"]) == sorted(mapped)


def test_a_booking(booking: dict[str, Any]) -> None:
    mapped = rental(booking)
    assert (mapped.booking_id, mapped.status) == ("B1", RentalStatus.FINISHED)
    assert mapped.starts_at == datetime(2026, 6, 1, 6, tzinfo=UTC)
    assert mapped.ended_at == datetime(2026, 6, 3, 15, 30, tzinfo=UTC)
    assert (mapped.vehicle_class, mapped.vehicle) == (VehicleClass.CAR, "Volkswagen Golf")
    assert (mapped.vehicle_category, mapped.legs[0].vehicle_category) == ("estate car", None)
    assert (mapped.from_name, mapped.to_name) == ("Zürich HB", "Bahnhofplatz 1, Bern, BE")
    # 100.10 less the discount of 10, and the leg's own 5; MAX adds nothing.
    assert (mapped.price, mapped.price_estimated) == (chf("95.1"), False)
    first, second = mapped.legs
    assert (first.leg_id, first.status, first.vehicle, first.distance) == (
        "L1",
        LegStatus.FINISHED,
        "Golf ZH 123",
        1200,
    )
    assert (second.vehicle_class, second.vehicle, second.from_name) == (VehicleClass.BICYCLE, None, None)


def test_times_keep_the_zone_of_the_operator(booking: dict[str, Any]) -> None:
    starts_at = rental(booking).starts_at
    assert starts_at is not None
    assert starts_at.isoformat() == "2026-06-01T08:00:00+02:00"


def test_a_time_without_zone_is_the_partners_fault(booking: dict[str, Any]) -> None:
    booking["departureTime"] = "2026-06-01T08:00:00"
    with pytest.raises(PartnerFault):
        rental(booking)


def test_a_booking_may_be_nearly_empty() -> None:
    assert rental({}) == RentalBooking(booking_id="B1", status=RentalStatus.OTHER)


def test_a_booking_may_leave_to_its_only_leg_what_it_does_not_say(booking: dict[str, Any]) -> None:
    leg = booking["legs"][0]
    mapped = rental({"id": "B1", "legs": [leg]})
    assert (mapped.from_name, mapped.vehicle_class, mapped.vehicle) == (
        "Zürich HB",
        VehicleClass.CAR,
        "Golf ZH 123",
    )
    assert (mapped.price, mapped.starts_at) == (chf("5"), mapped.legs[0].starts_at)


@pytest.mark.parametrize(
    "parts",
    [
        [{"type": "FLEX", "amount": 0.5, "currencyCode": "CHF", "unitType": "MINUTE", "units": 15}],
        [
            {"type": "FIXED", "amount": 1, "currencyCode": "CHF"},
            {"type": "FLEX", "amount": 1, "currencyCode": "CHF"},
        ],
        [
            {"type": "FIXED", "amount": 1, "currencyCode": "CHF"},
            {"type": "FIXED", "amount": 1, "currencyCode": "EUR"},
        ],
        [{"type": "FIXED", "amount": 1}],
        [{"amount": 1, "currencyCode": "CHF"}, {"amount": 1, "currencyCode": "CHF"}],
        [{"type": "MAX", "amount": 15, "currencyCode": "CHF"}],
        [],
    ],
    ids=["by-use", "partly-by-use", "currencies", "no-currency", "no-types", "only-a-bound", "no-parts"],
)
def test_a_price_that_nobody_stated_is_not_made_up(parts: list[Any]) -> None:
    mapped = rental({"pricing": {"estimated": True, "parts": parts}})
    assert (mapped.price, mapped.price_estimated) == (None, True)


def test_a_charge(entry: dict[str, Any]) -> None:
    assert mapping.charge(decode(entry, WireEntry), "B1", "L1") == RentalCharge(
        entry_id="L1/1",
        booking_id="B1",
        leg_id="L1",
        category=ChargeCategory.FARE,
        amount=chf("99.5"),
        amount_without_tax=chf("90.45"),
        tax_rate=Decimal(10),  # type: ignore[arg-type]  # a percentage is a number with a name
        state=ChargeState.INVOICED,
        invoice_id="I1",
        invoiced_at=datetime(2026, 6, 5, 10, tzinfo=UTC),
        expires_at=datetime(2026, 7, 5, 10, tzinfo=UTC),
        description="Golf",
    )


def test_an_amount_without_currency_is_left_out(entry: dict[str, Any]) -> None:
    del entry["currencyCode"]
    mapped = mapping.charge(decode(entry, WireEntry), "B1", "L1")
    assert (mapped.amount, mapped.amount_without_tax) == (None, None)


def test_a_customer(customer: dict[str, Any]) -> None:
    mapped = mapping.party(decode(customer, WireCustomer), "C1")
    assert (mapped.party_id, mapped.given_name, mapped.family_name) == ("C1", "Mia", "Keller")
    assert (mapped.birth_date, mapped.emails) == (date(1990, 2, 3), ("mia@example.org",))
    assert mapped.phones == ("+41 79 000", "+41 44 000")
    [address] = mapped.addresses
    assert (address.lines, address.city, address.country) == (
        ("Seestrasse 1",),
        "Zürich",
        CountryCode("CH"),
    )
    assert [(item.kind, item.value) for item in mapped.identifiers] == [(IdentifierKind.PASSPORT, "X123")]
    assert mapped.updated_at == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_payment_card_never_enters_a_record(customer: dict[str, Any]) -> None:
    assert "4111" not in repr(mapping.party(decode(customer, WireCustomer), "C1"))


def test_a_town_that_is_only_described_stays_in_the_lines(customer: dict[str, Any]) -> None:
    del customer["address"]["city"]
    [address] = mapping.party(decode(customer, WireCustomer), "C1").addresses
    assert (address.lines, address.city) == (("Seestrasse 1", "Zürich, ZH"), None)


def test_values_that_the_api_adds_later_do_not_break(booking: dict[str, Any], entry: dict[str, Any]) -> None:
    booking["state"] = booking["legs"][0]["state"] = booking["mainAssetType"]["assetClass"] = "HOVERING"
    entry["state"] = entry["category"] = "HOVERING"
    mapped = rental(booking)
    charge = mapping.charge(decode(entry, WireEntry), "B1", "L1")
    assert (mapped.status, mapped.legs[0].status, mapped.vehicle_class) == (
        RentalStatus.OTHER,
        LegStatus.OTHER,
        VehicleClass.OTHER,
    )
    assert (charge.state, charge.category) == (ChargeState.OTHER, ChargeCategory.OTHER)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_becomes_a_record_or_a_connector_error(
    data: st.DataObject, booking: dict[str, Any], customer: dict[str, Any], entry: dict[str, Any]
) -> None:
    body, kind, convert, record = data.draw(
        st.sampled_from(
            [
                (booking, WireBooking, lambda wire: mapping.booking(wire, "B1"), RentalBooking),
                (customer, WireCustomer, lambda wire: mapping.party(wire, "C1"), Party),
                (entry, WireEntry, lambda wire: mapping.charge(wire, "B1", "L1"), RentalCharge),
            ]
        )
    )
    body = replaced(body, data.draw(st.sampled_from(paths(body))), data.draw(JSON))
    try:
        mapped = convert(decode(body, kind))
    except ConnectorError:
        return
    assert isinstance(mapped, record)
