"""Learns weights from records of which nobody says who is who."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resolvers.identity.population.engine import Weights
from resolvers.identity.population.levels import Comparison
from resolvers.identity.scoring import bits, probability

ROUNDS = 3
"""Each comparison is learnt in at most so many rounds of training."""


@dataclass(frozen=True)
class Agreement:
    """Features that agree exactly in a round of training, and how many pairs that makes."""

    features: tuple[str, ...]
    pairs: int


def sessions(
    comparisons: Sequence[Comparison], agreements: Sequence[Agreement], records: int
) -> list[tuple[str, ...]]:
    """Choose the rounds of training so that every comparison is learnt where it does not decide.

    A comparison is learnt only from pairs that were found by other features. Preferred are agreements
    that make about as many pairs as there are records: far fewer teach little, far more are mostly
    strangers.

    Args:
        comparisons: what is to be learnt.
        agreements: what pairs can be found by.
        records: how many there are.
    """
    usable = sorted(
        (each for each in agreements if each.pairs >= min(20, records)),
        key=lambda each: (abs(math.log((each.pairs + 1) / (records + 1))), each.features),
    )
    learnt = dict.fromkeys((comparison.name for comparison in comparisons), 0)
    chosen: list[tuple[str, ...]] = []
    while usable and min(learnt.values()) < ROUNDS:

        def gain(agreement: Agreement) -> int:
            return sum(
                (4, 1, 1)[learnt[each.name]] if learnt[each.name] < ROUNDS else 0
                for each in comparisons
                if not set(each.features) & set(agreement.features)
            )

        best = max(usable, key=gain)  # of several as good ones the first
        if not gain(best):
            break
        usable.remove(best)
        chosen.append(best.features)
        for each in comparisons:
            if not set(each.features) & set(best.features):
                learnt[each.name] += 1
        if len(chosen) >= 6:
            break
    return chosen


def without_matches(weights: Weights, prior: float) -> Weights:
    """The weights with u cleared of the matches that were among the random pairs.

    Random pairs are strangers but for the share ``prior`` of matches: what was counted is
    ``prior * m + (1 - prior) * u``. In small files with many duplicates that share is most of what agrees
    on a birth date or an e-mail address.
    """
    cleared = {}
    for name, counted in weights.u.items():
        rest = [
            max((share - prior * m) / (1 - prior), share * 0.02)
            for share, m in zip(counted, weights.m[name], strict=True)
        ]
        total = sum(rest)
        cleared[name] = tuple(share / total for share in rest)
    return Weights(m=weights.m, u=cleared, prior=prior)


def prior_of(histogram: Mapping[float, int], records: int, before: float) -> float:
    """The share of matches among all pairs that agrees with itself.

    Args:
        histogram: how many candidate pairs have a weight (bits, with ``before`` as the prior).
        records: how many records there are.
        before: the prior that the weights were computed with.

    Returns:
        the fixed point of: prior = expected matches / all pairs.
    """
    pairs = records * (records - 1) / 2
    shift = bits(before)
    prior = before
    for _ in range(100):
        odds = bits(prior) - shift
        expected = sum(count * probability(weight + odds) for weight, count in histogram.items())
        updated = min(max(expected / pairs, 1 / (pairs + 1) / 10), 0.5)
        if abs(updated - prior) <= 1e-6 * prior:
            break
        prior = updated
    return prior
