"""The guide to segments: its example is a definition file, and it names every label and condition."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resolvers.segments.definitions import Dimensions, When, decode
from resolvers.segments.dimensions import Dimension, Lifecycle, Risk, Value
from resolvers.segments.scores import TOLD


@pytest.fixture(scope="module")
def guide(checkout: Path) -> str:
    return (checkout / "docs" / "segments.md").read_text("utf-8")


def test_the_example_is_a_definition_file_with_the_default_cuts(guide: str) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    found = decode(example.encode())
    assert found.dimensions == Dimensions()
    assert [each.name for each in found.segments] == ["win-back"]


def test_every_label_condition_and_figure_is_told(guide: str) -> None:
    labels = {each.value for kind in (Value, Risk, Lifecycle) for each in kind}
    for name in (*labels, *(each.value for each in TOLD), *When.__struct_fields__):
        assert f"`{name}`" in guide, name
    rows = re.findall(r"^\| (\w+) \|", guide, re.MULTILINE)
    assert {each.value.lower() for each in Dimension} - {"figure"} <= set(rows)
