"""Accounts, balances and terms as the CDR writes them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from sandbox.partners.banking.books import LENDING, LOANS, Books
from sandbox.population.model import AccountType, BankAccount, EventKind

CATEGORIES = MappingProxyType(
    {
        AccountType.EVERYDAY: "TRANS_AND_SAVINGS_ACCOUNTS",
        AccountType.SAVINGS: "TRANS_AND_SAVINGS_ACCOUNTS",
        AccountType.TERM_DEPOSIT: "TERM_DEPOSITS",
        AccountType.CREDIT_CARD: "CRED_AND_CHRG_CARDS",
        AccountType.MORTGAGE: "RESIDENTIAL_MORTGAGES",
        AccountType.PERSONAL_LOAN: "PERS_LOANS",
    }
)

ALL_CATEGORIES = (
    "BUSINESS_LOANS",
    "BUY_NOW_PAY_LATER",
    "CRED_AND_CHRG_CARDS",
    "LEASES",
    "MARGIN_LOANS",
    "OVERDRAFTS",
    "PERS_LOANS",
    "REGULATED_TRUST_ACCOUNTS",
    "RESIDENTIAL_MORTGAGES",
    "TERM_DEPOSITS",
    "TRADE_FINANCE",
    "TRANS_AND_SAVINGS_ACCOUNTS",
    "TRAVEL_CARDS",
)
"""What the standard allows to be asked for; this bank has not all of them."""

_PRODUCTS = MappingProxyType(
    {
        AccountType.EVERYDAY: "Everyday Account",
        AccountType.SAVINGS: "Bonus Saver",
        AccountType.TERM_DEPOSIT: "Term Deposit",
        AccountType.CREDIT_CARD: "Low Rate Card",
        AccountType.MORTGAGE: "Home Loan",
        AccountType.PERSONAL_LOAN: "Personal Loan",
    }
)

_BSB_DIGITS = 6
"""A number begins with that of the bank and its branch."""
_LOWEST_PAYMENT = Decimal("25.00")
_LOWEST_SHARE = Decimal("0.02")
_CENT = Decimal("0.01")


def amount(value: Decimal) -> str:
    """An AmountString: two decimals, and never a negative zero."""
    return f"{value.quantize(_CENT) or Decimal('0.00'):f}"


def rate(value: Decimal) -> str:
    """A RateString: 1.0 is 100 %."""
    return f"{value:f}"


def account(books: Books, found: BankAccount) -> dict[str, Any]:
    """An account of the list."""
    product = _PRODUCTS[found.type]
    return {
        "accountId": found.id,
        "creationDate": found.opened.isoformat(),
        "displayName": product,
        "openStatus": "OPEN" if books.is_open(found) else "CLOSED",
        "isOwned": True,
        "accountOwnership": "TWO_PARTY" if found.joint else "ONE_PARTY",
        "maskedNumber": _masked(found),
        "productCategory": CATEGORIES[found.type],
        "productName": product,
        "isInstalmentDetailAvailable": False,
    }


def balance(books: Books, found: BankAccount) -> dict[str, Any]:
    """The balances of an account."""
    rendered = {
        "accountId": found.id,
        "currentBalance": amount(books.current(found)),
        "availableBalance": amount(books.available(found)),
        "currency": "AUD",
    }
    if found.limit is not None:
        rendered["creditLimit"] = amount(found.limit)
    return rendered


def detail(books: Books, found: BankAccount) -> dict[str, Any]:
    """An account with its contract."""
    return {**account(books, found), **_numbers(found), **_rates(found), **_specific(books, found)}


def _masked(found: BankAccount) -> str:
    """The number as it is printed, with all digits but the last four hidden."""
    if found.type is AccountType.CREDIT_CARD:
        return f"xxxx xxxx xxxx {found.number[-4:]}"
    hidden = len(found.number) - _BSB_DIGITS - 4
    return f"xxx-xxx {'x' * hidden}{found.number[-4:]}"


def _numbers(found: BankAccount) -> dict[str, Any]:
    if found.type is AccountType.CREDIT_CARD:
        return {}  # the number of a card is not given away
    return {"bsb": found.number[:_BSB_DIGITS], "accountNumber": found.number[_BSB_DIGITS:]}


def _rates(found: BankAccount) -> dict[str, Any]:
    current = rate(found.rate)
    applied = {"rate": current, "applicationType": "PERIODIC", "applicationFrequency": "P1M"}
    if found.type not in LENDING:
        kind = "FIXED" if found.type is AccountType.TERM_DEPOSIT else "VARIABLE"
        return {"depositRate": current, "depositRates": [{"depositRateType": kind, **applied}]}
    lending = {
        "lendingRateType": {
            AccountType.CREDIT_CARD: "PURCHASE",
            AccountType.MORTGAGE: "VARIABLE",
            AccountType.PERSONAL_LOAN: "FIXED",
        }[found.type],
        "repaymentType": "PRINCIPAL_AND_INTEREST" if found.type in LOANS else "UNCONSTRAINED",
        "loanPurpose": "OWNER_OCCUPIED" if found.type is AccountType.MORTGAGE else "UNCONSTRAINED",
    }
    return {"lendingRate": current, "lendingRates": [{**lending, **applied}]}


def _specific(books: Books, found: BankAccount) -> dict[str, Any]:
    if found.type in LOANS:
        return {"specificAccountUType": "loan", "loan": _loan(books, found)}
    if found.type is AccountType.CREDIT_CARD:
        return {"specificAccountUType": "creditCard", "creditCard": _card(books, found)}
    if found.type is AccountType.TERM_DEPOSIT:
        return {"specificAccountUType": "termDeposit", "termDeposit": [_deposit(found)]}
    return {}


def _loan(books: Books, found: BankAccount) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "originalStartDate": found.opened.isoformat(),
        "repaymentType": "PRINCIPAL_AND_INTEREST",
        "repaymentFrequency": "P1M",
        "offsetAccountEnabled": False,
    }
    if found.principal is not None:
        rendered |= {"originalLoanAmount": amount(found.principal), "originalLoanCurrency": "AUD"}
    if found.term_end is not None:
        rendered["loanEndDate"] = found.term_end.isoformat()
    instalment = books.last(found, EventKind.LOAN_INSTALMENT)
    if instalment is not None and books.current(found) < 0:
        rendered |= {
            "nextInstalmentDate": _next_month(instalment.event.at.date(), books.today).isoformat(),
            "minInstalmentAmount": amount(abs(instalment.amount)),
            "minInstalmentCurrency": "AUD",
        }
    return rendered


def _card(books: Books, found: BankAccount) -> dict[str, Any]:
    owed = max(-books.current(found), Decimal(0))
    payment = books.last(found, EventKind.CARD_PAYMENT)
    anchor = payment.event.at.date() if payment is not None else found.opened
    return {
        "minPaymentAmount": amount(min(owed, max(_LOWEST_PAYMENT, owed * _LOWEST_SHARE))),
        "paymentDueAmount": amount(owed),
        "paymentCurrency": "AUD",
        "paymentDueDate": _next_month(anchor, books.today).isoformat(),
    }


def _deposit(found: BankAccount) -> dict[str, Any]:
    matures = found.term_end or found.opened + timedelta(days=365)
    rendered = {
        "lodgementDate": found.opened.isoformat(),
        "maturityDate": matures.isoformat(),
        "maturityInstructions": "ROLLED_OVER",
    }
    if found.principal is not None:
        interest = found.principal * found.rate * (matures - found.opened).days / 365
        rendered |= {"maturityAmount": amount(found.principal + interest), "maturityCurrency": "AUD"}
    return rendered


def _next_month(anchor: date, today: date) -> date:
    """The first day after today that has the anchor's day of the month, or the 28th at the latest."""
    day = min(anchor.day, 28)
    if today.day < day:
        return today.replace(day=day)
    return (today.replace(day=28) + timedelta(days=4)).replace(day=day)
