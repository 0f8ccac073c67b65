"""Groups of parties: limits hold whatever comes in whichever order."""

from __future__ import annotations

import random
import sys
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.identity.clusters import KEPT_APART, Clusters, Edge, Member, cluster
from resolvers.identity.decide import CUSTOMER_LIMIT
from resolvers.identity.model import Limits
from resolvers.identity.rules import WEIGHTS, Outcome
from tests.resolvers.identity.weights import MODEL

LIMITS = MODEL.limits
CPF, OTHER_CPF = "TAX_ID:BR:52998224725", "TAX_ID:BR:11144477735"


def members(count: int, **ids: str) -> list[Member[int]]:
    return [
        Member(place, f"partner{place % 7}", (ids[f"p{place}"],) if f"p{place}" in ids else ())
        for place in range(count)
    ]


def link(left: int, right: int, total: float = 10.0, rule: str = WEIGHTS) -> Edge[int]:
    return Edge(left, right, total, Outcome.LINK, rule)


def test_links_make_groups_and_reviews_between_them_remain() -> None:
    edges = [
        link(0, 1),
        link(1, 2),
        Edge(0, 2, 1.0, Outcome.REVIEW),
        Edge(2, 3, 1.0, Outcome.REVIEW),
        Edge(3, 4, -5.0, Outcome.NEW),
    ]
    found = cluster(members(5), edges, LIMITS)
    assert found.groups == ((0, 1, 2), (3,), (4,))
    assert [(one.edge.left, one.edge.right, one.rule) for one in found.reviews] == [(2, 3, WEIGHTS)]


def test_two_tax_numbers_never_come_into_one_group_and_the_weakest_link_is_cut() -> None:
    edges = [link(0, 1, 20), link(1, 2, 9), link(2, 3, 15)]
    found = cluster(members(4, p0=CPF, p3=OTHER_CPF), edges, LIMITS)
    assert found.groups == ((0, 1), (2, 3))
    assert [(one.edge.total, one.rule) for one in found.reviews] == [(9, CUSTOMER_LIMIT)]


def test_what_a_rule_links_goes_before_what_weights_link() -> None:
    edges = [link(1, 2, 30), link(0, 1, 5, "same_verified_id")]
    found = cluster(members(3, p0=CPF, p1=CPF, p2=OTHER_CPF), edges, LIMITS)
    assert found.groups == ((0, 1), (2,))


def test_a_pair_that_is_two_keeps_everything_between_them_apart() -> None:
    found = cluster(members(4), [link(0, 1, 12), link(1, 2, 11), link(2, 3, 13)], LIMITS, [(0, 3)])
    assert found.groups == ((0, 1), (2, 3))
    assert [one.rule for one in found.reviews] == [KEPT_APART]


def test_a_party_that_nobody_knows_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        cluster(members(2), [link(0, 9)], LIMITS)


EDGES = st.lists(
    st.builds(
        Edge,
        st.integers(0, 9),
        st.integers(0, 9),
        st.sampled_from([5.0, 7.5, 9.0, 20.0]),
        st.sampled_from(Outcome),
        st.sampled_from([WEIGHTS, "same_verified_id"]),
    ).filter(lambda edge: edge.left != edge.right),
    max_size=25,
)
PAIRS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] != pair[1]), max_size=3
)
IDS = st.dictionaries(
    st.sampled_from([f"p{place}" for place in range(10)]), st.sampled_from([CPF, OTHER_CPF])
)


@given(EDGES, PAIRS, IDS, st.randoms(use_true_random=False))
def test_laws_of_clusters(
    edges: list[Edge[int]], apart: list[tuple[int, int]], ids: dict[str, str], rng: random.Random
) -> None:
    limits = Limits(identifiers=LIMITS.identifiers, parties=6)
    people = members(10, **ids)
    found = cluster(people, edges, limits, apart)
    # Every party is in one group, and no group breaks a limit or holds a pair that is two.
    assert sorted(key for group in found.groups for key in group) == list(range(10))
    of = {key: group for group in found.groups for key in group}
    assert all(of[one] is not of[other] for one, other in apart)
    for group in found.groups:
        assert len({ids[f"p{key}"] for key in group if f"p{key}" in ids}) <= 1
        assert len(group) <= 6
    # No link is lost silently: its ends are in one group or it is a review.
    shown = {(one.edge.left, one.edge.right) for one in found.reviews}
    for edge in edges:
        if edge.outcome is not Outcome.NEW:
            assert of[edge.left] is of[edge.right] or (edge.left, edge.right) in shown
    # And the order of what comes in does not matter, nor which party of a pair is named first.
    turned = [
        Edge(edge.right, edge.left, edge.total, edge.outcome, edge.rule) if rng.random() < 0.5 else edge
        for edge in edges
    ]
    again = cluster(
        rng.sample(people, 10), rng.sample(turned, len(turned)), limits, [(b, a) for a, b in reversed(apart)]
    )
    assert again.groups == found.groups
    assert _unordered(again) == _unordered(found)


def _unordered(found: Clusters[int]) -> list[tuple[list[int], float, str]]:
    return sorted(
        (sorted((one.edge.left, one.edge.right)), one.edge.total, one.rule) for one in found.reviews
    )


def test_the_work_grows_with_the_number_of_links() -> None:
    def calls(count: int) -> int:
        people = [Member(place, f"partner{place % 7}") for place in range(count)]
        edges = [
            link(left + place, right + place)
            for place in range(0, count, 4)
            for left, right in combinations(range(4), 2)
        ]
        made = 0

        def seen(*_: object) -> None:
            nonlocal made
            made += 1

        before = sys.getprofile()
        sys.setprofile(seen)
        try:
            found = cluster(people, edges, LIMITS)
        finally:
            sys.setprofile(before)
        assert len(found.groups) == count // 4
        return made

    assert calls(8_000) < 8 * calls(1_000) * 1.1
