"""Safekeeping and cash accounts at a custodian, valued positions and transactions."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from c360.records.base import Kind, Record
from c360.values import CurrencyCode, Money, Percentage, Value


class CustodyAccountKind(enum.Enum):
    """What a custody account holds."""

    CASH = "CASH"
    """Money."""
    SAFEKEEPING = "SAFEKEEPING"
    """Securities and other instruments."""
    OTHER = "OTHER"


class CustodyAccount(Record, frozen=True, kw_only=True):
    """An account at a custodian."""

    account_id: Annotated[
        str, Meta(description="The custodian's id of the account.", extra={"personal": True})
    ]
    kind: Annotated[CustodyAccountKind, Meta(description="Cash or safekeeping.")]
    name: Annotated[
        str | None, Meta(description="Name agreed with the account's owner.", extra={"personal": True})
    ] = None
    designation: Annotated[
        str | None, Meta(description="What the custodian adds to the name.", extra={"personal": True})
    ] = None
    number: Annotated[
        str | None, Meta(description="The custodian's own account number.", extra={"personal": True})
    ] = None
    iban: Annotated[
        str | None, Meta(description="IBAN where the account has one.", extra={"personal": True})
    ] = None
    portfolio_id: Annotated[
        str | None, Meta(description="Portfolio that the account belongs to.", extra={"personal": True})
    ] = None
    reference_currency: Annotated[CurrencyCode, Meta(description="Currency it is valued in.")]


class InstrumentKind(enum.Enum):
    """Kind of financial instrument."""

    CASH = "CASH"
    """Money on an account."""
    EQUITY = "EQUITY"
    """Shares and the like."""
    BOND = "BOND"
    """A debt security."""
    FUND = "FUND"
    """A share of an investment fund."""
    INDEX = "INDEX"
    """A basket that a market is measured by."""
    DERIVATIVE = "DERIVATIVE"
    """Options, futures, forwards and swaps."""
    MORTGAGE = "MORTGAGE"
    """A loan secured by property."""
    CREDIT = "CREDIT"
    """Other credit that the custodian gave."""
    MONEY_MARKET = "MONEY_MARKET"
    """Fixed and callable loans and deposits."""
    COMMODITY = "COMMODITY"
    """Raw materials, precious metals included."""
    CRYPTO_ASSET = "CRYPTO_ASSET"
    """Cryptocurrencies and tokens."""
    OTHER = "OTHER"


class QuantityKind(enum.Enum):
    """What a quantity counts."""

    UNIT = "UNIT"
    """Pieces, such as shares."""
    FACE_AMOUNT = "FACE_AMOUNT"
    """Nominal value in the instrument's currency, as of bonds."""
    AMORTISED_VALUE = "AMORTISED_VALUE"
    """Nominal value less what has been paid back."""
    DIGITAL_TOKEN_UNIT = "DIGITAL_TOKEN_UNIT"  # noqa: S105  # no password
    """Units of a digital token."""
    OTHER = "OTHER"


class Position(Record, frozen=True, kw_only=True):
    """A valued holding of one instrument; debts have negative values."""

    position_id: Annotated[
        str, Meta(description="The custodian's id of the position.", extra={"personal": True})
    ]
    account_id: Annotated[str, Meta(description="The account that holds it.", extra={"personal": True})]
    instrument: Annotated[InstrumentKind, Meta(description="Kind of instrument.")]
    name: Annotated[str, Meta(description="Name of the instrument.")]
    isin: Annotated[str | None, Meta(description="ISIN where the instrument has one.")] = None
    quantity: Annotated[Decimal, Meta(description="How much is held; negative for a debt or a short sale.")]
    quantity_kind: Annotated[QuantityKind, Meta(description="What the quantity counts.")]
    blocked_quantity: Annotated[
        Decimal | None, Meta(description="The part of the quantity that cannot be traded.")
    ] = None
    price: Annotated[Money | None, Meta(description="Price of one unit, where quoted in money.")] = None
    price_percent: Annotated[
        Percentage | None, Meta(description="Price in percent of the face amount, where quoted so.")
    ] = None
    value: Annotated[Money, Meta(description="Value in the position's currency.")]
    reference_value: Annotated[
        Money | None, Meta(description="Value in the reference currency of the customer.")
    ] = None
    accrued_interest: Annotated[
        Money | None, Meta(description="Interest accrued since the last payment.")
    ] = None
    valued_on: Annotated[date | None, Meta(description="Date of the valuation.")] = None
    as_of: Annotated[date, Meta(description="Date for which the custodian shows the position.")]
    end_of_day: Annotated[
        bool, Meta(description="Whether the custodian's end-of-day processing has confirmed it.")
    ]


class TradeKind(enum.Enum):
    """Kind of transaction, as the OpenWealth standard divides them."""

    ACCUMULATION = "ACCUMULATION"
    """A fund kept its income and added it to the value of its shares."""
    ADDITIONAL_PAYMENT = "ADDITIONAL_PAYMENT"
    """A further payment on an instrument that is not fully paid up."""
    ADJUST_NOTIONAL = "ADJUST_NOTIONAL"
    """The notional amount of a contract was adjusted."""
    AMORTIZATION_AND_INTEREST_PAYMENT = "AMORTIZATION_AND_INTEREST_PAYMENT"
    """A part of the debt was paid back, together with interest."""
    ASSIGNMENT = "ASSIGNMENT"
    """A written option was exercised by its holder."""
    ASSIMILATION = "ASSIMILATION"
    """A line of securities was made one with another, such as new shares with old ones."""
    BONUS = "BONUS"
    """Further securities were given free of charge."""
    BUY = "BUY"
    """Bought."""
    BUY_TO_CLOSE = "BUY_TO_CLOSE"
    """Bought back, to end a short position."""
    CAPITAL_INCREASE = "CAPITAL_INCREASE"
    """New securities from an increase of the issuer's capital."""
    CLOSE_CONTRACT = "CLOSE_CONTRACT"
    """A contract, such as a forward or a loan, was ended."""
    CONVERSION_BOND_SHARE = "CONVERSION_BOND_SHARE"
    """A convertible bond was turned into shares."""
    COUPON = "COUPON"
    """Interest of a bond was paid."""
    CREDIT_EVENT = "CREDIT_EVENT"
    """A debtor failed to pay, or the like, as a credit derivative defines it."""
    DECREASE_PRINCIPAL = "DECREASE_PRINCIPAL"
    """The principal of a loan or deposit was lowered."""
    DELIVERY_FREE_OF_PAYMENT = "DELIVERY_FREE_OF_PAYMENT"
    """Securities went out without money coming in."""
    DELIVERY_VS_PAYMENT = "DELIVERY_VS_PAYMENT"
    """Securities went out against money."""
    DIVIDEND_CASH = "DIVIDEND_CASH"
    """A dividend was paid in money."""
    DIVIDEND_CHOICE = "DIVIDEND_CHOICE"
    """A dividend was paid as its holder chose, in money or in shares."""
    DIVIDEND_REINVESTMENT = "DIVIDEND_REINVESTMENT"
    """A dividend was used to buy more of the same."""
    DIVIDEND_STOCK = "DIVIDEND_STOCK"
    """A dividend was paid in shares."""
    EXERCISE = "EXERCISE"
    """An option or a right was used."""
    EXPIRATION = "EXPIRATION"
    """A contract or a right lapsed unused."""
    FEES = "FEES"
    """Fees of the custodian or of third parties."""
    FINAL_LIQUIDATION_PAYMENT = "FINAL_LIQUIDATION_PAYMENT"
    """The last payment out of an issuer's liquidation."""
    FX_SPOT = "FX_SPOT"
    """One currency was exchanged for another, for settlement at once."""
    INCREASE_PRINCIPAL = "INCREASE_PRINCIPAL"
    """The principal of a loan or deposit was raised."""
    INFLOW_CASH = "INFLOW_CASH"
    """Money came in."""
    INSTRUMENT_EXCHANGE = "INSTRUMENT_EXCHANGE"
    """One instrument was replaced by another."""
    INTEREST_PAYMENT = "INTEREST_PAYMENT"
    """Interest of a loan, a deposit or an account was paid."""
    INTERNAL_TRANSFER = "INTERNAL_TRANSFER"
    """Moved between accounts at the same custodian."""
    LIQUIDATION_PAYMENT = "LIQUIDATION_PAYMENT"
    """A payment out of an issuer's liquidation."""
    MERGER = "MERGER"
    """Securities were replaced because their issuer merged with another."""
    OPEN_CONTRACT = "OPEN_CONTRACT"
    """A contract, such as a forward or a loan, was entered into."""
    OTHER = "OTHER"
    OUTFLOW_CASH = "OUTFLOW_CASH"
    """Money went out."""
    PREMIUM = "PREMIUM"
    """A premium was paid or received, as for an option."""
    PREPAYMENT_SUBSTITUTION = "PREPAYMENT_SUBSTITUTION"
    """Paid back early and replaced by another instrument."""
    RECEIVE_FREE_OF_PAYMENT = "RECEIVE_FREE_OF_PAYMENT"
    """Securities came in without money going out."""
    RECEIVE_VS_PAYMENT = "RECEIVE_VS_PAYMENT"
    """Securities came in against money."""
    REDEMPTION = "REDEMPTION"
    """Paid back at maturity, or fund shares given back."""
    REDEMPTION_PARTIAL = "REDEMPTION_PARTIAL"
    """Paid back in part."""
    REDEMPTION_PRIOR = "REDEMPTION_PRIOR"
    """Paid back before maturity."""
    REDUCTION_OF_NOMINAL = "REDUCTION_OF_NOMINAL"
    """The issuer paid back a part of the nominal value of its shares."""
    RESET_PAYMENT = "RESET_PAYMENT"
    """Settled because a contract's terms were set anew, as a swap's rate is."""
    RIGHT_DISTRIBUTION = "RIGHT_DISTRIBUTION"
    """Rights, such as to subscribe, were given out."""
    SELL = "SELL"
    """Sold."""
    SELL_TO_OPEN = "SELL_TO_OPEN"
    """Sold without holding it: a short position was begun."""
    SPIN_OFF = "SPIN_OFF"
    """Shares of a company that was split off were received."""
    STOCK_SPLIT = "STOCK_SPLIT"
    """Each share was divided into several, or several were put together."""
    SUBSCRIPTION = "SUBSCRIPTION"
    """New securities or fund shares were subscribed."""
    TAX_CORRECTIONS = "TAX_CORRECTIONS"
    """Taxes of an earlier transaction were corrected."""
    TAXES = "TAXES"
    """Taxes were charged or paid back."""
    TRANSFER_METAL_PHYSICAL = "TRANSFER_METAL_PHYSICAL"
    """Precious metal was moved physically."""
    UNWIND = "UNWIND"
    """A contract was ended before its term by agreement."""
    VARIATION_MARGIN = "VARIATION_MARGIN"
    """Daily gain or loss of a contract was settled."""


class Posting(Value, frozen=True, kw_only=True):
    """Money that a transaction moved on one account."""

    account_id: Annotated[str, Meta(description="The account posted to.", extra={"personal": True})]
    amount: Annotated[Money, Meta(description="Amount in the account's currency; negative for a debit.")]


class TradeTransaction(Record, frozen=True, kw_only=True):
    """A transaction at the custodian."""

    transaction_id: Annotated[
        str, Meta(description="The custodian's id of the transaction.", extra={"personal": True})
    ]
    kind: Annotated[TradeKind, Meta(description="Kind of transaction.")]
    transacted_on: Annotated[date, Meta(description="Date for which the custodian shows it.")]
    traded_on: Annotated[date | None, Meta(description="Date of the trade.")] = None
    settled_on: Annotated[date | None, Meta(description="Date of delivery.")] = None
    description: Annotated[
        str | None, Meta(description="In the custodian's words.", extra={"personal": True})
    ] = None
    reference: Annotated[
        str | None, Meta(description="Reference printed on the statement.", extra={"personal": True})
    ] = None
    instrument: Annotated[InstrumentKind | None, Meta(description="Kind of instrument concerned.")] = None
    instrument_name: Annotated[str | None, Meta(description="Instrument concerned.")] = None
    isin: Annotated[str | None, Meta(description="ISIN of the instrument concerned.")] = None
    quantity: Annotated[Decimal | None, Meta(description="How much of the instrument is concerned.")] = None
    quantity_kind: Annotated[QuantityKind | None, Meta(description="What the quantity counts.")] = None
    amount: Annotated[
        Money | None,
        Meta(
            description="Sum of the postings, negative for a debit; null where there is none or they are "
            "in several currencies."
        ),
    ] = None
    postings: Annotated[tuple[Posting, ...], Meta(description="What was posted to which account.")] = ()
    reversal: Annotated[bool, Meta(description="Whether it reverses another transaction.")] = False
    reverses: Annotated[
        str | None, Meta(description="Id of the transaction that it reverses.", extra={"personal": True})
    ] = None
    end_of_day: Annotated[
        bool, Meta(description="Whether the custodian's end-of-day processing has confirmed it.")
    ]


KINDS = (
    Kind(name="brokerage.accounts", record=CustodyAccount, identity="account_id", ttl=300),
    Kind(name="brokerage.positions", record=Position, identity="position_id"),
    Kind(name="brokerage.transactions", record=TradeTransaction, identity="transaction_id", windowed=True),
)
