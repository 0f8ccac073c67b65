"""Whether a loan can be offered, how much at most, and why not more.

Without security a loan has to fit three things: the band of the combined risk, the income that accounts
show in a year, and what is owed already. Against a policy it has to fit the policy's mathematical reserve.
Each limit is told with what it rests on, so that a no can be explained and mended.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType

import msgspec

from c360.records.insurance import GraceKind, Policy
from resolvers.groups.insurance import in_force
from resolvers.risk.combined import Combined
from resolvers.risk.lending import LendingRules, affordable, instalment


class CreditDecision(enum.Enum):
    """What becomes of the request."""

    OFFERED = "OFFERED"
    """It can be offered as asked for."""
    REFERRED = "REFERRED"
    """It fits the limits, but a person has to look first."""
    DECLINED = "DECLINED"
    """It cannot be offered as asked for; the reasons say what stands against it."""


class CreditReasonCode(enum.Enum):
    """What stands against a loan, or limits it."""

    TERM_OUT_OF_RANGE = "TERM_OUT_OF_RANGE"
    """There are no loans for so short or so long a time."""
    AMOUNT_TOO_SMALL = "AMOUNT_TOO_SMALL"
    """There are no loans of so little."""
    AMOUNT_ABOVE_LIMIT = "AMOUNT_ABOVE_LIMIT"
    """More was asked for than the limit."""
    RISK_TOO_HIGH = "RISK_TOO_HIGH"
    """The band of the combined risk gets no loan without security."""
    RISK_NOT_KNOWN = "RISK_NOT_KNOWN"
    """Neither method knows anything of the customer."""
    INCOME_NOT_KNOWN = "INCOME_NOT_KNOWN"
    """No account shows an income; a bank may be missing."""
    INCOME_TOO_LOW = "INCOME_TOO_LOW"
    """The instalments of all debts would take too much of the income."""
    DEBTS_TOO_HIGH = "DEBTS_TOO_HIGH"
    """All debts without security would be too many months of income."""
    DEBTS_NOT_KNOWN = "DEBTS_NOT_KNOWN"
    """A bank did not tell what is owed there."""
    POLICY_NOT_FOUND = "POLICY_NOT_FOUND"
    """The customer has no such policy, or its insurer did not answer."""
    POLICY_NOT_IN_FORCE = "POLICY_NOT_IN_FORCE"
    """The policy has ended or not begun."""
    POLICY_ENDS_TOO_SOON = "POLICY_ENDS_TOO_SOON"
    """The policy ends before the loan would."""
    POLICY_WITHOUT_RESERVE = "POLICY_WITHOUT_RESERVE"
    """The policy has no reserve that could be lent on, or none in a currency with a rate."""
    RESERVE_LOCKED = "RESERVE_LOCKED"
    """The contract does not let the reserve be touched yet."""


class CreditReason(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that stands against a loan."""

    code: CreditReasonCode
    text: str
    """In words that may be told to the customer."""


class CreditLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    decision: CreditDecision
    limit: float
    """Most that can be lent for that time, in the hub's own currency; 0 where nothing can."""
    rate: float | None
    """Interest a year; none where nothing can be lent."""
    instalment: float | None
    """A month, of the amount asked for."""
    monthly_income: float | None
    monthly_instalments: float | None
    """Of the debts that there are; none where a bank did not tell them."""
    human_review: bool
    """Whether a person has to look before this is told, since the risk calls for it."""
    loan_to_value: float | None = None
    """The amount by the reserve, against a policy."""
    reasons: tuple[CreditReason, ...] = ()


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A loan that is asked for."""

    amount: float
    months: int


class Borrower(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of who asks."""

    risk: Combined
    monthly_income: float | None
    monthly_instalments: float | None
    """None where a bank did not tell what is owed there."""
    unsecured_debts: float


class Pledge(msgspec.Struct, frozen=True, kw_only=True):
    """A policy that is to secure a loan."""

    policy: Policy | None
    """None where the customer has no such policy, or its insurer did not answer."""
    reserve: float | None
    """In the hub's own currency; none where it has none, or no rate is known."""


def unsecured(request: Request, borrower: Borrower, rules: LendingRules) -> CreditLine:
    """A loan without security."""
    reasons = list(_formal(request, rules))
    income, paid = borrower.monthly_income, borrower.monthly_instalments
    band = borrower.risk.band
    terms = None if band is None else rules.unsecured.get(band)
    if band is None:
        reasons.append(_reason(CreditReasonCode.RISK_NOT_KNOWN))
    elif terms is None:
        reasons.append(_reason(CreditReasonCode.RISK_TOO_HIGH))
    if income is None or income <= 0:
        reasons.append(_reason(CreditReasonCode.INCOME_NOT_KNOWN))
    if paid is None:
        reasons.append(_reason(CreditReasonCode.DEBTS_NOT_KNOWN))
    if terms is None or income is None or income <= 0 or paid is None:
        return _line(request, borrower, limit=0.0, rate=None, reasons=reasons)
    months = min(max(request.months, rules.shortest), rules.longest)
    by_income = affordable(max(0.0, terms.burden * income - paid), terms.rate, months)
    by_debts = max(0.0, terms.months_of_income * income - borrower.unsecured_debts)
    limit = min(by_income, by_debts, rules.most)
    if request.amount > by_income:
        reasons.append(_reason(CreditReasonCode.INCOME_TOO_LOW))
    if request.amount > by_debts:
        reasons.append(_reason(CreditReasonCode.DEBTS_TOO_HIGH))
    if request.amount > limit:
        reasons.append(_reason(CreditReasonCode.AMOUNT_ABOVE_LIMIT))
    if limit < rules.least:
        limit = 0.0
    return _line(request, borrower, limit=limit, rate=terms.rate, reasons=reasons)


def against_policy(
    request: Request, borrower: Borrower, pledge: Pledge, today: date, rules: LendingRules
) -> CreditLine:
    """A loan against a policy: the reserve secures it, so that neither risk nor income limits it.

    Args:
        request: What is asked for.
        borrower: Who asks.
        pledge: What is to secure the loan.
        today: The day.
        rules: By which loans are given.
    """
    reserve = pledge.reserve
    reasons = [*_formal(request, rules), *_of_policy(pledge, request.months, today)]
    limit = 0.0 if reasons or reserve is None else rules.loan_to_value * reserve
    if not reasons and request.amount > limit:
        reasons.append(_reason(CreditReasonCode.AMOUNT_ABOVE_LIMIT))
    return _line(
        request,
        borrower,
        limit=limit,
        rate=rules.policy_rate if limit else None,
        reasons=reasons,
        secured=True,
        loan_to_value=request.amount / reserve if reserve else None,
    )


def _formal(request: Request, rules: LendingRules) -> Iterator[CreditReason]:
    if not rules.shortest <= request.months <= rules.longest:
        yield _reason(CreditReasonCode.TERM_OUT_OF_RANGE)
    if request.amount < rules.least:
        yield _reason(CreditReasonCode.AMOUNT_TOO_SMALL)


def _of_policy(pledge: Pledge, months: int, today: date) -> Iterator[CreditReason]:
    policy = pledge.policy
    if policy is None:
        yield _reason(CreditReasonCode.POLICY_NOT_FOUND)
        return
    if not in_force(policy, today):
        yield _reason(CreditReasonCode.POLICY_NOT_IN_FORCE)
    elif policy.ends_on is not None and policy.ends_on < _after(today, months):
        yield _reason(CreditReasonCode.POLICY_ENDS_TOO_SOON)
    if not pledge.reserve:
        yield _reason(CreditReasonCode.POLICY_WITHOUT_RESERVE)
    if any(
        grace.kind is GraceKind.WITHDRAWAL
        and (grace.starts_on is None or grace.starts_on <= today)
        and (grace.ends_on is None or today <= grace.ends_on)
        for cover in policy.coverages
        for grace in cover.grace_periods
    ):
        yield _reason(CreditReasonCode.RESERVE_LOCKED)


def _after(day: date, months: int) -> date:
    """The day some months later; the 28th where a month has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    return day.replace(year=min(day.year + years, date.max.year), month=month + 1, day=min(day.day, 28))


def _line(
    request: Request,
    borrower: Borrower,
    *,
    limit: float,
    rate: float | None,
    reasons: Sequence[CreditReason],
    secured: bool = False,
    loan_to_value: float | None = None,
) -> CreditLine:
    rests_on_risk = not secured and bool(borrower.risk.review)
    decision = CreditDecision.REFERRED if rests_on_risk else CreditDecision.OFFERED
    if reasons:
        decision = CreditDecision.DECLINED
    formal = request.months > 0 and request.amount > 0
    return CreditLine(
        decision=decision,
        limit=limit,
        rate=rate,
        instalment=instalment(request.amount, rate, request.months) if rate is not None and formal else None,
        monthly_income=borrower.monthly_income,
        monthly_instalments=borrower.monthly_instalments,
        human_review=rests_on_risk,
        loan_to_value=loan_to_value,
        reasons=tuple(reasons),
    )


def _reason(code: CreditReasonCode) -> CreditReason:
    return CreditReason(code=code, text=_TEXTS[code])


_TEXTS: Mapping[CreditReasonCode, str] = MappingProxyType(
    {
        CreditReasonCode.TERM_OUT_OF_RANGE: "We do not lend for so short or so long a time.",
        CreditReasonCode.AMOUNT_TOO_SMALL: "We do not lend so small an amount.",
        CreditReasonCode.AMOUNT_ABOVE_LIMIT: "The amount is above what can be lent; the limit is shown.",
        CreditReasonCode.RISK_TOO_HIGH: "The risk is too high to lend without security; the reasons stand "
        "with the score.",
        CreditReasonCode.RISK_NOT_KNOWN: "Not enough is known to judge the risk.",
        CreditReasonCode.INCOME_NOT_KNOWN: "Unable to verify income: no account shows one.",
        CreditReasonCode.INCOME_TOO_LOW: "Income insufficient for the amount of credit requested.",
        CreditReasonCode.DEBTS_TOO_HIGH: "Excessive obligations in relation to income.",
        CreditReasonCode.DEBTS_NOT_KNOWN: "A bank did not tell what is owed there.",
        CreditReasonCode.POLICY_NOT_FOUND: "There is no such policy, or its insurer did not answer.",
        CreditReasonCode.POLICY_NOT_IN_FORCE: "The policy is not in force.",
        CreditReasonCode.POLICY_ENDS_TOO_SOON: "The policy ends before the loan would be repaid.",
        CreditReasonCode.POLICY_WITHOUT_RESERVE: "The policy has no reserve to lend on.",
        CreditReasonCode.RESERVE_LOCKED: "The contract does not let the reserve be used yet.",
    }
)
"""In words that a notice may give; the first ones of Regulation B's sample form where it has one."""
