"""Transactions and direct debits as the CDR writes them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.partners.banking.accounts import amount
from sandbox.partners.banking.books import Books, Entry
from sandbox.population.model import BankAccount, EventKind
from sandbox.population.numbers import uuid_of

_INSTITUTIONS = ("Harbour Mutual", "Southern Cross Credit Union", "Wattle Bank")
_DEBITS = frozenset({EventKind.PREMIUM_PAID, EventKind.RENT_OR_BILL})
_TRANSFERS = frozenset(
    {EventKind.SALARY, EventKind.TRANSFER, EventKind.CARD_PAYMENT, EventKind.LOAN_INSTALMENT}
)


def transaction(entry: Entry) -> dict[str, Any]:
    """A line of an account."""
    event, posted = entry.event, entry.posted_at
    executed = moment(event.at)
    rendered: dict[str, Any] = {
        "accountId": entry.account.id,
        "isDetailAvailable": False,
        "type": _type(entry),
        "status": "PENDING" if posted is None else "POSTED",
        "description": event.text or _WORDS.get(event.kind, "Transaction"),
        "executionDateTime": executed,
        "amount": amount(entry.amount),
        "currency": "AUD",
        "reference": "",
    }
    if posted is not None:
        rendered |= {
            # One event may stand on two accounts.
            "transactionId": uuid_of("transaction", event.id, entry.account.id),
            "postingDateTime": executed if posted is event.at else moment(posted),
            "valueDateTime": executed,
        }
    if event.kind is EventKind.CARD_PURCHASE and event.text:
        rendered["merchantName"] = event.text
        if "mcc" in event.detail:
            rendered["merchantCategoryCode"] = event.detail["mcc"]
    return rendered


def direct_debits(books: Books, accounts: Iterable[BankAccount]) -> list[dict[str, Any]]:
    """Who debits these accounts, each with the last time they did."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for account in accounts:
        for entry in books.entries(account):
            name = entry.event.text
            if entry.event.kind not in _DEBITS or not name or (account.id, name) in found:
                continue
            found[account.id, name] = {
                "accountId": account.id,
                "authorisedEntity": {
                    "description": name,
                    "financialInstitution": _INSTITUTIONS[zlib.crc32(name.encode()) % len(_INSTITUTIONS)],
                },
                "lastDebitDateTime": moment(entry.effective_at),
                "lastDebitAmount": amount(abs(entry.amount)),
            }
    return list(found.values())


def moment(at: datetime) -> str:
    """A DateTimeString in UTC."""
    return f"{at.astimezone(UTC).isoformat()[:-6]}Z"


_WORDS = {
    EventKind.FEE: "Account fee",
    EventKind.INTEREST: "Interest",
    EventKind.SALARY: "Salary",
    EventKind.TRANSFER: "Transfer",
    EventKind.CARD_PAYMENT: "Card payment",
    EventKind.LOAN_INSTALMENT: "Loan repayment",
}


def _type(entry: Entry) -> str:
    incoming = entry.amount >= 0
    kind = entry.event.kind
    if kind in _DEBITS:
        return "DIRECT_DEBIT"
    if kind in _TRANSFERS:
        return "TRANSFER_INCOMING" if incoming else "TRANSFER_OUTGOING"
    if kind is EventKind.INTEREST:
        return "INTEREST_PAID" if incoming else "INTEREST_CHARGED"
    return {EventKind.CARD_PURCHASE: "PAYMENT", EventKind.FEE: "FEE"}.get(kind, "OTHER")
