"""What a person does about an action at a partner: call it off, try again, say what became of it."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta

from c360.contract import Effect
from c360.kinds import actions
from resolvers.actions.machine import VALID_FOR
from resolvers.actions.telling import tell
from schema import ids
from schema.actions.shapes import PARTNER_ACTION
from schema.errors import ErrorCode, InputError
from schema.execution.context import Services
from schema.inputs import NodeId
from schema.mutations.actions.base import ActionOutcome, ActionPayload, ShownAction
from schema.mutations.base import MutationInput
from schema.mutations.identity import LONGEST_REASON
from schema.mutations.problems import ActionProblem, NotFoundProblem, ProblemCode, Refusal
from schema.permissions.refusing import Forbidden
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope, domain_scope
from schema.ports import Unit
from store.columns import storable
from store.data_actions import (
    ActionChange,
    ActionRejection,
    PartnerActionData,
    PartnerActionState,
    StepReason,
)
from store.data_events import EventDraft
from store.errors_actions import ActionMoved

_PATH = ("input", "actionId")


class ActionVerdict(enum.Enum):
    """What a person found out at the partner about an action."""

    TOOK_EFFECT = "TOOK_EFFECT"
    """The partner did it: it is confirmed."""
    NO_EFFECT = "NO_EFFECT"
    """The partner did not, and never will: it is rejected. Ask for a new one where it is still wanted."""


class CancelActionInput(MutationInput, frozen=True, kw_only=True):
    """An action that is not wanted any more."""

    action_id: Annotated[NodeId, Meta(description="Id of the action.")]


class RetryActionInput(MutationInput, frozen=True, kw_only=True):
    """An action that the hub is to go on with at once."""

    action_id: Annotated[NodeId, Meta(description="Id of the action.")]


class ResolveActionInput(MutationInput, frozen=True, kw_only=True):
    """What a person found out about an action."""

    action_id: Annotated[NodeId, Meta(description="Id of the action.")]
    verdict: Annotated[ActionVerdict, Meta(description="What the partner says.")]
    note: Annotated[
        str | None,
        Meta(
            description=f"Whom one asked and what they said; up to {LONGEST_REASON} characters. Kept under "
            "the customer's own key."
        ),
    ] = None


class CancelActionPayload(ActionPayload, frozen=True, kw_only=True):
    """What calling an action off did."""


class RetryActionPayload(ActionPayload, frozen=True, kw_only=True):
    """What going on with an action did."""


class ResolveActionPayload(ActionPayload, frozen=True, kw_only=True):
    """What saying what became of an action did."""


class _OfAction(ShownAction):
    """Something that a person does about one action."""

    outcome_type = ActionOutcome
    rule = needs(Scope.ACTIONS_WRITE)

    def check(self) -> None:
        """Read the id."""
        self._action = ids.decode_as(PARTNER_ACTION, self.asked.action_id, argument="input.actionId")

    async def effect(self, unit: Unit) -> ActionOutcome:
        """Do it to the action as it stands."""
        action = (await unit.actions.get([self._action])).get(self._action)
        if action is None:
            message = "There is no such action: list the customer's `actions`."
            raise Refusal(NotFoundProblem(message=message, path=_PATH))
        self._check_domain(action)
        try:
            await self.decide(unit, action)
        except ActionMoved:
            raise Refusal(_stands("The action went on meanwhile: read it again.")) from None
        return ActionOutcome(customer=action.customer_id, action=action.id)

    def events(self, _outcome: ActionOutcome) -> Sequence[EventDraft]:
        """Told already, by whatever changed the action."""
        return ()

    def audit_detail(self, outcome: ActionOutcome) -> Mapping[str, str]:
        """Which action it is."""
        return {} if outcome.action is None else {"action": outcome.action}

    async def decide(self, unit: Unit, action: PartnerActionData) -> None:
        """What is done."""
        raise NotImplementedError

    def _check_domain(self, action: PartnerActionData) -> None:
        """Hold the caller to what asking for such an action needs beside the mutation's own scope.

        Raises:
            Forbidden: They may not see the records that the action concerns.
        """
        kind = actions().get(action.kind)
        domain = action.kind.partition(".")[0] if kind is None else kind.concerned
        scope = domain_scope(domain)
        if scope not in self.access.principal.scopes:
            raise Forbidden(f"`Mutation.{self.name}` for `{action.kind}`", (frozenset({scope}),))


class CancelAction(_OfAction):
    """Calls an action off."""

    name = "cancelAction"
    description = (
        "Calls off an action that was not sent yet. What was sent cannot be called off here: a work order is "
        "withdrawn by `cancelWorkOrder`, a booking by `cancelRentalBooking`."
    )
    input_type = CancelActionInput
    payload_type = CancelActionPayload

    async def decide(self, unit: Unit, action: PartnerActionData) -> None:
        """Reject it where it is only requested."""
        if action.state is not PartnerActionState.REQUESTED:
            raise Refusal(_stands("The action was sent already, or is settled: read it again."))
        change = ActionChange(
            after=PartnerActionState.REJECTED,
            reason=StepReason.CANCELLED,
            rejection=ActionRejection.CANCELLED,
        )
        await tell(unit, action, await unit.actions.move(action, change, by=self.actor))


class RetryAction(_OfAction):
    """Goes on with an action at once."""

    name = "retryAction"
    rule = needs(Scope.ACTIONS_CORRECT)
    description = (
        "Goes on with an action at once, as if its time began now: sends one that was not sent, and finds "
        "out about one that is `UNKNOWN`, by its key or a look-up at the partner. It never takes effect "
        "twice. "
        "Where a partner offers neither, `resolveAction` is for a person who has asked."
    )
    input_type = RetryActionInput
    payload_type = RetryActionPayload

    async def decide(self, unit: Unit, action: PartnerActionData) -> None:
        """Make it due."""
        if action.state not in {PartnerActionState.REQUESTED, PartnerActionState.UNKNOWN}:
            raise Refusal(_stands("The action is on its way, at the partner, or settled: read it again."))
        effect = self._effect(action)
        if effect is None:
            message = "No configured partner performs this just now: see `connectors`."
            raise Refusal(ActionProblem(message=message, path=_PATH, code=ProblemCode.NOT_PERFORMED))
        if action.state is PartnerActionState.UNKNOWN and effect is Effect.UNTRACEABLE:
            message = (
                "The partner has neither key nor look-up for this: ask there, and say what they found with "
                "`resolveAction`."
            )
            raise Refusal(ActionProblem(message=message, path=_PATH, code=ProblemCode.UNTRACEABLE))
        if not await unit.actions.renew(action, self.at + VALID_FOR):
            raise Refusal(_stands("The action is being worked at: read it again."))
        await tell(unit, action, (await unit.actions.get([action.id]))[action.id])

    async def follow(self, outcome: ActionOutcome, services: Services) -> None:
        """Do what is to be done about it."""
        if outcome.action is not None:
            wait = services.settings.deadline
            await services.performer.perform(self.access.tenant, outcome.action, wait=wait)

    def _effect(self, action: PartnerActionData) -> Effect | None:
        return next(
            (info.actions.get(action.kind) for info in self.infos if info.id == action.connector), None
        )


class ResolveAction(_OfAction):
    """Says what became of an action."""

    name = "resolveAction"
    rule = needs(Scope.ACTIONS_CORRECT)
    description = (
        "Says what became of an `UNKNOWN` action, by a person who has asked the partner. Final: nothing is "
        "sent afterwards."
    )
    input_type = ResolveActionInput
    payload_type = ResolveActionPayload

    def check(self) -> None:
        """Read the id and the note."""
        super().check()
        note = self.asked.note or ""
        if len(note) > LONGEST_REASON or not storable(note):
            message = f"A note has at most {LONGEST_REASON} characters, and no NUL."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="input.note")

    async def decide(self, unit: Unit, action: PartnerActionData) -> None:
        """Settle it."""
        if action.state is not PartnerActionState.UNKNOWN or action.holder is not None:
            raise Refusal(_stands("The action is not `UNKNOWN`, or is being worked at: read it again."))
        took = self.asked.verdict is ActionVerdict.TOOK_EFFECT
        change = ActionChange(
            after=PartnerActionState.CONFIRMED if took else PartnerActionState.REJECTED,
            reason=StepReason.VERDICT,
            rejection=None if took else ActionRejection.NO_EFFECT,
        )
        moved = await unit.actions.move(action, change, by=self.actor, note=self.asked.note or None)
        await tell(unit, action, moved)


def _stands(message: str) -> ActionProblem:
    return ActionProblem(message=message, path=_PATH, code=ProblemCode.ACTION_STANDS)


ACTIONS = (CancelAction, RetryAction, ResolveAction)
