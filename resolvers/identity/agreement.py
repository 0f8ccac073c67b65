"""Tests on two parties, each written once and usable twice: as Python and as DuckDB's SQL.

A request compares a few dozen parties in Python; work over the population compares millions in DuckDB.
Both must come to the same answer, so every test here carries both forms, and larger tests are put
together from smaller ones. In SQL the columns of one party end in ``_l``, those of the other in ``_r``.
Texts are never empty (they are ``None``, NULL) and lists never hold NULL: so features are built.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

_CLOSE_ENOUGH = 1e-9
"""A similarity is a fraction; two ways of computing it may differ in the last binary digit."""


class Test(msgspec.Struct, frozen=True):
    """A question about two parties that is answered by yes or no, whichever of them comes first."""

    holds: Callable[[Any, Any], bool]
    """The answer in Python, for two feature sets."""
    sql: str
    """The answer in DuckDB; NULL counts as no."""


def missing(column: str) -> Test:
    """One of the two lacks this text."""
    read = attrgetter(column)
    return Test(
        lambda left, right: read(left) is None or read(right) is None,
        f"({column}_l IS NULL OR {column}_r IS NULL)",
    )


def missing_list(column: str) -> Test:
    """One of the two has nothing in this list."""
    read = attrgetter(column)
    return Test(
        lambda left, right: not (read(left) and read(right)),
        f"(coalesce(len({column}_l), 0) = 0 OR coalesce(len({column}_r), 0) = 0)",
    )


def equal(column: str) -> Test:
    """Both have this text, and it is the same.

    The SQL is what Splink takes for an exact match, from which it adjusts by term frequency.
    """
    read = attrgetter(column)

    def holds(left: Any, right: Any) -> bool:
        value = read(left)
        return value is not None and value == read(right)

    return Test(holds, f"{column}_l = {column}_r")


def equal_part(column: str, first: int, last: int) -> Test:
    """The characters from ``first`` to ``last`` of this text are the same, counted from 1 as SQL does."""
    read, start = attrgetter(column), first - 1

    def holds(left: Any, right: Any) -> bool:
        one: str | None = read(left)
        other: str | None = read(right)
        return one is not None and other is not None and one[start:last] == other[start:last]

    length = last - start
    return Test(holds, f"substr({column}_l, {first}, {length}) = substr({column}_r, {first}, {length})")


def transposed_date(column: str) -> Test:
    """Two days, written ``2001-02-03``, of which one has the other's day for its month."""
    read = attrgetter(column)

    def holds(left: Any, right: Any) -> bool:
        one: str | None = read(left)
        other: str | None = read(right)
        if one is None or other is None:
            return False
        return one[:4] == other[:4] and one[5:7] == other[8:10] and one[8:10] == other[5:7]

    parts = ((1, 1, 4), (6, 9, 2), (9, 6, 2))
    same = (f"substr({column}_l, {a}, {n}) = substr({column}_r, {b}, {n})" for a, b, n in parts)
    return Test(holds, f"({' AND '.join(same)})")


def either_is(column: str) -> Test:
    """This is true of at least one of the two."""
    read = attrgetter(column)
    return Test(lambda left, right: bool(read(left) or read(right)), f"({column}_l OR {column}_r)")


def differ(column: str) -> Test:
    """This text, which both have, is not the same."""
    read = attrgetter(column)
    return Test(lambda left, right: bool(read(left) != read(right)), f"{column}_l <> {column}_r")


def any_common(column: str) -> Test:
    """The two lists share an element."""
    read = attrgetter(column)

    def holds(left: Any, right: Any) -> bool:
        others = read(right)
        for value in read(left):  # noqa: SIM110  # a generator costs thrice as much, a hundred times a request
            if value in others:
                return True
        return False

    return Test(holds, f"coalesce(list_has_any({column}_l, {column}_r), false)")


def similar(column: str, least: float) -> Test:
    """The Jaro-Winkler similarity of the two texts is at least this, from 0 to 1."""
    read, cut = attrgetter(column), least - _CLOSE_ENOUGH
    similarity = JaroWinkler.similarity

    def holds(left: Any, right: Any) -> bool:
        one: str | None = read(left)
        other: str | None = read(right)
        return one is not None and other is not None and similarity(one, other) >= cut

    return Test(holds, f"jaro_winkler_similarity({column}_l, {column}_r) >= {cut!r}")


def within(column: str, most: int) -> Test:
    """So many keystrokes (Damerau-Levenshtein) at the most make one text the other."""
    read, distance = attrgetter(column), DamerauLevenshtein.distance

    def holds(left: Any, right: Any) -> bool:
        one: str | None = read(left)
        other: str | None = read(right)
        return one is not None and other is not None and distance(one, other, score_cutoff=most) <= most

    return Test(holds, f"damerau_levenshtein({column}_l, {column}_r) <= {most}")


def any_similar(column: str, least: float) -> Test:
    """Some element of one list has this Jaro-Winkler similarity to some element of the other."""
    read, cut = attrgetter(column), least - _CLOSE_ENOUGH
    similarity = JaroWinkler.similarity

    def holds(left: Any, right: Any) -> bool:
        others = read(right)
        for one in read(left):
            for other in others:
                if similarity(one, other) >= cut:
                    return True
        return False

    return Test(holds, _any_pair(column, f"jaro_winkler_similarity(x, y) >= {cut!r}"))


def any_within(column: str, most: int) -> Test:
    """So many keystrokes at the most make some element of one list some element of the other."""
    read, distance = attrgetter(column), DamerauLevenshtein.distance

    def holds(left: Any, right: Any) -> bool:
        others = read(right)
        for one in read(left):
            for other in others:
                if distance(one, other, score_cutoff=most) <= most:
                    return True
        return False

    return Test(holds, _any_pair(column, f"damerau_levenshtein(x, y) <= {most}"))


def _any_pair(column: str, condition: str) -> str:
    inner = f"list_transform({column}_r, lambda y: {condition})"
    pairs = f"flatten(list_transform({column}_l, lambda x: {inner}))"
    return f"coalesce(list_bool_or({pairs}), false)"


def both(first: Test, second: Test) -> Test:
    """The two tests hold."""
    one, other = first.holds, second.holds
    return Test(
        lambda left, right: one(left, right) and other(left, right),
        f"(coalesce({first.sql}, false) AND coalesce({second.sql}, false))",
    )


def either(first: Test, second: Test, *more: Test) -> Test:
    """At least one of the tests holds."""
    one, other = first.holds, second.holds
    test = Test(
        lambda left, right: one(left, right) or other(left, right),
        f"(coalesce({first.sql}, false) OR coalesce({second.sql}, false))",
    )
    return either(test, *more) if more else test


def negate(test: Test) -> Test:
    """The test does not hold."""
    holds = test.holds
    return Test(lambda left, right: not holds(left, right), f"(NOT coalesce({test.sql}, false))")
