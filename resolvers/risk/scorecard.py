"""A points scorecard: bins with weights of evidence, and what each is worth in points.

Siddiqi, "Credit Risk Scorecards". With the weight of evidence of a bin, WoE = ln(share of the good / share
of the bad), and a logistic regression ln(odds of good) = β₀ + Σ βᵢ·WoEᵢ, the score is

    factor = PDO / ln 2        offset = S − factor · ln(odds at S)
    points of a bin = (β·WoE + β₀/n) · factor + offset/n

so that the points add up to offset + factor · ln(odds): S points at the given odds, PDO more at twice them.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping

import msgspec

Feature = float | str | None
"""A number, a category, or nothing known."""


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How log-odds become points."""

    score: float = 600.0
    odds: float = 50.0
    """Good to bad at that score."""
    pdo: float = 20.0
    """Points that double the odds."""

    @property
    def factor(self) -> float:
        """Points for a unit of log-odds."""
        return self.pdo / math.log(2)

    @property
    def offset(self) -> float:
        """Points at even odds."""
        return self.score - self.factor * math.log(self.odds)


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table of points."""

    label: str
    woe: float
    points: float
    share: float
    """Of the customers it was learnt from."""
    bad_rate: float


class NumberFeature(msgspec.Struct, frozen=True, kw_only=True, tag="number"):
    """A feature that is a number: bin i holds values below edge i, the last one the rest."""

    name: str
    edges: tuple[float, ...]
    bins: tuple[Bin, ...]
    missing: Bin
    """For a value that is not known: neutral where the training data knew all."""

    def bin(self, value: Feature) -> Bin:
        """The bin of a value."""
        if not isinstance(value, int | float) or value != value:  # noqa: PLR0124  # not a number
            return self.missing
        return self.bins[bisect.bisect_right(self.edges, value)]


class CategoryFeature(msgspec.Struct, frozen=True, kw_only=True, tag="category"):
    """A feature that is a category."""

    name: str
    places: Mapping[str, int]
    """The bin of each category that training saw."""
    bins: tuple[Bin, ...]
    missing: Bin

    def bin(self, value: Feature) -> Bin:
        """The bin of a value; one never seen counts as not known."""
        place = None if value is None else self.places.get(str(value))
        return self.missing if place is None else self.bins[place]


class Scored(msgspec.Struct, frozen=True, kw_only=True):
    """A feature's part in a score."""

    feature: str
    label: str
    points: float
    lost: float
    """Points below the feature's best bin: why the score is not higher."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A score with its parts, which add up to it."""

    points: float
    probability: float
    """That the customer turns out bad."""
    parts: tuple[Scored, ...]

    def reasons(self, most: int = 4) -> tuple[Scored, ...]:
        """The features that cost the most points, the dearest first; none that cost nothing."""
        ranked = sorted(self.parts, key=lambda part: (-part.lost, part.feature))
        return tuple(part for part in ranked[:most] if part.lost > 0)


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """A table of points."""

    scale: Scale
    features: tuple[NumberFeature | CategoryFeature, ...]

    def score(self, values: Mapping[str, Feature]) -> Score:
        """The score of one customer; a feature that is not given counts as not known."""
        parts = []
        points = 0.0
        for feature in self.features:
            found = feature.bin(values.get(feature.name))
            best = max(each.points for each in feature.bins)
            points += found.points
            parts.append(
                Scored(
                    feature=feature.name,
                    label=found.label,
                    points=found.points,
                    lost=max(0.0, best - found.points),
                )
            )
        return Score(points=points, probability=self.probability(points), parts=tuple(parts))

    def points(self, values: Mapping[str, Feature]) -> float:
        """The score alone."""
        return sum(feature.bin(values.get(feature.name)).points for feature in self.features)

    def probability(self, points: float) -> float:
        """The probability of turning out bad that a score stands for."""
        log_odds = (points - self.scale.offset) / self.scale.factor
        return 1 / (1 + math.exp(min(700.0, log_odds)))
