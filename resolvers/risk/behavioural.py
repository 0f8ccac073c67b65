"""The behavioural score: points for how somebody behaves, with the reasons why there are not more.

    points = baseline + Σ contributions

where the baseline is the score of somebody of whom nothing is known, and a feature contributes what its bin
is worth beside that. A feature that has no meaning for a customer (a guest's no-shows, of somebody who never
stayed anywhere) is neutral. One that is not known because a partner's figures are missing is neutral too, and
widens the interval: it may be any of its bins. It never reads as zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np

from resolvers.artefacts import Origin
from resolvers.risk.bands import Interval, RiskBand, band_of
from resolvers.risk.features import BY_NAME, Feature
from resolvers.risk.figures import Figures, Formula
from resolvers.risk.scorecard import NumberFeature, Scorecard
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import Floats, Population

MOST_REASONS = 4
"""Reasons that are told: what notices of adverse action usually give."""


class _Row(NamedTuple):
    """One feature of a card, made ready."""

    feature: Feature
    binned: NumberFeature
    formula: Formula
    edges: tuple[float, ...]
    points: tuple[float, ...]
    neutral: float
    best: float
    """The most points of a bin."""


class BehaviouralModel(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The card that is served, and its papers."""

    origin: Origin
    card: Scorecard

    def __post_init__(self) -> None:
        """Refuse a card that this release cannot fill.

        Raises:
            ValueError: it has a feature that is not known, or that is no number.
        """
        for each in self.card.features:
            known = BY_NAME.get(each.name)
            if known is None or known.formula is None or not isinstance(each, NumberFeature):
                raise ValueError(f"{each.name!r} is no feature that a published API tells; fit the card anew")

    @cached_property
    def rows(self) -> tuple[_Row, ...]:
        """The card, made ready once."""
        return tuple(self._rows())

    @cached_property
    def baseline(self) -> float:
        """The points of somebody of whom nothing is known."""
        return sum(row.neutral for row in self.rows)

    def values(self, summaries: Summaries) -> list[float | None]:
        """The features of one customer, in the order of the rows."""
        figures, day = summaries.lines, summaries.day.toordinal()
        return [read(figures, day) for read in self._readers]

    def worth(self, values: Iterable[float | None]) -> float:
        """The points that features come to."""
        found = 0.0
        for (edges, points, neutral), value in zip(self._points, values, strict=True):
            found += neutral if value is None else points[bisect_right(edges, value)]
        return found

    def points(self, summaries: Summaries) -> float:
        """The points of one customer, without explanation."""
        return self.worth(self.values(summaries))

    @cached_property
    def _readers(self) -> tuple[Callable[[Figures, int], float | None], ...]:
        return tuple(row.formula.reader for row in self.rows)

    @cached_property
    def _points(self) -> tuple[tuple[tuple[float, ...], tuple[float, ...], float], ...]:
        return tuple((row.edges, row.points, row.neutral) for row in self.rows)

    def _rows(self) -> Iterator[_Row]:
        for each in self.card.features:
            feature = BY_NAME[each.name]
            if isinstance(each, NumberFeature) and feature.formula is not None:
                points = tuple(one.points for one in each.bins)
                neutral = each.missing.points
                yield _Row(feature, each, feature.formula, each.edges, points, neutral, max(points))


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What a feature adds to the score of somebody of whom nothing is known."""

    feature: Feature
    label: str
    """Its bin."""
    given: float | None
    """None where it is not known or has no meaning."""
    value: float
    """Points."""
    lost: float
    """Points below its best bin; 0 where the feature is not known."""
    uncertain: bool
    """Whether a partner that could tell it is missing."""


class KeptFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A kept figure that a reason rests on."""

    line: Line
    measure: Measure
    value: float


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a score is not higher."""

    feature: Feature
    label: str
    given: float
    lost: float
    """Points below the feature's best bin."""
    rests_on: tuple[KeptFigure, ...]


class BehaviouralScore:
    """One customer's score. What explains it is worked out when it is asked for.

    Args:
        model: the card.
        summaries: of the customer.
        domains: business domain of each connector instance, by which a missing one makes features uncertain.
    """

    def __init__(self, model: BehaviouralModel, summaries: Summaries, domains: Mapping[str, str]) -> None:
        self.model = model
        self.summaries = summaries
        self._values = model.values(summaries)
        self.points = model.worth(self._values)
        self.probability = model.card.probability(self.points)
        # A connector that is not configured any more has no domain: it may have told anything.
        self._missing = frozenset(domains.get(one, "") for one in summaries.missing)

    @property
    def band(self) -> RiskBand:
        """Of the probability."""
        return band_of(self.probability)

    @property
    def known(self) -> bool:
        """Whether any feature is known: otherwise the score is nobody's in particular."""
        return any(value is not None for value in self._values)

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """Of every feature of the card; with the baseline they add up to the points."""
        return tuple(map(self._contribution, self.model.rows, self._values))

    @cached_property
    def interval(self) -> Interval:
        """Between which points the score lies, whatever the missing partners would tell."""
        low = high = self.points
        if not (self._missing or self.summaries.unconverted):
            return Interval(low, high)
        for row, part in zip(self.model.rows, self.contributions, strict=True):
            if part.uncertain:
                found = row.neutral + part.value
                low += min(*row.points, row.neutral) - found
                high += max(*row.points, row.neutral) - found
        return Interval(low, high)

    @property
    def probabilities(self) -> Interval:
        """The same as probabilities of default."""
        if self.interval.width == 0:
            return Interval(self.probability, self.probability)
        probability = self.model.card.probability
        return Interval(probability(self.interval.high), probability(self.interval.low))

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """What costs the most points, the dearest first; nothing that is not known: that is no conduct."""
        ranked = sorted(self.contributions, key=lambda part: (-part.lost, part.feature.name))
        return tuple(
            Reason(
                feature=part.feature,
                label=part.label,
                given=part.given,
                lost=part.lost,
                rests_on=self._rests_on(part.feature),
            )
            for part in ranked[:MOST_REASONS]
            if part.lost > 0 and part.given is not None
        )

    def _contribution(self, row: _Row, given: float | None) -> Contribution:
        found = row.binned.bin(given)
        return Contribution(
            feature=row.feature,
            label=found.label,
            given=given,
            value=found.points - row.neutral,
            lost=0.0 if given is None else row.best - found.points,
            uncertain=self.is_uncertain(row.feature),
        )

    def is_uncertain(self, feature: Feature) -> bool:
        """Whether a missing partner, or a currency without a rate, could tell otherwise of a feature."""
        missing = not feature.domains.isdisjoint(self._missing) or "" in self._missing
        return missing or (bool(self.summaries.unconverted) and feature.is_of_money)

    def _rests_on(self, feature: Feature) -> tuple[KeptFigure, ...]:
        found = []
        for term in feature.terms:
            for line in term.lines:
                value = self.summaries.get(line, term.measure)
                if value is not None:
                    found.append(KeptFigure(line=line, measure=term.measure, value=value))
        return tuple(found)


def score_many(model: BehaviouralModel, population: Population) -> tuple[Floats, Floats]:
    """Points and probabilities of many customers, the same as :class:`BehaviouralScore` has for each."""
    points = np.zeros(len(population.day))
    for row in model.rows:
        values = row.formula.values(population)
        places = np.searchsorted(np.asarray(row.edges), values, side="right")
        found = np.asarray(row.points)[places.clip(max=len(row.edges))]
        points += np.where(np.isnan(values), row.neutral, found)
    scale = model.card.scale
    log_odds = np.minimum(700.0, (points - scale.offset) / scale.factor)
    return points, 1 / (1 + np.exp(log_odds))
