"""From pairs to clusters, without chains of strangers.

Connected components alone would join whole families by one wrong pair. Within each component clusters
grow by average linkage: two are joined while the mean weight over *all* pairs between them, those that
nobody compared counting against it, is on the side of a match. A single bridge never joins two groups.
"""

from __future__ import annotations

import heapq
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
    if whole and len(members) <= most and min(weights.values()) >= threshold:
        if allowed is None or allowed(members):
            yield list(members)
            return
    yield from _grown(members, weights, threshold=threshold, most=most, allowed=allowed)


def _grown(
    members: Sequence[int],
    weights: Mapping[Pair, float],
    *,
    threshold: float,
    most: int,
    allowed: Callable[[Sequence[int]], bool] | None,
) -> Iterator[list[int]]:
    """Average linkage, the surest first; ties by record, so that the outcome does not depend on order."""
    groups: dict[int, list[int]] = {record: [record] for record in members}
    between: dict[int, dict[int, tuple[float, int, float]]] = {record: {} for record in members}
    queue: list[tuple[float, int, int]] = []

    def offer(a: int, b: int) -> None:
        total, seen, best = between[a][b]
        pairs = len(groups[a]) * len(groups[b])
        mean = (total + UNSEEN * (pairs - seen)) / pairs
        if best >= threshold and mean >= LEAST_MEAN:
            heapq.heappush(queue, (-mean, min(a, b), max(a, b)))

    for (left, right), bits in sorted(weights.items()):
        clipped = max(-STRONGEST, min(STRONGEST, bits))
        between[left][right] = between[right][left] = (clipped, 1, bits)
        offer(left, right)
    stamp: dict[Pair, float] = {(a, b): mean for mean, a, b in queue}
    while queue:
        mean, a, b = heapq.heappop(queue)
        if stamp.get((a, b)) != mean or a not in groups or b not in groups:
            continue
        joined = groups[a] + groups[b]
        if len(joined) > most or (allowed is not None and not allowed(joined)):
            continue
        groups[a] = joined
        del groups[b], between[a][b]
        for other, (total, seen, best) in between.pop(b).items():
            if other == a:
                continue
            mine = between[a].get(other, (0.0, 0, -math.inf))
            both = (mine[0] + total, mine[1] + seen, max(mine[2], best))
            between[a][other] = between[other][a] = both
            del between[other][b]
        for other in between[a]:
            pair = (min(a, other), max(a, other))
            stamp.pop(pair, None)
            before = len(queue)
            offer(a, other)
            if len(queue) > before:
                total, seen, _ = between[a][other]
                pairs = len(groups[a]) * len(groups[other])
                stamp[pair] = -((total + UNSEEN * (pairs - seen)) / pairs)
    yield from (group for group in groups.values() if len(group) > 1)
