"""How much two parties speak for being one: a match weight in bits per field, a total, a probability.

The weight of a field is ``log2(m / u)`` of the level of agreement it has (Fellegi and Sunter 1969); where
a value agrees exactly, its own frequency takes the place of *u*, so that a rare name says more than a
common one (as Splink adjusts by term frequency). The prior and the weights add up to the total.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec

from c360.records.party import PartyKind
from resolvers.identity.comparisons import COMPARISONS, Comparison
from resolvers.identity.features import Features
from resolvers.identity.model import ComparisonWeights, KindModel, Model, TermFrequencies


class FieldScore(msgspec.Struct, frozen=True, gc=False):
    """What one field says."""

    field: str
    """Name of the comparison, such as ``birth_date``."""
    agreement: str
    """Name of the level, such as ``exact``; ``null`` where the field cannot be compared."""
    weight: float
    """In bits; positive speaks for one party, negative for two."""


class Score(msgspec.Struct, frozen=True):
    """What all fields say together."""

    prior: float
    """In bits: how likely it is before comparing."""
    fields: tuple[FieldScore, ...]
    """In the order of the comparisons."""
    total: float
    """In bits: the prior and the weights of the fields, added in that order."""

    @property
    def probability(self) -> float:
        """That the two are one, from 0 to 1."""
        return probability(self.total)


def probability(bits: float) -> float:
    """The probability that belongs to a match weight: ``1 / (1 + 2 ** -bits)``."""
    return 1 / (1 + math.exp2(min(-bits, 1000)))


def bits(chance: float) -> float:
    """The match weight that belongs to a probability: ``log2(p / (1 - p))``."""
    return math.log2(chance / (1 - chance))


_Term = tuple[Callable[[Any], str | None], TermFrequencies, float]


class Scorer:
    """Scores pairs by a model, which it takes apart once."""

    __slots__ = ("_organization", "_person")

    def __init__(self, model: Model) -> None:
        self._person = _Plan(model.person, COMPARISONS[PartyKind.PERSON])
        self._organization = _Plan(model.organization, COMPARISONS[PartyKind.ORGANIZATION])

    def score(self, left: Features, right: Features) -> Score:
        """The score of two parties of one kind; the same whichever comes first.

        Raises:
            ValueError: one is a person, the other an organisation; they are never compared.
        """
        if left.kind is not right.kind:
            raise ValueError("a person and an organisation are not compared")
        plan = self._person if left.kind is PartyKind.PERSON else self._organization
        fields = tuple([field(left, right) for field in plan.fields])
        total = plan.prior
        for field in fields:
            total += field.weight
        return Score(plan.prior, fields, total)


class _Plan:
    """A kind's comparisons with their weights."""

    __slots__ = ("fields", "prior")

    def __init__(self, model: KindModel, comparisons: tuple[Comparison, ...]) -> None:
        weights = {one.comparison: one for one in model.comparisons}
        self.prior = bits(model.prior)
        self.fields = tuple(_field(comparison, weights[comparison.name], model) for comparison in comparisons)


def _field(
    comparison: Comparison, weights: ComparisonWeights, model: KindModel
) -> Callable[[Features, Features], FieldScore]:
    known = {level.level: level for level in weights.levels}
    plain: list[FieldScore] = []
    terms: list[_Term | None] = []
    for level in comparison.levels:
        weight = 0.0 if level.null else known[level.name].weight
        plain.append(FieldScore(comparison.name, level.name, weight))
        table = model.term_frequencies.get(level.term) if level.term else None
        terms.append((attrgetter(level.term), table, known[level.name].m) if level.term and table else None)
    places = comparison.places()

    def score(left: Features, right: Features) -> FieldScore:
        place = places(left, right)
        term = terms[place]
        return plain[place] if term is None else _adjusted(plain[place], term, left, right)

    return score


def _adjusted(plain: FieldScore, term: _Term, left: Features, right: Features) -> FieldScore:
    """With the frequency of the value itself, of the more frequent where there are two, in the place of u."""
    read, table, m = term
    one, other = read(left), read(right)
    frequency = table.rest if one is None else table.of(one)
    if other is not None and other != one:
        frequency = max(frequency, table.of(other))
    return FieldScore(plain.field, plain.agreement, math.log2(m / frequency))
