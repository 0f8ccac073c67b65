"""The field of a customer that tells what partners were asked to do."""

from __future__ import annotations

from typing import Any

from strawberry.types.field import StrawberryField

from schema import hub
from schema.actions.answers import partner_action
from schema.actions.shapes import READING, PartnerAction
from schema.answers import CustomerAnswer
from schema.declarations import Demand
from schema.derive import Deriver
from schema.hub import known
from schema.inputs import EntriesArguments
from schema.paging import Connection, connection_type, stored_page


def action_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name; the types that they need are made with them."""
    return {
        "actions": make.computed(
            _actions,
            action_connection(make),
            "What partners were asked to do for the customer, the latest first, and what became of it.",
            arguments=EntriesArguments,
            demand=Demand(hub=hub.ACTIONS, arguments=EntriesArguments),
            rule=READING,
        )
    }


def action_connection(make: Deriver) -> Any:
    """The type of a page of actions, made once."""
    return connection_type(
        make,
        make.object(PartnerAction),
        "PartnerAction",
        "actions at partners, the latest first",
        counted=None,
    )


def _actions(customer: CustomerAnswer, _info: object, **given: Any) -> Connection:
    asked = EntriesArguments(**{name: value for name, value in given.items() if value is not None})
    page, kept = known(customer.view, hub.ACTIONS, asked)
    rows = [
        (partner_action(kept[each.id]), cursor)
        for each, cursor in zip(page.actions, page.cursors, strict=True)
    ]
    return stored_page(rows, page)
