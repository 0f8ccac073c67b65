"""Reading what is kept of actions at partners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from schema.ports import Unit
from store.data_actions import PartnerActionData, PartnerActionStep


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is kept of an action."""

    data: PartnerActionData
    steps: tuple[PartnerActionStep, ...]
    content: bytes | None
    """What it asks for; none where the customer was erased."""


async def read_actions(unit: Unit, found: Iterable[PartnerActionData]) -> Mapping[str, Kept]:
    """What else is kept of actions, by id. Three queries at the most."""
    listed = tuple(found)
    if not listed:
        return {}
    steps = await unit.actions.steps([each.id for each in listed])
    contents = await unit.actions.contents(listed)
    return {
        each.id: Kept(data=each, steps=steps.get(each.id, ()), content=contents.get(each.id))
        for each in listed
    }
