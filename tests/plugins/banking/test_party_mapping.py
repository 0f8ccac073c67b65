from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from c360.errors import PartnerFault
from c360.records.party import Party, PartyKind
from c360.values import AddressPurpose
from plugins.banking import payloads as wire
from plugins.banking.party_mapping import party


def mapped(customer: dict[str, Any]) -> Party:
    return party(msgspec.json.decode(json.dumps(customer).encode(), type=wire.Customer), "party-1")


def person(**fields: Any) -> Party:
    return mapped({"customerUType": "person", "person": {"lastName": "Singh", "middleNames": [], **fields}})


def test_names_of_a_person() -> None:
    found = person(firstName="Asha", middleNames=["Devi", "Rani"], lastUpdateTime="2025-01-02T03:04:05Z")
    assert found.party_id == "party-1"
    assert found.kind is PartyKind.PERSON
    assert (found.given_name, found.family_name) == ("Asha Devi Rani", "Singh")
    assert found.updated_at == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert found.birth_date is None


def test_a_single_name_is_the_family_name() -> None:
    found = person(occupationCode="111111")
    assert (found.given_name, found.family_name) == (None, "Singh")


def test_the_preferred_contact_comes_first_and_none_twice() -> None:
    found = person(
        emailAddresses=[
            {"purpose": "HOME", "address": "old@example.org"},
            {"purpose": "WORK", "address": " asha@example.org ", "isPreferred": True},
            {"purpose": "OTHER", "address": "old@example.org"},
        ],
        phoneNumbers=[
            {"purpose": "HOME", "areaCode": "3", "number": "91234567", "fullNumber": "(03) 9123 4567"},
            {
                "purpose": "MOBILE",
                "number": "0412345678",
                "fullNumber": "tel:+61-412-345-678",
                "isPreferred": True,
            },
        ],
    )
    assert found.emails == ("asha@example.org", "old@example.org")
    assert found.phones == ("+61412345678", "+61391234567")


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ({"fullNumber": "tel:+61-3-9123-4567;ext=12", "number": "91234567"}, "+61391234567"),
        ({"fullNumber": "+61 (0)412 345 678", "number": "0412345678"}, "+61412345678"),
        ({"fullNumber": "0412 345 678", "number": "0412345678"}, "+61412345678"),
        ({"fullNumber": "x", "countryCode": "+44", "areaCode": "020", "number": "79460000"}, "+442079460000"),
        ({"fullNumber": "", "countryCode": "+64", "areaCode": "9", "number": "1234567"}, "+6491234567"),
        ({"fullNumber": "ask reception", "number": ""}, "ask reception"),
        ({"fullNumber": "13 2", "number": "132"}, "13 2"),
    ],
)
def test_phones_are_e164_where_that_can_be_told(phone: dict[str, str], expected: str) -> None:
    assert person(phoneNumbers=[{"purpose": "HOME", **phone}]).phones == (expected,)


def test_simple_addresses_in_order_of_preference() -> None:
    def simple(line: str, purpose: str, **more: str) -> dict[str, Any]:
        address = {"addressLine1": line, "city": "Perth", "state": "WA", "postcode": "6000", **more}
        return {"addressUType": "simple", "purpose": purpose, "simple": address}

    found = person(
        physicalAddresses=[
            simple("1 Home St", "PHYSICAL", country="AUS"),
            simple("2 Registered St", "REGISTERED"),
            simple("3 Mail St", "MAIL", addressLine2="PO Box 3", country="NZL"),
            simple("4 Moon St", "LUNAR", country="MOON"),
        ]
    )
    assert [(each.lines[0], each.purpose, each.country) for each in found.addresses] == [
        ("3 Mail St", AddressPurpose.MAILING, "NZ"),
        ("2 Registered St", AddressPurpose.REGISTERED, "AU"),
        ("1 Home St", AddressPurpose.HOME, "AU"),
        ("4 Moon St", AddressPurpose.OTHER, None),
    ]
    assert found.addresses[0].lines == ("3 Mail St", "PO Box 3")
    assert (found.addresses[0].city, found.addresses[0].region, found.addresses[0].postal_code) == (
        "Perth",
        "WA",
        "6000",
    )


@pytest.mark.parametrize(
    ("paf", "lines"),
    [
        (
            {
                "flatUnitType": "UNIT",
                "flatUnitNumber": "5",
                "thoroughfareNumber1": 23,
                "thoroughfareNumber2": 25,
                "thoroughfareNumber2Suffix": "A",
                "streetName": "Banksia",
                "streetType": "AVE",
            },
            ("UNIT 5", "23-25A Banksia AVE"),
        ),
        (
            {"buildingName1": "The Mill", "floorLevelType": "L", "floorLevelNumber": "2", "lotNumber": "7"},
            ("The Mill", "L 2", "LOT 7"),
        ),
        ({"postalDeliveryType": "PO BOX", "postalDeliveryNumber": 12}, ("PO BOX 12",)),
    ],
)
def test_paf_addresses_are_put_together(paf: dict[str, Any], lines: tuple[str, ...]) -> None:
    address = {**paf, "localityName": "HOBART", "postcode": "7000", "state": "TAS"}
    found = person(physicalAddresses=[{"addressUType": "paf", "purpose": "REGISTERED", "paf": address}])
    assert found.addresses[0].lines == lines
    assert found.addresses[0].city == "HOBART"
    assert found.addresses[0].country == "AU"


def test_organisation_goes_by_its_legal_name_and_not_by_its_agent() -> None:
    organisation = {
        "agentFirstName": "Lee",
        "agentLastName": "Agent",
        "agentRole": "Director",
        "businessName": "Acme",
        "legalName": "Acme Holdings Pty Ltd",
        "abn": "51824753556",
        "acn": "004085616",
        "organisationType": "COMPANY",
        "physicalAddresses": [
            {
                "addressUType": "simple",
                "purpose": "PHYSICAL",
                "simple": {"addressLine1": "1 Way", "city": "Perth", "state": "WA"},
            }
        ],
    }
    found = mapped({"customerUType": "organisation", "organisation": organisation})
    assert found.kind is PartyKind.ORGANIZATION
    assert found.organization_name == "Acme Holdings Pty Ltd"
    assert (found.given_name, found.family_name) == (None, None)
    assert [(each.kind.value, each.value) for each in found.identifiers] == [
        ("TAX_ID", "51824753556"),
        ("REGISTRY_NUMBER", "004085616"),
    ]
    assert found.addresses[0].purpose is AddressPurpose.OTHER


def test_nobody_is_the_partners_fault() -> None:
    with pytest.raises(PartnerFault):
        mapped({"customerUType": "martian"})
