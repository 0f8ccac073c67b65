"""What counts as the same value of an attribute."""

from __future__ import annotations

import pytest

from c360.values import AddressPurpose, CountryCode, PostalAddress
from resolvers.attributes import ATTRIBUTES


def address(*lines: str, city: str = "İzmir", region: str | None = None, code: str | None = "35989") -> str:
    value = PostalAddress(lines=lines, city=city, region=region, postal_code=code, country=CountryCode("TR"))
    return ATTRIBUTES["address"].same(value)


def test_street_and_number_stand_in_any_order() -> None:
    assert address("Menekşe Sokak 47") == address("47 MENEKSE SOKAK") == address("Menekşe Sokak", "47")
    assert address("Menekşe Sokak 47") == address("Menekşe Sokak 47", city="Izmir", region="35")


@pytest.mark.parametrize(
    "other",
    [
        address("Menekşe Sokak 48"),
        address("Lale Sokak 47"),
        address("Menekşe Sokak 47", city="Ankara"),
        address("Menekşe Sokak 47", code="35990"),
        address("Menekşe Sokak 47", code=None, region="35"),
    ],
)
def test_other_addresses_are_others(other: str) -> None:
    assert address("Menekşe Sokak 47") != other


def test_a_flat_is_not_a_house_number() -> None:
    assert address("3/12 Main Street") != address("12/3 Main Street")


def test_without_a_postal_code_the_region_counts() -> None:
    assert address("Main Street 1", code=None, region="VIC") != address(
        "Main Street 1", code=None, region="NSW"
    )


def test_what_it_is_used_for_does_not_make_another_address() -> None:
    one = PostalAddress(lines=("A 1",), purpose=AddressPurpose.HOME)
    other = PostalAddress(lines=("1 a",), purpose=AddressPurpose.MAILING)
    assert ATTRIBUTES["address"].same(one) == ATTRIBUTES["address"].same(other)
