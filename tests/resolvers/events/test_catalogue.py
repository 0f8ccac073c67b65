"""The catalogue: closed, and nothing in it can hold personal data."""

from __future__ import annotations

import enum
import re
import types
import typing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from resolvers.events.catalogue import CATALOGUE, check, drafted
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.events.kinds import Actor, EventKind, GlobalId, Name
from schema.permissions.scopes import Scope
from store.data_events import EventDraft

CHECKOUT = Path(__file__).resolve().parents[3]
IDS = (GlobalId, Name, Actor)
HARMLESS = (int, bool, datetime, date)


def harmless(kind: Any) -> bool:
    """Whether a fact can only be an id, a name from the settings, an enum, a figure or a moment."""
    if kind in (*IDS, types.NoneType, *HARMLESS):
        return True
    if isinstance(kind, type):
        return issubclass(kind, enum.Enum)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return harmless(arguments[0])
    if origin in (typing.Union, types.UnionType):
        return all(map(harmless, arguments))
    return origin is tuple and arguments[1:] == (Ellipsis,) and harmless(arguments[0])


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.name)
def test_a_kind_tells_ids_enums_and_figures_alone(kind: EventKind) -> None:
    for field, hint in typing.get_type_hints(kind.facts, include_extras=True).items():
        assert harmless(_told(hint)), f"{kind.name} tells {field}, which may be personal"
    assert kind.description.endswith(".")
    assert kind.scope in {scope.value for scope in Scope}


def _told(hint: Any) -> Any:
    """``Annotated`` flattens: what a name for a type says of it stands before what the field says."""
    arguments = typing.get_args(hint)
    for known in IDS:
        if typing.get_origin(hint) is typing.Annotated and arguments[:2] == typing.get_args(known)[:2]:
            return known
    return arguments[0] if typing.get_origin(hint) is typing.Annotated else hint


def test_free_text_is_found_out() -> None:
    assert not harmless(str)
    assert not harmless(str | None)
    assert not harmless(dict[str, str])
    assert not harmless(_told(typing.Annotated[str, msgspec.Meta(description="A note.")]))


def test_facts_become_a_draft() -> None:
    facts = CustomerChanged(aspects=(Aspect.RECORDS,), connector="bank")
    draft = drafted(facts, ["b", "a", "b"])
    assert draft == EventDraft(
        kind="customer.changed",
        customer_ids=("b", "a"),
        data={"aspects": ("RECORDS",), "connector": "bank"},
        version=1,
    )
    assert check(draft) is draft


@pytest.mark.parametrize(
    "draft",
    [
        EventDraft(kind="customer.sneezed"),
        EventDraft(kind="customer.changed", version=2),
        EventDraft(kind="customer.changed", data={"name": "Ada"}),
        EventDraft(kind="customer.changed", data={"aspects": ["HAIR"]}),
    ],
    ids=["kind", "version", "fact", "value"],
)
def test_what_the_catalogue_does_not_know_is_refused(draft: EventDraft) -> None:
    with pytest.raises(ValueError, match="catalogue") as refused:
        check(draft)
    assert "Ada" not in str(refused.value)


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.name)
def test_every_kind_is_told_by_somebody(kind: EventKind) -> None:
    imported = re.compile(
        rf"^from resolvers\.events\.\w+ import [^\n]*\b{kind.facts.__name__}\b", re.MULTILINE
    )
    folders = (CHECKOUT / "schema", CHECKOUT / "api", CHECKOUT / "resolvers" / "actions")
    telling = (
        imported.search(file.read_text("utf-8")) for folder in folders for file in folder.rglob("*.py")
    )
    assert any(telling), f"nobody tells a {kind.name}"
