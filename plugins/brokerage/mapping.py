"""From the custodian's objects to the hub's records. Pure functions."""

from __future__ import annotations

from decimal import Decimal

from c360.converters import currency
from c360.errors import PartnerFault
from c360.records.brokerage import (
    CustodyAccount,
    CustodyAccountKind,
    InstrumentKind,
    Position,
    Posting,
    QuantityKind,
    TradeKind,
    TradeTransaction,
)
from c360.values import Money, Percentage
from plugins.brokerage.payloads import (
    WireAccount,
    WireAmount,
    WireInstrument,
    WirePosition,
    WirePrice,
    WireTransaction,
)

ACCOUNT_KINDS = {
    "cashAccount": CustodyAccountKind.CASH,
    "safekeepingAccount": CustodyAccountKind.SAFEKEEPING,
    "other": CustodyAccountKind.OTHER,
}

INSTRUMENT_KINDS = {
    "cash": InstrumentKind.CASH,
    "bond": InstrumentKind.BOND,
    "equity": InstrumentKind.EQUITY,
    "fund": InstrumentKind.FUND,
    "index": InstrumentKind.INDEX,
    "commodity": InstrumentKind.COMMODITY,
    "option": InstrumentKind.DERIVATIVE,
    "future": InstrumentKind.DERIVATIVE,
    "fxForward": InstrumentKind.DERIVATIVE,
    "fxSwap": InstrumentKind.DERIVATIVE,
    "fxOption": InstrumentKind.DERIVATIVE,
    "mortgage": InstrumentKind.MORTGAGE,
    "credit": InstrumentKind.CREDIT,
    "fixedLoan": InstrumentKind.MONEY_MARKET,
    "fixedDeposit": InstrumentKind.MONEY_MARKET,
    "callableLoan": InstrumentKind.MONEY_MARKET,
    "callableDeposit": InstrumentKind.MONEY_MARKET,
    "interestRateSwap": InstrumentKind.DERIVATIVE,
    "totalReturnSwap": InstrumentKind.DERIVATIVE,
    "creditDefaultSwap": InstrumentKind.DERIVATIVE,
    "cryptoAsset": InstrumentKind.CRYPTO_ASSET,
    "other": InstrumentKind.OTHER,
}

QUANTITY_KINDS = {
    "unit": QuantityKind.UNIT,
    "faceAmount": QuantityKind.FACE_AMOUNT,
    "amortisedValue": QuantityKind.AMORTISED_VALUE,
    "digitalTokenUnit": QuantityKind.DIGITAL_TOKEN_UNIT,
}


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


TRADE_KINDS = {_camel(kind.value): kind for kind in TradeKind}
"""The record's enum has the standard's own names, in capitals."""

_LARGEST_EXPONENT = 18


def account(wire: WireAccount) -> CustodyAccount:
    """An account.

    Raises:
        PartnerFault: its currency is not one.
    """
    portfolio = wire.portfolio_information
    return CustodyAccount(
        account_id=wire.id,
        kind=ACCOUNT_KINDS.get(wire.type, CustodyAccountKind.OTHER),
        name=wire.name,
        designation=wire.designation,
        number=wire.number,
        iban=wire.iban,
        portfolio_id=portfolio.identification if portfolio else None,
        reference_currency=currency(wire.reference_currency),
    )


def position(wire: WirePosition) -> Position:
    """A valued position.

    Raises:
        PartnerFault: a number or a currency is not one, or beyond any amount of money.
    """
    instrument = wire.financial_instrument
    reference = wire.valuation.value_in_reference_currency
    return Position(
        position_id=wire.id,
        account_id=wire.account.id,
        instrument=_instrument_kind(instrument),
        name=instrument.name,
        isin=isin(instrument),
        quantity=_exact(wire.quantity.value),
        quantity_kind=QUANTITY_KINDS.get(wire.quantity.type, QuantityKind.OTHER),
        blocked_quantity=_exact(wire.blocked_quantity.value) if wire.blocked_quantity else None,
        price=_unit_price(wire.price),
        price_percent=_percent_price(wire.price),
        value=_money(wire.valuation.value_in_position_currency),
        reference_value=_money(reference) if reference else None,
        accrued_interest=_money(wire.accrued_interest) if wire.accrued_interest else None,
        valued_on=wire.valuation.valuation_date,
        as_of=wire.position_date,
        end_of_day=wire.end_of_day_indicator,
    )


def transaction(wire: WireTransaction) -> TradeTransaction:
    """A transaction.

    Raises:
        PartnerFault: a number or a currency is not one, or beyond any amount of money.
    """
    instrument = wire.triggering_financial_instrument
    quantity = wire.triggering_quantity
    postings = tuple(
        Posting(
            account_id=item.account.id,
            amount=Money(amount=_exact(item.amount), currency=currency(item.currency)),
        )
        for item in wire.posting_amount_list
    )
    return TradeTransaction(
        transaction_id=wire.id,
        kind=TRADE_KINDS.get(wire.type, TradeKind.OTHER),
        transacted_on=wire.transaction_date,
        traded_on=wire.trade_date,
        settled_on=wire.settlement_date,
        description=wire.description,
        reference=wire.reference,
        instrument=_instrument_kind(instrument) if instrument else None,
        instrument_name=instrument.name if instrument else None,
        isin=isin(instrument) if instrument else None,
        quantity=_exact(quantity.value) if quantity else None,
        quantity_kind=QUANTITY_KINDS.get(quantity.type, QuantityKind.OTHER) if quantity else None,
        amount=_total(postings),
        postings=postings,
        reversal=wire.reversal_indicator,
        reverses=wire.reversed_transaction_id,
        end_of_day=wire.end_of_day_indicator,
    )


def isin(instrument: WireInstrument) -> str | None:
    """The instrument's ISIN, if its list of identifications has one."""
    for item in instrument.identification_list:
        if item.type == "isin":
            return item.identifier
    return None


def _instrument_kind(instrument: WireInstrument) -> InstrumentKind:
    return INSTRUMENT_KINDS.get(instrument.type, InstrumentKind.OTHER)


def _unit_price(price: WirePrice | None) -> Money | None:
    """A price in money; one without its currency is not a price that can be shown."""
    if price is None or price.type != "actual" or price.currency is None:
        return None
    return Money(amount=_exact(price.value), currency=currency(price.currency))


def _percent_price(price: WirePrice | None) -> Percentage | None:
    return Percentage(_exact(price.value)) if price and price.type == "percentage" else None


def _money(wire: WireAmount) -> Money:
    return Money(amount=_exact(wire.amount), currency=currency(wire.currency))


def _total(postings: tuple[Posting, ...]) -> Money | None:
    currencies = {posting.amount.currency for posting in postings}
    if len(currencies) != 1:
        return None
    return Money(
        amount=sum((posting.amount.amount for posting in postings), Decimal(0)), currency=currencies.pop()
    )


def _exact(value: Decimal) -> Decimal:
    if not value.is_finite() or (value and abs(value.adjusted()) > _LARGEST_EXPONENT):
        raise PartnerFault("a number is not finite or far out of range")
    return value
