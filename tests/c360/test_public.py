"""What is public is listed, exists and is documented; so is every hook."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import c360
from c360 import hooks

CHECKOUT = Path(__file__).resolve().parent.parent.parent
MODULES = sorted(
    info.name
    for info in pkgutil.walk_packages(c360.__path__, "c360.")
    if not info.name.startswith("c360.testing") and not info.name.rpartition(".")[2].startswith("_")
)
LISTED = [name for name in MODULES if hasattr(importlib.import_module(name), "__all__")]


@pytest.mark.parametrize("name", LISTED)
def test_what_a_module_lists_exists_is_sorted_and_is_documented(name: str) -> None:
    module = importlib.import_module(name)
    listed = module.__all__
    assert len(set(listed)) == len(listed)
    assert listed == sorted(listed, key=_by_kind)
    for each in listed:
        found = getattr(module, each)
        if inspect.isclass(found) or inspect.isfunction(found):
            assert found.__doc__, f"{name}.{each} says nothing of itself"


def _by_kind(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as the linter sorts them."""
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1 if name[0].isupper() else 2), name


@pytest.mark.parametrize("name", LISTED)
def test_a_module_lists_all_that_it_defines_in_public(name: str) -> None:
    module = importlib.import_module(name)
    defined = {
        each
        for each, found in vars(module).items()
        if not each.startswith("_")
        and (inspect.isclass(found) or inspect.isfunction(found))
        and found.__module__ == name
    }
    # Helpers that other modules of c360 share, and nobody else.
    assert defined - set(module.__all__) <= INTERNAL.get(name, set())


INTERNAL = {
    "c360.auth.signing": {"written_out"},
    "c360.checks": {"named"},
    "c360.contract": {"connect", "unbounded"},
    "c360.http": {"origin"},
    "c360.windows": set[str](),
}


def test_the_contract_is_one_import() -> None:
    contract = importlib.import_module("c360.contract")
    for name in ("description", "needs", "changes", "actions", "webhooks"):
        part = importlib.import_module(f"c360.{name}")
        defined = {
            each
            for each, found in vars(part).items()
            if inspect.isclass(found) and found.__module__ == part.__name__
        }
        assert defined <= set(contract.__all__), name


def _hooks() -> list[str]:
    return [name for name, found in vars(hooks).items() if hasattr(found, "c360_spec")]


def test_there_is_a_hook() -> None:
    assert _hooks()


@pytest.mark.parametrize("name", _hooks())
def test_a_hook_is_documented_tested_and_does_nothing_itself(name: str) -> None:
    hook = getattr(hooks, name)
    assert re.match(r"[A-Z][^.]+\.\Z", (hook.__doc__ or "").splitlines()[0])
    with pytest.raises(NotImplementedError):
        hook(*[None for _ in inspect.signature(hook).parameters])
    documents = sorted((CHECKOUT / "docs").rglob("*.md"))
    assert any(f"def {name}(" in file.read_text("utf-8") for file in documents), "no document shows it"
    tests = [*(CHECKOUT / "tests" / "connectors").glob("*.py"), *(CHECKOUT / "tests" / "docs").glob("*.py")]
    assert any(name in file.read_text("utf-8") for file in tests), "no test asks for it"


def test_every_module_of_the_contract_says_what_it_is() -> None:
    modules: list[ModuleType] = [importlib.import_module(name) for name in MODULES]
    assert not [module.__name__ for module in modules if not module.__doc__]
