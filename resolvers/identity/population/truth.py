"""How well parties were linked, where it is known who they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence

from resolvers.identity.population import metrics
from resolvers.identity.population.workspace import Groups, Key


def measure(groups: Groups, truth: Mapping[Key, Hashable]) -> dict[str, float]:
    """Quality of groups and of what is left for a person.

    Args:
        groups: who was taken for one, and what is in question.
        truth: the entity of every party.

    Returns:
        ``precision``, ``recall`` and ``f1`` of the pairs within groups; ``reviews``, how many pairs of groups
        are in question; ``review_recall``, the share of the pairs that linking missed which those reviews
        would bring together; ``parties``.
    """
    numbers = {key: number for number, key in enumerate(sorted(truth))}
    entities: dict[int, Hashable] = {numbers[key]: entity for key, entity in truth.items()}
    group = {key: members[0] for members in groups.groups for key in members}
    cluster = {numbers[key]: numbers[first] for key, first in group.items()}
    true = metrics.true_pairs(entities)
    quality = metrics.of_clusters(cluster, entities, true)
    asked = {tuple(sorted((group.get(a, a), group.get(b, b)))) for a, b in groups.reviews}
    members: defaultdict[Key, list[Key]] = defaultdict(list)
    for key in truth:
        members[group.get(key, key)].append(key)
    brought = sum(_same(members[first], members[second], truth) for first, second in asked if first != second)
    missed = true - quality.right
    return {
        "parties": float(len(truth)),
        "precision": round(quality.precision, 5),
        "recall": round(quality.recall, 5),
        "f1": round(quality.f1, 5),
        "reviews": float(len(asked)),
        "review_recall": round(brought / missed, 4) if missed else 1.0,
    }


def _same(left: Sequence[Key], right: Sequence[Key], truth: Mapping[Key, Hashable]) -> int:
    return sum(truth[one] == truth[other] for one in left for other in right)
