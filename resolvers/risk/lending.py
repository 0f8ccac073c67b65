"""The rules by which a loan is offered: a company's own, as data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from resolvers.risk.balance_sheet import BalanceSheet, Convert, DebtTerm, monthly
from resolvers.risk.bands import RiskBand


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a band of risk may borrow without security."""

    rate: float
    """Interest a year, nominal, paid monthly."""
    burden: float
    """Share of income that all instalments together may take."""
    months_of_income: float
    """Most that all debts without security may come to, in months of income."""


class LendingRules(msgspec.Struct, frozen=True, kw_only=True):
    """Which loans there are, and for whom."""

    shortest: int = 3
    """Months."""
    longest: int = 84
    """Months."""
    least: float = 500.0
    """In the hub's own currency."""
    most: float = 100_000.0
    """Without security, in the hub's own currency."""
    unsecured: Mapping[RiskBand, Terms] = MappingProxyType(
        {
            RiskBand.VERY_LOW: Terms(rate=0.065, burden=0.40, months_of_income=18),
            RiskBand.LOW: Terms(rate=0.085, burden=0.36, months_of_income=12),
            RiskBand.MEDIUM: Terms(rate=0.115, burden=0.32, months_of_income=8),
            RiskBand.HIGH: Terms(rate=0.165, burden=0.25, months_of_income=4),
        }
    )
    """A band that does not stand here gets none."""
    loan_to_value: float = 0.8
    """Share of a policy's reserve that is lent on it: interest has to fit in below the reserve."""
    policy_rate: float = 0.055
    """Interest a year on a loan against a policy."""
    card_instalment: float = 0.03
    """Share of what is owed on a card that is taken for its monthly instalment where the bank names none."""
    loan_months: int = 60
    """Months over which a loan is reckoned to be paid back where the bank names no instalment."""
    mortgage_instalment: float = 0.006
    """Share of a mortgage that is reckoned as its monthly instalment where the bank names none."""

    def instalments(self, sheet: BalanceSheet, convert: Convert) -> float:
        """What all debts take a month, as the banks say, or reckoned where a bank names nothing."""
        shares = {
            DebtTerm.SHORT: self.card_instalment,
            DebtTerm.LONG: 1 / self.loan_months,
            DebtTerm.MORTGAGE: self.mortgage_instalment,
        }
        found = 0.0
        for item in sheet.items:
            if item.amount < 0:
                paid = None if item.terms is None else monthly(item.terms)
                named = None if paid is None else convert(float(paid.amount), paid.currency)
                found += -item.amount * shares[item.due] if named is None else min(named, -item.amount)
        return found


def instalment(amount: float, rate: float, months: int) -> float:
    """The level monthly instalment of a loan: amount · i / (1 − (1 + i)^−n)."""
    return amount / _annuity(rate, months)


def affordable(paid: float, rate: float, months: int) -> float:
    """The loan that a level monthly instalment pays back: the inverse of :func:`instalment`."""
    return paid * _annuity(rate, months)


def _annuity(rate: float, months: int) -> float:
    """What one a month is worth today."""
    monthly = rate / 12
    return months if monthly == 0 else -math.expm1(-months * math.log1p(monthly)) / monthly
