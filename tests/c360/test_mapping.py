from __future__ import annotations

import enum
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from msgspec import Meta

from c360.converters import (
    Unconvertible,
    country,
    currency,
    day,
    decimal,
    epoch,
    minor_money,
    moment,
    money,
    one_of,
    text,
)
from c360.errors import PartnerFault
from c360.mapping import Mapping, constant, field, given, many, nested
from c360.records.base import Record
from c360.values import Money, Value


class Tier(enum.Enum):
    GOLD = "GOLD"
    OTHER = "OTHER"


class WireAmount(msgspec.Struct, rename="camel"):
    minor_units: int
    currency_code: str


class WireName(msgspec.Struct):
    given: str | None = None
    family: str | None = None


class WirePart(msgspec.Struct, rename="camel"):
    part_id: str
    price: WireAmount | None = None


class WireMember(msgspec.Struct, rename="camel"):
    member_id: str
    name: WireName | None = None
    tier: str | None = None
    joined_at: str | None = None
    balance: WireAmount | None = None
    parts: list[WirePart] | None = None
    points: int | None = None


class Part(Value, frozen=True, kw_only=True):
    part_id: str
    price: Money | None = None


class Member(Record, frozen=True, kw_only=True):
    member_id: Annotated[str, Meta(description="Id.")]
    programme: str
    family_name: str | None = None
    tier: Tier | None = None
    joined_on: date | None = None
    balance: Money | None = None
    parts: tuple[Part, ...] = ()
    points: int | None = None
    house: str = ""


PART = Mapping(
    WirePart,
    Part,
    part_id="part_id",
    price=field("price.minor_units", "price.currency_code", to=minor_money),
)
MEMBER = Mapping(
    WireMember,
    Member,
    member_id="member_id",
    programme=constant("acme"),
    family_name=field("name.family", to=text),
    tier=field("tier", to=one_of(Tier, {"g": Tier.GOLD})),
    joined_on=field("joined_at", to=day),
    balance=field("balance.minor_units", "balance.currency_code", to=minor_money),
    parts=many("parts", PART),
    points="points",
    house=given(),
)
BODY = b"""{"memberId": "M1", "name": {"family": " Lovelace "}, "tier": "platinum", "joinedAt": "2026-06-15",
 "balance": {"minorUnits": 1250, "currencyCode": "chf"}, "points": 7,
 "parts": [{"partId": "a"}, {"partId": "b", "price": {"minorUnits": 3, "currencyCode": "JPY"}}]}"""


def read(body: bytes) -> WireMember:
    return msgspec.json.decode(body, type=WireMember)


def test_every_field_comes_from_where_it_was_declared() -> None:
    assert MEMBER(read(BODY), house="h") == Member(
        member_id="M1",
        programme="acme",
        family_name="Lovelace",
        tier=Tier.OTHER,
        joined_on=date(2026, 6, 15),
        balance=Money(amount=Decimal("12.50"), currency=currency("CHF")),
        parts=(Part(part_id="a"), Part(part_id="b", price=money(3, "JPY"))),
        points=7,
        house="h",
    )


def test_what_is_not_there_stays_empty() -> None:
    assert MEMBER(read(b'{"memberId": "M1"}'), house="") == Member(member_id="M1", programme="acme")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'{"memberId": "M1", "joinedAt": "s3cret"}', "expected an ISO 8601 date at joinedAt"),
        (
            b'{"memberId": "M1", "balance": {"minorUnits": 1, "currencyCode": "s3cret"}}',
            "expected an ISO 4217 currency code at balance.minorUnits and balance.currencyCode",
        ),
        (
            b'{"memberId": "", "parts": [{"partId": "", "price": {"minorUnits": 1, "currencyCode": "s3"}}]}',
            "expected an ISO 4217 currency code at parts.price.minorUnits and price.currencyCode",
        ),
    ],
)
def test_what_cannot_be_converted_is_named_by_its_place_alone(body: bytes, place: str) -> None:
    with pytest.raises(PartnerFault) as caught:
        MEMBER(read(body), house="")
    assert str(caught.value) == place


def test_a_converter_that_fails_otherwise_gives_nothing_away() -> None:
    mapping = Mapping(WireName, Part, part_id=field("given", to=int))
    with pytest.raises(PartnerFault) as caught:
        mapping(WireName(given="s3cret"))
    assert str(caught.value) == "cannot be converted at given"


def test_a_required_field_needs_a_value() -> None:
    mapping = Mapping(WireName, Part, part_id=field("given", to=text))
    for name in (WireName(), WireName(given="  ")):
        with pytest.raises(PartnerFault, match="expected a value at given"):
            mapping(name)


class Doubled(msgspec.Struct):
    a: str
    b: WireName


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "Part.part_id is required and not mapped"),
        ({"part_id": "given", "prize": "given"}, "has no field 'prize'; it has part_id, price"),
        ({"part_id": "gvn"}, "WireName has no field 'gvn'; it has given, family"),
        ({"part_id": "given.first"}, "there is nothing below given"),
        ({"part_id": field("given", to=text), "price": "family"}, "price does not take the str at family"),
    ],
)
def test_a_declaration_that_does_not_hold_is_refused_when_it_is_made(
    fields: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(TypeError, match=complaint):
        Mapping(WireName, Part, **fields)


def test_several_paths_need_a_converter_and_an_enum_needs_other() -> None:
    with pytest.raises(TypeError, match="several paths"):
        field("a", "b")

    class Closed(enum.Enum):
        A = "A"

    with pytest.raises(TypeError, match="no member OTHER"):
        one_of(Closed)


def test_what_the_caller_gives_is_what_was_declared() -> None:
    with pytest.raises(TypeError, match=r"expected to be given \['house'\]"):
        MEMBER(read(BODY))
    with pytest.raises(TypeError, match="was given"):
        MEMBER(read(BODY), house="", other=1)


def test_a_part_may_have_a_mapping_of_its_own() -> None:
    class Outer(Value, frozen=True, kw_only=True):
        name: Part | None = None

    mapping = Mapping(
        Doubled, Outer, name=nested("b", Mapping(WireName, Part, part_id=field("given", to=text)))
    )
    assert mapping(Doubled(a="x", b=WireName(given="g"))) == Outer(name=Part(part_id="g"))
    assert mapping.paths() == {"b.given"}


def test_the_paths_that_a_projection_needs() -> None:
    assert MEMBER.paths({"tier", "balance", "programme", "house"}) == {
        "tier",
        "balance.minorUnits",
        "balance.currencyCode",
    }
    assert MEMBER.paths({"parts"}) == {
        "parts[].partId",
        "parts[].price.minorUnits",
        "parts[].price.currencyCode",
    }
    assert {"memberId", "name.family", "joinedAt", "points"} < MEMBER.paths()


def by_hand(wire: WireMember) -> Member:
    balance = wire.balance
    return Member(
        member_id=wire.member_id,
        programme="acme",
        family_name=text(wire.name.family) if wire.name and wire.name.family is not None else None,
        points=wire.points,
        balance=None if balance is None else minor_money(balance.minor_units, balance.currency_code),
    )


LESS = Mapping(
    WireMember,
    Member,
    member_id="member_id",
    programme=constant("acme"),
    family_name=field("name.family", to=text),
    points="points",
    balance=field("balance.minor_units", "balance.currency_code", to=minor_money),
)


@examples(st.from_type(WireMember))
def test_a_mapping_does_what_the_function_written_by_hand_does(wire: WireMember) -> None:
    try:
        expected = by_hand(wire)
    except Unconvertible:
        with pytest.raises(PartnerFault):
            LESS(wire)
    else:
        assert LESS(wire) == expected


# --- converters --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["1e5", "NaN", "", "1,5", "0x1", "\N{DEVANAGARI DIGIT ONE}", float("nan"), float("inf"), "9" * 99],
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(Unconvertible):
        decimal(value)


@examples(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_a_number_is_exact(value: Decimal) -> None:
    assert decimal(str(value) if "E" not in str(value) else format(value, "f")) == value
    assert decimal(0.1) == Decimal("0.1")


@pytest.mark.parametrize(
    ("code", "amount"), [("EUR", "12.34"), ("JPY", "1234"), ("KWD", "1.234"), ("CLF", "0.1234")]
)
def test_minor_units_are_those_of_the_currency(code: str, amount: str) -> None:
    assert minor_money(1234, code).amount == Decimal(amount)


def test_days_moments_and_countries() -> None:
    assert day("2026-06-15T23:30:00-05:00") == date(2026, 6, 15)
    assert day(datetime(2026, 6, 15, 1, tzinfo=UTC)) == day(date(2026, 6, 15))
    here = timezone(timedelta(hours=2))
    assert moment(here)("2026-06-15T10:00") == datetime(2026, 6, 15, 8, tzinfo=UTC)
    assert moment()("2026-06-15T10:00Z") == datetime(2026, 6, 15, 10, tzinfo=UTC)
    assert epoch()(0) == epoch(1000)(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert country("che") == country(" ch ") == "CH"
    wrong: list[tuple[Any, Any]] = [
        (moment(), "2026-06-15T10:00"),
        (moment(UTC), "noon"),
        (epoch(), 1e30),
        (day, "15.6.26"),
        (country, "Atlantis"),
        (currency, "EURO"),
    ]
    for convert, value in wrong:
        with pytest.raises(Unconvertible):
            convert(value)
