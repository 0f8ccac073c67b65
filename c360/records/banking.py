"""Bank accounts (cards and loans are kinds of account), balances, terms, transactions, direct debits."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from c360.records.base import Kind, Record
from c360.records.party import Identifier
from c360.values import Money, Percentage, Value


class AccountKind(enum.Enum):
    """What an account is."""

    TRANSACTION = "TRANSACTION"
    """An everyday or savings account."""
    TERM_DEPOSIT = "TERM_DEPOSIT"
    """Money deposited for a fixed term at an agreed rate."""
    TRAVEL_CARD = "TRAVEL_CARD"
    """A prepaid card, often with several currencies."""
    TRUST_ACCOUNT = "TRUST_ACCOUNT"
    """Money held for others under a law that regulates how."""
    CREDIT_CARD = "CREDIT_CARD"
    """A credit or charge card."""
    BUY_NOW_PAY_LATER = "BUY_NOW_PAY_LATER"
    """Purchases paid back in instalments."""
    OVERDRAFT = "OVERDRAFT"
    """A limit down to which another account may be overdrawn."""
    MORTGAGE = "MORTGAGE"
    """A loan secured by a home."""
    LOAN = "LOAN"
    """A loan to a person that is not a mortgage."""
    BUSINESS_LOAN = "BUSINESS_LOAN"
    """A loan for business purposes."""
    MARGIN_LOAN = "MARGIN_LOAN"
    """A loan secured by securities."""
    LEASE = "LEASE"
    """Finance for an asset that the customer uses while paying for it."""
    TRADE_FINANCE = "TRADE_FINANCE"
    """Credit for imports and exports, such as letters of credit."""
    OTHER = "OTHER"


class AccountStatus(enum.Enum):
    """Whether an account is open."""

    OPEN = "OPEN"
    """In use."""
    CLOSED = "CLOSED"
    """Closed; records of the past may remain."""
    OTHER = "OTHER"


class AccountOwnership(enum.Enum):
    """How many parties own an account."""

    UNKNOWN = "UNKNOWN"
    """The bank does not know."""
    ONE_PARTY = "ONE_PARTY"
    """One customer alone."""
    TWO_PARTY = "TWO_PARTY"
    """Two customers jointly."""
    MANY_PARTY = "MANY_PARTY"
    """Three customers or more, jointly."""
    OTHER = "OTHER"


class Balance(Record, frozen=True, kw_only=True):
    """The balances of one account at the moment of asking."""

    account_id: Annotated[str, Meta(description="The account it belongs to.", extra={"personal": True})]
    current: Annotated[Money, Meta(description="Posted balance; negative where money is owed.")]
    available: Annotated[Money | None, Meta(description="What can be spent now.")] = None
    credit_limit: Annotated[
        Money | None, Meta(description="Agreed limit of a card or overdraft; null where the bank names none.")
    ] = None
    amortised_limit: Annotated[
        Money | None, Meta(description="Limit of a loan reduced by scheduled repayment.")
    ] = None
    purses: Annotated[
        tuple[Money, ...], Meta(description="Balances in further currencies, as travel cards have.")
    ] = ()


class RateBasis(enum.Enum):
    """Whether interest is earned or owed at a rate."""

    DEPOSIT = "DEPOSIT"
    """Interest that the customer earns."""
    LENDING = "LENDING"
    """Interest that the customer owes."""


class RateKind(enum.Enum):
    """What makes a rate apply, or move."""

    FIXED = "FIXED"
    """Stays as it is for an agreed time."""
    VARIABLE = "VARIABLE"
    """The bank may change it."""
    FLOATING = "FLOATING"
    """Follows a reference rate by an agreed margin."""
    MARKET_LINKED = "MARKET_LINKED"
    """Follows an index or a market, so that its next value is not known."""
    INTRODUCTORY = "INTRODUCTORY"
    """Applies for a first period alone."""
    BONUS = "BONUS"
    """Earned on top where conditions are met, such as regular deposits."""
    BUNDLE_BONUS = "BUNDLE_BONUS"
    """Earned on top because of other products held with it."""
    DISCOUNT = "DISCOUNT"
    """Taken off another rate."""
    BUNDLE_DISCOUNT_FIXED = "BUNDLE_DISCOUNT_FIXED"
    """Taken off a fixed rate because of other products held with it."""
    BUNDLE_DISCOUNT_VARIABLE = "BUNDLE_DISCOUNT_VARIABLE"
    """Taken off a variable rate because of other products held with it."""
    PURCHASE = "PURCHASE"
    """Owed on purchases by card."""
    CASH_ADVANCE = "CASH_ADVANCE"
    """Owed on cash drawn by card."""
    BALANCE_TRANSFER = "BALANCE_TRANSFER"
    """Owed on a balance brought over from another card."""
    PENALTY = "PENALTY"
    """Owed while the terms are broken, as by late payment."""
    OTHER = "OTHER"


class InterestRate(Value, frozen=True, kw_only=True):
    """One of the rates that an account's contract names."""

    basis: Annotated[RateBasis, Meta(description="Whether interest is earned or owed at it.")]
    kind: Annotated[RateKind, Meta(description="What makes it apply, or move.")]
    rate: Annotated[Percentage, Meta(description="The rate per year; of a discount, what it takes off.")]
    comparison_rate: Annotated[
        Percentage | None, Meta(description="The rate per year with the usual fees counted in.")
    ] = None


class RepaymentType(enum.Enum):
    """How a loan is paid back."""

    INTEREST_ONLY = "INTEREST_ONLY"
    """Interest is paid; what was lent stays owed."""
    PRINCIPAL_AND_INTEREST = "PRINCIPAL_AND_INTEREST"
    """Each instalment pays interest and pays back a part."""
    UNCONSTRAINED = "UNCONSTRAINED"
    """The borrower may choose."""
    OTHER = "OTHER"


class LoanTerms(Value, frozen=True, kw_only=True):
    """Terms of a loan or mortgage."""

    started_on: Annotated[date | None, Meta(description="Original start date.")] = None
    ends_on: Annotated[date | None, Meta(description="Date by which it is to be repaid.")] = None
    original_amount: Annotated[Money | None, Meta(description="Amount originally lent.")] = None
    next_instalment_on: Annotated[date | None, Meta(description="Next instalment date.")] = None
    minimum_instalment: Annotated[Money | None, Meta(description="Minimum next instalment.")] = None
    repayment: Annotated[RepaymentType | None, Meta(description="How it is repaid.")] = None
    repayment_frequency: Annotated[
        str | None, Meta(description="Time between repayments, an ISO 8601 duration such as P1M.")
    ] = None
    maximum_redraw: Annotated[
        Money | None, Meta(description="Most that can be drawn again; null where redraw is not available.")
    ] = None
    offset_account_ids: Annotated[
        tuple[str, ...],
        Meta(
            description="Accounts whose balance lowers the interest of this loan.", extra={"personal": True}
        ),
    ] = ()


class CardTerms(Value, frozen=True, kw_only=True):
    """What is due on a credit card."""

    minimum_payment: Annotated[Money, Meta(description="Minimum payment due at the next date.")]
    payment_due: Annotated[Money, Meta(description="Full payment due at the next date.")]
    due_on: Annotated[date, Meta(description="Next due date.")]


class MaturityInstruction(enum.Enum):
    """What happens to a term deposit when it matures."""

    ROLLED_OVER = "ROLLED_OVER"
    """Deposited again for another term."""
    PAID_OUT_AT_MATURITY = "PAID_OUT_AT_MATURITY"
    """Paid out to another account."""
    HOLD_ON_MATURITY = "HOLD_ON_MATURITY"
    """Kept where it is until the customer decides."""
    OTHER = "OTHER"


class DepositTerms(Value, frozen=True, kw_only=True):
    """One term of a term deposit."""

    lodged_on: Annotated[date, Meta(description="Lodgement date.")]
    matures_on: Annotated[date, Meta(description="Maturity date.")]
    maturity_amount: Annotated[
        Money | None, Meta(description="Amount paid at maturity; null where it varies.")
    ] = None
    at_maturity: Annotated[MaturityInstruction | None, Meta(description="What happens at maturity.")] = None


class AccountTerms(Record, frozen=True, kw_only=True):
    """The contract behind an account: numbers, rates, and what its kind of product has agreed."""

    account_id: Annotated[str, Meta(description="The account it belongs to.", extra={"personal": True})]
    branch_code: Annotated[
        str | None,
        Meta(
            description="Number of bank and branch (in Australia the BSB), digits only.",
            extra={"personal": True},
        ),
    ] = None
    account_number: Annotated[
        str | None,
        Meta(
            description="Account number in full, digits only; never a card's number.",
            extra={"personal": True},
        ),
    ] = None
    bundle_name: Annotated[str | None, Meta(description="Bundle of products it belongs to.")] = None
    deposit_rate: Annotated[
        Percentage | None, Meta(description="Rate per year now earned on the balance.")
    ] = None
    lending_rate: Annotated[Percentage | None, Meta(description="Rate per year now owed on the balance.")] = (
        None
    )
    rates: Annotated[tuple[InterestRate, ...], Meta(description="Every rate the contract names.")] = ()
    loan: Annotated[LoanTerms | None, Meta(description="Where the account is a loan.")] = None
    card: Annotated[CardTerms | None, Meta(description="Where the account is a credit card.")] = None
    deposits: Annotated[
        tuple[DepositTerms, ...], Meta(description="Where the account is a term deposit.")
    ] = ()


class DirectDebit(Record, frozen=True, kw_only=True):
    """An authorisation by which somebody else may debit an account."""

    account_id: Annotated[str, Meta(description="The account debited.", extra={"personal": True})]
    authorised_entity: Annotated[str | None, Meta(description="Who may debit.")] = None
    entity_identifiers: Annotated[
        tuple[Identifier, ...], Meta(description="Numbers that entity is registered under.")
    ] = ()
    financial_institution: Annotated[
        str | None, Meta(description="Institution through which the entity debits.")
    ] = None
    last_debit_at: Annotated[datetime | None, Meta(description="Last debit under it.")] = None
    last_debit_amount: Annotated[Money | None, Meta(description="Amount of the last debit.")] = None


class BankTransactionKind(enum.Enum):
    """What moved the money."""

    DIRECT_DEBIT = "DIRECT_DEBIT"
    """Collected by somebody the customer authorised."""
    FEE = "FEE"
    """Charged by the bank for its services."""
    INTEREST_CHARGED = "INTEREST_CHARGED"
    """Interest that the customer owes."""
    INTEREST_PAID = "INTEREST_PAID"
    """Interest that the customer earned."""
    PAYMENT = "PAYMENT"
    """To or from somebody else, such as a purchase or a bill."""
    TRANSFER_INCOMING = "TRANSFER_INCOMING"
    """Moved here from another account."""
    TRANSFER_OUTGOING = "TRANSFER_OUTGOING"
    """Moved from here to another account."""
    OTHER = "OTHER"


class TransactionStatus(enum.Enum):
    """Whether a transaction is final."""

    PENDING = "PENDING"
    """Authorised but not final; its amount may change, or it may vanish."""
    POSTED = "POSTED"
    """Final and in the balance."""
    OTHER = "OTHER"


class BankTransaction(Record, frozen=True, kw_only=True):
    """A movement on an account."""

    transaction_id: Annotated[
        str | None,
        Meta(
            description="The bank's id; null where it has none, as while pending.", extra={"personal": True}
        ),
    ] = None
    account_id: Annotated[str, Meta(description="The account it moved.", extra={"personal": True})]
    kind: Annotated[BankTransactionKind, Meta(description="What moved the money.")]
    status: Annotated[TransactionStatus, Meta(description="Pending or posted.")]
    description: Annotated[str, Meta(description="As on the statement.", extra={"personal": True})]
    reference: Annotated[
        str | None, Meta(description="Reference the ordering institution gave.", extra={"personal": True})
    ] = None
    amount: Annotated[Money, Meta(description="Negative for a debit.")]
    posted_at: Annotated[datetime | None, Meta(description="When it was posted.")] = None
    valued_at: Annotated[
        datetime | None, Meta(description="When the money became available, or ceased to be.")
    ] = None
    executed_at: Annotated[datetime | None, Meta(description="When the customer ordered it.")] = None
    merchant_name: Annotated[str | None, Meta(description="Merchant paid.")] = None
    merchant_category_code: Annotated[str | None, Meta(description="ISO 18245 code.")] = None
    biller_name: Annotated[str | None, Meta(description="Biller, of a bill paid through a scheme.")] = None
    biller_code: Annotated[str | None, Meta(description="The scheme's code of that biller.")] = None


class Account(Record, frozen=True, kw_only=True):
    """A bank account, card or loan."""

    account_id: Annotated[str, Meta(description="The bank's id of the account.", extra={"personal": True})]
    kind: Annotated[AccountKind, Meta(description="What the account is.")]
    display_name: Annotated[str, Meta(description="Name the bank shows for it.")]
    nickname: Annotated[
        str | None, Meta(description="Name the customer gave it.", extra={"personal": True})
    ] = None
    masked_number: Annotated[
        str, Meta(description="Account or card number, masked by the bank.", extra={"personal": True})
    ]
    product_name: Annotated[str, Meta(description="Product it was opened under.")]
    status: Annotated[AccountStatus | None, Meta(description="Open or closed.")] = None
    opened_on: Annotated[date | None, Meta(description="Date of opening.")] = None
    owned: Annotated[bool | None, Meta(description="Whether this customer is an owner.")] = None
    ownership: Annotated[AccountOwnership | None, Meta(description="How many parties own it.")] = None
    balance: Annotated[
        Balance | None,
        Meta(description="Balances at the moment of asking.", extra={"joined": "banking.balances"}),
    ] = None
    terms: Annotated[
        AccountTerms | None,
        Meta(description="Numbers, rates and terms.", extra={"joined": "banking.account_terms"}),
    ] = None
    direct_debits: Annotated[
        tuple[DirectDebit, ...],
        Meta(description="Authorised debits.", extra={"joined": "banking.direct_debits"}),
    ] = ()


KINDS = (
    Kind(name="banking.accounts", record=Account, identity="account_id", ttl=60),
    Kind(name="banking.balances", record=Balance),
    Kind(name="banking.account_terms", record=AccountTerms, ttl=300),
    Kind(name="banking.direct_debits", record=DirectDebit, ttl=60),
    Kind(name="banking.transactions", record=BankTransaction, identity="transaction_id", windowed=True),
)
