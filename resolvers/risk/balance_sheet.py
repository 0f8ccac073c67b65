"""What a customer owns and owes, from the partners' live records, in one currency.

    assets = deposits + securities + mathematical reserves of the policies in force
    default point = debts due within a year + half of the later ones

No published API tells what a home is worth. A mortgage counts among the later debts all the same, and is kept
apart, so that whoever reads the result sees what it would be if the home covers its mortgage. Of surrender
values the insurers' API gives the mathematical reserve, before any charge for surrendering.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from c360.records.banking import Account, AccountKind, AccountTerms, Balance
from c360.records.brokerage import InstrumentKind, Position
from c360.records.insurance import Policy
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.groups.insurance import in_force
from resolvers.money import scaled
from resolvers.needs import needs
from resolvers.risk.markets import AssetClass, volatility

Convert = Callable[[float, str], float | None]
"""An amount of a currency in the hub's own; none where no rate is known."""

HORIZON = timedelta(days=365)


class DebtTerm(enum.Enum):
    """When a debt is due."""

    SHORT = "SHORT"
    """At any time or within a year: cards, overdrafts, loans that end by then."""
    LONG = "LONG"
    """Later."""
    MORTGAGE = "MORTGAGE"
    """Later, and secured by a home that no published API values."""

    # Identity tells members apart; an enum's own hash reads the name each time.
    __hash__ = object.__hash__


class Item(NamedTuple):
    """One line of the balance sheet."""

    connector: str
    kind: str
    """Kind of the record that tells it."""
    amount: float
    """In the hub's own currency; below 0 where it is owed."""
    asset: AssetClass
    """What it is, where it is owned."""
    due: DebtTerm
    """When it is due, where it is owed."""
    terms: AccountTerms | None
    """What the bank and the customer agreed, where it is owed."""


class BalanceSheet(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Both sides."""

    lines: tuple[tuple[str, str, float, AssetClass, DebtTerm, AccountTerms | None], ...]
    """Line by line, as the values of :class:`Item`: a score adds them up, and seldom shows them."""
    assets: float
    """All that is owned."""
    owned: Mapping[AssetClass, float]
    """The same by class."""
    short_term: float
    long_term: float
    """Due later, mortgages included."""
    mortgages: float
    assets_unconverted: tuple[str, ...] = ()
    """Currencies without a rate in which something is owned, which is left out."""
    debts_unconverted: tuple[str, ...] = ()
    """Currencies without a rate in which something is owed, which is left out."""

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Line by line."""
        return tuple(map(Item._make, self.lines))

    @property
    def volatility(self) -> float:
        """Of the assets, a year."""
        return volatility(self.owned)

    @property
    def unsecured(self) -> float:
        """All that is owed but the mortgages."""
        return self.short_term + self.long_term - self.mortgages

    def default_point(self, long_term_share: float) -> float:
        """What assets have to cover."""
        return self.short_term + long_term_share * self.long_term


_LATER: Mapping[AccountKind, DebtTerm] = MappingProxyType(
    {
        AccountKind.MORTGAGE: DebtTerm.MORTGAGE,
        AccountKind.LOAN: DebtTerm.LONG,
        AccountKind.BUSINESS_LOAN: DebtTerm.LONG,
        AccountKind.LEASE: DebtTerm.LONG,
    }
)
"""What is owed for years, unless its terms say that it ends sooner. Any other debt counts as due: a margin
loan, since it can be called; and what is owed on an account whose kind is not known, so that a bank that
tells less makes nobody look safer."""
_CLASS_OF: Mapping[InstrumentKind, AssetClass] = MappingProxyType(
    {
        InstrumentKind.CASH: AssetClass.DEPOSITS,
        InstrumentKind.EQUITY: AssetClass.SHARES,
        InstrumentKind.INDEX: AssetClass.SHARES,
        InstrumentKind.BOND: AssetClass.BONDS,
        InstrumentKind.MORTGAGE: AssetClass.BONDS,
        InstrumentKind.CREDIT: AssetClass.BONDS,
        InstrumentKind.FUND: AssetClass.FUNDS,
        InstrumentKind.DERIVATIVE: AssetClass.DERIVATIVES,
        InstrumentKind.MONEY_MARKET: AssetClass.MONEY_MARKET,
        InstrumentKind.COMMODITY: AssetClass.COMMODITIES,
        InstrumentKind.CRYPTO_ASSET: AssetClass.CRYPTO,
    }
)

ACCOUNTS, BALANCES, TERMS = "banking.accounts", "banking.balances", "banking.account_terms"
POSITIONS, POLICIES = "brokerage.positions", "insurance.policies"
KINDS = (ACCOUNTS, BALANCES, TERMS, POSITIONS, POLICIES)
"""Kinds of record that a balance sheet is made of."""


@needs(*KINDS)
def balance_sheet(records: Records, convert: Convert) -> BalanceSheet:
    """What a customer owns and owes, as the records say."""
    lines = []
    without_rate: list[tuple[float, str]] = []
    assets = short = long = mortgages = 0.0
    owned: dict[AssetClass, float] = {}
    for connector, kind, money, asset, due, terms in _entries(records):
        stated = float(money.amount)
        if not stated:
            continue
        amount = convert(stated, money.currency)
        if amount is None:
            without_rate.append((stated, money.currency))
            continue
        lines.append((connector, kind, amount, asset, due, terms))
        if amount > 0:
            assets += amount
            owned[asset] = owned.get(asset, 0.0) + amount
        elif due is DebtTerm.SHORT:
            short -= amount
        else:
            long -= amount
            if due is DebtTerm.MORTGAGE:
                mortgages -= amount
    return BalanceSheet(
        lines=tuple(lines),
        assets=assets,
        owned=owned,
        short_term=short,
        long_term=long,
        mortgages=mortgages,
        assets_unconverted=tuple(sorted({currency for amount, currency in without_rate if amount > 0})),
        debts_unconverted=tuple(sorted({currency for amount, currency in without_rate if amount < 0})),
    )


_Entry = tuple[str, str, Money, AssetClass, DebtTerm, AccountTerms | None]
"""An item before its amount is converted."""


def _entries(records: Records) -> Iterator[_Entry]:
    balances = records.of(BALANCES, Balance)
    if balances:
        yield from _at_banks(records, balances)
    for position in records.of(POSITIONS, Position):
        instrument = position.instrument
        asset = _CLASS_OF.get(instrument, AssetClass.OTHER)
        due = DebtTerm.MORTGAGE if instrument is InstrumentKind.MORTGAGE else DebtTerm.SHORT
        yield position.connector, POSITIONS, position.value, asset, due, None
    today = records.today
    for policy in records.of(POLICIES, Policy):
        if policy.reserve is not None and in_force(policy, today):
            yield policy.connector, POLICIES, policy.reserve, AssetClass.RESERVES, DebtTerm.SHORT, None


def _at_banks(records: Records, balances: tuple[Balance, ...]) -> Iterator[_Entry]:
    kinds = {(one.connector, one.account_id): one.kind for one in records.of(ACCOUNTS, Account)}
    agreed: dict[tuple[str, str], AccountTerms] | None = None
    for balance in balances:
        place = (balance.connector, balance.account_id)
        kind = kinds.get(place)
        if kind is AccountKind.TRUST_ACCOUNT:
            continue  # held for others
        due, terms = DebtTerm.SHORT, None
        if balance.current.amount < 0:
            agreed = _agreed(records) if agreed is None else agreed
            terms = agreed.get(place)
            due = _due(kind, terms, records.today)
        yield balance.connector, BALANCES, balance.current, AssetClass.DEPOSITS, due, terms
        for purse in balance.purses:
            yield balance.connector, BALANCES, purse, AssetClass.DEPOSITS, due, None


def _agreed(records: Records) -> dict[tuple[str, str], AccountTerms]:
    terms = records.of(TERMS, AccountTerms)
    return {(one.connector, one.account_id): one for one in terms}


def _due(kind: AccountKind | None, terms: AccountTerms | None, today: date) -> DebtTerm:
    """When a debt on an account is due. What is overdrawn on an everyday account is due at once."""
    later = _LATER.get(kind) if kind is not None else None
    if later is None:
        return DebtTerm.SHORT
    ends_on = None if terms is None or terms.loan is None else terms.loan.ends_on
    return DebtTerm.SHORT if ends_on is not None and ends_on <= today + HORIZON else later


_A_YEAR = MappingProxyType({"P1W": 52, "P7D": 52, "P2W": 26, "P14D": 26, "P3M": 4, "P6M": 2, "P1Y": 1})
"""Repayments a year by their frequency; twelve where it is another one, or none is told."""


def monthly(terms: AccountTerms) -> Money | None:
    """What a loan or a card takes a month, as the bank says."""
    if terms.card is not None:
        return terms.card.minimum_payment
    if terms.loan is None or terms.loan.minimum_instalment is None:
        return None
    yearly = _A_YEAR.get(terms.loan.repayment_frequency or "", 12)
    return scaled(terms.loan.minimum_instalment, yearly, 12)
