"""What the answers of value and profit have in common: what they were reckoned from, and how they compare."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Annotated

from msgspec import Meta

from c360.records.party import PartyKind
from c360.values import CurrencyCode, Money
from resolvers.lifetime_value.lines import Term, Unvalued
from resolvers.money import rounded
from resolvers.segments.ranks import Ranked
from resolvers.summaries.customer import Summaries
from resolvers.view import CustomerView
from schema.scoring.shapes import (
    Assumption,
    Basis,
    Contribution,
    ExchangeRates,
    assumptions,
    exchange_rates,
)
from schema.shapes import Shape


class ValueRank(Shape, frozen=True, kw_only=True):
    """A customer's worth beside that of others of their kind."""

    segment: Annotated[
        str, Meta(description="Whom they are compared with: everybody of their kind in the population.")
    ]
    percentile: Annotated[
        float | None,
        Meta(description="Share of these who are worth less, in hundredths; equals count half."),
    ]
    customers: Annotated[int | None, Meta(description="How many these are.")]
    reason: Annotated[str | None, Meta(description="Why there is no percentile.")]


class Reckoned:
    """What value and profit have in common: what they were reckoned from. Read by the fields' names."""

    basis = Basis.SUMMARIES

    def __init__(self, view: CustomerView, summaries: Summaries) -> None:
        self.view = view
        self.summaries = summaries

    @property
    def currency(self) -> CurrencyCode:
        """The hub's own."""
        return self.view.models.rates.base

    @property
    def as_of(self) -> dt.datetime | None:
        """Of the oldest figure."""
        return self.summaries.as_of

    @property
    def missing(self) -> tuple[str, ...]:
        """Connectors of whose part nothing is known."""
        return self.summaries.missing

    @property
    def unconverted(self) -> tuple[str, ...]:
        """Currencies whose amounts are left out."""
        return self.summaries.unconverted

    @property
    def rates(self) -> ExchangeRates:
        """The hub's."""
        return exchange_rates(self.view.models.rates)

    def known(self, value: float | None) -> float | None:
        """A value, unless it is nothing only because nothing is known."""
        return None if not self.summaries.lines and self.summaries.missing else value

    def why_not(self, value: float | None) -> Unvalued | None:
        """Why there is no value."""
        if value is not None:
            return None
        return Unvalued.FIGURE_UNKNOWN if self.summaries.lines else Unvalued.NO_SUMMARIES

    def is_partial(self, values: Iterable[float | None]) -> bool:
        """Whether something is left out."""
        return bool(self.missing or self.unconverted) or any(value is None for value in values)

    def assumed(self, names: Sequence[str]) -> tuple[Assumption, ...]:
        """Assumptions by name, each once."""
        return assumptions(self.view.models.assumptions.named(*dict.fromkeys(names)))


def money(value: float | None, currency: CurrencyCode) -> Money | None:
    """An amount of the hub's currency, rounded to its minor unit."""
    return None if value is None else rounded(value, currency)


def contributions(terms: Iterable[Term]) -> tuple[Contribution, ...]:
    """Summands as the graph shows them."""
    return tuple(
        Contribution(
            feature=f"{term.line.value}.{term.name}",
            label=term.label,
            value=term.value,
            given=term.given,
            reference=term.reference,
        )
        for term in terms
    )


def rank(view: CustomerView, figure: Ranked, value: float | None) -> ValueRank | None:
    """Where a value stands in the population; none where there is no value."""
    if value is None:
        return None
    ranks, kind = view.models.ranks, view.customer.kind
    quantiles = ranks.figures.get(figure, {}).get(kind)
    return ValueRank(
        segment="all organisations" if kind is PartyKind.ORGANIZATION else "all persons",
        percentile=ranks.percentile(figure, kind, value),
        customers=None if quantiles is None else quantiles.customers,
        reason=ranks.why_not(figure, kind),
    )
