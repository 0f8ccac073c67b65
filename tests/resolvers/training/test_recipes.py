"""Every model is fitted, judged, described and written by the same steps."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resolvers.artefacts import Origin
from resolvers.kinds import KINDS, artefacts
from resolvers.promotion import CRITERIA, compare
from resolvers.registry import ModelName, Shipped, decode, encode, read
from resolvers.risk.features import FEATURES
from resolvers.segments.ranks import Ranked, Ranks
from resolvers.serving import shipped
from resolvers.training.files import FileError
from resolvers.training.fitting import Fitted, fit, lay_out
from resolvers.training.learning import Learning, Report
from resolvers.training.recipes import recipe_of
from resolvers.training.recipes.ranks import RanksRecipe
from tests.resolvers.training.town import town

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def fitted() -> dict[ModelName, Fitted]:
    learning = town()
    return {
        name: fit(
            recipe_of(name, shipped()),
            learning,
            champion=Shipped().load(name, KINDS[name]),
            at=AT,
            report=lambda _: None,
        )
        for name in ModelName
    }


@pytest.mark.parametrize("name", list(ModelName))
def test_artefact_says_where_it_comes_from_and_is_read_back(
    fitted: dict[ModelName, Fitted], name: ModelName
) -> None:
    found = fitted[name]
    origin = found.origin
    assert decode(encode(found.artefact), KINDS[name], "here") == found.artefact
    assert (origin.model, origin.trained_on, origin.made_up) == (name.value, "a made-up town", True)
    assert origin.version.startswith("20261127-")
    assert origin.fingerprint == town().fingerprint
    assert 0 < origin.customers < len(town())
    assert origin.compared is not None
    criterion = CRITERIA[name]
    if criterion is not None:
        assert np.isfinite(origin.metrics[criterion.metric])
        assert origin.calibration
        verdict = compare(origin, artefacts(shipped())[name].origin, criterion)
        assert "the same customers kept aside" in verdict.why


@pytest.mark.parametrize("name", list(ModelName))
def test_card_tells_metrics_features_and_that_it_is_made_up(
    fitted: dict[ModelName, Fitted], name: ModelName
) -> None:
    found = fitted[name]
    assert "are made up" in found.card
    for metric in found.origin.metrics:
        assert f"| {metric} |" in found.card
    for picture in found.pictures:
        assert f"({picture})" in found.card


def test_card_of_behaviour_lists_every_feature_and_what_nobody_tells(
    fitted: dict[ModelName, Fitted],
) -> None:
    card = fitted[ModelName.BEHAVIOURAL_RISK].card
    for feature in FEATURES:
        row = next(line for line in card.splitlines() if line.startswith(f"| `{feature.name}` |"))
        assert ("UNAVAILABLE" in row) is not feature.available
    for told in ("proxy AUC", "impact ratio", "| sex: F |", "auc_of_lightgbm"):
        assert told in card


def test_pictures_are_drawings_and_the_same_again(fitted: dict[ModelName, Fitted]) -> None:
    found = fitted[ModelName.BEHAVIOURAL_RISK]
    assert {name.rsplit("-", 1)[1] for name in found.pictures} == {"calibration.svg", "lift.svg", "gain.svg"}
    for svg in found.pictures.values():
        assert ET.fromstring(svg).tag.endswith("svg")
    again = fit(
        recipe_of(ModelName.BEHAVIOURAL_RISK, shipped()), town(), champion=None, at=AT, report=lambda _: None
    )
    assert again.origin.version == found.origin.version
    assert again.pictures == found.pictures


def test_files_refer_to_each_other(fitted: dict[ModelName, Fitted], tmp_path: Path) -> None:
    found = fitted[ModelName.OPTION_PRICING]
    path = lay_out(found, tmp_path, stem="option-pricing")
    assert read(path, KINDS[ModelName.OPTION_PRICING]) == found.artefact
    card = (tmp_path / "option-pricing.md").read_text()
    for name in ("calibration", "lift", "gain"):
        assert f"(option-pricing-{name}.svg)" in card
        assert (tmp_path / f"option-pricing-{name}.svg").is_file()


def test_value_beats_what_single_figures_tell(fitted: dict[ModelName, Fitted]) -> None:
    metrics = fitted[ModelName.LIFETIME_VALUE].origin.metrics
    for alone in ("frequency", "recency", "past_spend"):
        assert metrics["pearson"] > metrics[f"pearson_of_{alone}"]


def test_card_and_propensities_find_what_there_is(fitted: dict[ModelName, Fitted]) -> None:
    assert fitted[ModelName.BEHAVIOURAL_RISK].origin.metrics["auc"] > 0.65
    metrics = fitted[ModelName.PROPENSITY].origin.metrics
    assert metrics["auc.motor-insurance"] > 0.65
    assert metrics["worst_ece"] < 0.08
    assert set(fitted[ModelName.PROPENSITY].artefact.products) == {"motor-insurance", "savings-account"}  # type: ignore[attr-defined]  # Propensities


def test_ranks_place_the_kinds_apart(fitted: dict[ModelName, Fitted]) -> None:
    ranks: Any = fitted[ModelName.RANKS].artefact
    assert set(ranks.figures) == set(Ranked)
    assert len(ranks.figures[Ranked.SPENT]) == 2
    assert ranks.origin.metrics["distance_spent"] < 20


def test_nobody_kept_aside_is_seen() -> None:
    looked: list[str] = []

    class Watched(RanksRecipe):
        def fit(self, seen: Learning, origin: Origin, report: Report) -> Ranks:
            looked.extend(seen.population.customers)
            return super().fit(seen, origin, report)

    learning = town()
    fit(Watched(shipped()), learning, champion=None, at=AT, report=lambda _: None)
    customers = zip(learning.population.customers, learning.aside, strict=True)
    assert set(looked) == {each for each, aside in customers if not aside}


def test_missing_outcome_is_named() -> None:
    learning = town()
    bare = Learning(
        population=learning.population,
        kinds=learning.kinds,
        outcomes={},
        groups={},
        aside=learning.aside,
        about=learning.about,
        fingerprint="",
    )
    for name in (ModelName.BEHAVIOURAL_RISK, ModelName.OPTION_PRICING):
        with pytest.raises(FileError, match="no 'defaulted'; there are none at all"):
            fit(recipe_of(name, shipped()), bare, champion=None, at=AT, report=lambda _: None)
