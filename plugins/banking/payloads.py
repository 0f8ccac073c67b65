"""The parts of the CDR's payloads that are used, as they stand on the wire.

Enums stay texts here, so that a value added to the standard later does not spoil an answer; amounts
and rates stay texts, since a JSON text is how the standard keeps them exact. What the standard calls
optional may be missing or null.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with its offset, which the standard demands."""


class Wire(msgspec.Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """Base of the payloads; unknown fields are ignored."""


T = TypeVar("T")


class Links(Wire, frozen=True, kw_only=True):
    """Where the neighbours of a page are."""

    next: str | None = None


class Answer(Wire, Generic[T], frozen=True, kw_only=True):
    """Every answer: data, and for a page of a list the way to the next."""

    data: T
    links: Links = Links()


class Fault(Wire, frozen=True, kw_only=True):
    """One error. Only the code is read: the texts beside it may be personal."""

    code: str = ""
    meta: FaultMeta | None = None


class FaultMeta(Wire, frozen=True, kw_only=True):
    """Present where the code is the bank's own."""

    urn: str | None = None
    """The standard's code that the bank's own one extends."""


class Faults(Wire, frozen=True, kw_only=True):
    """Body of an error answer."""

    errors: tuple[Fault, ...] = ()


class SimpleAddress(Wire, frozen=True, kw_only=True):
    """An address as lines."""

    address_line1: str | None = None
    address_line2: str | None = None
    address_line3: str | None = None
    postcode: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


class PafAddress(Wire, frozen=True, kw_only=True):
    """An address in the parts of Australia Post's address file."""

    thoroughfare_number1: int | None = None
    thoroughfare_number1_suffix: str | None = None
    thoroughfare_number2: int | None = None
    thoroughfare_number2_suffix: str | None = None
    flat_unit_type: str | None = None
    flat_unit_number: str | None = None
    floor_level_type: str | None = None
    floor_level_number: str | None = None
    lot_number: str | None = None
    building_name1: str | None = None
    building_name2: str | None = None
    street_name: str | None = None
    street_type: str | None = None
    street_suffix: str | None = None
    postal_delivery_type: str | None = None
    postal_delivery_number: int | None = None
    postal_delivery_number_prefix: str | None = None
    postal_delivery_number_suffix: str | None = None
    locality_name: str | None = None
    postcode: str | None = None
    state: str | None = None


class PhysicalAddress(Wire, frozen=True, kw_only=True):
    """An address in one of the two forms."""

    purpose: str | None = None
    simple: SimpleAddress | None = None
    paf: PafAddress | None = None


class PhoneNumber(Wire, frozen=True, kw_only=True):
    """A phone number, whole and in parts."""

    is_preferred: bool | None = None
    country_code: str | None = None
    area_code: str | None = None
    number: str | None = None
    full_number: str | None = None


class EmailAddress(Wire, frozen=True, kw_only=True):
    """An e-mail address."""

    is_preferred: bool | None = None
    address: str


class Person(Wire, frozen=True, kw_only=True):
    """A human customer."""

    last_update_time: Moment | None = None
    first_name: str | None = None
    last_name: str | None = None
    middle_names: tuple[str, ...] | None = None
    phone_numbers: tuple[PhoneNumber, ...] | None = None
    email_addresses: tuple[EmailAddress, ...] | None = None
    physical_addresses: tuple[PhysicalAddress, ...] | None = None


class Organisation(Wire, frozen=True, kw_only=True):
    """A customer that is not a human being."""

    last_update_time: Moment | None = None
    business_name: str
    legal_name: str | None = None
    abn: str | None = None
    acn: str | None = None
    physical_addresses: tuple[PhysicalAddress, ...] | None = None


class Customer(Wire, frozen=True, kw_only=True):
    """Who granted the consent."""

    person: Person | None = None
    organisation: Organisation | None = None


class Account(Wire, frozen=True, kw_only=True):
    """An account in the list."""

    account_id: str
    creation_date: date | None = None
    display_name: str
    nickname: str | None = None
    open_status: str | None = None
    is_owned: bool | None = None
    account_ownership: str | None = None
    masked_number: str
    product_category: str
    product_name: str


class Accounts(Wire, frozen=True, kw_only=True):
    """A page of accounts."""

    accounts: tuple[Account, ...]


class Purse(Wire, frozen=True, kw_only=True):
    """A balance in a further currency."""

    amount: str
    currency: str | None = None


class Balance(Wire, frozen=True, kw_only=True):
    """The balances of an account."""

    account_id: str
    current_balance: str
    available_balance: str | None = None
    credit_limit: str | None = None
    amortised_limit: str | None = None
    currency: str | None = None
    purses: tuple[Purse, ...] | None = None


class Balances(Wire, frozen=True, kw_only=True):
    """A page of balances."""

    balances: tuple[Balance, ...]


class TermDeposit(Wire, frozen=True, kw_only=True):
    """One term of a term deposit."""

    lodgement_date: date
    maturity_date: date
    maturity_amount: str | None = None
    maturity_currency: str | None = None
    maturity_instructions: str | None = None


class CreditCard(Wire, frozen=True, kw_only=True):
    """What is due on a card."""

    min_payment_amount: str
    payment_due_amount: str
    payment_currency: str | None = None
    payment_due_date: date


class Loan(Wire, frozen=True, kw_only=True):
    """Terms of a loan."""

    original_start_date: date | None = None
    original_loan_amount: str | None = None
    original_loan_currency: str | None = None
    loan_end_date: date | None = None
    next_instalment_date: date | None = None
    min_instalment_amount: str | None = None
    min_instalment_currency: str | None = None
    max_redraw: str | None = None
    max_redraw_currency: str | None = None
    offset_account_ids: tuple[str, ...] | None = None
    repayment_type: str | None = None
    repayment_frequency: str | None = None


class DepositRate(Wire, frozen=True, kw_only=True):
    """A rate at which interest is earned."""

    deposit_rate_type: str
    rate: str


class LendingRate(Wire, frozen=True, kw_only=True):
    """A rate at which interest is owed."""

    lending_rate_type: str
    rate: str
    comparison_rate: str | None = None


class AccountDetail(Wire, frozen=True, kw_only=True):
    """An account in detail: what the list does not have."""

    account_id: str
    bsb: str | None = None
    account_number: str | None = None
    bundle_name: str | None = None
    term_deposit: tuple[TermDeposit, ...] | None = None
    credit_card: CreditCard | None = None
    loan: Loan | None = None
    deposit_rate: str | None = None
    lending_rate: str | None = None
    deposit_rates: tuple[DepositRate, ...] | None = None
    lending_rates: tuple[LendingRate, ...] | None = None


class AuthorisedEntity(Wire, frozen=True, kw_only=True):
    """Who may debit."""

    description: str | None = None
    financial_institution: str | None = None
    abn: str | None = None
    acn: str | None = None
    arbn: str | None = None


class DirectDebit(Wire, frozen=True, kw_only=True):
    """An authorisation to debit."""

    account_id: str
    authorised_entity: AuthorisedEntity
    last_debit_date_time: Moment | None = None
    last_debit_amount: str | None = None


class DirectDebits(Wire, frozen=True, kw_only=True):
    """A page of authorisations to debit."""

    direct_debit_authorisations: tuple[DirectDebit, ...]


class Transaction(Wire, frozen=True, kw_only=True):
    """A movement on an account."""

    account_id: str
    transaction_id: str | None = None
    type: str
    status: str
    description: str
    posting_date_time: Moment | None = None
    value_date_time: Moment | None = None
    execution_date_time: Moment | None = None
    amount: str
    currency: str | None = None
    reference: str | None = None
    merchant_name: str | None = None
    merchant_category_code: str | None = None
    biller_code: str | None = None
    biller_name: str | None = None


class Transactions(Wire, Generic[T], frozen=True, kw_only=True):
    """A page of movements, each whole or with the fields that are wanted of it."""

    transactions: tuple[T, ...]
