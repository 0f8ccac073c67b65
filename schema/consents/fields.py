"""The fields of a customer that say what may be done with their data."""

from __future__ import annotations

from typing import Any

from strawberry.types.field import StrawberryField

from resolvers.consents.customer import CustomerConsents
from schema import hub
from schema.answers import CustomerAnswer
from schema.consents import answers
from schema.consents.shapes import READ, Consent, ConsentDecision
from schema.declarations import Demand
from schema.derive import Deriver
from schema.hub import known
from schema.inputs import PageArguments
from schema.paging import Connection, connect, connection_type, stretch

HOTEL = "hotel.preferences"
"""Kind of the records in which partners say what a customer agreed to there."""


def consent_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name; the types that they need are made with them."""
    return {
        "consents": make.attribute(
            tuple[Consent, ...],
            "Whether the customer's data may be used, for every purpose, and for each channel and partner "
            "that somebody said something of: the hub's own decisions together with what partners hold, the "
            "stricter first.",
            demand=Demand(hub=hub.CONSENTS, kinds=(HOTEL,)),
            read=lambda customer: answers.consents(customer.view.consents),
            rule=READ,
        ),
        "consent_history": make.computed(
            _history,
            connection_type(
                make,
                make.object(ConsentDecision),
                "ConsentDecision",
                "decisions, the latest first",
                counted=None,
            ),
            "Every consent, objection and restriction that the customer decided on, the latest first, with "
            "its proof.",
            arguments=PageArguments,
            demand=Demand(hub=hub.CONSENT_PROOFS),
            rule=READ,
        ),
    }


def _history(customer: CustomerAnswer, _info: object, **given: Any) -> Connection:
    page = stretch(PageArguments(**given))
    mine: CustomerConsents = customer.view.consents
    proofs = known(customer.view, hub.CONSENT_PROOFS)
    rows = [
        ((one.recorded_at.isoformat(), one.id), answers.decision(one, proofs))
        for one in sorted(mine.decisions, key=lambda one: (one.recorded_at.isoformat(), one.id), reverse=True)
    ]
    return connect(rows, page, scope="consents", descending=True)
