"""Keep a life policy and borrow against it, or surrender it: what each is worth today.

With the surrender value V, a loan N at the rate i that is paid back with all its interest after T years, the
rate δ by which the customer discounts money to come, and the rate c that the policy earns:

    loan       N − N·(1+i)^T / (1+δ)^T + V·(1+c)^T / (1+δ)^T + Σₜ (cover − premium) / (1+δ)^t,  t = 0 … T−1
    surrender  V·(1−s) − tax · max(0, V·(1−s) − premiums paid)

where ``cover`` is what the same cover would cost elsewhere for a year and s the surrender charge. The loan is
worth more as long as i lies below the break-even rate, which follows from setting both equal.

Interest that is not paid grows with the loan: where the debt outgrows the value the policy lapses, cover and
all. The lender lends at most a share of the value.
"""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
from msgspec import Meta


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What no partner tells, a company's own: rates for a year, shares of one."""

    loan_rate: Annotated[
        float, Meta(gt=-1, le=1, description="Interest on a loan against a policy, for a year.")
    ] = 0.065
    """i."""
    discount_rate: Annotated[
        float,
        Meta(gt=-1, le=1, description="What a customer discounts money to come by, for a year."),
    ] = 0.05
    """δ."""
    crediting_rate: Annotated[
        float,
        Meta(gt=-1, le=1, description="What a policy earns for a year where the insurer guarantees no rate."),
    ] = 0.035
    """c."""
    surrender_charge: Annotated[
        float, Meta(ge=0, le=1, description="Share of the surrender value that the insurer keeps back.")
    ] = 0.03
    """s."""
    tax: Annotated[
        float, Meta(ge=0, le=1, description="Tax on what surrender pays above the premiums paid.")
    ] = 0.15
    premium_value: Annotated[
        float,
        Meta(
            ge=0,
            le=2,
            description="Share of a premium that comes back as cover and savings, where no cover is priced.",
        ),
    ] = 0.85
    loan_to_value: Annotated[
        float, Meta(ge=0, le=1, description="The most that is lent, as a share of the surrender value.")
    ] = 0.9
    years: Annotated[int, Meta(ge=1, le=50, description="Years until such a loan is paid back.")] = 5
    """T."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy, in one currency."""

    value: float
    """V: the surrender value before charges."""
    premium: float = 0.0
    """For a year, paid at its beginning."""
    cover: float | None = None
    """What the same cover would cost elsewhere for a year; ``None``: the terms' share of the premium."""
    premiums_paid: float | None = None
    """So far; ``None`` where they are not known: then all of the value counts as paid in, without tax."""
    crediting_rate: float | None = None
    """What the insurer guarantees; ``None``: as the terms say."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Both ways beside each other."""

    loan: float
    """N: what is borrowed."""
    loan_value: float
    """Present value of keeping the policy and borrowing."""
    surrender_value: float
    """What surrender pays today, after charge and tax."""
    break_even_rate: float | None
    """The interest at which both are worth the same; none where no loan is taken."""
    debt: float
    """What is owed after T years."""
    value: float
    """What the policy is worth then."""
    over_loaned: bool
    """Whether more is wanted than is lent."""
    lapses_after: float | None
    """Years until the debt outgrows the value, where interest is not paid; none where it never does."""

    @property
    def better(self) -> float:
        """By how much the loan is worth more today; below zero: surrender is."""
        return self.loan_value - self.surrender_value


def compare(policy: Policy, terms: Terms, *, loan: float | None = None) -> Comparison:
    """Set the loan against surrender.

    Args:
        policy: the policy.
        terms: rates and shares.
        loan: how much is borrowed; ``None``: what surrender would pay, as far as that much is lent.

    Raises:
        ValueError: the policy has no value, or less than nothing is borrowed.
    """
    if not policy.value > 0:
        raise ValueError("a policy without a value can be neither lent against nor surrendered")
    most = terms.loan_to_value * policy.value
    surrender = surrendered(policy, terms)
    wanted = min(surrender, most) if loan is None else loan
    if wanted < 0:
        raise ValueError("a loan is not negative")
    crediting = terms.crediting_rate if policy.crediting_rate is None else policy.crediting_rate
    discount = (1 + terms.discount_rate) ** terms.years
    debt = wanted * (1 + terms.loan_rate) ** terms.years
    value = policy.value * (1 + crediting) ** terms.years
    cover = terms.premium_value * policy.premium if policy.cover is None else policy.cover
    kept = value / discount + (cover - policy.premium) * _annuity(terms)
    return Comparison(
        loan=wanted,
        loan_value=wanted - debt / discount + kept,
        surrender_value=surrender,
        break_even_rate=_break_even(wanted, kept, surrender, terms),
        debt=debt,
        value=value,
        over_loaned=wanted > most,
        lapses_after=_lapse(wanted, policy.value, terms.loan_rate, crediting),
    )


def surrendered(policy: Policy, terms: Terms) -> float:
    """What surrender pays today, after charge and tax."""
    paid_out = policy.value * (1 - terms.surrender_charge)
    gain = 0.0 if policy.premiums_paid is None else max(0.0, paid_out - policy.premiums_paid)
    return paid_out - terms.tax * gain


def _annuity(terms: Terms) -> float:
    return math.fsum((1 + terms.discount_rate) ** -year for year in range(terms.years))


def _break_even(loan: float, kept: float, surrender: float, terms: Terms) -> float | None:
    """N − N·(1+i)^T/(1+δ)^T + kept = surrender, for i. A loan worse at any rate breaks even at −100 %."""
    if loan == 0:
        return None
    growth = max(0.0, (loan + kept - surrender) / loan)
    found: float = growth ** (1 / terms.years) * (1 + terms.discount_rate) - 1
    return found


def _lapse(loan: float, value: float, loan_rate: float, crediting: float) -> float | None:
    if loan == 0:
        return None
    if loan >= value:
        return 0.0
    faster = math.log1p(loan_rate) - math.log1p(crediting)
    return math.log(value / loan) / faster if faster > 0 else None
