"""The seam between what linking means and what does the work: Splink on DuckDB today, on Spark next.

An engine holds tables; what goes in and out is small: SQL of features, comparisons, keys, weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from resolvers.identity.population.levels import Comparison

Report = Callable[[str], None]
"""Takes a line of progress."""


@dataclass(frozen=True)
class Weights:
    """What was learnt: how often each level holds among matches (m) and among strangers (u).

    ``m`` and ``u`` by the comparison's name, in the order of its levels.
    """

    m: Mapping[str, tuple[float, ...]]
    u: Mapping[str, tuple[float, ...]]
    prior: float
    """Probability that two records picked at random are of the same person."""


class Engine(Protocol):
    """Prepares records, finds candidate pairs, learns weights, scores."""

    def prepare(self, source: str, features: Mapping[str, str]) -> None:
        """Make the features of a table's records, which are numbered by ``row_id``."""
        ...

    def count(self, keys: Sequence[str]) -> list[int]:
        """Pairs that each key (SQL over features) makes, without values that too many records share."""
        ...

    def train(
        self, comparisons: Sequence[Comparison], sessions: Sequence[Sequence[str]], *, report: Report
    ) -> Weights:
        """Learn the weights without truth: u from random pairs, m by expectation maximisation.

        Args:
            comparisons: what is compared.
            sessions: features whose agreement makes the pairs of one round of training each.
            report: takes progress.
        """
        ...

    def block(self, keys: Sequence[str], *, most: int | None = None) -> None:
        """Set the keys by which pairs are found from now on, the most telling first.

        Args:
            keys: SQL over features; null where a record has no such key.
            most: pairs of each key that are enough; of more, a sample of the keys' values is followed.
        """
        ...

    def score(
        self, comparisons: Sequence[Comparison], weights: Weights, *, least: float, report: Report
    ) -> int:
        """Compare the pairs that share a key and keep those of at least so many bits; how many there are."""
        ...

    def histogram(self) -> Mapping[float, int]:
        """How many scored pairs there are by weight, in tenths of a bit."""
        ...

    def patterns(self, parts: Mapping[str, str], *, least: float) -> Mapping[frozenset[str], int]:
        """Of the scored pairs of at least so many bits: which parts agree, and for how many."""
        ...

    def edges(self, least: float) -> Iterator[Sequence[tuple[int, int, float]]]:
        """What was scored at or above so many bits, in batches of (record, record, bits)."""
        ...
