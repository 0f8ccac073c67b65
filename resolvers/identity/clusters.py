"""Groups of parties that are one customer, from scored pairs, by the same rules as single decisions.

Pairs are joined from the surest to the least sure; one that would put two parties that must stay apart
into one group, or more numbers than one customer can have, is cut and shown to a person instead. The
outcome depends on the pairs alone, not on their order: ties go by the parties' keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

import msgspec

from c360.records.party import IdentifierKind
from resolvers.identity.decide import CUSTOMER_LIMIT, PartyKey
from resolvers.identity.identifiers import form_of
from resolvers.identity.model import Limits
from resolvers.identity.rules import WEIGHTS, Outcome, limit_of

K = TypeVar("K", PartyKey, str, int)
"""How the caller names a party; only equality and order count."""

KEPT_APART = "kept_apart"
"""Cuts a pair that would join two parties of which it was said that they are two."""


class Member(msgspec.Struct, Generic[K], frozen=True):
    """A party with what limits depend on."""

    key: K
    connector: str
    verified_ids: tuple[str, ...] = ()


class Edge(msgspec.Struct, Generic[K], frozen=True):
    """A pair that was scored and judged (:meth:`resolvers.identity.decide.Matcher.compare`)."""

    left: K
    right: K
    total: float
    """Match weight in bits."""
    outcome: Outcome
    """``LINK`` joins, ``REVIEW`` is shown to a person, ``NEW`` is ignored."""
    rule: str = WEIGHTS
    """What decided it; a pair that a rule links goes before all that weights link."""


class Review(msgspec.Struct, Generic[K], frozen=True):
    """A pair between two groups that a person has to look at."""

    edge: Edge[K]
    rule: str
    """The rule that cut the pair, or the one of the pair itself."""


class Clusters(msgspec.Struct, Generic[K], frozen=True):
    """The groups."""

    groups: tuple[tuple[K, ...], ...]
    """Every member in exactly one group, members and groups in the order of their keys."""
    reviews: tuple[Review[K], ...]
    """Pairs between different groups, the surest first."""


def cluster(
    members: Iterable[Member[K]], edges: Iterable[Edge[K]], limits: Limits, apart: Iterable[tuple[K, K]] = ()
) -> Clusters[K]:
    """Group parties.

    Args:
        members: All parties, each once.
        edges: Judged pairs of members; of the same pair the surest counts.
        limits: What one customer can have at most.
        apart: Pairs that must never be in one group, as people or contradicting numbers say.

    Raises:
        KeyError: an edge or a pair names a party that is no member.
    """
    forest = _Forest({member.key: member for member in members}, limits)
    for one, other in apart:
        forest.keep_apart(one, other)
    ordered = sorted((edge for edge in edges if edge.outcome is not Outcome.NEW), key=_rank)
    cut = [
        Review(edge, rule)
        for edge in ordered
        if edge.outcome is Outcome.LINK and (rule := forest.join(edge.left, edge.right)) is not None
    ]
    cut += [Review(edge, edge.rule) for edge in ordered if edge.outcome is Outcome.REVIEW]
    between = (one for one in cut if forest.root(one.edge.left) != forest.root(one.edge.right))
    return Clusters(forest.groups(), tuple(sorted(between, key=lambda one: _rank(one.edge))))


def _rank(edge: Edge[K]) -> tuple[bool, bool, float, K, K]:
    low, high = (edge.left, edge.right) if edge.left <= edge.right else (edge.right, edge.left)
    return (edge.outcome is not Outcome.LINK, edge.rule == WEIGHTS, -edge.total, low, high)


class _Group(msgspec.Struct, Generic[K]):
    """What is known of a group that grows."""

    members: list[K]
    ids: set[str]
    connectors: Counter[str]
    enemies: set[K]
    """Parties that must not come in."""


class _Forest(Generic[K]):
    """Disjoint sets with limits; the smaller group always goes into the larger."""

    def __init__(self, members: Mapping[K, Member[K]], limits: Limits) -> None:
        self._limits = limits
        self._parents: dict[K, K] = {key: key for key in members}
        self._groups: dict[K, _Group[K]] = {
            key: _Group([key], set(member.verified_ids), Counter((member.connector,)), set())
            for key, member in members.items()
        }

    def root(self, key: K) -> K:
        """The group a party is in, named by one of its members."""
        parents = self._parents
        while (parent := parents[key]) != key:
            parents[key] = parents[parent]
            key = parents[key]
        return key

    def keep_apart(self, one: K, other: K) -> None:
        """Never let two parties come into one group."""
        self._groups[one].enemies.add(other)
        self._groups[other].enemies.add(one)

    def join(self, one: K, other: K) -> str | None:
        """Make two groups one; the name of the rule that forbids it where one does."""
        first, second = self.root(one), self.root(other)
        if first == second:
            return None
        large, small = self._groups[first], self._groups[second]
        if len(large.members) < len(small.members):
            first, second, large, small = second, first, small, large
        rule = self._forbids(large, small)
        if rule is None:
            large.members += small.members
            large.ids |= small.ids
            large.connectors.update(small.connectors)
            large.enemies |= small.enemies
            self._parents[second] = first
            del self._groups[second]
        return rule

    def _forbids(self, large: _Group[K], small: _Group[K]) -> str | None:
        if any(key in large.enemies for key in small.members):
            return KEPT_APART
        limits = self._limits
        here = limits.identifiers.get(IdentifierKind.CUSTOMER_NUMBER, limits.parties)
        too_many = (
            len(large.members) + len(small.members) > limits.parties
            or any(large.connectors[name] + count > here for name, count in small.connectors.items())
            or self._too_many_ids(large.ids, small.ids)
        )
        return CUSTOMER_LIMIT if too_many else None

    def _too_many_ids(self, large: set[str], small: set[str]) -> bool:
        new = small - large
        if not new or not large:
            return False
        forms = {form_of(number) for number in new}
        held = Counter(form_of(number) for number in large)
        held.update(form_of(number) for number in new)
        return any(held[form] > limit_of(form, self._limits) for form in forms)

    def groups(self) -> tuple[tuple[K, ...], ...]:
        """All groups in the order of their keys."""
        return tuple(sorted(tuple(sorted(group.members)) for group in self._groups.values()))
