"""What a customer pays for, is insured for and claims."""

from __future__ import annotations

from datetime import date

from c360.records.insurance import Claim, ClaimStatus, Policy, Premium
from c360.values import Money
from resolvers.groups.base import Records
from resolvers.money import scaled, total
from resolvers.needs import needs

_LONGEST_YEAR = 372
"""Days up to which a term counts as one year: insurers add days to end on a month."""


def in_force(policy: Policy, today: date) -> bool:
    """Whether a policy's term covers the day; an end that is not known is open."""
    begun = policy.starts_on is None or policy.starts_on <= today
    return begun and (policy.ends_on is None or today <= policy.ends_on)


@needs("insurance.policies", "insurance.premiums")
def annual_premiums(records: Records) -> tuple[Money, ...]:
    """Premiums of the policies in force; a term of several years is brought to one year."""
    premiums = {(one.connector, one.policy_id): one for one in records.of("insurance.premiums", Premium)}
    policies = records.of("insurance.policies", Policy)
    return total(
        per_year(premium.total, policy)
        for policy in policies
        if in_force(policy, records.today)
        and (premium := premiums.get((policy.connector, policy.policy_id))) is not None
    )


def per_year(amount: Money | None, policy: Policy) -> Money | None:
    """A premium of a policy's whole term, brought to one year."""
    if amount is None or policy.starts_on is None or policy.ends_on is None:
        return amount
    days = (policy.ends_on - policy.starts_on).days
    return amount if days <= _LONGEST_YEAR else scaled(amount, 1461, 4 * days)


@needs("insurance.policies")
def sums_insured(records: Records) -> tuple[Money, ...]:
    """Maximum limits of the policies in force."""
    policies = records.of("insurance.policies", Policy)
    return total(policy.sum_insured for policy in policies if in_force(policy, records.today))


@needs("insurance.policies")
def reserves(records: Records) -> tuple[Money, ...]:
    """Mathematical reserves of life and pension policies."""
    return total(policy.reserve for policy in records.of("insurance.policies", Policy))


@needs("insurance.claims")
def open_claims(records: Records) -> int:
    """Claims that are not decided yet: in assessment, open or reopened."""
    waiting = {ClaimStatus.IN_ASSESSMENT, ClaimStatus.OPEN, ClaimStatus.REOPENED}
    return sum(claim.status in waiting for claim in records.of("insurance.claims", Claim))
