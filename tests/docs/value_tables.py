"""Tables of docs/models.md that are about value, from the code."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from resolvers.lifetime_value.training import USUAL

Markdown = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]


def hazard_table(markdown: Markdown) -> str:
    rows = [
        (f"`{line.value}`", f"{hazard:g}", f"{-math.expm1(-hazard):.1%}") for line, hazard in USUAL.items()
    ]
    return markdown(("line", "usual hazard a year", "contracts that end in a year"), rows)


def value_tables(markdown: Markdown) -> dict[str, Callable[[], str]]:
    """By the name of their marks."""
    return {"hazards": lambda: hazard_table(markdown)}
