"""The customer who granted a consent, as the CDR writes them."""

from __future__ import annotations

import re
from typing import Any

from c360.countries import alpha3
from sandbox.partners.banking.transactions import moment
from sandbox.population.model import Presence

_TWO_DIGITS = re.compile("2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
"""Calling codes of two digits; 1 and 7 have one, the others three, by the ITU's plan."""

_AUSTRALIA = "61"
_NUMBER_FIRST = frozenset({"AU", "CA", "FR", "GB", "IE", "NZ", "US"})
"""Countries that write the number of a house before its street."""


def customer(presence: Presence) -> dict[str, Any]:
    """Get Customer: who it is."""
    if presence.organization:
        return {"customerUType": "organisation", "organisation": _organisation(presence)}
    return {"customerUType": "person", "person": _person(presence)}


def customer_detail(presence: Presence) -> dict[str, Any]:
    """Get Customer Detail: how to reach them, too."""
    addresses = {"physicalAddresses": [_address(presence)]}
    if presence.organization:
        organisation = {**_organisation(presence), **addresses}
        return {"customerUType": "organisation", "organisation": organisation}
    person = {
        **_person(presence),
        "phoneNumbers": [_phone(presence.phone)] if presence.phone else [],
        "emailAddresses": _emails(presence.email),
        **addresses,
    }
    return {"customerUType": "person", "person": person}


def _person(presence: Presence) -> dict[str, Any]:
    # A bank that holds all given names in one piece may give them so, says the standard.
    rendered = {
        "lastUpdateTime": moment(presence.updated_at),
        "lastName": presence.family_name,
        "middleNames": [],
    }
    return {**rendered, "firstName": presence.given_name} if presence.given_name else rendered


def _organisation(presence: Presence) -> dict[str, Any]:
    rendered = {
        "lastUpdateTime": moment(presence.updated_at),
        "agentFirstName": presence.given_name,
        "agentLastName": presence.family_name,
        "agentRole": "Unspecified",
        "businessName": presence.organization_name or presence.family_name,
        "organisationType": "COMPANY",
        "registeredCountry": alpha3(presence.address.country) or "AUS",
    }
    if presence.address.country == "AU" and len(presence.tax_id) == 9:
        rendered["acn"] = presence.tax_id
    return rendered


def _emails(email: str | None) -> list[dict[str, Any]]:
    return [{"isPreferred": True, "purpose": "UNSPECIFIED", "address": email}] if email else []


def _phone(number: str) -> dict[str, Any]:
    digits = number.removeprefix("+")
    code = _country_code(digits)
    national = digits.removeprefix(code)
    rendered = {"isPreferred": True, "countryCode": f"+{code}", "fullNumber": f"tel:{number}"}
    if code != _AUSTRALIA:
        return {**rendered, "purpose": "INTERNATIONAL", "number": national}
    if national.startswith("4"):
        return {**rendered, "purpose": "MOBILE", "number": f"0{national}"}
    return {**rendered, "purpose": "HOME", "areaCode": national[:1], "number": national[1:]}


def _country_code(digits: str) -> str:
    """The calling code that a number begins with."""
    if digits[:1] in {"1", "7"}:
        return digits[:1]
    return digits[:2] if _TWO_DIGITS.match(digits) else digits[:3]


def _address(presence: Presence) -> dict[str, Any]:
    address = presence.address
    street = (address.number, address.street)
    return {
        "addressUType": "simple",
        "purpose": "REGISTERED",
        "simple": {
            "addressLine1": " ".join(street if address.country in _NUMBER_FIRST else reversed(street)),
            "city": address.city,
            "state": address.region,
            "postcode": address.postal_code,
            "country": alpha3(address.country) or "AUS",
        },
    }
