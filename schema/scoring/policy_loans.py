"""The loan against each policy of a customer beside its surrender, from the insurers' own records."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from c360.records.insurance import CoverageFunding, PolicyLine, PremiumMovement
from c360.records.insurance import Policy as Held
from c360.values import CurrencyCode, Money
from resolvers.groups.insurance import in_force, per_year
from resolvers.money import rounded
from resolvers.offers.policy_loan import Policy, Terms, compare
from resolvers.view import CustomerView
from schema.inputs import NodeId
from schema.scoring.shapes import Basis
from schema.shapes import Shape

_SURRENDERED = frozenset({PolicyLine.LIFE, PolicyLine.PENSION})
_PAID = {PremiumMovement.PREMIUM_SETTLED: 1, PremiumMovement.PREMIUM_REVERSED: -1}


class PolicyLoanTerms(Shape, frozen=True, kw_only=True):
    """What a comparison takes for granted; the company's own settings, in shares of one."""

    loan_rate: Annotated[float, Meta(description="Interest on the loan, for a year.")]
    discount_rate: Annotated[float, Meta(description="What money to come is discounted by, for a year.")]
    crediting_rate: Annotated[float, Meta(description="What the policy earns, for a year.")]
    surrender_charge: Annotated[float, Meta(description="What the insurer keeps back on surrender.")]
    tax: Annotated[float, Meta(description="On what surrender pays above the premiums paid.")]
    premium_value: Annotated[
        float,
        Meta(
            description="Share of a premium that comes back as cover and savings, where no cover is priced."
        ),
    ]
    loan_to_value: Annotated[float, Meta(description="The most that is lent.")]
    years: Annotated[int, Meta(description="Until the loan is paid back.")]


class PolicyLoan(Shape, frozen=True, kw_only=True):
    """A loan against a policy beside its surrender: what each is worth today."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance.")]
    policy_id: Annotated[str, Meta(description="The insurer's id of the policy.", extra={"personal": True})]
    product_name: Annotated[str | None, Meta(description="Product it was sold as.")]
    surrender_value: Annotated[Money, Meta(description="What the policy is worth now, before charges.")]
    annual_premium: Annotated[
        Money | None, Meta(description="Premium of a year; null where it is not known: then it counts as 0.")
    ]
    premiums_paid: Annotated[
        Money | None,
        Meta(description="Premiums paid as far as the insurer tells; null: no gain is taxed."),
    ]
    loan: Annotated[
        Money, Meta(description="What is borrowed: what surrender would pay, as far as that much is lent.")
    ]
    loan_present_value: Annotated[
        Money, Meta(description="Present value of keeping the policy and borrowing.")
    ]
    surrender_present_value: Annotated[
        Money, Meta(description="What surrender pays today, after charge and tax.")
    ]
    advantage: Annotated[
        Money, Meta(description="By how much the loan is worth more today; below 0: surrender is.")
    ]
    break_even_rate: Annotated[
        float | None, Meta(description="Interest of a year at which both are worth the same.")
    ]
    debt_at_end: Annotated[Money, Meta(description="What is owed when the loan is due.")]
    value_at_end: Annotated[Money, Meta(description="What the policy is worth then.")]
    over_loaned: Annotated[bool, Meta(description="Whether more is borrowed than is lent.")]
    lapses_after: Annotated[
        float | None,
        Meta(
            description="Years until the debt outgrows the policy, which then ends with its cover, where "
            "interest is not paid; null where it never does."
        ),
    ]
    terms: Annotated[PolicyLoanTerms, Meta(description="What it takes for granted.")]
    basis: Annotated[Basis, Meta(description="What it is reckoned from.")] = Basis.LIVE
    as_of: Annotated[
        dt.datetime | None, Meta(description="When the oldest record that it rests on was fetched.")
    ] = None


def policy_loans(view: CustomerView) -> list[PolicyLoan]:
    """Of each policy in force that has a value, the largest first within a currency."""
    held = [
        policy
        for policy in view.joined("insurance.policies")
        if isinstance(policy, Held) and _can_be_surrendered(policy, view.today)
    ]
    found = [_policy_loan(policy, view) for policy in held]
    found.sort(key=lambda one: (one.surrender_value.currency, -one.surrender_value.amount, one.policy_id))
    return found


def _can_be_surrendered(policy: Held, today: dt.date) -> bool:
    has_value = policy.reserve is not None and policy.reserve.amount > 0
    return policy.line in _SURRENDERED and has_value and in_force(policy, today)


def _policy_loan(policy: Held, view: CustomerView) -> PolicyLoan:
    assert policy.reserve is not None  # noqa: S101  # only policies with a reserve come here
    currency = policy.reserve.currency
    terms = view.models.policy_loan
    total = None if policy.premium is None else policy.premium.total
    premium = _of_currency(per_year(total, policy), currency)
    paid = _paid(policy, currency)
    guaranteed = _guaranteed(policy)
    reckoned = Policy(
        value=float(policy.reserve.amount),
        premium=float(premium.amount) if premium else 0.0,
        cover=_cover(policy, currency),
        premiums_paid=None if paid is None else float(paid.amount),
        crediting_rate=guaranteed,
    )
    found = compare(reckoned, terms)
    return PolicyLoan(
        connector=policy.connector,
        policy_id=policy.policy_id,
        product_name=policy.product_name,
        surrender_value=policy.reserve,
        annual_premium=premium,
        premiums_paid=paid,
        terms=_terms(terms, guaranteed),
        as_of=view.fetched_at("insurance"),
        loan=rounded(found.loan, currency),
        loan_present_value=rounded(found.loan_value, currency),
        surrender_present_value=rounded(found.surrender_value, currency),
        advantage=rounded(found.better, currency),
        debt_at_end=rounded(found.debt, currency),
        value_at_end=rounded(found.value, currency),
        break_even_rate=found.break_even_rate,
        over_loaned=found.over_loaned,
        lapses_after=found.lapses_after,
    )


def _terms(terms: Terms, guaranteed: float | None) -> PolicyLoanTerms:
    return PolicyLoanTerms(
        loan_rate=terms.loan_rate,
        discount_rate=terms.discount_rate,
        crediting_rate=terms.crediting_rate if guaranteed is None else guaranteed,
        surrender_charge=terms.surrender_charge,
        tax=terms.tax,
        premium_value=terms.premium_value,
        loan_to_value=terms.loan_to_value,
        years=terms.years,
    )


def _paid(policy: Held, currency: CurrencyCode) -> Money | None:
    """Premiums paid, less those undone; none where the insurer tells of no payment."""
    payments = () if policy.premium is None else policy.premium.payments
    amounts = [
        sign * payment.amount.amount
        for payment in payments
        if (sign := _PAID.get(payment.movement)) is not None
        and payment.amount is not None
        and payment.amount.currency == currency
    ]
    return Money(amount=sum(amounts, Decimal(0)), currency=currency) if amounts else None


def _cover(policy: Held, currency: CurrencyCode) -> float | None:
    """What the cover costs a year, as the insurer prices it: the premiums of covers that save nothing up."""
    premiums = [
        premium.amount
        for one in policy.coverages
        if one.funding is CoverageFunding.PAY_AS_YOU_GO
        and (premium := _of_currency(per_year(one.premium, policy), currency)) is not None
    ]
    return float(sum(premiums, Decimal(0))) if premiums else None


def _guaranteed(policy: Held) -> float | None:
    """The rate that the insurer guarantees on the reserve, the lowest of its covers."""
    rates = [float(one.reserve_rate) / 100 for one in policy.coverages if one.reserve_rate is not None]
    return min(rates, default=None)


def _of_currency(money: Money | None, currency: CurrencyCode) -> Money | None:
    return money if money is not None and money.currency == currency else None
