"""What the hub keeps of a customer's behaviour, as it is kept: the figures that models read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta
from strawberry.types.field import StrawberryField

from c360.values import CurrencyCode
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure, Unit
from schema import hub
from schema.answers import CustomerAnswer
from schema.declarations import Demand
from schema.derive import Deriver
from schema.hub import known
from schema.inputs import NodeId
from schema.permissions.types import TYPES
from schema.shapes import Shape


class SummaryFigure(Shape, frozen=True, kw_only=True):
    """One figure of a line of business, over all partners in it."""

    measure: Annotated[Measure, Meta(description="What it says.")]
    unit: Annotated[Unit, Meta(description="What it counts.")]
    value: Annotated[
        float | None, Meta(description="The figure, not rounded; null where it is a date, see `day`.")
    ] = None
    day: Annotated[dt.date | None, Meta(description="The figure, where it is a date.")] = None
    currency: Annotated[
        CurrencyCode | None, Meta(description="Of an amount: the hub's own currency; else null.")
    ] = None


class SummaryLine(Shape, frozen=True, kw_only=True):
    """The figures of one line of business."""

    line: Annotated[Line, Meta(description="The line of business.")]
    figures: Annotated[
        tuple[SummaryFigure, ...],
        Meta(description="Those that are known: what is not there is not known, and zero is zero."),
    ]


class CustomerSummaries(Shape, frozen=True, kw_only=True):
    """What the hub keeps of a customer's behaviour, so that no request has to read years of it."""

    as_of: Annotated[
        dt.datetime | None,
        Meta(description="When the partner whose figures are the oldest was asked; null where none was."),
    ] = None
    currency: Annotated[CurrencyCode, Meta(description="Of all amounts: the hub's own.")]
    missing: Annotated[
        tuple[NodeId, ...],
        Meta(
            description="Ids of the connector instances of which nothing was reckoned yet: what the customer "
            "holds and does there is not known."
        ),
    ] = ()
    unconverted: Annotated[
        tuple[CurrencyCode, ...],
        Meta(description="Currencies of which the hub has no rate: their amounts are left out."),
    ] = ()
    lines: Annotated[
        tuple[SummaryLine, ...],
        Meta(
            description="By line of business; one that is not there is not held, unless `missing` says more."
        ),
    ] = ()


def summary_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name; the types that they need are made with them."""
    return {
        "summaries": make.attribute(
            CustomerSummaries | None,
            "What the hub keeps of the customer's behaviour: recency, frequency and spend, balances, claims, "
            "no-shows. Asks no partner: the figures are refreshed in the background, and say how old they "
            "are. Null only where they are withheld.",
            demand=Demand(hub=hub.SUMMARIES),
            rule=TYPES["CustomerSummaries"],
            read=_summaries,
        )
    }


def _summaries(customer: CustomerAnswer) -> CustomerSummaries:
    kept: Summaries = known(customer.view, hub.SUMMARIES)
    currency = CurrencyCode(kept.currency)
    return CustomerSummaries(
        as_of=kept.as_of,
        currency=currency,
        missing=kept.missing,
        unconverted=tuple(map(CurrencyCode, kept.unconverted)),
        lines=tuple(
            SummaryLine(line=line, figures=tuple(_figures(kept, line, currency)))
            for line in Line
            if line in kept.lines
        ),
    )


def _figures(kept: Summaries, line: Line, currency: CurrencyCode) -> Iterator[SummaryFigure]:
    """Those there are, in the order of the measures."""
    for measure in Measure:
        value = kept.get(line, measure)
        if value is None:
            continue
        dated = measure.unit is Unit.DAY
        yield SummaryFigure(
            measure=measure,
            unit=measure.unit,
            value=None if dated else value,
            day=dt.date.fromordinal(int(value)) if dated else None,
            currency=currency if measure.unit is Unit.MONEY else None,
        )
