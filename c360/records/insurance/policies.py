"""Policies, with all that belongs to them."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated

from msgspec import Meta

from c360.records.base import Record
from c360.records.insurance.claims import Claim
from c360.records.insurance.covers import Coverage, InsuredObject
from c360.records.insurance.premiums import Premium
from c360.records.insurance.reserves import ReserveTransfer, Withdrawal
from c360.values import Money


class PolicyLine(enum.Enum):
    """Line of business of a policy."""

    MOTOR = "MOTOR"
    """Damage to or by vehicles."""
    LIFE = "LIFE"
    """Death, disability and serious illness."""
    PENSION = "PENSION"
    """Savings paid out as a capital or an income later."""
    HOME = "HOME"
    """Buildings people live in and what is inside."""
    OTHER = "OTHER"


class PolicyDocument(enum.Enum):
    """The form in which a policy was issued."""

    INDIVIDUAL_POLICY = "INDIVIDUAL_POLICY"
    """A policy of one holder's own."""
    FLEET_POLICY = "FLEET_POLICY"
    """One policy over many vehicles."""
    TICKET = "TICKET"
    """A simplified policy, issued at the point of sale without a proposal."""
    GROUP_CERTIFICATE = "GROUP_CERTIFICATE"
    """Proof of one member's cover under a group's policy."""
    OTHER = "OTHER"


class Policy(Record, frozen=True, kw_only=True):
    """An insurance policy."""

    policy_id: Annotated[str, Meta(description="The insurer's id of the policy.", extra={"personal": True})]
    line: Annotated[PolicyLine, Meta(description="Line of business.")]
    document: Annotated[PolicyDocument | None, Meta(description="The form it was issued in.")] = None
    product_name: Annotated[str | None, Meta(description="Product it was sold as.")] = None
    brand: Annotated[str | None, Meta(description="Brand it was sold under.")] = None
    insurer: Annotated[str | None, Meta(description="Company that insures.")] = None
    issued_on: Annotated[date | None, Meta(description="Date of issue.")] = None
    starts_on: Annotated[date | None, Meta(description="First day of the term.")] = None
    ends_on: Annotated[date | None, Meta(description="Last day of the term.")] = None
    sum_insured: Annotated[Money | None, Meta(description="Maximum limit of the policy.")] = None
    objects: Annotated[tuple[InsuredObject, ...], Meta(description="What is insured.")] = ()
    coverages: Annotated[tuple[Coverage, ...], Meta(description="Covers.")] = ()
    reserve: Annotated[
        Money | None,
        Meta(
            description="Mathematical reserve (capitalised value) of a life or pension policy "
            "at the end of the last month."
        ),
    ] = None
    withdrawals: Annotated[
        tuple[Withdrawal, ...], Meta(description="Surrenders out of the reserve, newest first.")
    ] = ()
    transfers: Annotated[
        tuple[ReserveTransfer, ...],
        Meta(description="Parts of the reserve that came from or went to another insurer, newest first."),
    ] = ()
    premium: Annotated[
        Premium | None,
        Meta(description="What it costs.", extra={"joined": "insurance.premiums"}),
    ] = None
    claims: Annotated[
        tuple[Claim, ...],
        Meta(description="Claims, newest first.", extra={"joined": "insurance.claims"}),
    ] = ()
