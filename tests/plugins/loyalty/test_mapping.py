"""Square's payloads as records."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from c360.records.loyalty import LoyaltyEventKind
from c360.records.party import IdentifierKind, PartyKind
from plugins.loyalty import mapping, payloads


def event(kind: str, part: str, **detail: Any) -> Any:
    wire = {
        "id": "e1",
        "type": kind,
        "created_at": "2026-06-15T10:00:00Z",
        "loyalty_account_id": "a1",
        "source": "SQUARE",
        part: detail,
    }
    return mapping.event(msgspec.convert(wire, payloads.LoyaltyEvent))


@pytest.mark.specs
def test_every_type_of_event_is_mapped(partner_specs: Path) -> None:
    schemas = json.loads((partner_specs / "loyalty-square.json").read_text())["components"]["schemas"]
    assert set(mapping.EVENT_TYPES) == set(schemas["LoyaltyEventType"]["enum"])
    kinds = [kind for kind, _, _ in mapping.EVENT_TYPES.values()]
    assert sorted(kinds, key=lambda it: it.value) == sorted(LoyaltyEventKind, key=lambda it: it.value)
    parts = {part for _, part, _ in mapping.EVENT_TYPES.values()}
    assert parts <= set(schemas["LoyaltyEvent"]["properties"])
    assert parts <= set(payloads.LoyaltyEvent.__struct_fields__)


@pytest.mark.specs
@pytest.mark.parametrize(
    ("struct", "schema"),
    [
        (payloads.Customer, "Customer"),
        (payloads.Address, "Address"),
        (payloads.LoyaltyAccount, "LoyaltyAccount"),
        (payloads.LoyaltyEvent, "LoyaltyEvent"),
        (payloads.ExpiringPointDeadline, "LoyaltyAccountExpiringPointDeadline"),
        (payloads.BulkRetrieveCustomersResponse, "BulkRetrieveCustomersResponse"),
        (payloads.SearchLoyaltyEventsResponse, "SearchLoyaltyEventsResponse"),
    ],
)
def test_payloads_name_fields_of_the_published_api(
    partner_specs: Path, struct: type[msgspec.Struct], schema: str
) -> None:
    schemas = json.loads((partner_specs / "loyalty-square.json").read_text())["components"]["schemas"]
    assert set(struct.__struct_encode_fields__) <= set(schemas[schema]["properties"])


@pytest.mark.specs
@pytest.mark.parametrize(
    ("struct", "schema"),
    [
        (payloads.BulkRetrieveCustomersResponse, "BulkRetrieveCustomersResponse"),
        (payloads.SearchCustomersResponse, "SearchCustomersResponse"),
        (payloads.SearchLoyaltyAccountsResponse, "SearchLoyaltyAccountsResponse"),
        (payloads.SearchLoyaltyEventsResponse, "SearchLoyaltyEventsResponse"),
    ],
)
def test_published_examples_are_read(partner_specs: Path, struct: type, schema: str) -> None:
    schemas = json.loads((partner_specs / "loyalty-square.json").read_text())["components"]["schemas"]
    msgspec.convert(schemas[schema]["example"], struct)


@pytest.mark.parametrize(
    ("kind", "part", "wire", "points"),
    [
        ("ACCUMULATE_POINTS", "accumulate_points", 5, 5),
        ("ACCUMULATE_PROMOTION_POINTS", "accumulate_promotion_points", 7, 7),
        ("CREATE_REWARD", "create_reward", -10, -10),
        ("CREATE_REWARD", "create_reward", 10, -10),
        ("DELETE_REWARD", "delete_reward", 10, 10),
        ("ADJUST_POINTS", "adjust_points", -3, -3),
        ("ADJUST_POINTS", "adjust_points", 3, 3),
        ("EXPIRE_POINTS", "expire_points", 8, -8),
        ("OTHER", "other_event", -2, -2),
    ],
)
def test_points_say_which_way_they_went(kind: str, part: str, wire: int, points: int) -> None:
    assert event(kind, part, points=wire).points == points


def test_redeeming_moves_no_points() -> None:
    redeemed = event("REDEEM_REWARD", "redeem_reward", reward_id="r1", order_id="o1")
    assert (redeemed.points, redeemed.reward_id, redeemed.order_id) == (None, "r1", "o1")
    assert redeemed.at_point_of_sale is True
    assert redeemed.occurred_at == datetime(2026, 6, 15, 10, tzinfo=UTC)


def test_a_new_type_of_event_counts_as_other() -> None:
    assert event("TELEPORT_POINTS", "other_event").kind is LoyaltyEventKind.OTHER


def test_absent_numbers_stay_absent() -> None:
    record = mapping.membership(payloads.LoyaltyAccount(id="a", program_id="p"))
    assert (record.points, record.lifetime_points, record.phone, record.expiring) == (None, None, None, ())


def test_points_that_lapse_come_by_date() -> None:
    deadlines = [
        payloads.ExpiringPointDeadline(points=points, expires_at=datetime(year, 1, 1, tzinfo=UTC))
        for points, year in ((2, 2028), (1, 2027))
    ]
    account = payloads.LoyaltyAccount(id="a", program_id="p", balance=3, expiring_point_deadlines=deadlines)
    assert [it.points for it in mapping.membership(account).expiring] == [1, 2]


@pytest.mark.parametrize(
    ("text", "day"),
    [("1980-05-17", date(1980, 5, 17)), ("0000-09-21", None), ("1980-13-45", None), ("", None), (None, None)],
)
def test_birthdays(text: str | None, day: date | None) -> None:
    assert mapping.party(payloads.Customer(id="c", birthday=text)).birth_date == day


def test_a_company_without_a_person_is_an_organisation() -> None:
    company = mapping.party(payloads.Customer(id="c", company_name="Acme"))
    person = mapping.party(payloads.Customer(id="c", company_name="Acme", given_name="Ada"))
    assert (company.kind, company.organization_name) == (PartyKind.ORGANIZATION, "Acme")
    assert (person.kind, person.organization_name) == (PartyKind.PERSON, None)


def test_identifiers_and_blank_texts() -> None:
    customer = payloads.Customer(
        id="c",
        reference_id=" R-7 ",
        tax_ids=payloads.TaxIds(eu_vat="IE3426675K"),
        phone_number="  ",
        address=payloads.Address(country="ZZ"),
    )
    record = mapping.party(customer)
    assert [(it.kind, it.value) for it in record.identifiers] == [
        (IdentifierKind.TAX_ID, "IE3426675K"),
        (IdentifierKind.OTHER, "R-7"),
    ]
    assert record.phones == ()
    assert record.addresses == ()
