"""Accounts and what hangs on them: from the wire to records. Pure functions.

Each raises :class:`~c360.errors.PartnerFault` where an amount, a rate or a currency is not one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from types import MappingProxyType

from c360.converters import one_of
from c360.mapping import Mapping, field
from c360.records.banking import (
    Account,
    AccountKind,
    AccountOwnership,
    AccountStatus,
    AccountTerms,
    Balance,
    BankTransaction,
    BankTransactionKind,
    CardTerms,
    DepositTerms,
    DirectDebit,
    InterestRate,
    LoanTerms,
    MaturityInstruction,
    RateBasis,
    RateKind,
    RepaymentType,
    TransactionStatus,
)
from plugins.banking import payloads as wire
from plugins.banking.party_mapping import business_numbers
from plugins.banking.scalars import (
    filled,
    money,
    optional_money,
    optional_percentage,
    percentage,
)

ACCOUNT_KINDS = MappingProxyType(
    {
        "TRANS_AND_SAVINGS_ACCOUNTS": AccountKind.TRANSACTION,
        "TERM_DEPOSITS": AccountKind.TERM_DEPOSIT,
        "TRAVEL_CARDS": AccountKind.TRAVEL_CARD,
        "REGULATED_TRUST_ACCOUNTS": AccountKind.TRUST_ACCOUNT,
        "CRED_AND_CHRG_CARDS": AccountKind.CREDIT_CARD,
        "BUY_NOW_PAY_LATER": AccountKind.BUY_NOW_PAY_LATER,
        "OVERDRAFTS": AccountKind.OVERDRAFT,
        "RESIDENTIAL_MORTGAGES": AccountKind.MORTGAGE,
        "PERS_LOANS": AccountKind.LOAN,
        "BUSINESS_LOANS": AccountKind.BUSINESS_LOAN,
        "MARGIN_LOANS": AccountKind.MARGIN_LOAN,
        "LEASES": AccountKind.LEASE,
        "TRADE_FINANCE": AccountKind.TRADE_FINANCE,
    }
)
"""The standard's product categories."""

_account_status = one_of(AccountStatus)
_ownership = one_of(AccountOwnership)
_repayment = one_of(RepaymentType)
_maturity = one_of(MaturityInstruction)
_rate_kind = one_of(RateKind)


def account(found: wire.Account) -> Account:
    """An account of the list. Absent means open and owned, says the standard."""
    return Account(
        account_id=found.account_id,
        kind=ACCOUNT_KINDS.get(found.product_category, AccountKind.OTHER),
        display_name=found.display_name,
        nickname=found.nickname or None,
        masked_number=found.masked_number,
        product_name=found.product_name,
        status=_account_status(found.open_status or "OPEN"),
        opened_on=found.creation_date,
        owned=True if found.is_owned is None else found.is_owned,
        ownership=_ownership(found.account_ownership) if found.account_ownership else None,
    )


def balance(found: wire.Balance) -> Balance:
    """The balances of an account, all in its own currency but for the purses."""
    currency = found.currency
    return Balance(
        account_id=found.account_id,
        current=money(found.current_balance, currency, "currentBalance"),
        available=optional_money(found.available_balance, currency, "availableBalance"),
        credit_limit=optional_money(found.credit_limit, currency, "creditLimit"),
        amortised_limit=optional_money(found.amortised_limit, currency, "amortisedLimit"),
        purses=tuple(money(purse.amount, purse.currency, "purses") for purse in found.purses or ()),
    )


def account_terms(found: wire.AccountDetail) -> AccountTerms:
    """What the detail of an account says beyond the list."""
    return AccountTerms(
        account_id=found.account_id,
        branch_code=found.bsb or None,
        account_number=found.account_number or None,
        bundle_name=found.bundle_name or None,
        deposit_rate=optional_percentage(found.deposit_rate, "depositRate"),
        lending_rate=optional_percentage(found.lending_rate, "lendingRate"),
        rates=(*_deposit_rates(found.deposit_rates or ()), *_lending_rates(found.lending_rates or ())),
        loan=None if found.loan is None else _loan(found.loan),
        card=None if found.credit_card is None else _card(found.credit_card),
        deposits=tuple(_deposit(term) for term in found.term_deposit or ()),
    )


def direct_debit(found: wire.DirectDebit) -> DirectDebit:
    """An authorisation to debit; its amounts have no currency of their own, so the default holds."""
    entity = found.authorised_entity
    return DirectDebit(
        account_id=found.account_id,
        authorised_entity=entity.description or None,
        entity_identifiers=business_numbers(abn=entity.abn, acn=entity.acn, arbn=entity.arbn),
        financial_institution=entity.financial_institution or None,
        last_debit_at=found.last_debit_date_time,
        last_debit_amount=optional_money(found.last_debit_amount, None, "lastDebitAmount"),
    )


TRANSACTION = Mapping(
    wire.Transaction,
    BankTransaction,
    transaction_id=field("transaction_id", to=filled),
    account_id="account_id",
    kind=field("type", to=one_of(BankTransactionKind)),
    status=field("status", to=one_of(TransactionStatus)),
    description="description",
    reference=field("reference", to=filled),
    amount=field("amount", "currency", to=partial(money, field="amount"), spared=("currency",)),
    posted_at="posting_date_time",
    valued_at="value_date_time",
    executed_at="execution_date_time",
    merchant_name=field("merchant_name", to=filled),
    merchant_category_code=field("merchant_category_code", to=filled),
    biller_name=field("biller_name", to=filled),
    biller_code=field("biller_code", to=filled),
)
"""A movement on an account."""

MOVEMENT = frozenset({"transaction_id", "posted_at", "executed_at"})
"""Fields by which movements are told apart and put in order, whatever is wanted of them."""


def newest_first(transactions: Iterable[BankTransaction]) -> tuple[BankTransaction, ...]:
    """Transactions by their effective time, those that have none yet before all others."""

    def recency(found: BankTransaction) -> tuple[int, float]:
        effective: datetime | None = found.posted_at or found.executed_at
        return (0, 0.0) if effective is None else (1, -effective.timestamp())

    return tuple(sorted(transactions, key=recency))


def _loan(found: wire.Loan) -> LoanTerms:
    return LoanTerms(
        started_on=found.original_start_date,
        ends_on=found.loan_end_date,
        original_amount=optional_money(
            found.original_loan_amount, found.original_loan_currency, "originalLoanAmount"
        ),
        next_instalment_on=found.next_instalment_date,
        minimum_instalment=optional_money(
            found.min_instalment_amount, found.min_instalment_currency, "minInstalmentAmount"
        ),
        repayment=_repayment(found.repayment_type) if found.repayment_type else None,
        repayment_frequency=found.repayment_frequency or None,
        maximum_redraw=optional_money(found.max_redraw, found.max_redraw_currency, "maxRedraw"),
        offset_account_ids=found.offset_account_ids or (),
    )


def _card(found: wire.CreditCard) -> CardTerms:
    return CardTerms(
        minimum_payment=money(found.min_payment_amount, found.payment_currency, "minPaymentAmount"),
        payment_due=money(found.payment_due_amount, found.payment_currency, "paymentDueAmount"),
        due_on=found.payment_due_date,
    )


def _deposit(found: wire.TermDeposit) -> DepositTerms:
    instruction = found.maturity_instructions
    return DepositTerms(
        lodged_on=found.lodgement_date,
        matures_on=found.maturity_date,
        maturity_amount=optional_money(found.maturity_amount, found.maturity_currency, "maturityAmount"),
        at_maturity=_maturity(instruction) if instruction else None,
    )


def _deposit_rates(found: Iterable[wire.DepositRate]) -> Iterable[InterestRate]:
    for rate in found:
        yield InterestRate(
            basis=RateBasis.DEPOSIT,
            kind=_rate_kind(rate.deposit_rate_type),
            rate=percentage(rate.rate, "depositRates"),
        )


def _lending_rates(found: Iterable[wire.LendingRate]) -> Iterable[InterestRate]:
    for rate in found:
        yield InterestRate(
            basis=RateBasis.LENDING,
            kind=_rate_kind(rate.lending_rate_type),
            rate=percentage(rate.rate, "lendingRates"),
            comparison_rate=optional_percentage(rate.comparison_rate, "comparisonRate"),
        )
