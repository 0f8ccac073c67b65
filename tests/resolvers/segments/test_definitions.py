"""A definition file comes back as it was, and what is wrong in it is named with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from c360.errors import ConfigError
from resolvers.segments.definitions import decode, encode, load

SEGMENT = {"name": "a", "title": "A", "description": "", "strategy": "", "rule": [{"value": ["TOP"]}]}


def file(*segments: dict[str, Any], **more: Any) -> bytes:
    return msgspec.json.encode({"format": 1, "segments": segments, **more})


def test_the_shipped_file_comes_back_as_it_was() -> None:
    shipped = load()
    again = decode(encode(shipped))
    assert sorted(again.segments, key=lambda each: each.name) == sorted(
        shipped.segments, key=lambda each: each.name
    )
    assert again.dimensions == shipped.dimensions
    assert encode(again) == encode(shipped)
    assert all(each.actions and each.strategy for each in shipped.segments)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"{", "not JSON"),
        (b'{"format": 2}', r"segments\.format"),
        (file({**SEGMENT, "rule": []}), r"segments\.segments\[0\]\.rule|segments\.segments\[\.\.\.\]"),
        (file({**SEGMENT, "rule": [{"value": ["BEST"]}]}), "BEST"),
        (file({**SEGMENT, "name": "Not A Name"}), "regex"),
        (file({**SEGMENT, "name": "dimensions"}), "'dimensions' is taken"),
        (file(SEGMENT, SEGMENT), "'a' is taken"),
        (file({**SEGMENT, "colour": "red"}), "colour"),
        (file({**SEGMENT, "rule": [{"holds": ["LIFE"], "lacks": ["LIFE"]}]}), "LIFE is held"),
        (file({**SEGMENT, "rule": [{"figures": [{"figure": "PROFIT"}]}]}), "at_least"),
        (
            file({**SEGMENT, "rule": [{"figures": [{"figure": "DISTANCE_TO_DEFAULT", "below": 1}]}]}),
            "not kept",
        ),
        (file(dimensions={"risk": {"figure": "DISTANCE_TO_DEFAULT"}}), "not kept"),
        (
            file({**SEGMENT, "rule": [{"figures": [{"figure": "PROFIT", "at_least": 2, "below": 1}]}]}),
            "nothing lies between",
        ),
        (file(dimensions={"value": {"top": 10}}), r"segments\.dimensions\.value"),
        (file(dimensions={"risk": {"medium": 900}}), r"segments\.dimensions\.risk"),
        (file(dimensions={"lifecycle": {"growing_spend": 0.1}}), r"segments\.dimensions\.lifecycle"),
    ],
)
def test_what_is_wrong_is_named(content: bytes, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        decode(content)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FileNotFoundError"):
        load(tmp_path / "nowhere.json")
