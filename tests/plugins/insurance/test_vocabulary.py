"""The tables of words are complete over the published specification, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from plugins.insurance import vocabulary
from plugins.insurance.identifications import BRAZILIAN_CALLING_CODE, phone_number
from plugins.insurance.payloads import Phone

PRODUCTS = ("auto_InsuranceAuto", "person_InsurancePerson", "housing_InsuranceHousing")
PREFIXES = ("auto", "person", "housing")


def enum_at(schemas: Mapping[str, Any], name: str, *path: str) -> set[str]:
    """The values of an enumeration, found from a schema by property names; ``[]`` enters an array."""
    schema = schemas[name]
    for step in path:
        schema = schema["items"] if step == "[]" else schema["properties"][step]
        while "$ref" in schema or "allOf" in schema:
            ref = schema["$ref"] if "$ref" in schema else schema["allOf"][0]["$ref"]
            schema = schemas[ref.rsplit("/", 1)[1]]
    return set(schema["enum"])


def policy_documents(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    return (enum_at(schemas, f"{product}PolicyInfo", "documentType") for product in PRODUCTS)


def insured_objects(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    return (enum_at(schemas, f"{product}InsuredObject", "type") for product in PRODUCTS)


def movements(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    return (enum_at(schemas, f"{prefix}_Payment", "movementType") for prefix in PREFIXES)


def means(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    return (enum_at(schemas, f"{prefix}_Payment", "paymentType") for prefix in PREFIXES)


def claim_statuses(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    return (enum_at(schemas, f"{product}Claim", "status") for product in PRODUCTS)


def denials(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    return (enum_at(schemas, f"{product}Claim", "denialJustification") for product in PRODUCTS)


def properties(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    yield enum_at(schemas, "housing_InsuranceHousingSpecificInsuredObject", "propertyType")


def person_lines(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    yield enum_at(schemas, "person_InsurancePersonInsuredObjectCoverage", "code")


def fundings(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    yield enum_at(schemas, "person_InsurancePersonInsuredObjectCoverage", "financialType")


def graces(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    yield enum_at(schemas, "person_GraceInfo", "[]", "type")


def extents(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    yield enum_at(schemas, "person_WithdrawalInfo", "[]", "type")
    yield enum_at(schemas, "person_PortabilityInfo", "[]", "type")


def withdrawal_causes(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    yield enum_at(schemas, "person_WithdrawalInfo", "[]", "withdrawalCause")


def directions(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    yield enum_at(schemas, "person_PortabilityInfo", "[]", "direction")


def documents(schemas: Mapping[str, Any]) -> Iterator[set[str]]:
    yield enum_at(schemas, "customers_PersonalDocuments", "[]", "type")


@pytest.mark.specs
@pytest.mark.parametrize(
    ("table", "published"),
    [
        (vocabulary.POLICY_DOCUMENTS, policy_documents),
        (vocabulary.INSURED_OBJECTS, insured_objects),
        (vocabulary.PROPERTIES, properties),
        (vocabulary.PERSON_LINES, person_lines),
        (vocabulary.FUNDINGS, fundings),
        (vocabulary.GRACES, graces),
        (vocabulary.EXTENTS, extents),
        (vocabulary.WITHDRAWAL_CAUSES, withdrawal_causes),
        (vocabulary.DIRECTIONS, directions),
        (vocabulary.MOVEMENTS, movements),
        (vocabulary.MEANS, means),
        (vocabulary.CLAIM_STATUSES, claim_statuses),
        (vocabulary.DENIALS, denials),
        (vocabulary.DOCUMENTS, documents),
    ],
)
def test_every_published_word_is_known_and_no_other(
    schemas: Mapping[str, Any], table: Mapping[str, Any], published: Any
) -> None:
    assert set(table) == set().union(*published(schemas))


@pytest.mark.specs
def test_every_published_unit_of_money_is_a_currency_code(schemas: Mapping[str, Any]) -> None:
    for prefix in PREFIXES:
        codes = enum_at(schemas, f"{prefix}_AmountDetails", "unit", "description")
        assert "BRL" in codes
        assert all(len(code) == 3 and code.isupper() for code in codes)


@pytest.mark.specs
def test_every_published_area_code_makes_a_brazilian_number(schemas: Mapping[str, Any]) -> None:
    for area in schemas["customers_EnumAreaCode"]["enum"]:
        number = phone_number(Phone(area_code=area, number="33334444"))
        assert number == (None if area == "NA" else f"+{BRAZILIAN_CALLING_CODE}{area}33334444")
