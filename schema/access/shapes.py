"""Emergency access as an object of the graph."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schema import ids
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.shapes import Shape
from store.data_access import EmergencyData, EmergencyState, EmergencyVerdict

EMERGENCY = "EmergencyAccess"
"""Name of the type, as global ids have it."""
_TYPED = {"rule": needs(Scope.ACCESS_REVIEW, pii=True)}


class EmergencyAccess(Shape, frozen=True, kw_only=True):
    """A customer who was opened to somebody beyond their reach, for another person to review."""

    id: Annotated[NodeId, Meta(description="Id, to review it by.")]
    state: Annotated[EmergencyState, Meta(description="How it stands.")]
    customer_id: Annotated[NodeId, Meta(description="Id of the customer.")]
    opened_by: Annotated[str, Meta(description="To whom the customer was opened.")]
    reason: Annotated[
        str | None,
        Meta(description="Why, in that person's words; null where the customer was erased.", extra=_TYPED),
    ] = None
    ticket: Annotated[str, Meta(description="The case that it belongs to, in another system.")]
    opened_at: Annotated[dt.datetime, Meta(description="Since when.")]
    until: Annotated[dt.datetime, Meta(description="Until when it lasts, or lasted.")]
    verdict: Annotated[
        EmergencyVerdict | None, Meta(description="What a reviewer said; null where nobody has.")
    ] = None
    note: Annotated[str | None, Meta(description="Why it was judged so.", extra=_TYPED)] = None
    reviewed_at: Annotated[dt.datetime | None, Meta(description="When it was reviewed.")] = None
    reviewed_by: Annotated[str | None, Meta(description="Who reviewed it.")] = None


class QueuedEmergency(Shape, frozen=True, kw_only=True):
    """An emergency access with its customer: what a reviewer needs to judge it."""

    access: Annotated[EmergencyAccess, Meta(description="Who opened whom, when and why.")]
    customer: Annotated[CustomerNode, Meta(description="The customer.")]


def emergency(found: EmergencyData) -> EmergencyAccess:
    """An emergency access as the graph shows it."""
    typed = found.content
    return EmergencyAccess(
        id=ids.encode(EMERGENCY, found.id),
        state=found.state,
        customer_id=ids.encode(CUSTOMER, found.customer_id),
        opened_by=found.subject,
        reason=None if typed is None else typed.reason,
        ticket=found.ticket,
        opened_at=found.at,
        until=found.until,
        verdict=found.verdict,
        note=None if typed is None else typed.note,
        reviewed_at=found.reviewed_at,
        reviewed_by=found.reviewed_by,
    )
