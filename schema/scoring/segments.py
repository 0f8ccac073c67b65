"""Segments of a customer, and why; the segments themselves, and how large they are."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta
from strawberry.types.field import StrawberryField

from c360.values import Money
from resolvers.reckoned import profit_of, score_of, value_of
from resolvers.segments.definitions import Action, SegmentSet, Versioned
from resolvers.segments.dimensions import Dimension, Finding, Lifecycle, Risk, Value
from resolvers.segments.placing import Membership, Placer, Standing
from resolvers.segments.scores import Subject
from resolvers.segments.scoring import brought_together
from resolvers.summaries.customer import Summaries
from resolvers.view import CustomerView
from schema import hub
from schema.answers import CustomerAnswer
from schema.declarations import Demand
from schema.derive import Deriver
from schema.hub import known
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.permissions.types import TYPES
from schema.scoring.shapes import Basis, ModelOrigin, model_origin
from schema.shapes import Shape


class SegmentReason(Shape, frozen=True, kw_only=True):
    """Why a customer has a label: a figure of theirs, and the stretch of it that the label stands for."""

    dimension: Annotated[Dimension, Meta(description="What the label is of.")]
    label: Annotated[
        str,
        Meta(description="The label, such as `TOP` or `LAPSED`; of a figure or a line of business its name."),
    ]
    figure: Annotated[
        str, Meta(description="What was looked at, such as `PROFIT_PERCENTILE` or `SILENT_RHYTHMS`.")
    ]
    value: Annotated[float | None, Meta(description="The customer's figure; null where it is not known.")]
    cut: Annotated[
        str | None,
        Meta(description="The stretch that gives the label, such as `at least 70 and below 90`."),
    ]
    note: Annotated[str | None, Meta(description="Why there is no figure.")]


class SegmentAction(Shape, frozen=True, kw_only=True):
    """Something that the company does about the customers of a segment."""

    code: Annotated[str, Meta(description="For programs, such as `CALL_WITHIN_A_WEEK`.")]
    text: Annotated[str, Meta(description="For people.")]


class CustomerSegment(Shape, frozen=True, kw_only=True):
    """A segment that a customer belongs to."""

    name: Annotated[str, Meta(description="Its name, by which `customers` can be filtered.")]
    title: Annotated[str, Meta(description="Its name for people.")]
    description: Annotated[str, Meta(description="Who belongs to it.")]
    why: Annotated[
        tuple[SegmentReason, ...] | None,
        Meta(
            description="Each dimension and figure that its rule asks for. Null only where they are "
            "withheld.",
            extra={"rule": TYPES["Risk"]},
        ),
    ]
    strategy: Annotated[str, Meta(description="What the company wants with these customers.")]
    actions: Annotated[tuple[SegmentAction, ...], Meta(description="What it does about them.")]
    version: Annotated[
        int, Meta(description="Of the definition, from 1; 0 for a definition that is shipped.")
    ]


class CustomerStanding(Shape, frozen=True, kw_only=True):
    """The one cell of value, risk and lifecycle that a customer is in."""

    value: Annotated[Value, Meta(description="Their worth among customers of their kind.")]
    risk: Annotated[
        Risk | None,
        Meta(description="Their risk. Null only where it is withheld.", extra={"rule": TYPES["Risk"]}),
    ]
    lifecycle: Annotated[Lifecycle, Meta(description="Where they stand between coming and leaving.")]
    why: Annotated[
        tuple[SegmentReason, ...] | None,
        Meta(
            description="One reason for each of the three. Null only where they are withheld.",
            extra={"rule": TYPES["Risk"]},
        ),
    ]
    version: Annotated[int, Meta(description="Of the cuts, from 1; 0 for those that are shipped.")]
    ranks: Annotated[ModelOrigin, Meta(description="The population that percentiles are places in.")]
    basis: Annotated[Basis, Meta(description="What it is reckoned from.")]
    as_of: Annotated[dt.datetime | None, Meta(description="When the oldest figure used was reckoned.")]
    missing: Annotated[
        tuple[NodeId, ...],
        Meta(description="Connector instances of which nothing is known yet: what they hold is left out."),
    ]


class SegmentSize(Shape, frozen=True, kw_only=True):
    """How large a segment was on one day."""

    date: Annotated[dt.date, Meta(description="The day of the count.")]
    customers: Annotated[int, Meta(description="How many customers were in it.")]
    share: Annotated[float, Meta(description="Of all customers counted that day, from 0 to 1.")]
    profit: Annotated[
        Money | None,
        Meta(
            description="What they contributed together in the 12 months before. Null only where it is "
            "refused.",
            extra={"rule": needs(Scope.SCORES_READ)},
        ),
    ]
    lifetime_value: Annotated[
        Money | None,
        Meta(
            description="What they were worth together. Null only where it is refused.",
            extra={"rule": needs(Scope.SCORES_READ)},
        ),
    ]
    version: Annotated[int, Meta(description="Of the definition that it was counted by.")]


class Segment(Shape, frozen=True, kw_only=True):
    """A named group of customers about whom the company does the same thing."""

    name: Annotated[str, Meta(description="Its name, by which `customers` can be filtered.")]
    title: Annotated[str, Meta(description="Its name for people.")]
    description: Annotated[str, Meta(description="Who belongs to it.")]
    strategy: Annotated[str, Meta(description="What the company wants with these customers.")]
    actions: Annotated[tuple[SegmentAction, ...], Meta(description="What it does about them.")]
    version: Annotated[
        int, Meta(description="Of the definition, from 1; 0 for a definition that is shipped.")
    ]
    sizes: Annotated[
        tuple[SegmentSize, ...],
        Meta(description="How large it was on the days of the window that were counted, the earliest first."),
    ]


class BestCustomer(Shape, frozen=True, kw_only=True):
    """A customer in the order of a figure."""

    customer: Annotated[CustomerNode, Meta(description="The customer.")]
    amount: Annotated[Money, Meta(description="The figure when they were last counted.")]


def segment_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields of a customer by name."""
    demand = Demand(hub=hub.SEGMENTS)
    return {
        "segments": make.attribute(
            tuple[CustomerSegment, ...] | None,
            "The segments that the customer belongs to by the definitions in force, and why; any number. "
            "Null only where they are withheld.",
            demand=demand,
            rule=TYPES["CustomerSegment"],
            read=lambda customer: _placed(customer).segments,
        ),
        "standing": make.attribute(
            CustomerStanding | None,
            "The one cell of value, risk and lifecycle that the customer is in, and why. Null only where it "
            "is withheld.",
            demand=demand,
            rule=TYPES["CustomerStanding"],
            read=lambda customer: _placed(customer).standing,
        ),
        "lifecycle": make.attribute(
            Lifecycle | None,
            "Where the customer stands between coming and leaving; `standing` says why. Null only where it "
            "is withheld.",
            demand=demand,
            rule=TYPES["CustomerStanding"],
            read=lambda customer: _placed(customer).found.cell.lifecycle,
        ),
    }


def actions(found: tuple[Action, ...]) -> tuple[SegmentAction, ...]:
    """What a company does about a segment, as the graph shows it."""
    return tuple(SegmentAction(code=one.code, text=one.text) for one in found)


class _Placed:
    """A customer's place among the segments in force; the segments are found when they are asked for."""

    def __init__(self, view: CustomerView) -> None:
        self._defined: SegmentSet = known(view, hub.SEGMENTS)
        self._summaries: Summaries = known(view, hub.SUMMARIES)
        self._ranks = view.models.ranks
        kind = view.customer.kind
        summaries = self._summaries
        scores = brought_together(
            summaries,
            value=lambda: value_of(view, summaries),
            profit=lambda: profit_of(view, summaries),
            score=lambda: score_of(view, summaries),
        ).scores
        self._subject = Subject(kind=kind, summaries=self._summaries, scores=scores)
        self._placer = Placer(self._defined, self._ranks)
        self.found: Standing = self._placer.standing(self._subject)

    @property
    def segments(self) -> tuple[CustomerSegment, ...]:
        """Every segment that the customer belongs to."""
        return tuple(map(_segment, self._placer.memberships(self._subject, self.found)))

    @property
    def standing(self) -> CustomerStanding:
        """The cell with its reasons."""
        found = self.found
        return CustomerStanding(
            value=found.cell.value,
            risk=found.cell.risk,
            lifecycle=found.cell.lifecycle,
            why=tuple(map(_reason, (found.value, found.risk, found.lifecycle))),
            version=self._defined.dimensions_version,
            ranks=model_origin(self._ranks.origin),
            basis=Basis.SUMMARIES,
            as_of=self._summaries.as_of,
            missing=self._summaries.missing,
        )


def _placed(customer: CustomerAnswer) -> _Placed:
    view = customer.view
    placed: _Placed = view.once(_Placed, lambda: _Placed(view))
    return placed


def _segment(found: Membership) -> CustomerSegment:
    versioned: Versioned = found.segment
    segment = versioned.segment
    return CustomerSegment(
        name=segment.name,
        title=segment.title,
        description=segment.description,
        why=tuple(map(_reason, found.why)),
        strategy=segment.strategy,
        actions=actions(segment.actions),
        version=versioned.version,
    )


def _reason(found: Finding) -> SegmentReason:
    return SegmentReason(
        dimension=found.dimension,
        label=found.label,
        figure=found.figure,
        value=found.value,
        cut=found.cut,
        note=found.note,
    )
