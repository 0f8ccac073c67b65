"""What a customer is insured for, pays and claims, by line of business. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType

from c360.records.insurance import (
    Claim,
    ClaimStatus,
    Policy,
    PolicyLine,
    Premium,
    PremiumMovement,
    PremiumPayment,
)
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.groups.insurance import in_force, per_year
from resolvers.needs import needs
from resolvers.summaries.figures import (
    THREE_YEARS,
    YEAR,
    Figures,
    amounts,
    count,
    day,
    joined,
    within,
)
from resolvers.summaries.measures import Line, Measure

LINES: Mapping[PolicyLine, Line] = MappingProxyType(
    {
        PolicyLine.MOTOR: Line.MOTOR,
        PolicyLine.LIFE: Line.LIFE,
        PolicyLine.PENSION: Line.PENSION,
        PolicyLine.HOME: Line.HOME,
        PolicyLine.OTHER: Line.OTHER_INSURANCE,
    }
)
SAVING = (Line.LIFE, Line.PENSION)
"""Lines whose policies may build up a reserve."""
_GONE = frozenset(
    {
        PremiumMovement.PREMIUM_SETTLED,
        PremiumMovement.PREMIUM_CANCELLED,
        PremiumMovement.INSTALMENT_CANCELLED,
        PremiumMovement.WRITTEN_OFF,
        PremiumMovement.OFFSET,
    }
)
"""What makes an instalment due no longer."""
_AGAIN = frozenset({PremiumMovement.PREMIUM_REVERSED, PremiumMovement.INSTALMENT_REOPENED})
"""What makes it due again."""


def _by_line(records: Records, reckon: Callable[[Line, list[Policy]], Figures]) -> Figures:
    """The figures of each line that there is a policy of, in force or not."""
    held: dict[Line, list[Policy]] = {}
    for policy in records.of("insurance.policies", Policy):
        held.setdefault(LINES[policy.line], []).append(policy)
    return joined(*(reckon(line, policies) for line, policies in held.items()))


@needs("insurance.policies")
def policies(records: Records) -> Figures:
    """The contracts, and what they insure and have saved up."""

    def reckon(line: Line, found: list[Policy]) -> Figures:
        mine = [policy for policy in found if in_force(policy, records.today)]
        ended = sum(within(policy.ends_on, _before(records.today), THREE_YEARS) for policy in found)
        saved = [policy.reserve for policy in mine]
        return joined(
            day(line, Measure.FIRST_ON, min((p.starts_on for p in found if p.starts_on), default=None)),
            count(line, Measure.CONTRACTS, len(mine)),
            count(line, Measure.CONTRACTS_ENDED, ended),
            amounts(line, Measure.SUM_INSURED, [_insured(policy) for policy in mine]),
            amounts(line, Measure.RESERVE, saved) if line in SAVING else (),
        )

    return _by_line(records, reckon)


@needs("insurance.policies", "insurance.premiums")
def premiums(records: Records) -> Figures:
    """What a year costs, what is in arrears and what was paid and undone."""
    paid = {one.policy_id: one for one in records.of("insurance.premiums", Premium)}

    def reckon(line: Line, found: list[Policy]) -> Figures:
        mine = [
            (policy, paid[policy.policy_id])
            for policy in found
            if policy.policy_id in paid and in_force(policy, records.today)
        ]
        late = [
            days for _, premium in mine if (days := _arrears(premium.payments, records.today)) is not None
        ]
        undone = sum(
            payment.movement is PremiumMovement.PREMIUM_REVERSED
            and within(payment.moved_on, records.today, YEAR)
            for policy in found
            for payment in (paid[policy.policy_id].payments if policy.policy_id in paid else ())
        )
        return joined(
            amounts(line, Measure.ANNUAL_PREMIUM, [per_year(one.total, policy) for policy, one in mine]),
            count(line, Measure.ARREARS_DAYS, max(late)) if late else (),
            count(line, Measure.RETURNED_12M, undone),
        )

    return _by_line(records, reckon)


@needs("insurance.policies", "insurance.claims")
def claims(records: Records) -> Figures:
    """Claims by the day of the event, or of the notice; what was opened by mistake is none."""
    made: dict[str, list[Claim]] = {}
    for claim in records.of("insurance.claims", Claim):
        happened = claim.occurred_on or claim.reported_on
        if claim.status is not ClaimStatus.CANCELLED and within(happened, records.today, THREE_YEARS):
            made.setdefault(claim.policy_id, []).append(claim)

    def reckon(line: Line, found: list[Policy]) -> Figures:
        mine = [claim for policy in found for claim in made.get(policy.policy_id, ())]
        return joined(
            count(line, Measure.CLAIMS_36M, len(mine)),
            amounts(line, Measure.CLAIMED_36M, [claim.amount for claim in mine]),
        )

    return _by_line(records, reckon)


def _arrears(payments: Iterable[PremiumPayment], today: date) -> int | None:
    """Days that the oldest instalment due in the last year has not been paid; none without movements.

    Of each instalment the latest movement counts; of several on one day, that it was settled.
    """
    latest: dict[str | date | None, tuple[tuple[date, bool], PremiumPayment]] = {}
    for payment in payments:
        if payment.movement in _GONE or payment.movement in _AGAIN or _issued(payment):
            key = payment.instalment or payment.due_on
            rank = (payment.moved_on or payment.due_on or date.min, payment.movement in _GONE)
            if key not in latest or rank >= latest[key][0]:
                latest[key] = rank, payment
    due = [
        payment.due_on
        for _, payment in latest.values()
        if payment.movement not in _GONE and payment.due_on is not None
    ]
    unpaid = [on for on in due if within(on, _before(today), YEAR)]
    if not latest:
        return None
    return (today - min(unpaid)).days if unpaid else 0


def _insured(policy: Policy) -> Money | None:
    """The limit of a policy; where the insurer names none, the largest of its main covers, or of any."""
    if policy.sum_insured is not None:
        return policy.sum_insured
    covers = [cover for cover in policy.coverages if cover.sum_insured is not None]
    sums = [cover.sum_insured for cover in [each for each in covers if each.main] or covers]
    return max(filter(None, sums), key=lambda money: money.amount, default=None)


def _issued(payment: PremiumPayment) -> bool:
    return payment.movement is PremiumMovement.PREMIUM_ISSUED


def _before(today: date) -> date:
    """The day before: what ends or is due today is not over yet."""
    return date.fromordinal(max(1, today.toordinal() - 1))
