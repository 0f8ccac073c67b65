"""A contested score, as an object of the graph."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta

from schema import ids
from schema.answers import CustomerAnswer
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.shapes import Shape
from store.data_contests import ContestData, ContestState, ContestVerdict

CONTEST = "ScoreContest"
"""Name of the type, as global ids have it."""


class ScoreContest(Shape, frozen=True, kw_only=True):
    """A score that somebody contested, for a person to look at."""

    id: Annotated[NodeId, Meta(description="Id, to decide it by.")]
    state: Annotated[ContestState, Meta(description="How it stands.")]
    reason: Annotated[
        str, Meta(description="Why, in the customer's words or an agent's.", extra={"personal": True})
    ]
    raised_at: Annotated[dt.datetime, Meta(description="When.")]
    raised_by: Annotated[str, Meta(description="Who contested it.")]
    verdict: Annotated[
        ContestVerdict | None, Meta(description="What a person said; null where nobody has.")
    ] = None
    note: Annotated[str | None, Meta(description="Why it was decided so.", extra={"personal": True})] = None
    decided_at: Annotated[dt.datetime | None, Meta(description="When it was decided.")] = None
    decided_by: Annotated[str | None, Meta(description="Who decided it.")] = None
    customer_id: Annotated[NodeId, Meta(description="Id of the customer whose score it is.")]


class QueuedContest(Shape, frozen=True, kw_only=True):
    """A contested score with its customer: what a reviewer needs to judge it."""

    contest: Annotated[ScoreContest, Meta(description="What was contested, by whom and why.")]
    customer: Annotated[CustomerNode, Meta(description="The customer, with the score as it is now.")]


def contest(found: ContestData) -> ScoreContest:
    """A contest as the graph shows it."""
    return ScoreContest(
        id=ids.encode(CONTEST, found.id),
        state=found.state,
        reason=found.reason,
        raised_at=found.raised_at,
        raised_by=found.raised_by,
        verdict=found.verdict,
        note=found.note,
        decided_at=found.decided_at,
        decided_by=found.decided_by,
        customer_id=ids.encode(CUSTOMER, found.customer_id),
    )


def queued(found: ContestData, customers: Mapping[str, CustomerAnswer]) -> QueuedContest:
    """A contest beside its customer."""
    return QueuedContest(contest=contest(found), customer=customers[found.customer_id])
