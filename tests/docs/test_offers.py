"""What the guide to offers shows is so."""

from __future__ import annotations

import re
import typing
from pathlib import Path

import pytest

from resolvers.offers.catalogue import read
from resolvers.offers.contact_policy import CONTEXTS
from resolvers.offers.responses import WINDOW
from resolvers.offers.rules import Rule
from resolvers.offers.situation import Doing
from resolvers.offers.stages import Stage
from resolvers.training.responses import LEAST


@pytest.fixture(scope="module")
def guide(checkout: Path) -> str:
    """The text."""
    return (checkout / "docs" / "offers.md").read_text("utf-8")


def rows(guide: str, heading: str) -> set[str]:
    """The first column of the table that begins with a heading."""
    _, _, after = guide.partition(f"| {heading} |")
    table, _, _ = after.partition("\n\n")
    return set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))


def test_the_example_is_a_catalogue(guide: str) -> None:
    (text,) = re.findall(r"^```json\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
    (product,) = read(text.encode())
    assert product.contexts[Doing.COMPLAINING] == 0


def test_every_rule_and_every_stage_is_explained(guide: str) -> None:
    tags = {str(kind.__struct_config__.tag) for kind in typing.get_args(Rule)}
    assert rows(guide, "rule") == tags
    assert rows(guide, "stage") == {stage.value for stage in Stage} - {Stage.OFFERED.value}


def test_the_numbers_are_those_of_the_code(guide: str) -> None:
    text = " ".join(guide.split())
    assert f"accepted within {WINDOW.days} days" in text
    assert f"needs {LEAST} acceptances and {LEAST} failures" in text
    assert (CONTEXTS[Doing.COMPLAINING], CONTEXTS[Doing.PAYING_LATE]) == (0, 0.25)
    assert "`COMPLAINING` is 0, `PAYING_LATE` a quarter" in text
