"""Tiers follow from checks and declarations, and a standing is as old as the code it was earned by."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from c360.contract import Exemption
from c360.testing import CHECKS, tiers
from c360.testing.base import Unjudged
from c360.testing.report import CheckReport, Outcome
from c360.testing.tiers import RULES, RuleState, Standing, Tier, store, tier_of
from tests.c360.testing.good import GoodClub
from tests.c360.testing.inn import GoodInn

replace = msgspec.structs.replace


def reports(**outcomes: Outcome | str) -> list[CheckReport]:
    """All checks passed, but for those of the rules named; a text is the reason of an exemption."""
    found = []
    for check in CHECKS:
        said = outcomes.get(check.rule.replace("-", "_"), Outcome.PASSED)
        outcome = Outcome.EXEMPT if isinstance(said, str) else said
        text = said if isinstance(said, str) else ""
        found.append(
            CheckReport(id=check.id, title=check.title, rule=check.rule, outcome=outcome, found=text)
        )
    return found


def state(standing: Standing, rule: str) -> RuleState:
    return next(it.state for it in standing.rules if it.name == rule)


def test_every_rule_has_checks_and_every_check_a_rule() -> None:
    assert {check.rule for check in CHECKS} == {rule.name for rule in RULES}


def test_all_passed_is_gold() -> None:
    assert tiers.standing(GoodClub.description, reports()).tier is Tier.GOLD


@pytest.mark.parametrize(
    ("rule", "tier"), [("errors", None), ("privacy", Tier.BRONZE), ("feeds", Tier.SILVER)]
)
def test_a_failure_ends_the_tiers_below_it(rule: str, tier: Tier | None) -> None:
    found = tiers.standing(GoodClub.description, reports(**{rule: Outcome.FAILED}))
    assert found.tier is tier
    assert state(found, rule) is RuleState.MISSING


def test_what_is_not_offered_needs_a_reason() -> None:
    about = replace(GoodInn.description, exemptions=())
    outcomes = reports(identify="it is not searchable")
    assert state(tiers.standing(about, outcomes), "identify") is RuleState.MISSING
    reason = Exemption(rule="identify", reason="the API has no search")
    found = tiers.standing(replace(about, exemptions=(reason,)), outcomes)
    assert state(found, "identify") is RuleState.EXEMPT
    assert "the API has no search" in [rule.reason for rule in found.rules]


def test_what_could_not_be_judged_is_missing() -> None:
    found = tiers.standing(GoodClub.description, reports(drift=str(Unjudged("one-answer-each"))))
    assert state(found, "drift") is RuleState.MISSING


def test_nothing_ran_is_no_tier() -> None:
    assert tiers.standing(GoodClub.description, []).tier is None


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    folder = tmp_path / "kit_test_plugin"
    folder.mkdir()
    (folder / "__init__.py").write_text("A = 1\n")
    (folder / "mapping.py").write_text("B = 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("kit_test_plugin")
    sys.modules.pop("kit_test_plugin", None)


GOLD = Standing(tier=Tier.GOLD)


def test_a_standing_is_kept_beside_the_module(plugin: ModuleType) -> None:
    assert not tier_of(plugin).proven
    file = store(plugin, "acme", GOLD)
    assert file.name == "conformance.json"
    assert tier_of(plugin) == GOLD
    assert tier_of("kit_test_plugin", "acme") == GOLD
    assert not tier_of(plugin, "other").proven


def test_other_code_has_not_earned_it(plugin: ModuleType) -> None:
    file = store(plugin, "acme", GOLD)
    (file.parent / "mapping.py").write_text("B = 3\n")
    found = tier_of(plugin)
    assert (found.tier, found.proven) == (Tier.GOLD, False)
    assert "other code" in found.reason


def test_connectors_of_one_plugin_stand_side_by_side(plugin: ModuleType) -> None:
    store(plugin, "one", GOLD)
    store(plugin, "two", Standing(tier=Tier.SILVER))
    assert (tier_of(plugin, "one").tier, tier_of(plugin, "two").tier) == (Tier.GOLD, Tier.SILVER)


def test_a_plugin_of_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kit_single_file.py").write_text("A = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert store("kit_single_file", "x", GOLD).name == "kit_single_file.conformance.json"
    assert tier_of("kit_single_file") == GOLD


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff"])
def test_a_file_that_is_none_is_no_standing(plugin: ModuleType, content: bytes) -> None:
    store(plugin, "acme", GOLD).write_bytes(content)
    assert not tier_of(plugin).proven


def test_nothing_is_raised_for_what_is_not_there() -> None:
    assert not tier_of("no_such_module_of_anybody.at.all").proven
