from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from c360.errors import ConnectorError, PartnerFault
from c360.http import Response
from c360.records.brokerage import (
    CustodyAccount,
    CustodyAccountKind,
    InstrumentKind,
    Position,
    QuantityKind,
    TradeKind,
    TradeTransaction,
)
from c360.values import CurrencyCode, Money
from plugins.brokerage import mapping
from plugins.brokerage.payloads import WireAccount, WirePosition, WireTransaction
from tests.fixtures.mutations import JSON, paths, replaced


def money(amount: str, currency: str) -> Money:
    return Money(amount=Decimal(amount), currency=CurrencyCode(currency))


def decode(body: Any, kind: Any) -> Any:
    return Response(status=200, headers={}, content=json.dumps(body).encode()).decode(kind)


@pytest.fixture(scope="session")
def schemas(partner_specs: Path) -> dict[str, Any]:
    text = (partner_specs / "brokerage-openwealth-custody.yaml").read_text("utf-8")
    return yaml.load(text, Loader=yaml.CSafeLoader)["components"]["schemas"]  # type: ignore[no-any-return]  # YAML


def test_every_value_of_the_published_enums_is_mapped(schemas: dict[str, Any]) -> None:
    published = {
        "account": schemas["Account"]["properties"]["type"]["enum"],
        "instrument": schemas["FinancialInstrumentType"]["enum"],
        "quantity": schemas["Quantity"]["properties"]["type"]["enum"],
        "trade": schemas["TransactionType"]["enum"],
    }
    mapped: dict[str, dict[str, Any]] = {
        "account": mapping.ACCOUNT_KINDS,
        "instrument": mapping.INSTRUMENT_KINDS,
        "quantity": mapping.QUANTITY_KINDS,
        "trade": mapping.TRADE_KINDS,
    }
    assert {name: sorted(values) for name, values in published.items()} == {
        name: sorted(values) for name, values in mapped.items()
    }
    # `other` is the only one that may lose what the standard said.
    assert {key for key, kind in mapping.INSTRUMENT_KINDS.items() if kind is InstrumentKind.OTHER} == {
        "other"
    }
    assert set(mapping.TRADE_KINDS.values()) == set(TradeKind)


def test_an_account(account: dict[str, Any]) -> None:
    assert mapping.account(decode(account, WireAccount)) == CustodyAccount(
        account_id="C-1-S",
        kind=CustodyAccountKind.SAFEKEEPING,
        name="Depot",
        designation="Main depot",
        number="123-1",
        iban="CH9300762011623852957",
        portfolio_id="P-1",
        reference_currency=CurrencyCode("CHF"),
    )


def test_a_position(position: dict[str, Any]) -> None:
    assert mapping.position(decode(position, WirePosition)) == Position(
        position_id="POS-1",
        account_id="C-1-S",
        instrument=InstrumentKind.EQUITY,
        name="Novartis AG",
        isin="CH0012005267",
        quantity=Decimal("12.5"),
        quantity_kind=QuantityKind.UNIT,
        blocked_quantity=Decimal(2),
        price=money("100.02", "USD"),
        value=money("1250.25", "USD"),
        reference_value=money("1100.1", "CHF"),
        accrued_interest=money("0.5", "USD"),
        valued_on=date(2026, 6, 14),
        as_of=date(2026, 6, 15),
        end_of_day=True,
    )


def test_a_price_in_percent_is_no_money(position: dict[str, Any]) -> None:
    position["price"] = {"type": "percentage", "value": 99.5}
    mapped = mapping.position(decode(position, WirePosition))
    assert (mapped.price, mapped.price_percent) == (None, Decimal("99.5"))


def test_a_price_without_its_currency_is_left_out(position: dict[str, Any]) -> None:
    del position["price"]["currency"]
    mapped = mapping.position(decode(position, WirePosition))
    assert (mapped.price, mapped.price_percent) == (None, None)


def test_a_transaction(transaction: dict[str, Any]) -> None:
    mapped = mapping.transaction(decode(transaction, WireTransaction))
    assert mapped.kind is TradeKind.BUY
    assert mapped.amount == money("-501.0", "CHF")
    assert [(item.account_id, item.amount.amount) for item in mapped.postings] == [
        ("C-1-C", Decimal("-500.1")),
        ("C-1-C", Decimal("-0.9")),
    ]
    assert (mapped.transacted_on, mapped.traded_on, mapped.settled_on) == (
        date(2026, 6, 10),
        date(2026, 6, 10),
        date(2026, 6, 12),
    )
    assert (mapped.instrument, mapped.isin, mapped.quantity) == (
        InstrumentKind.EQUITY,
        "CH0012005267",
        Decimal(5),
    )


def test_postings_in_several_currencies_have_no_sum(transaction: dict[str, Any]) -> None:
    transaction["postingAmountList"][1]["currency"] = "USD"
    mapped = mapping.transaction(decode(transaction, WireTransaction))
    assert mapped.amount is None
    assert [item.amount.currency for item in mapped.postings] == ["CHF", "USD"]


def test_values_that_the_standard_adds_later_do_not_break(
    account: dict[str, Any], position: dict[str, Any], transaction: dict[str, Any]
) -> None:
    account["type"] = transaction["type"] = position["quantity"]["type"] = "brandNew"
    position["financialInstrument"] = {"type": "brandNew", "name": "?"}
    assert mapping.account(decode(account, WireAccount)).kind is CustodyAccountKind.OTHER
    mapped = mapping.position(decode(position, WirePosition))
    assert (mapped.instrument, mapped.quantity_kind, mapped.isin) == (
        InstrumentKind.OTHER,
        QuantityKind.OTHER,
        None,
    )
    assert mapping.transaction(decode(transaction, WireTransaction)).kind is TradeKind.OTHER


@pytest.mark.parametrize("number", ['"NaN"', '"Infinity"', "1e400", "1e-400"])
def test_numbers_that_are_no_amount(position: dict[str, Any], number: str) -> None:
    body = json.dumps(position).replace("1250.25", number).encode()
    wire = Response(status=200, headers={}, content=body).decode(WirePosition)
    with pytest.raises(PartnerFault):
        mapping.position(wire)


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_comes_becomes_a_record_or_a_connector_error(
    data: st.DataObject,
    account: dict[str, Any],
    position: dict[str, Any],
    transaction: dict[str, Any],
) -> None:
    body, kind, convert, record = data.draw(
        st.sampled_from(
            [
                (account, WireAccount, mapping.account, CustodyAccount),
                (position, WirePosition, mapping.position, Position),
                (transaction, WireTransaction, mapping.transaction, TradeTransaction),
            ]
        )
    )
    body = replaced(body, data.draw(st.sampled_from(paths(body))), data.draw(JSON))
    try:
        mapped = convert(decode(body, kind))
    except ConnectorError:
        return
    assert isinstance(mapped, record)
