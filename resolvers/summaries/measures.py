"""The lines of business and the figures that are kept of them: one definition for models, worker and graph.

A summary is one figure of one party at one partner, in one line. Figures of several parties of a customer are
combined by the measure's own rule, so that a customer with two banks has one figure.
"""

from __future__ import annotations

import enum
from types import MappingProxyType

import msgspec


class Line(enum.Enum):
    """A line of business that value, profit and risk are shown by."""

    CARDS = "CARDS"
    """Spending by credit and debit card."""
    DEPOSITS = "DEPOSITS"
    """Money that lies at banks."""
    LENDING = "LENDING"
    """Money that banks and custodians have lent, cards included."""
    BROKERAGE = "BROKERAGE"
    """Securities and cash at custodians."""
    HOTEL = "HOTEL"
    """Stays."""
    RENTAL = "RENTAL"
    """Rented vehicles."""
    LOYALTY = "LOYALTY"
    """Purchases that gave or took points."""
    MOTOR = "MOTOR"
    """Insurance of vehicles."""
    LIFE = "LIFE"
    """Insurance against death, disability and serious illness."""
    PENSION = "PENSION"
    """Insurance savings paid out later."""
    HOME = "HOME"
    """Insurance of buildings and what is inside."""
    OTHER_INSURANCE = "OTHER_INSURANCE"
    """Any other insurance."""

    # Members are one of each, so that identity tells them apart; an enum's own hash reads the name each time.
    __hash__ = object.__hash__


class Unit(enum.Enum):
    """What a figure counts."""

    MONEY = "MONEY"
    """An amount; kept for each currency."""
    COUNT = "COUNT"
    """How many."""
    DAYS = "DAYS"
    """A number of days."""
    DAY = "DAY"
    """A date; kept as its proleptic Gregorian ordinal (``date.toordinal``)."""
    RATIO = "RATIO"
    """A share, 1 for all of it."""


class Combine(enum.Enum):
    """What becomes of the figures of several parties, or of several accounts."""

    SUM = "SUM"
    LEAST = "LEAST"
    GREATEST = "GREATEST"


class Measure(enum.Enum):
    """A figure. Windows end on the summary's day: ``_12M`` the last 365 days, ``_36M`` the last 1,096."""

    FIRST_ON = "FIRST_ON"
    """Day of the first purchase that was asked for and told (see the window of its kind), or first day of
    the oldest contract, ended ones included."""
    LAST_ON = "LAST_ON"
    """Day of the latest purchase."""
    PURCHASE_DAYS = "PURCHASE_DAYS"
    """Different days with a purchase, the first one included."""
    PURCHASE_DAYS_12M = "PURCHASE_DAYS_12M"
    """Different days with a purchase in the last year."""
    SPENT = "SPENT"
    """Everything spent since the first purchase, less what was given back. As far as the partner names
    amounts."""
    SPENT_AFTER_FIRST = "SPENT_AFTER_FIRST"
    """Everything spent after the day of the first purchase."""
    SPENT_12M = "SPENT_12M"
    """Spent in the last year."""
    CONTRACTS = "CONTRACTS"
    """Contracts in force: policies, open accounts, memberships. Cards are counted in their own line."""
    CONTRACTS_ENDED = "CONTRACTS_ENDED"
    """Contracts that ended in the last three years. A renewal under a new number is an end, too."""
    ANNUAL_PREMIUM = "ANNUAL_PREMIUM"
    """Premiums of a year for the policies in force."""
    RESERVE = "RESERVE"
    """Mathematical reserve of the policies in force."""
    SUM_INSURED = "SUM_INSURED"
    """Sum insured by the policies in force."""
    BALANCE = "BALANCE"
    """What lies there, or what is owed, as a positive amount; of a custodian, the value of all positions."""
    CREDIT_LIMIT = "CREDIT_LIMIT"
    """Limit of cards and overdrafts."""
    CREDIT_USED = "CREDIT_USED"
    """What is used of that limit."""
    INTEREST_RATE = "INTEREST_RATE"
    """Interest a year, weighted by balance."""
    INCOME_12M = "INCOME_12M"
    """Money that came in on everyday accounts in the last year: not from own accounts, no interest, and
    nothing that shops gave back."""
    OVERDRAWN_DAYS_12M = "OVERDRAWN_DAYS_12M"
    """Days of the last year that an account without a limit to overdraw ended below zero."""
    BALANCE_VOLATILITY = "BALANCE_VOLATILITY"
    """Standard deviation of the month-end balances of the last year, by their mean; of everyday and
    savings accounts together."""
    RETURNED_12M = "RETURNED_12M"
    """Payments undone in the last year: premiums that the insurer reversed, and fees for dishonoured
    payments where the bank says so in words. Not known where a bank never says it."""
    ARREARS_DAYS = "ARREARS_DAYS"
    """Days that the oldest payment of the last year that is due has not been made."""
    CLAIMS_36M = "CLAIMS_36M"
    """Claims that happened in the last three years."""
    CLAIMED_36M = "CLAIMED_36M"
    """Amount of those claims."""
    TRIPS_36M = "TRIPS_36M"
    """Stays or rentals of the last three years, cancelled ones included."""
    CANCELLED_36M = "CANCELLED_36M"
    """Those that were cancelled."""
    NO_SHOWS_36M = "NO_SHOWS_36M"
    """Those that nobody turned up for."""
    DAMAGES_36M = "DAMAGES_36M"
    """Charges for damage, fines included."""
    POINTS = "POINTS"
    """Points that can be spent."""
    TRADES_12M = "TRADES_12M"
    """Purchases and sales of securities in the last year, reversed ones left out."""

    __hash__ = object.__hash__

    @property
    def unit(self) -> Unit:
        """What it counts."""
        return _UNITS.get(self, Unit.COUNT)

    @property
    def combine(self) -> Combine:
        """How figures of several parties become one."""
        return _COMBINE.get(self, Combine.SUM)


_UNITS = MappingProxyType(
    {
        Measure.FIRST_ON: Unit.DAY,
        Measure.LAST_ON: Unit.DAY,
        Measure.SPENT: Unit.MONEY,
        Measure.SPENT_AFTER_FIRST: Unit.MONEY,
        Measure.SPENT_12M: Unit.MONEY,
        Measure.ANNUAL_PREMIUM: Unit.MONEY,
        Measure.RESERVE: Unit.MONEY,
        Measure.SUM_INSURED: Unit.MONEY,
        Measure.BALANCE: Unit.MONEY,
        Measure.CREDIT_LIMIT: Unit.MONEY,
        Measure.CREDIT_USED: Unit.MONEY,
        Measure.INCOME_12M: Unit.MONEY,
        Measure.CLAIMED_36M: Unit.MONEY,
        Measure.INTEREST_RATE: Unit.RATIO,
        Measure.BALANCE_VOLATILITY: Unit.RATIO,
        Measure.OVERDRAWN_DAYS_12M: Unit.DAYS,
        Measure.ARREARS_DAYS: Unit.DAYS,
    }
)
_COMBINE = MappingProxyType(
    {
        Measure.FIRST_ON: Combine.LEAST,
        Measure.LAST_ON: Combine.GREATEST,
        Measure.INTEREST_RATE: Combine.GREATEST,
        Measure.BALANCE_VOLATILITY: Combine.GREATEST,
        Measure.ARREARS_DAYS: Combine.GREATEST,
    }
)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one party."""

    line: Line
    measure: Measure
    value: float
    currency: str | None = None
    """Of an amount; else none. An amount without one is zero in any currency: nothing was spent."""
