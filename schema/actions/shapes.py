"""An action at a partner, as types of the graph."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from c360.errors import ProblemCode
from resolvers.actions.telling import PARTNER_ACTION
from schema.inputs import DomainName, NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.shapes import Shape
from store.data_actions import ActionRejection, PartnerActionState, StepReason

__all__ = ["PARTNER_ACTION", "READING", "PartnerAction", "PartnerActionDetail", "PartnerActionStep"]

READING = needs(Scope.WORKORDERS_READ)
"""Who may read actions."""
_PERSONAL = needs(Scope.WORKORDERS_READ, pii=True)


class PartnerActionDetail(Shape, frozen=True, kw_only=True):
    """One field of what an action asks for."""

    name: Annotated[str, Meta(description="The field of the mutation's input, such as `amount.currency`.")]
    value: Annotated[str, Meta(description="Its value, as text.", extra={"rule": _PERSONAL})]


class PartnerActionStep(Shape, frozen=True, kw_only=True):
    """One step of an action."""

    state: Annotated[PartnerActionState, Meta(description="Where it led.")]
    at: Annotated[datetime, Meta(description="When.")]
    by: Annotated[str, Meta(description="Who asked for it or decided it; `c360` where the hub took it.")]
    reason: Annotated[StepReason, Meta(description="Why.")]
    note: Annotated[
        str | None, Meta(description="What a person wrote about it.", extra={"rule": _PERSONAL})
    ] = None


class PartnerAction(Shape, frozen=True, kw_only=True):
    """Something that a partner was asked to do for a customer, and what became of it as far as is known."""

    id: Annotated[NodeId, Meta(description="Global id.")]
    kind: Annotated[str, Meta(description="What kind of action, such as `loyalty.adjust_points`.")]
    domain: Annotated[DomainName | None, Meta(description="Business domain it belongs to.")]
    summary: Annotated[str, Meta(description="What an action of the kind does, in one sentence.")]
    connector: Annotated[NodeId, Meta(description="Id of the connector instance that performs it.")]
    party_id: Annotated[
        str, Meta(description="Who the customer is at the partner.", extra={"rule": _PERSONAL})
    ]
    state: Annotated[PartnerActionState, Meta(description="Where it stands.")]
    reference: Annotated[
        str | None,
        Meta(
            description="The partner's own id of what was done; null where it gave none.",
            extra={"rule": _PERSONAL},
        ),
    ] = None
    rejection: Annotated[
        ActionRejection | None, Meta(description="Why it has no effect; null unless it is `REJECTED`.")
    ] = None
    problem: Annotated[
        ProblemCode | None, Meta(description="What stood in the way last; null where nothing does.")
    ] = None
    requested_at: Annotated[datetime, Meta(description="When it was asked for.")]
    requested_by: Annotated[str, Meta(description="Who asked for it.")]
    valid_until: Annotated[
        datetime, Meta(description="Until when it is sent; afterwards it is `REJECTED` as `EXPIRED`.")
    ]
    attempts: Annotated[int, Meta(description="How often it was sent, each time under the same key.")] = 0
    sent_at: Annotated[datetime | None, Meta(description="When it was sent last.")] = None
    accepted_at: Annotated[
        datetime | None,
        Meta(description="When the partner was first known to have it, where it decides later."),
    ] = None
    settled_at: Annotated[
        datetime | None, Meta(description="When it became `CONFIRMED` or `REJECTED`; null until then.")
    ] = None
    next_attempt_at: Annotated[
        datetime | None,
        Meta(description="When the hub does something about it next; null where it does nothing any more."),
    ] = None
    human_asked_at: Annotated[
        datetime | None,
        Meta(
            description="When a person was asked to find out at the partner, because the hub cannot: "
            "`resolveAction` says what they found. Null where nobody needs to."
        ),
    ] = None
    details: Annotated[
        tuple[PartnerActionDetail, ...],
        Meta(description="What it asks for, field by field; kept under the customer's own key."),
    ] = ()
    history: Annotated[
        tuple[PartnerActionStep, ...], Meta(description="Its steps, the first one first.")
    ] = ()
    customer_id: Annotated[NodeId, Meta(description="Id of the customer.")]
