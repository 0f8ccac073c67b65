"""Identifications of persons and companies."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException

from c360.countries import alpha3
from sandbox.partners.insurance.access import Visit
from sandbox.partners.insurance.answers import Answer, instant
from sandbox.partners.insurance.products import BRAND, PERSONS_COMPANY, JsonObject
from sandbox.partners.insurance.spelling import digits, house_number, letters, phone
from sandbox.population.model import Address, Presence

STREET_TYPES = ("ALAMEDA", "AVENIDA", "ESTRADA", "LARGO", "RUA", "TRAVESSA")
EMAIL = re.compile(r"\S+@\S+\.\S+")
"""What the API takes for an e-mail address; the insurer serves no other."""
STATES = frozenset(
    [
        *("AC", "AL", "AP", "AM", "BA", "CE", "DF", "ES", "GO", "MA", "MT", "MS", "MG", "PA"),
        *("PB", "PR", "PE", "PI", "RJ", "RN", "RS", "RO", "RR", "SC", "SP", "SE", "TO"),
    ]
)


def personal(visit: Visit) -> Answer:
    """The person behind the consent."""
    presence = visit.presence
    if presence.organization:
        raise HTTPException(404, "Cliente não encontrado")
    found = _common(presence) | {
        "personalId": presence.party_id,
        "civilName": letters(f"{presence.given_name} {presence.family_name}"),
        "cpfNumber": cpf(presence),
        "hasBrazilianNationality": presence.address.country == "BR",
    }
    if presence.birth_date:
        found["birthDate"] = presence.birth_date.isoformat()
    return Answer([found])


def business(visit: Visit) -> Answer:
    """The company behind the consent."""
    presence = visit.presence
    if not presence.organization:
        raise HTTPException(404, "Cliente não encontrado")
    found = _common(presence) | {
        "businessId": presence.party_id,
        "businessName": (presence.organization_name or presence.family_name)[:70],
        "document": {"businesscnpjNumber": digits(presence.tax_id).zfill(14)[:14]},
    }
    return Answer([found])


def cpf(presence: Presence) -> str:
    """The CPF, or what the API writes for one that is unknown."""
    number = digits(presence.tax_id)
    return number if len(number) == 11 else "NA"


def state(address: Address) -> str:
    """The federal state, ``XX`` abroad."""
    return address.region if address.country == "BR" and address.region in STATES else "XX"


def _common(presence: Presence) -> JsonObject:
    name, cnpj = PERSONS_COMPANY
    contact: JsonObject = {"postalAddresses": [{"address": _address(presence.address)}]}
    number = phone(presence.phone) if presence.phone else None
    if number:
        contact["phones"] = [number]
    if presence.email and EMAIL.fullmatch(presence.email):
        contact["emails"] = [{"email": presence.email}]
    return {
        "updateDateTime": instant(presence.updated_at),
        "brandName": BRAND,
        "companyInfo": {"cnpjNumber": cnpj, "name": name},
        "contact": contact,
    }


def _address(address: Address) -> JsonObject:
    kind, _, name = address.street.partition(" ")
    known = kind.upper() in STREET_TYPES and bool(name)
    parts: JsonObject = {
        "type": kind.upper() if known else "RUA",
        "name": name if known else address.street,
        "number": house_number(address.number),
        "townName": letters(address.city)[:50],
    }
    if address.country == "BR":
        postcode = digits(address.postal_code)
        parts |= {
            "countrySubDivision": address.region,
            "postCode": postcode if len(postcode) == 8 else "NA",
        }
        return {"flagPostCode": "NACIONAL", "address": parts}
    named = any(char.isalpha() for char in address.region)
    parts |= {
        "countrySubDivision": letters(address.region if named else address.city)[:50],
        "postCode": address.postal_code[:11],
        "countryCode": alpha3(address.country),
    }
    return {"flagPostCode": "INTERNACIONAL", "address": parts}
