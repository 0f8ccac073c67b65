"""What every reckoned value carries: the model it rests on, what it was reckoned from, and its reasons."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

from c360.values import CurrencyCode
from resolvers.artefacts import Origin
from resolvers.lifetime_value.assumptions import Assumption as Assumed
from resolvers.rates import Rates
from schema.shapes import Shape


class Basis(enum.Enum):
    """What a value is reckoned from."""

    SUMMARIES = "SUMMARIES"
    """Figures that the hub keeps of each customer, refreshed as the partners' records change."""
    LIVE = "LIVE"
    """The partners' records as this operation gathered them."""


class ModelMetric(Shape, frozen=True, kw_only=True):
    """How good a model was found to be, by one measure."""

    name: Annotated[str, Meta(description="The measure, such as `auc`, `ks` or `ece`.")]
    value: Annotated[float, Meta(description="What was found, on data that the model was not fitted to.")]


class ModelCalibration(Shape, frozen=True, kw_only=True):
    """Customers of whom a model said about the same, and what became of them."""

    predicted: Annotated[float, Meta(description="What the model said, on average.")]
    observed: Annotated[float, Meta(description="What happened, on average.")]
    count: Annotated[int, Meta(description="How many customers.")]


class ModelOrigin(Shape, frozen=True, kw_only=True):
    """Where a fitted model comes from, and how good it was found to be."""

    name: Annotated[str, Meta(description="Its name, such as `lifetime-value`.")]
    version: Annotated[str, Meta(description="Changes with every fit.")]
    fitted_at: Annotated[dt.datetime, Meta(description="When it was fitted.")]
    trained_on: Annotated[str, Meta(description="The data in words.")]
    made_up: Annotated[
        bool,
        Meta(
            description="Whether the outcomes it was fitted to are made up: then its figures are for show, "
            "and it has to be fitted to a company's own data before anybody decides by it."
        ),
    ]
    customers: Annotated[int, Meta(description="How many customers it was fitted to.")]
    metrics: Annotated[tuple[ModelMetric, ...], Meta(description="How good it was found to be.")] = ()
    calibration: Annotated[
        tuple[ModelCalibration, ...],
        Meta(description="What it said beside what happened, from the least likely to the likeliest."),
    ] = ()


class Contribution(Shape, frozen=True, kw_only=True):
    """What one property of a customer adds to a value, or takes from it.

    The baseline and all contributions add up to the value within 1e-9, without a residual.
    """

    feature: Annotated[str, Meta(description="Name of the property, for programs.")]
    label: Annotated[str, Meta(description="The property in words, for people.")]
    value: Annotated[float, Meta(description="What it adds; below 0 what it takes away. Not rounded.")]
    given: Annotated[
        float | None, Meta(description="The customer's own figure, where the property is one.")
    ] = None
    reference: Annotated[
        float | None, Meta(description="The figure of the baseline that it is compared with.")
    ] = None


class Assumption(Shape, frozen=True, kw_only=True):
    """A figure of the company's own that a value takes for granted; no partner tells it."""

    name: Annotated[str, Meta(description="Its name in the settings' table `assumptions`.")]
    value: Annotated[float, Meta(description="The figure.")]
    description: Annotated[str, Meta(description="What it means.")]


class ExchangeRate(Shape, frozen=True, kw_only=True):
    """What one unit of a currency costs."""

    currency: Annotated[CurrencyCode, Meta(description="The currency.")]
    rate: Annotated[float, Meta(description="What one unit of it costs.")]


class ExchangeRates(Shape, frozen=True, kw_only=True):
    """The rates by which amounts became amounts of one currency."""

    currency: Annotated[CurrencyCode, Meta(description="The hub's own currency, in which amounts are shown.")]
    source: Annotated[
        str | None, Meta(description="Who published the rates; null where the hub has none.")
    ] = None
    date: Annotated[dt.date | None, Meta(description="The day that the rates are of.")] = None
    rates: Annotated[tuple[ExchangeRate, ...], Meta(description="One for each other currency.")] = ()


RatesUsed = Annotated[ExchangeRates, Meta(description="By which amounts became the hub's own currency.")]
OldestFigure = Annotated[
    dt.datetime | None, Meta(description="When the oldest figure that it rests on was reckoned.")
]
Unconverted = Annotated[
    tuple[CurrencyCode, ...],
    Meta(description="Currencies that the hub has no rate of: amounts in them are left out."),
]


def model_origin(origin: Origin) -> ModelOrigin:
    """A model's papers as the graph shows them."""
    return ModelOrigin(
        name=origin.model,
        version=origin.version,
        fitted_at=origin.fitted_at,
        trained_on=origin.trained_on,
        made_up=origin.made_up,
        customers=origin.customers,
        metrics=tuple(ModelMetric(name=name, value=value) for name, value in origin.metrics.items()),
        calibration=tuple(
            ModelCalibration(predicted=one.predicted, observed=one.observed, count=one.count)
            for one in origin.calibration
        ),
    )


def assumptions(assumed: Iterable[Assumed]) -> tuple[Assumption, ...]:
    """Assumptions as the graph shows them."""
    return tuple(Assumption(name=one.name, value=one.value, description=one.description) for one in assumed)


def exchange_rates(rates: Rates) -> ExchangeRates:
    """Rates as the graph shows them."""
    return ExchangeRates(
        currency=rates.base,
        source=rates.source,
        date=rates.date,
        rates=tuple(
            ExchangeRate(currency=CurrencyCode(code), rate=rate) for code, rate in rates.rates.items()
        ),
    )
