"""What a customer spends by card, has and owes at banks. Pure.

A joint account counts in full for each of its owners; one that the customer does not own counts for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from c360.records.banking import (
    Account,
    AccountKind,
    AccountStatus,
    AccountTerms,
    Balance,
    BankTransaction,
    BankTransactionKind,
    TransactionStatus,
)
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.money import negated
from resolvers.needs import needs
from resolvers.summaries.figures import Figures, amounts, count, day, day_of, joined
from resolvers.summaries.measures import Figure, Line, Measure
from resolvers.summaries.purchases import Purchase, purchases

CARDS = frozenset({AccountKind.CREDIT_CARD, AccountKind.TRAVEL_CARD, AccountKind.BUY_NOW_PAY_LATER})
"""Accounts that are there to buy with."""
EVERYDAY = frozenset({AccountKind.TRANSACTION})
DEPOSITS = frozenset(
    {AccountKind.TRANSACTION, AccountKind.TERM_DEPOSIT, AccountKind.TRAVEL_CARD, AccountKind.OTHER}
)
"""Money held for others in trust is not the customer's."""
LENDING = frozenset(
    {
        AccountKind.OVERDRAFT,
        AccountKind.MORTGAGE,
        AccountKind.LOAN,
        AccountKind.BUSINESS_LOAN,
        AccountKind.MARGIN_LOAN,
        AccountKind.LEASE,
        AccountKind.TRADE_FINANCE,
    }
)
"""Contracts of lending; cards are counted in their own line."""
REVOLVING = CARDS | EVERYDAY | {AccountKind.OVERDRAFT}
"""Accounts whose limit can be drawn on again and again."""
CASH_LIKE = frozenset({"4829", "6010", "6011", "6012", "6051", "6538", "6540"})
"""Merchant categories (ISO 18245) of cash, transfers and stored value: money that is moved, not spent."""


def owned(records: Records) -> dict[str, Account]:
    """The customer's own accounts, by id; where the bank does not say whose it is, it is theirs."""
    return {one.account_id: one for one in records.of("banking.accounts", Account) if one.owned is not False}


def is_purchase(found: BankTransaction, account: Account) -> bool:
    """Whether something was bought, or given back: on a card, or at a merchant with a debit card.

    Transfers, salaries, bills paid from an account, cash, interest and fees are none.
    """
    if found.status is not TransactionStatus.POSTED or found.merchant_category_code in CASH_LIKE:
        return False
    named = found.merchant_name is not None or found.merchant_category_code is not None
    if found.kind is BankTransactionKind.PAYMENT:
        return named or (account.kind in CARDS and found.amount.amount < 0)
    if account.kind in CARDS and found.kind is BankTransactionKind.DIRECT_DEBIT:
        return found.amount.amount < 0
    return named and account.kind in CARDS and found.kind is BankTransactionKind.OTHER


@needs("banking.accounts", "banking.transactions")
def cards(records: Records) -> Figures:
    """Spending by credit and debit card, on the day it was ordered, and the cards there are."""
    accounts = {key: one for key, one in owned(records).items() if one.kind in CARDS | EVERYDAY}
    if not accounts:
        return ()
    found = [
        Purchase(on=on, amount=negated(one.amount))
        for one in records.of("banking.transactions", BankTransaction)
        if one.account_id in accounts and is_purchase(one, accounts[one.account_id])
        if (on := day_of(one.executed_at or one.posted_at)) is not None
    ]
    held = sum(one.kind in CARDS and _open(one) for one in accounts.values())
    return joined(purchases(Line.CARDS, found, records.today), count(Line.CARDS, Measure.CONTRACTS, held))


@needs("banking.accounts", "banking.balances")
def balances(records: Records) -> Figures:
    """What lies at the bank and what is owed to it, now; an overpaid card is money that lies there."""
    accounts = owned(records)
    known = _balances(records, accounts)
    mine = [one for one in known if accounts[one.account_id].kind is not AccountKind.TRUST_ACCOUNT]
    amount = [each for one in mine for each in (one.current, *one.purses)]
    limited = [one for one in mine if _limit(one) and accounts[one.account_id].kind in REVOLVING]
    owed = [negated(each) for each in amount if each.amount < 0]
    lending = [one for one in accounts.values() if one.kind in LENDING]
    found: list[Figures] = []
    if any(one.kind in DEPOSITS for one in accounts.values()):
        found += [
            amounts(Line.DEPOSITS, Measure.BALANCE, [each for each in amount if each.amount > 0]),
            _contracts(Line.DEPOSITS, [one for one in accounts.values() if one.kind in DEPOSITS - CARDS]),
        ]
    if owed or lending or limited:
        found += [
            amounts(Line.LENDING, Measure.BALANCE, owed),
            _contracts(Line.LENDING, lending),
        ]
    if limited:
        used = [max(negated(one.current), _zero(one.current), key=_size) for one in limited]
        found += [
            amounts(Line.LENDING, Measure.CREDIT_LIMIT, [one.credit_limit for one in limited]),
            amounts(Line.LENDING, Measure.CREDIT_USED, used),
        ]
    return joined(*found)


@needs("banking.accounts", "banking.balances", "banking.account_terms")
def terms(records: Records) -> Figures:
    """Interest by balance, and for how long what was due by now has not been paid."""
    accounts = owned(records)
    known = _balances(records, accounts)
    contracts = {one.account_id: one for one in records.of("banking.account_terms", AccountTerms)}
    earned: list[tuple[Money, Decimal | None]] = []
    owed: list[tuple[Money, Decimal | None]] = []
    late: list[int] = []
    for one in known:
        contract = contracts.get(one.account_id)
        if contract is None:
            continue
        if one.current.amount < 0:
            owed.append((negated(one.current), contract.lending_rate))
            late += _overdue(contract, records.today)
        else:
            earned.append((one.current, contract.deposit_rate))
    return joined(
        _rate(Line.DEPOSITS, earned),
        _rate(Line.LENDING, owed),
        count(Line.LENDING, Measure.ARREARS_DAYS, max(late)) if late else (),
    )


def _contracts(line: Line, accounts: Sequence[Account]) -> Figures:
    first = min((one.opened_on for one in accounts if one.opened_on is not None), default=None)
    return joined(
        count(line, Measure.CONTRACTS, sum(map(_open, accounts))), day(line, Measure.FIRST_ON, first)
    )


def _overdue(contract: AccountTerms, today: date) -> Iterable[int]:
    """Days since the next payment of a contract was due; a bank moves the date on when it was made."""
    if contract.card is not None and contract.card.minimum_payment.amount > 0:
        yield max(0, (today - contract.card.due_on).days)
    loan = contract.loan
    if loan is not None and loan.next_instalment_on is not None:
        yield max(0, (today - loan.next_instalment_on).days)


def _rate(line: Line, found: Sequence[tuple[Money, Decimal | None]]) -> Figures:
    """The mean rate by balance. Amounts of the currency most of the accounts are in count."""
    rated = [(money, rate) for money, rate in found if rate is not None and money.amount > 0]
    currencies = sorted({money.currency for money, _ in rated})
    if not currencies:
        return ()
    main = max(currencies, key=lambda code: sum(money.currency == code for money, _ in rated))
    mine = [(money.amount, rate) for money, rate in rated if money.currency == main]
    weight = sum((amount for amount, _ in mine), Decimal(0))
    percent = sum((amount * rate for amount, rate in mine), Decimal(0)) / weight
    return (Figure(line=line, measure=Measure.INTEREST_RATE, value=float(percent / 100)),)


def _balances(records: Records, accounts: dict[str, Account]) -> list[Balance]:
    found = records.of("banking.balances", Balance)
    return [one for one in found if one.account_id in accounts and _open(accounts[one.account_id])]


def _open(account: Account) -> bool:
    return account.status is not AccountStatus.CLOSED


def _limit(balance: Balance) -> bool:
    return balance.credit_limit is not None and balance.credit_limit.amount > 0


def _zero(money: Money) -> Money:
    return Money(amount=Decimal(0), currency=money.currency)


def _size(money: Money) -> Decimal:
    return money.amount
