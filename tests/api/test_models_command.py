"""``python -m api models``: fitting to a folder, promotion, the way back, and what it says when it cannot."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from api import models as serving
from api.commands import main
from api.settings import load
from c360.errors import C360Error
from c360.values import CurrencyCode
from resolvers import registry as kept
from resolvers.artefacts import Origin
from resolvers.registry import ModelName, Registry
from resolvers.segments.ranks import Ranked, Ranks
from resolvers.training.learning import About


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "c360.toml"
    file.write_text(f"[security]\nmaster_key = '{'ab' * 32}'\nlookup_pepper = '{'cd' * 32}'\n")
    return file


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    ids = [f"customer-{number:03}" for number in range(600)]
    figures = {
        "customer": ids,
        "kind": ["PERSON"] * len(ids),
        "line": ["CARDS"] * len(ids),
        "measure": ["SPENT"] * len(ids),
        "value": [float(number % 97) for number in range(len(ids))],
        "currency": ["AUD"] * len(ids),
    }
    pq.write_table(pa.table(figures), folder / "figures.parquet")
    pq.write_table(pa.table({"customer": ids}), folder / "outcomes.parquet")
    about = About(day=date(2025, 11, 30), currency="AUD", source="600 made-up customers", made_up=True)
    (folder / "population.json").write_bytes(msgspec.json.encode(about))
    return folder


def call(config: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(config), "models", *arguments])


def version_of(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return Path(result.stdout.splitlines()[0].removeprefix("wrote ")).stem


def test_what_is_fitted_serves_once_it_is_promoted_and_until_it_is_rolled_back(
    config: Path, data: Path
) -> None:
    settings = load(config, {})
    fitted = call(config, "fit", "ranks", "--data", str(data))
    version = version_of(fitted)
    assert "450 customers" in fitted.stderr or "kept aside" in fitted.stderr
    assert serving.serving_models(settings).ranks.origin.version != version

    promoted = call(config, "promote", "ranks", version, "--why", "first of its kind", "--who", "ada")
    assert promoted.exit_code == 0, promoted.output
    ranks = serving.serving_models(settings).ranks
    assert ranks.origin.version == version
    assert ranks.origin.made_up
    assert ranks.figures[Ranked.SPENT]
    listed = call(config, "list", "ranks").stdout
    assert f"* {version}" in listed
    assert f"promote {version} by ada: first of its kind" in listed

    back = call(config, "rollback", "ranks", "--why", "a test")
    assert back.exit_code == 0, back.output
    assert serving.serving_models(settings).ranks.origin.version != version
    assert call(config, "rollback", "ranks").exception is not None


def test_same_data_is_the_same_version(config: Path, data: Path) -> None:
    version = version_of(call(config, "fit", "ranks", "--data", str(data)))
    again = call(config, "fit", "ranks", "--data", str(data))
    assert again.exit_code == 0
    assert f"{version}.json, which is left as it was" in again.stdout


def test_files_are_laid_out_beside_each_other(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "shipped"
    done = CliRunner().invoke(
        main, ["models", "fit", "ranks", "--data", str(data), "--out", str(out), "--as", "ranks"]
    )
    assert done.exit_code == 0, done.output
    artefact = kept.read(out / "ranks.json", Ranks)
    card = (out / "ranks.md").read_text()
    assert artefact.origin.version in card
    assert "600 made-up customers" in card
    assert "made up" in card
    assert artefact.origin.customers + 150 == pytest.approx(600, abs=40)


def test_worse_challenger_is_refused_and_force_keeps_the_reason(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(config.parent / "var" / "models")
    name = ModelName.BEHAVIOURAL_RISK
    for version, auc in (("good", 0.8), ("bad", 0.7)):
        origin = Origin(
            model=name.value,
            version=version,
            fitted_at=datetime(2026, 11, 27, tzinfo=UTC),
            trained_on="a test",
            made_up=True,
            fingerprint="f",
            customers=1,
            metrics={"auc": auc},
        )
        registry.add(name, Ranks(origin=origin, currency=CurrencyCode("AUD")))
    monkeypatch.setattr("resolvers.kinds.KINDS", dict.fromkeys(ModelName, Ranks))
    monkeypatch.setattr(kept, "shipped", lambda _: registry.path(name, "good"))
    assert call(config, "promote", name.value, "good").exit_code == 0

    refused = call(config, "promote", name.value, "bad")
    assert isinstance(refused.exception, C360Error)
    assert "not promoted: auc 0.7 against 0.8 of good" in str(refused.exception)
    assert registry.promoted(name) == "good"
    assert "--force needs --why" in call(config, "promote", name.value, "bad", "--force").output

    forced = call(config, "promote", name.value, "bad", "--force", "--why", "the good one is unfair")
    assert forced.exit_code == 0, forced.output
    assert registry.promoted(name) == "bad"
    lines = (registry.of(name) / "history.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert (last["action"], last["why"]) == ("FORCE", "the good one is unfair")
    assert "0.7 against 0.8" in last["verdict"]


def test_promotion_of_what_is_not_there_says_what_there_is(config: Path, data: Path) -> None:
    version = version_of(call(config, "fit", "ranks", "--data", str(data)))
    missing = call(config, "promote", "ranks", "19990101-aa")
    assert str(missing.exception).endswith(f"there are {version}")


def test_folder_without_data_says_what_would_do(config: Path, tmp_path: Path) -> None:
    missing = call(config, "fit", "ranks", "--data", str(tmp_path / "nowhere"))
    assert "benchmarks population" in str(missing.exception)
