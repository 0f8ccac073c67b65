"""Bins for a scorecard: splits that tell good from bad, and categories that are alike put together."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]

_SMALLEST = 0.05
"""Share of the customers that a bin holds at least."""
_MOST = 6
_SMOOTHING = 0.5
"""Customers added to the good and the bad of every bin, in the proportion of all: no bin is ever certain."""


class Edges(msgspec.Struct, frozen=True, kw_only=True):
    """Bins of a number."""

    edges: tuple[float, ...]

    def places(self, column: Floats) -> NDArray[np.intp]:
        """The bin of each value; −1 for one that is not known."""
        found = np.searchsorted(np.asarray(self.edges), column, side="right")
        return np.where(np.isnan(column), -1, found)

    @property
    def size(self) -> int:
        """How many bins there are."""
        return len(self.edges) + 1


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """Bins of categories."""

    groups: tuple[tuple[str, ...], ...]

    def places(self, column: Sequence[str | None]) -> NDArray[np.intp]:
        """The bin of each value; −1 for one that is not known or was never seen."""
        known = {name: place for place, names in enumerate(self.groups) for name in names}
        return np.array([-1 if name is None else known.get(name, -1) for name in column], dtype=np.intp)

    @property
    def size(self) -> int:
        """How many bins there are."""
        return len(self.groups)


def bin_number(column: Floats, bad: Labels, *, smallest: float = _SMALLEST) -> Edges:
    """Splits of a number by a small decision tree.

    Args:
        column: the number; NaN where it is not known.
        bad: who turned out bad.
        smallest: share of those whose number is known that a bin holds at least.
    """
    known = ~np.isnan(column)
    tree = DecisionTreeClassifier(max_leaf_nodes=_MOST, min_samples_leaf=smallest, random_state=0)
    tree.fit(column[known].reshape(-1, 1), bad[known])
    thresholds = tree.tree_.threshold[tree.tree_.feature >= 0]
    # The tree sends what is equal to a threshold to the left; the bins hold what is below their edge.
    return Edges(edges=tuple(sorted(float(np.nextafter(each, np.inf)) for each in thresholds)))


def bin_category(column: Sequence[str | None], bad: Labels) -> Groups:
    """Categories as they are; rare ones together with the one whose share of bad is nearest."""
    names: dict[str, list[float]] = {}
    for name, is_bad in zip(column, bad, strict=True):
        if name is not None:
            counts = names.setdefault(name, [0.0, 0.0])
            counts[0] += 1
            counts[1] += is_bad
    overall = float(bad.mean())
    groups = [([name], count, bads) for name, (count, bads) in sorted(names.items())]

    def rate(group: tuple[list[str], float, float]) -> float:
        return (group[2] + overall) / (group[1] + 1)

    while len(groups) > 1:
        groups.sort(key=rate)
        place = min(range(len(groups)), key=lambda index: groups[index][1])
        if groups[place][1] >= _SMALLEST * len(bad):
            break
        beside = [index for index in (place - 1, place + 1) if 0 <= index < len(groups)]
        other = min(beside, key=lambda index: abs(rate(groups[index]) - rate(groups[place])))
        (names_a, count_a, bad_a), (names_b, count_b, bad_b) = groups[place], groups[other]
        merged = (sorted([*names_a, *names_b]), count_a + count_b, bad_a + bad_b)
        groups = [group for index, group in enumerate(groups) if index not in {place, other}] + [merged]
    return Groups(groups=tuple(tuple(group[0]) for group in sorted(groups, key=rate)))


def evidence(places: NDArray[np.intp], bad: Labels, size: int) -> Floats:
    """The weight of evidence of each bin, and last of what is not known."""
    overall = float(bad.mean())
    index = np.where(places < 0, size, places)
    good_counts = np.bincount(index, weights=~bad, minlength=size + 1)
    bad_counts = np.bincount(index, weights=bad, minlength=size + 1)
    good_share = (good_counts + _SMOOTHING * (1 - overall)) / max(1.0, float((~bad).sum()))
    bad_share = (bad_counts + _SMOOTHING * overall) / max(1.0, float(bad.sum()))
    woe: Floats = np.log(good_share / bad_share)
    woe[(good_counts + bad_counts) == 0] = 0.0
    return woe
