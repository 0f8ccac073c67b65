"""How good links are, against the truth: pairwise and by cluster."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """Counts of pairs, and what follows from them."""

    found: int
    """Pairs that were linked."""
    right: int
    """Of these, pairs that belong together."""
    true: int
    """Pairs that belong together."""

    @property
    def precision(self) -> float:
        """Right of found; 1 where nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Right of true; 1 where nothing belongs together."""
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.found + self.true
        return 2 * self.right / total if total else 1.0


def true_pairs(truth: Mapping[int, Hashable]) -> int:
    """Pairs of records of the same entity; records without a truth count for none."""
    return _pairs(Counter(entity for entity in truth.values() if entity is not None).values())


def of_pairs(pairs: Iterable[tuple[int, int]], truth: Mapping[int, Hashable], true: int) -> Quality:
    """Quality of pairs that were linked one by one."""
    found = right = 0
    for left, other in pairs:
        found += 1
        entity = truth[left]
        right += entity is not None and entity == truth[other]
    return Quality(found=found, right=right, true=true)


def of_clusters(cluster: Mapping[int, int], truth: Mapping[int, Hashable], true: int) -> Quality:
    """Quality of clusters: every pair within a cluster counts as linked.

    Args:
        cluster: a cluster for each record that has one with others.
        truth: the entity of each record.
        true: pairs that belong together.
    """
    members: defaultdict[int, Counter[Hashable]] = defaultdict(Counter)
    for record, number in cluster.items():
        members[number][truth[record]] += 1
    found = sum(_pairs([counts.total()]) for counts in members.values())
    right = sum(
        _pairs(count for entity, count in counts.items() if entity is not None) for counts in members.values()
    )
    return Quality(found=found, right=right, true=true)


def _pairs(counts: Iterable[int]) -> int:
    return sum(count * (count - 1) // 2 for count in counts)
