"""Clusters: what holds together, what a bridge does not join, and that order does not matter."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.identity.population.clusters import cluster

Edges = Sequence[tuple[int, int, float]]


def clique(first: int, size: int, bits: float = 8.0) -> list[tuple[int, int, float]]:
    return [(a, b, bits) for a, b in itertools.combinations(range(first, first + size), 2)]


def test_a_clique_is_a_cluster() -> None:
    assert cluster(clique(1, 4), threshold=3.0) == dict.fromkeys(range(1, 5), 1)


def test_one_bridge_joins_no_two_groups() -> None:
    found = cluster([*clique(1, 4), *clique(11, 4), (4, 11, 12.0)], threshold=3.0)
    assert set(found.values()) == {1, 11}


def test_what_was_never_compared_speaks_against_a_chain() -> None:
    chain = [(number, number + 1, 4.0) for number in range(1, 9)]
    found = cluster(chain, threshold=3.0)
    sizes = sorted(list(found.values()).count(first) for first in set(found.values()))
    assert max(sizes) <= 3


def test_one_missing_pair_is_made_up_for() -> None:
    edges = [edge for edge in clique(1, 5) if edge[:2] != (1, 5)]
    assert len(set(cluster(edges, threshold=3.0).values())) == 1


def test_no_cluster_is_larger_than_allowed() -> None:
    found = cluster(clique(1, 12), threshold=3.0, most=5)
    assert max(list(found.values()).count(first) for first in set(found.values())) <= 5


def test_what_may_not_be_together_is_not() -> None:
    def allowed(records: Sequence[int]) -> bool:
        return not {1, 2} <= set(records)

    found = cluster(clique(1, 4), threshold=3.0, allowed=allowed)
    assert found.get(1) is None or found.get(1) != found.get(2)
    assert len(found) >= 3


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[int, int, float]]:
    pairs = draw(st.sets(st.tuples(st.integers(1, 12), st.integers(1, 12)).filter(lambda p: p[0] < p[1])))
    return [(a, b, draw(st.integers(-8, 12)) * 1.0) for a, b in sorted(pairs)]


@settings(max_examples=60, deadline=None)
@given(graphs(), st.integers(0, 10_000))
def test_order_does_not_matter_and_clusters_stay_within_components(edges: Edges, seed: int) -> None:
    shuffled = list(edges)
    Random(seed).shuffle(shuffled)
    found = cluster(edges, threshold=2.0)
    assert cluster(shuffled, threshold=2.0) == found
    for record, first in found.items():
        assert found[first] == first <= record
    strong = {record for a, b, bits in edges if bits >= 2.0 for record in (a, b)}
    assert set(found) <= strong
