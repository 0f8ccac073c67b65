"""``placeHold``, ``liftHold`` and ``setRetention``: what may not be deleted, and what has to be."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Annotated

from msgspec import Meta

from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import NotFoundProblem, Refusal
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.privacy.retention import (
    HOLD,
    LegalHold,
    RetentionRule,
    hold,
    retention_rule,
)
from store.data_privacy import HoldData, RetentionRuleData
from store.errors_identity import CustomerUnknown
from store.errors_privacy import HoldUnknown
from store.retention import KINDS

LONGEST_REASON = 2_000
MOST_DAYS = 36_500
RetentionKind = enum.Enum("RetentionKind", [(name, name) for name in KINDS])  # type: ignore[misc]  # made of a table
RetentionKind.__doc__ = "A kind of record that rules and holds name."
for _one in RetentionKind:
    _one.__doc__ = f"{_one.name.replace('_', ' ').capitalize()}s, with what is part of them."


class HoldBasis(enum.Enum):
    """On what ground data is kept."""

    LEGAL_CLAIM = "LEGAL_CLAIM"
    """It is needed to raise, follow or answer a legal claim."""
    RETENTION_DUTY = "RETENTION_DUTY"
    """The law demands that it is kept: of books, of taxes, of supervision."""
    AUTHORITY = "AUTHORITY"
    """A court or an authority ordered it."""
    PROOF_OF_CONSENT = "PROOF_OF_CONSENT"
    """It shows that a consent was given."""


class PlaceHoldInput(MutationInput, frozen=True, kw_only=True):
    """What is to be kept."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]
    kind: Annotated[RetentionKind | None, Meta(description="Of this kind alone; everything unless told.")] = (
        None
    )
    basis: Annotated[HoldBasis, Meta(description="On what ground.")]
    reason: Annotated[
        str | None, Meta(description="The same in words; encrypted with the customer's key.")
    ] = None
    until: Annotated[
        dt.datetime | None, Meta(description="When it ends by itself; until it is lifted unless told.")
    ] = None


class LiftHoldInput(MutationInput, frozen=True, kw_only=True):
    """A hold that ends."""

    hold_id: Annotated[NodeId, Meta(description="Id of the hold.")]


class SetRetentionInput(MutationInput, frozen=True, kw_only=True):
    """How long a kind of record is kept."""

    kind: Annotated[RetentionKind, Meta(description="The kind.")]
    days: Annotated[
        int | None, Meta(description="Days after which it is deleted; while the customer is one unless told.")
    ] = None
    duty_days: Annotated[
        int | None, Meta(description="Days for which it is kept even where the person is erased.")
    ] = None
    duty_basis: Annotated[HoldBasis | None, Meta(description="On what ground; needed beside `dutyDays`.")] = (
        None
    )


class HoldOutcome(Outcome, frozen=True, kw_only=True):
    """A hold that was placed or lifted."""

    hold: HoldData


class RetentionOutcome(Outcome, frozen=True, kw_only=True):
    """A rule that was set."""

    rule: RetentionRuleData


class PlaceHoldPayload(Payload, frozen=True, kw_only=True):
    """What placing a hold did."""

    hold: Annotated[LegalHold | None, Meta(description="The hold.")] = None


class LiftHoldPayload(Payload, frozen=True, kw_only=True):
    """What lifting a hold did."""

    hold: Annotated[LegalHold | None, Meta(description="The hold, lifted.")] = None


class SetRetentionPayload(Payload, frozen=True, kw_only=True):
    """What setting a rule did."""

    rule: Annotated[RetentionRule | None, Meta(description="The rule as it is now.")] = None


class _Holding(Mutation):
    outcome_type = HoldOutcome
    # A customer, who may ask to be forgotten, places no hold on it and lifts none.
    rule = needs(Scope.PRIVACY_WRITE, Scope.CATALOGUE_READ)

    def concerns(self, outcome: HoldOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.hold.customer_id,))

    def payload(self, outcome: HoldOutcome, shown: Shown) -> Payload:
        """The hold."""
        return self.payload_type(hold=hold(outcome.hold))  # type: ignore[call-arg]  # both have it


class PlaceHold(_Holding):
    """Places a hold."""

    name = "placeHold"
    description = (
        "Keeps what is known of a customer, or one kind of it, from being deleted: an erasure leaves it, and "
        "no rule of retention has it go, until the hold ends."
    )
    input_type = PlaceHoldInput
    payload_type = PlaceHoldPayload

    def check(self) -> None:
        """Read the id and check the reason."""
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")
        reason = self.asked.reason or ""
        if len(reason) > LONGEST_REASON or "\0" in reason:
            message = f"A reason has at most {LONGEST_REASON:,} characters, and no NUL."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="input.reason")

    async def effect(self, unit: Unit) -> HoldOutcome:
        """Place it."""
        try:
            made = await unit.holds.place(
                self._customer,
                kind=None if self.asked.kind is None else self.asked.kind.name,
                basis=self.asked.basis.value,
                reason=self.asked.reason,
                until=self.asked.until,
                by=self.actor,
            )
        except CustomerUnknown:
            message = "There is no such customer, or no more: look it up again."
            raise Refusal(NotFoundProblem(message=message, path=("input", "customerId"))) from None
        return HoldOutcome(hold=made)


class LiftHold(_Holding):
    """Lifts a hold."""

    name = "liftHold"
    description = (
        "Ends a hold. What an erasure had to leave because of it is deleted within an hour, and the "
        "certificate says so."
    )
    input_type = LiftHoldInput
    payload_type = LiftHoldPayload
    beyond_reach = True  # of a person who was erased meanwhile, whom nobody has in reach

    def check(self) -> None:
        """Read the id."""
        self._hold = ids.decode_as(HOLD, self.asked.hold_id, argument="input.holdId")

    async def effect(self, unit: Unit) -> HoldOutcome:
        """Lift it."""
        try:
            made = await unit.holds.lift(self._hold, by=self.actor)
        except HoldUnknown:
            message = "There is no such hold, or it was lifted already."
            raise Refusal(NotFoundProblem(message=message, path=("input", "holdId"))) from None
        return HoldOutcome(hold=made)


class SetRetention(Mutation):
    """Sets a rule."""

    name = "setRetention"
    description = (
        "Says how long a kind of record is kept: after how many days the worker deletes it, and for how many "
        "an erasure has to leave it. Holds for all customers."
    )
    input_type = SetRetentionInput
    outcome_type = RetentionOutcome
    payload_type = SetRetentionPayload
    rule = needs(Scope.PRIVACY_WRITE, Scope.CATALOGUE_READ)

    def check(self) -> None:
        """Check the days."""
        for name, days in (("days", self.asked.days), ("dutyDays", self.asked.duty_days)):
            if days is not None and not 1 <= days <= MOST_DAYS:
                message = f"`{name}` lies between 1 and {MOST_DAYS:,}."
                raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=f"input.{name}")
        if (self.asked.duty_days is None) != (self.asked.duty_basis is None):
            message = "Give `dutyDays` and `dutyBasis` together."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.dutyBasis")
        if self.asked.days is not None and not KINDS[self.asked.kind.name].expires:
            message = "This kind goes with the customer alone: give `dutyDays`, or nothing."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.days")

    async def effect(self, unit: Unit) -> RetentionOutcome:
        """Set it."""
        basis = self.asked.duty_basis
        made = await unit.holds.rule(
            self.asked.kind.name,
            days=self.asked.days,
            duty_days=self.asked.duty_days,
            basis=None if basis is None else basis.value,
            by=self.actor,
        )
        return RetentionOutcome(rule=made)

    def concerns(self, outcome: RetentionOutcome) -> Concerns:
        """Nobody."""
        return Concerns()

    def payload(self, outcome: RetentionOutcome, shown: Shown) -> Payload:
        """The rule."""
        return SetRetentionPayload(rule=retention_rule(outcome.rule, None))
