"""Which functions make the figures of which domain, and which fields of the published APIs they rest on."""

from __future__ import annotations

import functools
from collections.abc import Callable

import msgspec

from c360.kinds import kind as kind_of
from resolvers.groups.base import Records
from resolvers.needs import needs_of
from resolvers.summaries import banking, brokerage, cashflow, hotel, insurance, loyalty, rental
from resolvers.summaries.figures import Figures
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.purchases import FREQUENCY, SPENDING


class Told(msgspec.Struct, frozen=True):
    """What a summariser makes of what the published APIs tell."""

    lines: tuple[Line, ...]
    measures: tuple[Measure, ...]
    source: str
    """Fields of the API that the shipped connector speaks."""


class Summariser(msgspec.Struct, frozen=True, kw_only=True):
    """A function from the records of one party to figures."""

    reckon: Callable[[Records], Figures]
    told: tuple[Told, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of record that it reads: without all of them it is not asked."""
        return needs_of(self.reckon)

    @property
    def domain(self) -> str:
        """Business domain of those."""
        return kind_of(self.kinds[0]).domain


_INSURED = tuple(insurance.LINES.values())
_BOUGHT = (*FREQUENCY, *SPENDING)


@functools.cache
def summarisers() -> tuple[Summariser, ...]:
    """All of them, by domain."""
    return (
        _one(
            banking.cards,
            _told(
                _BOUGHT,
                "`transactions[]` of `type` PAYMENT: `merchantName`, `merchantCategoryCode`, `amount`",
                Line.CARDS,
            ),
            _told((Measure.CONTRACTS,), "`accounts[].productCategory`, `openStatus`", Line.CARDS),
        ),
        _one(
            banking.balances,
            _told((Measure.BALANCE,), "`balances[].currentBalance`, `purses[]`", Line.DEPOSITS, Line.LENDING),
            _told(
                (Measure.CONTRACTS,),
                "`accounts[].productCategory`, `openStatus`",
                Line.DEPOSITS,
                Line.LENDING,
            ),
            _told((Measure.FIRST_ON,), "`accounts[].creationDate`", Line.DEPOSITS, Line.LENDING),
            _told(
                (Measure.CREDIT_LIMIT, Measure.CREDIT_USED),
                "`balances[].creditLimit`, `currentBalance`",
                Line.LENDING,
            ),
        ),
        _one(
            banking.terms,
            _told(
                (Measure.INTEREST_RATE,),
                "`depositRate` or `lendingRate` of the account's detail, by `currentBalance`",
                Line.DEPOSITS,
                Line.LENDING,
            ),
            _told(
                (Measure.ARREARS_DAYS,),
                "`creditCard.paymentDueDate` and `minPaymentAmount`, `loan.nextInstalmentDate`, "
                "once they are past",
                Line.LENDING,
            ),
        ),
        _one(
            cashflow.histories,
            _told(
                (Measure.OVERDRAWN_DAYS_12M, Measure.BALANCE_VOLATILITY),
                "`balances[].currentBalance`, reckoned backwards by `transactions[].amount` and "
                "`postingDateTime`",
                Line.DEPOSITS,
            ),
        ),
        _one(
            cashflow.income,
            _told(
                (Measure.INCOME_12M,),
                "`transactions[]` that come in, less those that left another own account that day",
                Line.DEPOSITS,
            ),
            _told(
                (Measure.RETURNED_12M,),
                "`transactions[]` of `type` FEE whose `description` says so; the standard has no code for it",
                Line.DEPOSITS,
            ),
        ),
        _one(
            insurance.policies,
            _told((Measure.FIRST_ON,), "`policy-info.termStartDate`", *_INSURED),
            _told(
                (Measure.CONTRACTS, Measure.CONTRACTS_ENDED),
                "`policy-info.termStartDate`, `termEndDate`",
                *_INSURED,
            ),
            _told(
                (Measure.SUM_INSURED,),
                "`policy-info.maxLMG`, else the largest `LMI` of the main covers",
                *_INSURED,
            ),
            _told((Measure.RESERVE,), "`policy-info` of persons: `pmbac.pmbacAmount`", *insurance.SAVING),
        ),
        _one(
            insurance.premiums,
            _told(
                (Measure.ANNUAL_PREMIUM,),
                "`premium.amount`, brought to one year by the policy's term",
                *_INSURED,
            ),
            _told(
                (Measure.ARREARS_DAYS, Measure.RETURNED_12M),
                "`premium.payments[]`: `movementType`, `maturityDate`, `movementDate`",
                *_INSURED,
            ),
        ),
        _one(
            insurance.claims,
            _told(
                (Measure.CLAIMS_36M, Measure.CLAIMED_36M),
                "`claim[]`: `occurrenceDate`, `status`, `amount`",
                *_INSURED,
            ),
        ),
        _one(
            brokerage.accounts,
            _told((Measure.CONTRACTS,), "`accounts[].type`", Line.BROKERAGE),
        ),
        _one(
            brokerage.positions,
            _told(
                (Measure.BALANCE,),
                "`positions[].valuation`: `valueInReferenceCurrency`, else `valueInPositionCurrency`",
                Line.BROKERAGE,
                Line.LENDING,
            ),
        ),
        _one(
            brokerage.trades,
            _told(
                (Measure.LAST_ON, Measure.TRADES_12M),
                "`transactions[]`: `type`, `tradeDate`, `reversalIndicator`",
                Line.BROKERAGE,
            ),
        ),
        _one(
            loyalty.memberships,
            _told((Measure.CONTRACTS, Measure.POINTS), "`loyalty_accounts[].balance`", Line.LOYALTY),
        ),
        _one(
            loyalty.activity,
            _told(
                FREQUENCY,
                "`events[]` of `type` ACCUMULATE_POINTS, ACCUMULATE_PROMOTION_POINTS or "
                "REDEEM_REWARD: `created_at`",
                Line.LOYALTY,
            ),
        ),
        _one(
            hotel.stays,
            _told(
                _BOUGHT,
                "reservations of `status` checked_in or checked_out: `reservationCheckIn`, `total`",
                Line.HOTEL,
            ),
        ),
        _one(
            hotel.fates,
            _told(
                (Measure.TRIPS_36M, Measure.CANCELLED_36M, Measure.NO_SHOWS_36M),
                "reservations: `status`, `reservationCheckIn`",
                Line.HOTEL,
            ),
        ),
        _one(
            rental.rentals,
            _told(
                _BOUGHT, "bookings of `state` STARTED or FINISHED: `departureTime`, `pricing`", Line.RENTAL
            ),
        ),
        _one(
            rental.fates,
            _told(
                (Measure.TRIPS_36M, Measure.CANCELLED_36M), "bookings: `state`, `departureTime`", Line.RENTAL
            ),
        ),
        _one(
            rental.damages,
            _told(
                (Measure.DAMAGES_36M,),
                "`journal-entry[]`: `details.category` DAMAGE, LOSS, STOLEN or FINE, `invoiceDate`",
                Line.RENTAL,
            ),
        ),
    )


def _one(function: Callable[[Records], Figures], *told: Told) -> Summariser:
    return Summariser(reckon=function, told=told)


def _told(measures: tuple[Measure, ...], source: str, *lines: Line) -> Told:
    return Told(lines, measures, source)
