"""The artefact: what is shipped is sound, what is not sound is refused and says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from c360.errors import ConfigError
from c360.records.party import PartyKind
from resolvers.identity.model import DEFAULT, FORMAT, decode, digest, encode, load


def changed(path: tuple[str | int, ...], value: Any) -> bytes:
    artefact = msgspec.json.decode(DEFAULT.read_bytes())
    place = artefact
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return msgspec.json.encode(artefact)


def test_the_shipped_model_is_read_once_and_written_as_it_was() -> None:
    model = load()
    assert model is load()
    assert model.format == FORMAT
    assert encode(model) == DEFAULT.read_bytes()
    assert decode(encode(model)) == model


@pytest.mark.parametrize("kind", PartyKind)
def test_in_the_shipped_model_the_shares_of_a_comparison_add_up(kind: PartyKind) -> None:
    for comparison in load().of(kind).comparisons:
        assert sum(level.m for level in comparison.levels) == pytest.approx(1, abs=0.02)
        assert sum(level.u for level in comparison.levels) == pytest.approx(1, abs=0.02)


FIRST = ("person", "comparisons", 0)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not a model"),
        (b"{}", "missing required field"),
        (changed(("format",), 99), "format"),
        (changed(("surprise",), 1), "unknown field"),
        (changed(("thresholds", "review"), 1.5), "thresholds"),
        (changed(("person", "prior"), 0), "person.prior"),
        (changed((*FIRST, "levels", 0, "level"), "identical"), "comparisons.given_name"),
        (changed((*FIRST, "levels", 0, "u"), 0), "outside of"),
        (changed((*FIRST, "levels", 0, "m"), 0.0001), "weighs no more"),
        (changed(("person", "comparisons"), []), "without"),
        (changed(("person", "term_frequencies"), {"family": {"values": {}, "rest": 0}}), "term_frequencies"),
    ],
)
def test_what_is_no_model_is_refused_by_name(content: bytes, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as refused:
        decode(content)
    assert "api identity train" in str(refused.value) or "give" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.json"):
        load(tmp_path / "nowhere.json")


def test_a_shared_value_is_not_named() -> None:
    assert digest("+41446681800") == digest("+41446681800") != digest("+41446681801")
    assert "668" not in digest("+41446681800")
