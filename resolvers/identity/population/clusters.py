"""From pairs to clusters, without chains of strangers.

Connected components alone would join whole families by one wrong pair. Within each component clusters
grow by average linkage: two are joined while the mean weight over *all* pairs between them, those that
nobody compared counting against it, is on the side of a match. A single bridge never joins two groups.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Pair = tuple[int, int]

STRONGEST = 12.0
"""Bits beyond which a pair says no more: one very sure pair does not outvote many doubtful ones."""
UNSEEN = -4.0
"""Bits of a pair that shares no key and was therefore never compared."""
LEAST_MEAN = 0.0
"""Bits that pairs between two groups have on average for the groups to be joined."""
PASSES = 2
"""How often every record may go to a group that it fits better."""
MAX_CLUSTER = 100
"""Records of one person; more are more likely a default value than a person."""


class Components:
    """Union-find over numbered records."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def find(self, record: int) -> int:
        """The representative of a record's component."""
        parent = self._parent
        root = record
        while (up := parent.get(root, root)) != root:
            root = up
        while (up := parent.get(record, record)) != root:
            parent[record] = root
            record = up
        return root

    def join(self, left: int, right: int) -> None:
        """Put two records into one component."""
        a, b = self.find(left), self.find(right)
        if a != b:
            low, high = (a, b) if a < b else (b, a)
            self._parent[high] = low
            self._parent.setdefault(low, low)

    def members(self) -> dict[int, list[int]]:
        """The records of each component that has several, by its smallest record."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for record in self._parent:
            found[self.find(record)].append(record)
        return found


def cluster(
    edges: Iterable[tuple[int, int, float]],
    *,
    threshold: float,
    most: int = MAX_CLUSTER,
    allowed: Callable[[Sequence[int]], bool] | None = None,
) -> dict[int, int]:
    """Clusters of records.

    Args:
        edges: scored pairs, also those below the threshold: they speak against joining.
        threshold: bits from which a pair can join two records.
        most: records that a cluster may have.
        allowed: whether these records may be of one person at all.

    Returns:
        for each record that is with others the smallest record of its cluster.
    """
    kept = list(edges)
    components = Components()
    for left, right, bits in kept:
        if bits >= threshold:
            components.join(left, right)
    inner: defaultdict[int, dict[Pair, float]] = defaultdict(dict)
    for left, right, bits in kept:
        root = components.find(left)
        if root == components.find(right):
            inner[root][left, right] = bits
    found: dict[int, int] = {}
    for root, members in components.members().items():
        for group in groups(members, inner[root], threshold=threshold, most=most, allowed=allowed):
            first = min(group)
            found.update(dict.fromkeys(group, first))
    return found


def groups(
    members: Sequence[int],
    weights: Mapping[Pair, float],
    *,
    threshold: float,
    most: int = MAX_CLUSTER,
    allowed: Callable[[Sequence[int]], bool] | None = None,
) -> Iterator[list[int]]:
    """Split one component into clusters of two and more records."""
    whole = len(weights) == len(members) * (len(members) - 1) // 2
    fits = len(members) <= most and (allowed is None or allowed(members))
    if whole and fits and min(weights.values()) >= threshold:
        yield list(members)
    else:
        yield from _Growing(members, weights, threshold, most, allowed).run()


class _Growing:
    """Average linkage, the surest first; ties by record, so that the outcome does not depend on order."""

    def __init__(
        self,
        members: Sequence[int],
        weights: Mapping[Pair, float],
        threshold: float,
        most: int,
        allowed: Callable[[Sequence[int]], bool] | None,
    ) -> None:
        self._threshold = threshold
        self._most = most
        self._allowed = allowed
        self._groups = {record: [record] for record in members}
        # Between two groups: the sum of what was compared, how many pairs that is, and the best of them.
        self._between: dict[int, dict[int, tuple[float, int, float]]] = {record: {} for record in members}
        self._queue: list[tuple[float, int, int]] = []
        self._current: dict[Pair, float] = {}
        self._weights: dict[int, dict[int, float]] = {record: {} for record in members}
        for (left, right), bits in sorted(weights.items()):
            clipped = max(-STRONGEST, min(STRONGEST, bits))
            self._between[left][right] = self._between[right][left] = (clipped, 1, bits)
            self._weights[left][right] = self._weights[right][left] = clipped
            self._offer(left, right)

    def run(self) -> Iterator[list[int]]:
        """The groups of two and more records."""
        groups = self._groups
        while self._queue:
            cost, a, b = heapq.heappop(self._queue)
            if self._current.get((a, b)) == cost and self._may_join(groups[a] + groups[b]):
                self._join(a, b)
        self._settle()
        yield from (group for group in groups.values() if len(group) > 1)

    def _may_join(self, records: Sequence[int]) -> bool:
        return len(records) <= self._most and (self._allowed is None or self._allowed(records))

    def _join(self, a: int, b: int) -> None:
        self._groups[a] += self._groups.pop(b)
        for other, (total, seen, best) in self._between.pop(b).items():
            self._current.pop((min(b, other), max(b, other)), None)
            del self._between[other][b]
            if other != a:
                mine = self._between[a].get(other, (0.0, 0, -math.inf))
                both = (mine[0] + total, mine[1] + seen, max(mine[2], best))
                self._between[a][other] = self._between[other][a] = both
        for other in self._between[a]:
            self._offer(a, other)

    def _settle(self) -> None:
        """Let each record go to the group that it fits best: the surest pair of all may be a wrong one."""
        of = {record: name for name, group in self._groups.items() for record in group}
        for _, record in itertools.product(range(PASSES), sorted(of)):
            home = of[record]
            best, fits = home, self._fit(record, home)
            for name in sorted({of[other] for other in self._weights[record]} - {home}):
                fit = self._fit(record, name)
                if fit > max(fits, LEAST_MEAN) and self._may_join([*self._groups[name], record]):
                    best, fits = name, fit
            if best != home:
                self._groups[home].remove(record)
                self._groups[best].append(record)
                of[record] = best

    def _fit(self, record: int, name: int) -> float:
        """What speaks on average for a record being of a group; alone it is where nothing speaks for it."""
        others = [other for other in self._groups[name] if other != record]
        if not others:
            return LEAST_MEAN
        weights = self._weights[record]
        return sum(weights.get(other, UNSEEN) for other in others) / len(others)

    def _offer(self, a: int, b: int) -> None:
        """Queue two groups by what speaks for joining them now; what was queued before counts no more."""
        total, seen, best = self._between[a][b]
        pairs = len(self._groups[a]) * len(self._groups[b])
        mean = (total + UNSEEN * (pairs - seen)) / pairs
        pair = (min(a, b), max(a, b))
        if best >= self._threshold and mean >= LEAST_MEAN:
            self._current[pair] = -mean
            heapq.heappush(self._queue, (-mean, *pair))
        else:
            self._current.pop(pair, None)
