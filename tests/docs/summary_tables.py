"""Tables of docs/summaries.md, from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from resolvers.summaries.insurance import LINES
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.sources import summarisers
from schema.docs import member_descriptions
from tests.docs.cells import code, ended

Markdown = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]


def measures(markdown: Markdown) -> str:
    texts = member_descriptions(Measure)
    rows = [
        (code(each.name), ended(texts[each.name]), each.unit.name.lower(), each.combine.name.lower())
        for each in Measure
    ]
    return markdown(("measure", "meaning", "unit", "of several parties"), rows)


def sources(markdown: Markdown) -> str:
    rows = [
        (
            _lines(told.lines),
            ", ".join(code(one.name) for one in told.measures),
            _kinds(each.kinds),
            told.source,
        )
        for each in summarisers()
        for told in each.told
    ]
    return markdown(("lines", "measures", "kinds of record", "told by"), rows)


def _lines(lines: tuple[Line, ...]) -> str:
    return (
        "insurance, by line" if lines == tuple(LINES.values()) else ", ".join(code(one.name) for one in lines)
    )


def _kinds(kinds: tuple[str, ...]) -> str:
    return ", ".join(map(code, kinds))


def summary_tables(markdown: Markdown) -> dict[str, Callable[[], str]]:
    """By the name of their marks."""
    return {"measures": lambda: measures(markdown), "summary-sources": lambda: sources(markdown)}
