"""What the OpenWealth Custody API sends, as far as it is read. Unknown fields are ignored.

Enumerations stay texts here: a value that the standard adds later must not break the answer. So do
currencies, which :mod:`plugins.brokerage.mapping` checks: a pattern for each would cost a third of decoding.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

Id = Annotated[str, Meta(min_length=1)]


class Wire(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """Base of the API's objects, whose names are in camel case."""


class WirePortfolio(Wire, frozen=True, kw_only=True):
    """``PortfolioInformation``."""

    identification: str | None = None


class WireAccount(Wire, frozen=True, kw_only=True):
    """``Account``."""

    id: Id
    type: str
    reference_currency: str
    name: str | None = None
    iban: str | None = None
    number: str | None = None
    designation: str | None = None
    portfolio_information: WirePortfolio | None = None


class WireAccountRef(Wire, frozen=True, kw_only=True):
    """The ``Account`` of a position or posting, of which the id alone is read."""

    id: Id


class WireIdentification(Wire, frozen=True, kw_only=True):
    """``FinancialInstrumentIdentification``."""

    identifier: str
    type: str


class WireInstrument(Wire, frozen=True, kw_only=True):
    """``FinancialInstrumentBase``: what the nineteen kinds of instrument have in common."""

    type: str
    name: str
    identification_list: tuple[WireIdentification, ...] = ()


class WireAmount(Wire, frozen=True, kw_only=True):
    """``CurrencyAmount``."""

    amount: Decimal
    currency: str


class WireQuantity(Wire, frozen=True, kw_only=True):
    """``Quantity``."""

    type: str
    value: Decimal


class WirePrice(Wire, frozen=True, kw_only=True):
    """``Price`` and ``ValuationPrice``."""

    type: str
    value: Decimal
    currency: str | None = None


class WireValuation(Wire, frozen=True, kw_only=True):
    """``Valuation``."""

    value_in_position_currency: WireAmount
    value_in_reference_currency: WireAmount | None = None
    valuation_date: date | None = None


class WirePosition(Wire, frozen=True, kw_only=True):
    """``ValuatedPosition``."""

    id: Id
    financial_instrument: WireInstrument
    account: WireAccountRef
    end_of_day_indicator: bool
    position_date: date
    quantity: WireQuantity
    valuation: WireValuation
    price: WirePrice | None = None
    accrued_interest: WireAmount | None = None
    blocked_quantity: WireQuantity | None = None


class WirePosting(Wire, frozen=True, kw_only=True):
    """``PostingAmount``."""

    amount: Decimal
    currency: str
    account: WireAccountRef


class WireTransaction(Wire, frozen=True, kw_only=True):
    """``Transaction``."""

    id: Id
    type: str
    transaction_date: date
    reversal_indicator: bool
    end_of_day_indicator: bool
    reference: str | None = None
    description: str | None = None
    reversed_transaction_id: str | None = None
    trade_date: date | None = None
    settlement_date: date | None = None
    triggering_financial_instrument: WireInstrument | None = None
    triggering_quantity: WireQuantity | None = None
    posting_amount_list: tuple[WirePosting, ...] = ()
