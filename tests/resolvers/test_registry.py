import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers import registry as registry_module
from resolvers.artefacts import Comparison, Origin
from resolvers.promotion import (
    Action,
    NothingToRollBackError,
    WorseError,
    history,
    promote,
    rollback,
)
from resolvers.registry import (
    ArtefactError,
    DanglingPointerError,
    ModelName,
    Registry,
    RegistryError,
    UnknownVersionError,
    decode,
    encode,
    shipped,
)

NAME = ModelName.BEHAVIOURAL_RISK
AT = datetime(2026, 11, 27, 8, tzinfo=UTC)


class Card(msgspec.Struct, frozen=True, kw_only=True):
    origin: Origin
    weights: dict[str, float] = {}


def card(version: str, *, auc: float | None = 0.8, compared: Comparison | None = None) -> Card:
    return Card(
        origin=Origin(
            model=NAME.value,
            version=version,
            fitted_at=AT,
            trained_on="a test",
            made_up=True,
            fingerprint="f" * 8,
            customers=3,
            metrics={} if auc is None else {"auc": auc},
            compared=compared,
        ),
        weights={"arrears": -1.25},
    )


@pytest.fixture(autouse=True)
def default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "shipped" / "behavioural-risk.json"
    registry_module.write(file, encode(card("shipped", auc=0.7)))
    monkeypatch.setattr(registry_module, "shipped", lambda name: file)


@pytest.fixture
def kept(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def serve(kept: Registry, version: str, *, force: bool = False) -> None:
    promote(kept, NAME, version, Card, who="ada", why="a test", at=AT, force=force)


def test_shipped_default_serves_until_a_version_is_promoted(kept: Registry) -> None:
    assert kept.load(NAME, Card).origin.version == "shipped"
    kept.add(NAME, card("v1"))
    assert kept.load(NAME, Card).origin.version == "shipped"
    serve(kept, "v1")
    assert kept.load(NAME, Card) == card("v1")


STEPS = st.lists(st.one_of(st.sampled_from(["v1", "v2", "v3"]), st.none()), max_size=12)


@given(steps=STEPS)
@settings(max_examples=40, deadline=None)
def test_promotions_and_rollbacks_are_a_stack_and_all_is_written_down(steps: list[str | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept = Registry(Path(folder))
        for version in ("v1", "v2", "v3"):
            kept.add(NAME, card(version))
        stack: list[str] = []
        told: list[tuple[Action, str | None, str | None]] = []
        for step in steps:
            before = stack[-1] if stack else None
            if step is None and not stack:
                with pytest.raises(NothingToRollBackError):
                    rollback(kept, NAME, who="ada", why="", at=AT)
            elif step is None:
                stack.pop()
                rollback(kept, NAME, who="ada", why="", at=AT)
                told.append((Action.ROLLBACK, stack[-1] if stack else None, before))
            elif step == before:
                with pytest.raises(RegistryError, match="serves already"):
                    serve(kept, step)
            else:
                stack.append(step)
                serve(kept, step)
                told.append((Action.PROMOTE, step, before))
            # Another process sees the same.
            serving = Registry(Path(folder)).load(NAME, Card).origin.version
            assert serving == (stack[-1] if stack else "shipped")
        assert [(each.action, each.version, each.before) for each in history(kept, NAME)] == told


def test_worse_challenger_needs_force_and_the_reason_is_kept(kept: Registry) -> None:
    kept.add(NAME, card("good", auc=0.9))
    kept.add(NAME, card("bad", auc=0.85))
    serve(kept, "good")
    with pytest.raises(WorseError, match=r"auc 0\.85 against 0\.9 of good"):
        serve(kept, "bad")
    assert kept.load(NAME, Card).origin.version == "good"
    assert len(history(kept, NAME)) == 1

    serve(kept, "bad", force=True)

    last = history(kept, NAME)[-1]
    assert (last.action, last.who, last.why, last.at) == (Action.FORCE, "ada", "a test", AT)
    assert "0.85 against 0.9" in last.verdict
    assert kept.load(NAME, Card).origin.version == "bad"


def test_same_customers_decide_before_each_ones_own_papers(kept: Registry) -> None:
    # On its own, easier data the shipped one boasts .7; on the challenger's customers it reaches .6.
    compared = Comparison(champion="shipped", metrics={"auc": 0.6})
    kept.add(NAME, card("v1", auc=0.65, compared=compared))
    serve(kept, "v1")
    assert "same customers" in history(kept, NAME)[0].verdict

    stale = Comparison(champion="shipped", metrics={"auc": 0.1})
    kept.add(NAME, card("v2", auc=0.64, compared=stale))
    with pytest.raises(WorseError, match="each one's own customers"):
        serve(kept, "v2")


def test_challenger_without_figures_is_refused(kept: Registry) -> None:
    kept.add(NAME, card("v1", auc=None))
    with pytest.raises(WorseError, match="unknown"):
        serve(kept, "v1")


@pytest.mark.parametrize("version", ["../v1", "", "promoted", "a/b", ".lock", "-x"])
def test_version_is_no_path(kept: Registry, version: str) -> None:
    with pytest.raises(UnknownVersionError):
        kept.version(NAME, version, Card)
    with pytest.raises(UnknownVersionError):
        serve(kept, version)


def test_unknown_version_names_those_there_are(kept: Registry) -> None:
    kept.add(NAME, card("v1"))
    with pytest.raises(UnknownVersionError, match="'v9'; there are v1"):
        serve(kept, "v9")


def test_promoted_version_that_is_gone_says_how_to_go_back(kept: Registry) -> None:
    path = kept.add(NAME, card("v1"))
    serve(kept, "v1")
    path.unlink()
    with pytest.raises(DanglingPointerError, match="models rollback behavioural-risk"):
        kept.load(NAME, Card)
    rollback(kept, NAME, who="ada", why="gone", at=AT)
    assert kept.load(NAME, Card).origin.version == "shipped"


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"origin": 3}'])
def test_file_that_holds_something_else_is_named(kept: Registry, content: bytes) -> None:
    path = kept.add(NAME, card("v1"))
    serve(kept, "v1")
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match=r"v1\.json: no Card"):
        kept.load(NAME, Card)
    # Anything that can be read may take its place.
    kept.add(NAME, card("v2", auc=0.1))
    serve(kept, "v2")
    assert kept.load(NAME, Card).origin.version == "v2"


def test_version_is_never_written_twice(kept: Registry) -> None:
    kept.add(NAME, card("v1"))
    kept.add(NAME, card("v1"))
    with pytest.raises(ArtefactError, match="another model of that version"):
        kept.add(NAME, card("v1", auc=0.9))


def test_what_would_not_be_read_back_is_not_kept(kept: Registry) -> None:
    with pytest.raises(ArtefactError):
        kept.add(NAME, card("v1", auc=float("nan")))
    with pytest.raises(ArtefactError):
        kept.add(ModelName.RANKS, card("v1"))
    assert kept.versions(NAME) == ()


def test_pointer_that_holds_something_else_is_named(kept: Registry) -> None:
    kept.add(NAME, card("v1"))
    (kept.of(NAME) / "promoted.json").write_text("v1")
    with pytest.raises(ArtefactError, match=r"promoted\.json.*remove it"):
        kept.load(NAME, Card)


def test_line_of_history_cut_off_by_a_crash_is_replaced(kept: Registry) -> None:
    kept.add(NAME, card("v1"))
    kept.add(NAME, card("v2"))
    serve(kept, "v1")
    path = kept.of(NAME) / "history.jsonl"
    path.write_bytes(path.read_bytes() + b'{"at":"2026')
    assert [each.version for each in history(kept, NAME)] == ["v1"]
    serve(kept, "v2")
    assert [each.version for each in history(kept, NAME)] == ["v1", "v2"]

    path.write_bytes(b"?\n" + path.read_bytes())
    with pytest.raises(RegistryError, match=r"history\.jsonl:1"):
        history(kept, NAME)


def test_same_model_is_the_same_bytes() -> None:
    one, other = card("v1"), card("v1")
    assert encode(one) == encode(other)
    assert decode(encode(one), Card, "here") == one


def test_each_model_has_a_place_for_its_default() -> None:
    assert len({shipped(name) for name in ModelName}) == len(ModelName)
    for name in ModelName:
        assert shipped(name).parent.parent.parent.name == "resolvers"
