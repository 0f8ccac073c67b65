"""The tables of the guide to actions at partners."""

from __future__ import annotations

import enum
from collections.abc import Callable

from c360.kinds import actions
from schema.docs import member_descriptions
from schema.mutations.actions import discover
from schema.mutations.actions.base import PartnerMutation
from store.data_actions import BECOMES, ActionRejection, PartnerActionState, StepReason
from tests.docs.cells import code, ended, markdown


def states() -> str:
    """Every state, what it means and what may follow."""
    texts = member_descriptions(PartnerActionState)
    rows = [
        (
            code(state.name),
            ended(texts[state.name]),
            ", ".join(code(each.name) for each in PartnerActionState if each in BECOMES[state]) or "–",
        )
        for state in PartnerActionState
    ]
    return markdown(("state", "meaning", "may become"), rows)


def mutations() -> str:
    """Every mutation that has a partner do something."""
    asking = [each for each in discover() if issubclass(each, PartnerMutation)]
    rows = [
        (code(each.name), code(each.kind.name), ended(actions()[each.kind.name].summary)) for each in asking
    ]
    return markdown(("mutation", "kind of action", "what it does"), rows)


def _members(kind: type[enum.Enum], head: str) -> Callable[[], str]:
    def table() -> str:
        texts = member_descriptions(kind)
        return markdown((head, "meaning"), [(code(each.name), ended(texts[each.name])) for each in kind])

    return table


TABLES: dict[str, Callable[[], str]] = {
    "action-states": states,
    "action-mutations": mutations,
    "action-rejections": _members(ActionRejection, "rejection"),
    "action-reasons": _members(StepReason, "reason"),
}
