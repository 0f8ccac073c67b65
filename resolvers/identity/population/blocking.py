"""Which pairs are worth comparing: compound keys, chosen by what they find and what they cost."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from resolvers.identity.population.columns import Field
from resolvers.identity.population.levels import Part

MAX_BLOCK = 500
"""Records that may share a key; a value that more share says too little and is not followed."""
PAIRS_PER_RECORD = 100
LEAST_BUDGET = 500_000
"""Pairs that are always allowed, however few the records."""
MOST_BUDGET = 40_000_000
"""Pairs that are never exceeded, however many the records."""
PRICE = 0.001
"""Expected matches that a further pair must bring to be worth comparing."""
CHEAP = 0.00002
"""The same as long as there are few pairs in all."""
AGAIN = 0.1
"""What it is worth to find a likely match a second time: the sample shows only some of their ways to err."""
MOST_RULES = 16

_PERSONAL = (Field.GIVEN_NAME, Field.FAMILY_NAME, Field.FULL_NAME, Field.BIRTH_DATE)


@dataclass(frozen=True)
class Rule:
    """A key that records to be compared have in common."""

    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """For people: the parts."""
        return " + ".join(part.name for part in self.parts)

    @property
    def sql(self) -> str:
        """The key as a number; null where a part is missing."""
        present = " AND ".join(f"{part.sql} IS NOT NULL" for part in self.parts)
        return f"CASE WHEN {present} THEN hash({', '.join(part.sql for part in self.parts)}) END"


@dataclass(frozen=True)
class Chosen:
    """A rule that is followed."""

    rule: Rule
    pairs: int
    """Pairs that it makes by itself."""
    matches: float
    """Matches that are expected by it, those that a rule before it finds counted little."""


def budget(records: int) -> int:
    """How many pairs may be compared."""
    return min(max(records * PAIRS_PER_RECORD, LEAST_BUDGET), MOST_BUDGET)


def choose(
    costs: Mapping[Rule, int], patterns: Mapping[frozenset[str], int], *, matches: float, pairs: int
) -> list[Chosen]:
    """The keys to follow: each finds enough of the matches that none before it found.

    Args:
        costs: pairs that each rule makes.
        patterns: of a sample of likely matches, which parts agree, and for how many.
        matches: how many matches are expected in all.
        pairs: how many pairs may be made, a pair that several rules find counted several times.
    """
    left: dict[frozenset[str], float] = dict(patterns)
    scale = matches / max(sum(patterns.values()), 1)
    chosen: list[Chosen] = []
    spent = 0
    needs = {rule: frozenset(part.name for part in rule.parts) for rule in costs}

    def gain(rule: Rule) -> float:
        return scale * sum(count for pattern, count in left.items() if needs[rule] <= pattern)

    while left and len(chosen) < MOST_RULES:
        best: Chosen | None = None
        for rule, cost in costs.items():
            if not cost or spent + cost > pairs or any(rule == each.rule for each in chosen):
                continue
            found = gain(rule)
            price = PRICE if spent + cost > LEAST_BUDGET else CHEAP
            if found > price * cost and (
                best is None or found - PRICE * cost > best.matches - PRICE * best.pairs
            ):
                best = Chosen(rule, cost, found)
        if best is None:
            break
        chosen.append(best)
        spent += best.pairs
        for pattern in left:
            if needs[best.rule] <= pattern:
                left[pattern] *= AGAIN
    return chosen


def candidates(parts: Sequence[Part]) -> Iterator[Rule]:
    """All keys that make sense: one or two whole values, or three pieces of what names a person."""
    wholes = [part for part in parts if part.whole]
    for part in parts:
        if part.whole or part.field in {Field.EMAIL, Field.PHONE}:
            yield Rule((part,))
    for pair in itertools.combinations(wholes, 2):
        yield Rule(pair)
    pieces = [part for part in parts if not part.whole]
    for piece, whole in itertools.product(pieces, wholes):
        if piece.column != whole.column:
            yield Rule((whole, piece))
    personal = [part for part in parts if part.field in (*_PERSONAL, Field.POSTAL_CODE, Field.CITY)]
    for three in itertools.combinations(personal, 3):
        if len({part.column for part in three}) == 3 and not all(part.whole for part in three):
            yield Rule(three)
