"""Tests on two parties, each written once and usable twice: as Python and as DuckDB's SQL.

A request compares a few dozen parties in Python; work over the population compares millions in DuckDB.
Both must come to the same answer, so every test here carries both forms, and larger tests are put
together from smaller ones. Both are expressions: in SQL the columns of one party end in ``_l``, those of
the other in ``_r``; in Python the parties are ``left`` and ``right``, and :func:`compiled` makes one
function of all levels of a comparison. (Closures in closures cost twice the time, and a request that
compares fifty candidates calls thousands.) Texts are never empty (they are ``None``, NULL) and lists never
hold NULL: so features are built.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

_CLOSE_ENOUGH = 1e-9
"""A similarity is a fraction; two ways of computing it may differ in the last binary digit."""


class Test(msgspec.Struct, frozen=True):
    """A question about two parties that is answered by yes or no, whichever of them comes first.

    It is made of the functions below alone, from names of columns and numbers that stand in the code.
    """

    python: str
    """The answer as a Python expression over the feature sets ``left`` and ``right``."""
    sql: str
    """The answer in DuckDB; NULL counts as no."""


def missing(column: str) -> Test:
    """One of the two lacks this text."""
    return Test(
        f"(left.{column} is None or right.{column} is None)",
        f"({column}_l IS NULL OR {column}_r IS NULL)",
    )


def missing_list(column: str) -> Test:
    """One of the two has nothing in this list."""
    return Test(
        f"(not left.{column} or not right.{column})",
        f"(coalesce(len({column}_l), 0) = 0 OR coalesce(len({column}_r), 0) = 0)",
    )


def equal(column: str) -> Test:
    """Both have this text, and it is the same.

    The SQL is what Splink takes for an exact match, from which it adjusts by term frequency.
    """
    return Test(
        f"(left.{column} == right.{column} and left.{column} is not None)", f"{column}_l = {column}_r"
    )


def equal_part(column: str, first: int, last: int) -> Test:
    """The characters from ``first`` to ``last`` of this text are the same, counted from 1 as SQL does."""
    part = f"[{first - 1}:{last}]"
    length = last - first + 1
    return Test(
        _with_both(column, f"left.{column}{part} == right.{column}{part}"),
        f"substr({column}_l, {first}, {length}) = substr({column}_r, {first}, {length})",
    )


def transposed_date(column: str) -> Test:
    """Two days, written ``2001-02-03``, of which one has the other's day for its month."""
    parts = ((1, 1, 4), (6, 9, 2), (9, 6, 2))
    same = (f"substr({column}_l, {a}, {n}) = substr({column}_r, {b}, {n})" for a, b, n in parts)
    return Test(_with_both(column, f"transposed(left.{column}, right.{column})"), f"({' AND '.join(same)})")


def either_is(column: str) -> Test:
    """This is true of at least one of the two."""
    return Test(f"(left.{column} or right.{column})", f"({column}_l OR {column}_r)")


def differ(column: str) -> Test:
    """This text, which both have, is not the same."""
    return Test(f"(left.{column} != right.{column})", f"{column}_l <> {column}_r")


def any_common(column: str) -> Test:
    """The two lists share an element."""
    return Test(
        f"(left.{column} and right.{column} and common(left.{column}, right.{column}))",
        f"coalesce(list_has_any({column}_l, {column}_r), false)",
    )


def similar(column: str, least: float) -> Test:
    """The Jaro-Winkler similarity of the two texts is at least this, from 0 to 1."""
    cut = least - _CLOSE_ENOUGH
    return Test(
        _with_both(column, f"similarity(left.{column}, right.{column}) >= {cut!r}"),
        f"jaro_winkler_similarity({column}_l, {column}_r) >= {cut!r}",
    )


def within(column: str, most: int) -> Test:
    """So many keystrokes (Damerau-Levenshtein) at the most make one text the other."""
    return Test(
        _with_both(column, f"distance(left.{column}, right.{column}, score_cutoff={most}) <= {most}"),
        f"damerau_levenshtein({column}_l, {column}_r) <= {most}",
    )


def any_similar(column: str, least: float) -> Test:
    """Some element of one list has this Jaro-Winkler similarity to some element of the other."""
    cut = least - _CLOSE_ENOUGH
    return Test(
        f"any_similar(left.{column}, right.{column}, {cut!r})",
        _any_pair(column, f"jaro_winkler_similarity(x, y) >= {cut!r}"),
    )


def any_within(column: str, most: int) -> Test:
    """So many keystrokes at the most make some element of one list some element of the other."""
    return Test(
        f"any_within(left.{column}, right.{column}, {most})",
        _any_pair(column, f"damerau_levenshtein(x, y) <= {most}"),
    )


def both(first: Test, second: Test) -> Test:
    """The two tests hold."""
    return Test(
        f"({first.python} and {second.python})",
        f"(coalesce({first.sql}, false) AND coalesce({second.sql}, false))",
    )


def either(first: Test, second: Test, *more: Test) -> Test:
    """At least one of the tests holds."""
    test = Test(
        f"({first.python} or {second.python})",
        f"(coalesce({first.sql}, false) OR coalesce({second.sql}, false))",
    )
    return either(test, *more) if more else test


def negate(test: Test) -> Test:
    """The test does not hold."""
    return Test(f"(not {test.python})", f"(NOT coalesce({test.sql}, false))")


@functools.cache
def compiled(tests: tuple[Test, ...]) -> Callable[[Any, Any], int]:
    """A function of two feature sets that gives the place of the first test that holds.

    Where none does it gives the number of tests. The function is made once for the same tests.
    """
    cases = "".join(f"{place} if {test.python} else " for place, test in enumerate(tests))
    source = f"lambda left, right: {cases}{len(tests)}"
    function: Callable[[Any, Any], int] = eval(source, dict(_functions()))  # noqa: S307  # of this module's own text
    return function


def _with_both(column: str, condition: str) -> str:
    return f"(left.{column} is not None and right.{column} is not None and {condition})"


def _any_pair(column: str, condition: str) -> str:
    inner = f"list_transform({column}_r, lambda y: {condition})"
    pairs = f"flatten(list_transform({column}_l, lambda x: {inner}))"
    return f"coalesce(list_bool_or({pairs}), false)"


def _common(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    for value in some:  # noqa: SIM110  # a generator costs thrice as much
        if value in others:
            return True
    return False


def _transposed(one: str, other: str) -> bool:
    return one[:4] == other[:4] and one[5:7] == other[8:10] and one[8:10] == other[5:7]


@functools.cache
def _functions() -> Mapping[str, Any]:
    """What the Python expressions may call, and nothing else."""
    # 3 MiB, and .01 s of a start that compares nobody.
    from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

    similarity, distance = JaroWinkler.similarity, DamerauLevenshtein.distance

    def any_similar(some: tuple[str, ...], others: tuple[str, ...], cut: float) -> bool:
        for one in some:
            for other in others:
                if similarity(one, other) >= cut:
                    return True
        return False

    def any_within(some: tuple[str, ...], others: tuple[str, ...], most: int) -> bool:
        for one in some:
            for other in others:
                if distance(one, other, score_cutoff=most) <= most:
                    return True
        return False

    return {
        "__builtins__": {},
        "any_similar": any_similar,
        "any_within": any_within,
        "common": _common,
        "distance": distance,
        "similarity": similarity,
        "transposed": _transposed,
    }
