"""Mappings in isolation: money, lines of business, phones, unknown words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.records.insurance import (
    ClaimStatus,
    DenialReason,
    PaymentMeans,
    PolicyLine,
    PremiumMovement,
)
from c360.records.party import Identifier, IdentifierKind
from c360.values import CountryCode, CurrencyCode, Money
from plugins.insurance import identifications, mapping
from plugins.insurance.config import Product
from plugins.insurance.payloads import (
    AddressParts,
    Amount,
    ClaimInfo,
    Contact,
    FlaggedAddress,
    ForeignDocument,
    ObjectCoverage,
    Payment,
    PersonalDocument,
    PersonalIdentification,
    Phone,
    PostalAddressEntry,
    PremiumInfo,
    Unit,
)


@pytest.mark.parametrize(
    ("unit_type", "unit", "expected"),
    [
        ("MONETARIO", Unit(description="BRL"), "BRL"),
        ("MONETARIO", Unit(description="USD"), "USD"),
        ("MONETARIO", Unit(description=None), None),
        ("MONETARIO", Unit(description="R$"), None),
        ("MONETARIO", Unit(description="real"), None),
        ("MONETARIO", None, None),
        ("PORCENTAGEM", Unit(description="BRL"), None),
        ("OUTROS", None, None),
        ("NOVO", Unit(description="BRL"), None),
    ],
)
def test_only_an_amount_in_a_known_currency_is_money(
    unit_type: str, unit: Unit | None, expected: str | None
) -> None:
    money = mapping.money(Amount(amount=Decimal("12.30"), unit_type=unit_type, unit=unit))

    assert money == (
        None if expected is None else Money(amount=Decimal("12.30"), currency=CurrencyCode(expected))
    )


def test_an_amount_that_is_no_number_is_no_money() -> None:
    assert (
        mapping.money(Amount(amount=Decimal("NaN"), unit_type="MONETARIO", unit=Unit(description="BRL")))
        is None
    )
    assert mapping.money(None) is None


@given(st.decimals(min_value=0, max_value=10**15, places=2))
def test_no_cent_is_lost(amount: Decimal) -> None:
    money = mapping.money(Amount(amount=amount, unit_type="MONETARIO", unit=Unit(description="BRL")))
    assert money is not None
    assert money.amount == amount


@pytest.mark.parametrize(
    ("covers", "line"),
    [
        ([("SOBREVIVENCIA", True), ("MORTE", False)], PolicyLine.PENSION),
        ([("SOBREVIVENCIA", False), ("MORTE", True)], PolicyLine.LIFE),
        ([("SOBREVIVENCIA", None), ("MORTE", None)], PolicyLine.PENSION),
        ([("TRASLADO_MEDICO", True), ("MORTE_ACIDENTAL", False)], PolicyLine.OTHER),
        ([("DOENCA_GRAVE", None)], PolicyLine.LIFE),
        ([("COBERTURA_DO_FUTURO", True)], PolicyLine.OTHER),
        ([], PolicyLine.OTHER),
    ],
)  # fmt: skip
def test_the_main_covers_make_the_line_of_a_person_policy(
    covers: list[tuple[str, bool | None]], line: PolicyLine
) -> None:
    found = [ObjectCoverage(code=code, is_main_coverage=main) for code, main in covers]

    assert mapping.line(Product.PERSON, found) is line
    assert mapping.line(Product.AUTO, found) is PolicyLine.MOTOR
    assert mapping.line(Product.HOUSING, found) is PolicyLine.HOME


def test_unknown_words_become_other() -> None:
    premium = mapping.premium(
        "P",
        PremiumInfo(
            payments_quantity="muitas", payments=(Payment(movement_type="NOVO", payment_type="NOVO"),)
        ),
    )
    (claim,) = mapping.claims(
        "P", [ClaimInfo(identification="S", status="NOVO", denial_justification="NOVO")]
    )

    (payment,) = premium.payments
    assert (payment.movement, payment.means) == (PremiumMovement.OTHER, PaymentMeans.OTHER)
    assert premium.instalments is None
    assert (claim.status, claim.denial_reason) == (ClaimStatus.OTHER, DenialReason.OTHER)


@pytest.mark.parametrize(
    ("country", "area", "number", "expected"),
    [
        ("55", "11", "987654321", "+5511987654321"),
        ("41", "NA", "791234567", "+41791234567"),
        ("041", None, "791234567", "+41791234567"),
        (None, "21", "33334444", "+552133334444"),
        (None, "NA", "33334444", None),
        (None, None, "33334444", None),
        ("NA", "NA", "NA", None),
        ("55", "11", "NA", None),
        ("55", "11", None, None),
        ("55", "11", "9876-5432", None),
        ("55", "11", "98765432109876", None),
    ],
)
def test_a_phone_number_in_e164_or_none(
    country: str | None, area: str | None, number: str | None, expected: str | None
) -> None:
    phone = Phone(country_calling_code=country, area_code=area, number=number)

    assert identifications.phone_number(phone) == expected


def test_a_foreigner() -> None:
    abroad = AddressParts(
        type="AVENIDA", name="Bahnhofstrasse", number="7", district="NA", town_name="Bern",
        country_sub_division="Bern", post_code="3011", country_code="CHE",
    )  # fmt: skip
    party = identifications.person(
        "P-1",
        PersonalIdentification(
            civil_name="Nome Civil",
            social_name="Nome Social",
            cpf_number="NA",
            documents=(
                PersonalDocument(type="RNE", number="W1"),
                PersonalDocument(type="NIF", number="756.1"),
                PersonalDocument(type="SEM_OUTROS_DOCUMENTOS", number="0"),
                PersonalDocument(type="RG"),
            ),
            other_documents=ForeignDocument(type="PASS", number="X9", country="Suíça"),
            contact=Contact(
                postal_addresses=(
                    PostalAddressEntry(
                        address=FlaggedAddress(flag_post_code="INTERNACIONAL", address=abroad)
                    ),
                )
            ),
        ),
    )

    assert (party.party_id, party.full_name) == ("P-1", "Nome Social")
    assert party.identifiers == (
        Identifier(kind=IdentifierKind.NATIONAL_ID, value="W1", country=CountryCode("BR")),
        Identifier(kind=IdentifierKind.TAX_ID, value="756.1"),
        Identifier(kind=IdentifierKind.OTHER, value="X9"),
    )
    (address,) = party.addresses
    assert address.lines == ("Avenida Bahnhofstrasse, 7",)
    assert (address.country, address.postal_code) == (CountryCode("CH"), "3011")
