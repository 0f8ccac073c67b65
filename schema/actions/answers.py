"""Actions at partners as the store keeps them, told as the graph shows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from strawberry.utils.str_converters import to_camel_case

from c360.errors import ProblemCode
from c360.kinds import actions, domains
from schema import ids
from schema.actions.reading import Kept
from schema.actions.shapes import PARTNER_ACTION, PartnerAction, PartnerActionDetail, PartnerActionStep
from schema.identity.answers import CUSTOMER
from store.data_actions import PartnerActionStep as StepData


def partner_action(kept: Kept) -> PartnerAction:
    """An action as the graph shows it."""
    data = kept.data
    kind = actions().get(data.kind)
    domain = data.kind.partition(".")[0]
    return PartnerAction(
        id=ids.encode(PARTNER_ACTION, data.id),
        kind=data.kind,
        domain=domain if domain in domains() else None,
        summary="" if kind is None else kind.summary,
        connector=data.connector,
        party_id=data.party_id,
        state=data.state,
        reference=data.reference,
        rejection=data.rejection,
        problem=None if data.problem is None else ProblemCode(data.problem),
        requested_at=data.requested_at,
        requested_by=data.requested_by,
        valid_until=data.valid_until,
        attempts=data.attempts,
        sent_at=data.sent_at,
        accepted_at=data.accepted_at,
        settled_at=data.settled_at,
        next_attempt_at=data.next_at,
        human_asked_at=data.human_at,
        details=() if kept.content is None else tuple(_details(msgspec.json.decode(kept.content))),
        history=tuple(_step(each) for each in kept.steps),
        customer_id=ids.encode(CUSTOMER, data.customer_id),
    )


def _step(step: StepData) -> PartnerActionStep:
    return PartnerActionStep(state=step.after, at=step.at, by=step.by, reason=step.reason, note=step.note)


def _details(content: Any, path: str = "") -> Iterator[PartnerActionDetail]:
    """The fields that have a value, those within others by their path."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _details(value, f"{path}.{to_camel_case(name)}".lstrip("."))
    elif isinstance(content, bool):
        yield PartnerActionDetail(name=path, value="true" if content else "false")
    elif content is not None:
        yield PartnerActionDetail(name=path, value=str(content))
