from __future__ import annotations

import importlib.metadata
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from c360.contract import CONTRACT_VERSION, Connector, Feed, KeyKind, Limits
from connectors.errors import PluginError
from connectors.manager import PluginManager

PLUGIN = """
from c360.config import ConnectorConfig
from c360.contract import Connector, Description, Fetch, Lookup
from c360.hooks import hookimpl

class Shop(Connector):
    description = Description(
        name="{name}", title="Shop", domain="loyalty", lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind="party.profile"),), config=ConnectorConfig,
    )
    async def fetch(self, needs, refs):
        yield

@hookimpl
def c360_connectors():
    return [Shop]
"""


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    package = tmp_path / "made_up_plugins"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "shop.py").write_text(PLUGIN.format(name="shop"))
    (package / "broken.py").write_text("import no_such_module_anywhere")
    (package / "crashing.py").write_text("raise ValueError('s3cret')")
    (package / "unnamed.py").write_text("loaded = True")
    monkeypatch.syspath_prepend(tmp_path)
    yield package.name
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


def test_only_named_plugins_are_loaded_and_a_faulty_one_leaves_the_others(shipped: str) -> None:
    manager = PluginManager(shipped=shipped, entry_points=lambda **_: ())
    manager.load(["shop", "broken", "crashing", "missing", "Not-A-Name", "shop"])
    _, description = manager.find("shop")
    assert description.name == "shop"
    assert f"{shipped}.unnamed" not in sys.modules
    assert set(manager.errors) == {"broken", "crashing", "missing", "Not-A-Name"}
    assert "no_such_module_anywhere" in manager.errors["broken"].found
    assert "ValueError at crashing.py:1" in manager.errors["crashing"].found
    assert "s3cret" not in str(manager.errors["crashing"])
    assert "entry point" in manager.errors["missing"].remedy
    with pytest.raises(PluginError):
        manager.find("broken")


def test_a_strangers_plugin_enters_by_its_entry_point(
    shipped: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "acme_connector.py").write_text(PLUGIN.format(name="acme"))
    asked = []

    def entry_points(**selection: str) -> list[importlib.metadata.EntryPoint]:
        asked.append(selection)
        entry = importlib.metadata.EntryPoint("acme", "acme_connector", "c360")
        return [entry] if selection == {"group": "c360", "name": "acme"} else []

    manager = PluginManager(shipped=shipped, entry_points=entry_points)
    manager.load(["acme", "shop"])
    assert not manager.errors
    assert manager.find("acme")[1].name == "acme"
    assert asked == [{"group": "c360", "name": "acme"}], "a shipped plugin is not looked for elsewhere"
    sys.modules.pop("acme_connector")


def test_one_of_several_connectors_is_picked_by_name(kit: Any) -> None:
    kit.plugins.register("both", kit.module(kit.connector("cards"), kit.connector("loans")))
    assert kit.plugins.find("both/loans")[1].name == "loans"
    with pytest.raises(PluginError, match="use one of both/cards, both/loans"):
        kit.plugins.find("both")
    kit.plugins.register("single", kit.module(kit.connector("other_name")))
    assert kit.plugins.find("single")[1].name == "other_name"


def refused(kit: Any, *found: object) -> str:
    bad = f"bad_{len(kit.plugins.errors)}"
    kit.plugins.register(bad, kit.module(*found))
    return str(kit.plugins.errors[bad])


def test_a_name_is_taken_once_and_a_faulty_plugin_may_be_replaced(kit: Any) -> None:
    kit.plugins.register("shop", kit.module())
    assert "shop" in kit.plugins.errors
    kit.plugins.register("shop", kit.module(kit.connector("shop")))
    assert not kit.plugins.errors
    with pytest.raises(PluginError, match="another name"):
        kit.plugins.register("shop", kit.module(kit.connector("shop")))
    assert kit.plugins.find("shop")


def test_what_is_no_connector_is_refused(kit: Any) -> None:
    assert "extend c360.contract.Connector" in refused(kit, "text")
    assert "extend c360.contract.Connector" in refused(kit, int)
    assert "brings no connector" in refused(kit)
    assert "two connectors are called 'a'" in refused(kit, kit.connector("a"), kit.connector("a"))


def test_a_hook_that_fails_or_does_not_fit_is_refused(kit: Any) -> None:
    from c360.hooks import hookimpl

    failing, misfit, unknown = (types.ModuleType(name) for name in ("failing", "misfit", "unknown"))

    @hookimpl
    def c360_connectors() -> None:
        raise RuntimeError("token-123")

    failing.c360_connectors = c360_connectors  # type: ignore[attr-defined]

    @hookimpl(specname="c360_connectors")
    def takes_more(settings: object) -> None: ...

    misfit.takes_more = takes_more  # type: ignore[attr-defined]

    @hookimpl
    def c360_unheard_of() -> None: ...

    unknown.c360_unheard_of = c360_unheard_of  # type: ignore[attr-defined]
    for plugin in (failing, misfit, unknown):
        kit.plugins.register(plugin.__name__, plugin)
    assert "RuntimeError at test_manager.py" in str(kit.plugins.errors["failing"])
    assert "token-123" not in str(kit.plugins.errors["failing"])
    assert "hooks do not fit" in str(kit.plugins.errors["misfit"])
    assert "hooks do not fit" in str(kit.plugins.errors["unknown"])
    kit.plugins.register("good", kit.module(kit.connector("good")))
    assert kit.plugins.find("good")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"contract": CONTRACT_VERSION + 1}, "version 2 of the contract"),
        ({"domain": "space_travel"}, "unknown domain 'space_travel'"),
        ({"domain": "banking", "fetches": ()}, "fetches nothing of its domain"),
        ({"lookup": "BY_KEY"}, "lookup"),
        ({"name": ""}, "no name"),
        ({"config": dict}, "ConnectorConfig"),
        ({"identifies": ("EMAIL",)}, "something unknown"),
        ({"identifies": (KeyKind.EMAIL,)}, "without identify()"),
        ({"feeds": (Feed(kind="party.profile"),)}, "without changes()"),
        ({"feeds": (Feed(kind="party.shoes"),)}, "unknown kind 'party.shoes'"),
        ({"limits": Limits(concurrency=0)}, "concurrency = 0"),
        ({"limits": Limits(requests_per_second=-1)}, "requests_per_second = -1"),
    ],
)
def test_a_description_that_does_not_hold_is_refused(
    kit: Any, changes: dict[str, Any], complaint: str
) -> None:
    connector = kit.connector("bad")
    connector.description = msgspec.structs.replace(connector.description, **changes)
    assert complaint in refused(kit, connector)


def test_kinds_and_batches_are_checked(kit: Any) -> None:
    assert "unknown kind" in refused(kit, kit.connector("a", fetches={"party.profile": 1, "party.shoes": 1}))
    assert "batches of 0" in refused(kit, kit.connector("a", fetches={"party.profile": 0}))


def test_describe_has_to_be_pure_and_to_answer(kit: Any) -> None:
    connector = kit.connector("a")
    names = iter("abcdef")
    moody = kit.connector("a", methods={"describe": classmethod(lambda _: kit.describe(next(names)))})
    assert "answers differently" in refused(kit, moody)
    wrong = kit.connector("a", methods={"describe": classmethod(lambda _: {"name": "a"})})
    assert "returned a dict" in refused(kit, wrong)
    failing = kit.connector("a", methods={"describe": classmethod(lambda _: 1 / 0)})
    assert "ZeroDivisionError" in refused(kit, failing)
    abstract = type("Abstract", (Connector,), {"description": connector.description})
    assert "does not implement fetch" in refused(kit, abstract)


def test_a_fetch_without_yield_is_refused(kit: Any) -> None:
    async def fetch(self: Any, needs: Any, refs: Any) -> list[Any]:
        return []

    assert "fetch() that is a coroutine" in refused(kit, kit.connector("a", methods={"fetch": fetch}))
