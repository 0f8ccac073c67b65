"""The generated tables of the documentation, and the command that writes them anew.

::

    python -m tests.docs.generating

writes every table that is not what the code says, and names the documents that it changed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from tests.docs import (
    action_tables,
    event_tables,
    graph_tables,
    live_tables,
    operating_tables,
    plugin_tables,
    record_tables,
    reference_tables,
)
from tests.docs.cells import markdown
from tests.docs.identity_tables import identity_tables
from tests.docs.risk_tables import risk_tables
from tests.docs.role_tables import role_tables
from tests.docs.summary_tables import summary_tables
from tests.docs.value_tables import value_tables

CHECKOUT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
COMMAND = "python -m tests.docs.generating"
TABLES: dict[str, Callable[[], str]] = {
    **graph_tables.TABLES,
    **live_tables.TABLES,
    **action_tables.TABLES,
    **reference_tables.TABLES,
    **record_tables.TABLES,
    **plugin_tables.TABLES,
    **operating_tables.TABLES,
    **event_tables.TABLES,
    **identity_tables(markdown),
    **summary_tables(markdown),
    **value_tables(markdown),
    **risk_tables(markdown),
    **role_tables(markdown),
}
MARKED = re.compile(
    r"(?P<begin><!-- table: (?P<name>[\w.-]+) -->\n)(?P<text>.*?)(?P<end><!-- end -->)", re.DOTALL
)


def written(text: str) -> str:
    """A document with its tables as they should be."""
    return MARKED.sub(lambda found: found["begin"] + TABLES[found["name"]]() + found["end"], text)


def main() -> int:
    """Write what is out of step."""
    for file in DOCUMENTS:
        before = file.read_text("utf-8")
        after = written(before)
        if after != before:
            file.write_text(after, "utf-8")
            sys.stdout.write(f"{file.relative_to(CHECKOUT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
