"""Taking back at partners what rests on a permission that a customer withdraws."""

from __future__ import annotations

import datetime as dt
import hashlib

import msgspec

from c360.access import Purpose
from c360.kinds import actions
from resolvers.actions.machine import LONGEST_VALID
from resolvers.actions.telling import HUB, events
from schema.ports import Unit
from store.data_actions import ActionChange, ActionDraft, ActionRejection, PartnerActionState, StepReason


async def take_back(
    unit: Unit, customer_id: str, connector: str | None, *, purpose: Purpose, at: dt.datetime
) -> bool:
    """Have partners end what the hub has asked them for on behalf of a customer, once for each of them.

    The worker sends it as soon as the transaction is committed. What was not sent yet is called off.

    Args:
        unit: the transaction of the withdrawal.
        customer_id: who withdraws.
        connector: instance of the partner; none: all.
        purpose: what it is done for.
        at: the present.

    Returns:
        whether there was anything.
    """
    known = actions()
    undone_by = {name: known[kind.undone_by] for name, kind in known.items() if kind.undone_by}
    found = await unit.actions.lasting(customer_id, undone_by, connector=connector)
    for each in found:
        if each.state is PartnerActionState.REQUESTED and each.holder is None:
            called_off = ActionChange(
                after=PartnerActionState.REJECTED,
                reason=StepReason.CANCELLED,
                rejection=ActionRejection.CANCELLED,
            )
            unit.outbox.add(events(await unit.actions.move(each, called_off, by=HUB)))
        elif each.reference is not None:
            kind = undone_by[each.kind]
            (field,) = kind.input.__struct_fields__
            content = msgspec.json.encode(msgspec.convert({field: each.reference}, kind.input))
            draft = ActionDraft(
                customer_id=customer_id,
                connector=each.connector,
                kind=kind.name,
                party_id=each.party_id,
                content=content,
                caller=HUB,
                key=f"undo {each.id}",
                fingerprint=hashlib.sha256(content).digest(),
                purpose=purpose.value,
                valid_until=at + LONGEST_VALID,
                due_at=at,
            )
            made, new = await unit.actions.request(draft)
            if new:
                unit.outbox.add(events(made))
    return bool(found)
