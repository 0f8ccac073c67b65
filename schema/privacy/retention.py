"""Rules of retention and legal holds, as objects of the graph."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schema import ids
from schema.identity.answers import CUSTOMER
from schema.inputs import NodeId
from schema.shapes import Shape
from store.data_privacy import HoldData, RetentionRuleData, RetentionRunData

HOLD = "LegalHold"
"""Name of the type, as global ids have it."""


class LegalHold(Shape, frozen=True, kw_only=True):
    """A ground on which a customer's data is not deleted for now."""

    id: Annotated[NodeId, Meta(description="Its id, to lift it by.")]
    customer_id: Annotated[NodeId, Meta(description="The customer.")]
    kind: Annotated[str | None, Meta(description="Kind of record; null for everything.")]
    basis: Annotated[str, Meta(description="On what ground.")]
    until: Annotated[dt.datetime | None, Meta(description="When it ends by itself; null where it does not.")]
    placed_at: Annotated[dt.datetime, Meta(description="When it was placed.")]
    placed_by: Annotated[str, Meta(description="By whom.")]
    lifted_at: Annotated[dt.datetime | None, Meta(description="When it was lifted; null while it stands.")]
    lifted_by: Annotated[str | None, Meta(description="By whom.")]


class RetentionReport(Shape, frozen=True, kw_only=True):
    """What the last pass over a kind of record did."""

    started_at: Annotated[dt.datetime, Meta(description="When it began.")]
    finished_at: Annotated[dt.datetime | None, Meta(description="When it ended; null while it goes on.")]
    deleted: Annotated[float, Meta(description="Rows that were deleted.")]
    held: Annotated[float, Meta(description="Rows that were old enough and stay because of a hold.")]


class RetentionRule(Shape, frozen=True, kw_only=True):
    """How long a kind of record is kept."""

    kind: Annotated[str, Meta(description="The kind.")]
    days: Annotated[
        int | None, Meta(description="Days after which it is deleted; null: while the customer is one.")
    ]
    duty_days: Annotated[
        int | None, Meta(description="Days for which an erasure leaves it; null: it leaves nothing.")
    ]
    duty_basis: Annotated[str | None, Meta(description="On what ground.")]
    changed_at: Annotated[dt.datetime, Meta(description="When the rule was set.")]
    changed_by: Annotated[str, Meta(description="By whom.")]
    last_pass: Annotated[
        RetentionReport | None, Meta(description="What the worker last did; null where it did nothing yet.")
    ]


def hold(found: HoldData) -> LegalHold:
    """A hold as the graph shows it."""
    return LegalHold(
        id=ids.encode(HOLD, found.id),
        customer_id=ids.encode(CUSTOMER, found.customer_id),
        kind=found.kind,
        basis=found.basis,
        until=found.until,
        placed_at=found.placed_at,
        placed_by=found.placed_by,
        lifted_at=found.lifted_at,
        lifted_by=found.lifted_by,
    )


def retention_rule(found: RetentionRuleData, run: RetentionRunData | None) -> RetentionRule:
    """A rule as the graph shows it, with what the worker did by it."""
    report = None
    if run is not None:
        report = RetentionReport(
            started_at=run.started_at,
            finished_at=run.finished_at,
            deleted=float(run.deleted),
            held=float(run.held),
        )
    return RetentionRule(
        kind=found.kind,
        days=found.days,
        duty_days=found.duty_days,
        duty_basis=found.basis,
        changed_at=found.changed_at,
        changed_by=found.changed_by,
        last_pass=report,
    )
