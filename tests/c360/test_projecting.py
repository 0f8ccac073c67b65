from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from msgspec import Meta

from c360.converters import currency, day, minor_money, text
from c360.errors import PartnerFault
from c360.mapping import Mapping, constant, field, given, many, nested
from c360.projecting import projected
from c360.records.base import Record
from c360.values import Money, Value


class WireAmount(msgspec.Struct, rename="camel"):
    minor_units: int
    currency_code: str


class WireThing(msgspec.Struct, rename="camel"):
    thing_id: str
    price: WireAmount | None = None


class WireContract(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    contract_id: Annotated[str, Meta(min_length=1)]
    title: str | None = None
    begins: str
    owner: WireThing | None = None
    amount: WireAmount | None = None
    things: tuple[WireThing, ...] = ()
    count: int = 1


class Thing(Value, frozen=True, kw_only=True):
    thing_id: str
    price: Money | None = None


class Contract(Record, frozen=True, kw_only=True):
    contract_id: str
    begins: date
    title: str | None = None
    owner: Thing | None = None
    amount: Money | None = None
    code: str | None = None
    things: tuple[Thing, ...] = ()
    count: int | None = None
    kind: str = ""
    house: str = ""


THING = Mapping(
    WireThing,
    Thing,
    thing_id="thing_id",
    price=field("price.minor_units", "price.currency_code", to=minor_money),
)
CONTRACT = Mapping(
    WireContract,
    Contract,
    contract_id="contract_id",
    begins=field("begins", to=day),
    title=field("title", to=text),
    owner=nested("owner", THING),
    amount=field("amount.minor_units", "amount.currency_code", to=minor_money),
    code=field("amount.currency_code", to=currency),
    things=many("things", THING),
    count="count",
    kind=constant("contract"),
    house=given(),
)
ALWAYS = {"contract_id", "begins", "house"}
FIELDS = sorted(CONTRACT.fields)

amounts = st.fixed_dictionaries({"minorUnits": st.integers(-999, 999), "currencyCode": st.just("CHF")})
things = st.fixed_dictionaries({"thingId": st.text()}, optional={"price": st.none() | amounts})
contracts = st.fixed_dictionaries(
    {"contractId": st.text(min_size=1), "begins": st.dates().map(date.isoformat)},
    optional={
        "title": st.none() | st.text(),
        "owner": st.none() | things,
        "amount": st.none() | amounts,
        "things": st.lists(things, max_size=3),
        "count": st.integers(0, 9),
        "more": st.text(),
    },
)


def read(body: Any, fields: set[str] | None) -> Contract:
    mapping = CONTRACT.only(fields)
    return mapping(msgspec.json.decode(msgspec.json.encode(body), type=mapping.wire), house="h")


@examples(body=contracts, fields=st.sets(st.sampled_from(FIELDS)))
def test_what_is_wanted_is_as_in_the_whole_and_the_rest_is_not_there(body: Any, fields: set[str]) -> None:
    whole, some = read(body, None), read(body, fields)
    nothing = Contract(contract_id="", begins=date.min)
    for name in Contract.__struct_fields__:
        wanted = whole if name in fields | ALWAYS else nothing
        assert getattr(some, name) == getattr(wanted, name), name


def test_what_nobody_wants_is_not_decoded() -> None:
    body = {"contractId": "C", "begins": "2026-06-15", "things": "none at all", "count": {}}
    with pytest.raises(msgspec.ValidationError):
        read(body, None)
    assert read(body, {"title"}) == Contract(contract_id="C", begins=date(2026, 6, 15), house="h")
    wire = CONTRACT.only({"code"}).wire
    assert wire.__struct_fields__ == ("contract_id", "begins", "amount")
    amount: Any = next(each.type for each in msgspec.structs.fields(wire) if each.name == "amount")
    assert amount.__args__[0].__struct_fields__ == ("currency_code",)


def test_mistakes_are_named_as_in_the_whole() -> None:
    body = {"contractId": "C", "begins": "never", "title": "x"}
    with pytest.raises(PartnerFault, match="expected an ISO 8601 date at begins"):
        read(body, {"title"})


def test_the_same_fields_are_compiled_once_and_all_of_them_are_the_mapping_itself() -> None:
    assert CONTRACT.only({"title", "code"}) is CONTRACT.only(["code", "title", "connector"])
    assert CONTRACT.only(None) is CONTRACT


class One(msgspec.Struct, tag="one"):
    left: int
    right: int


class Holder(msgspec.Struct):
    one: One
    amount: Annotated[WireAmount | None, Meta(description="Held.")] = None


def test_what_is_told_by_a_tag_is_decoded_whole_and_notes_on_a_type_stay() -> None:
    narrow: Any = projected(Holder, ["one.left", "amount.minor_units"])
    body = b'{"one": {"type": "one", "left": 1, "right": 2}, "amount": {"minorUnits": 3}}'
    found = msgspec.json.decode(body, type=narrow)
    assert found.one == One(1, 2)
    assert found.amount.minor_units == 3
    (amount,) = (each.type for each in msgspec.structs.fields(narrow) if each.name == "amount")
    assert amount.__metadata__ == (Meta(description="Held."),)
