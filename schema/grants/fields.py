"""The field of a customer that says which partners let the hub in."""

from __future__ import annotations

from strawberry.types.field import StrawberryField

from schema import hub
from schema.answers import CustomerAnswer
from schema.declarations import Demand
from schema.derive import Deriver
from schema.grants.shapes import READ, Grant, grant
from schema.hub import known


def grant_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name; the types that they need are made with them."""
    return {
        "grants": make.attribute(
            tuple[Grant, ...],
            "Which partners the customer has let the hub in at, and how that stands. `startGrant` asks for "
            "one, `revokeGrant` gives it back.",
            demand=Demand(hub=hub.GRANTS),
            read=_grants,
            rule=READ,
        ),
    }


def _grants(customer: CustomerAnswer) -> tuple[Grant, ...]:
    return tuple(map(grant, known(customer.view, hub.GRANTS) or ()))
