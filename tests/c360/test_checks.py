"""The checks of a description that need no host: those of actions, webhooks, exemptions, versions.

What the host's own tests try of kinds, limits and methods is in ``tests/connectors/test_manager.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import pytest

from c360 import checks, description, kinds
from c360.actions import Action, ActionKind, ActionOutcome
from c360.checks import Refused, complaints, described
from c360.config import ConnectorConfig
from c360.contract import (
    CONTRACT_VERSION,
    ActionSpec,
    Connector,
    Description,
    Effect,
    Exemption,
    Fetch,
    Fetched,
    KeyKind,
    Lookup,
    Medium,
    Need,
    Receipt,
    Ref,
    Webhook,
    WebhookSpec,
)
from c360.values import Value

PLAIN = Description(
    name="acme",
    title="Acme",
    domain="loyalty",
    lookup=Lookup.BY_KEY,
    fetches=(Fetch(kind="loyalty.memberships"),),
    config=ConnectorConfig,
)


class Reads(Connector[ConnectorConfig]):
    description = PLAIN

    async def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> Any:
        yield Fetched(ref=refs[0], kind=needs[0].kind)


class Acts(Reads):
    async def act(self, action: Action) -> ActionOutcome:
        raise AssertionError


class Traces(Acts):
    async def trace(self, action: Action) -> ActionOutcome | None:
        return None


class Hears(Reads):
    def receive(self, webhook: Webhook) -> Receipt:
        raise AssertionError


class Adjustment(Value, frozen=True, kw_only=True):
    points: int


@pytest.fixture(autouse=True)
def _actions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An action in the register, whatever the domains declare at the moment."""
    known = {
        name: ActionKind(name=name, input=Adjustment, summary="Changes points.")
        for name in ("loyalty.adjust", "hotel.move", "party.update")
    }
    monkeypatch.setattr(checks, "actions", lambda: known)
    yield
    kinds.actions.cache_clear()


def found(connector: type[Connector[Any]], **changes: Any) -> list[str]:
    changed = msgspec.structs.replace(PLAIN, **changes)
    return [f"{each.found}; {each.remedy}" for each in complaints(connector, changed)]


@pytest.mark.parametrize(
    ("connector", "changes"),
    [
        (Reads, {}),
        (Acts, {"actions": (ActionSpec(kind="loyalty.adjust", effect=Effect.KEYED),)}),
        (Acts, {"actions": (ActionSpec(kind="party.update", effect=Effect.UNTRACEABLE),)}),
        (Traces, {"actions": (ActionSpec(kind="loyalty.adjust", effect=Effect.TRACEABLE),)}),
        (Hears, {"webhooks": WebhookSpec(kinds=("loyalty.activity",), signed=True, replay_window=300)}),
        (Reads, {"exemptions": (Exemption(rule="changes", reason="The API has no feed."),)}),
        (Reads, {"medium": Medium.DATABASE}),
    ],
)
def test_what_holds_has_no_complaints(connector: type[Connector[Any]], changes: dict[str, Any]) -> None:
    assert found(connector, **changes) == []


@pytest.mark.parametrize(
    ("connector", "changes", "complaint"),
    [
        (
            Reads,
            {"actions": (ActionSpec(kind="loyalty.adjust", effect=Effect.KEYED),)},
            "declares actions without act()",
        ),
        (
            Acts,
            {"actions": (ActionSpec(kind="loyalty.adjust", effect=Effect.TRACEABLE),)},
            "declares TRACEABLE actions without trace()",
        ),
        (
            Acts,
            {"actions": (ActionSpec(kind="loyalty.burn", effect=Effect.KEYED),)},
            "unknown action 'loyalty.burn'; use one of loyalty.adjust",
        ),
        (
            Acts,
            {"actions": (ActionSpec(kind="hotel.move", effect=Effect.KEYED),)},
            "action 'hotel.move' of another domain",
        ),
        (
            Acts,
            {"actions": (ActionSpec(kind="loyalty.adjust", effect="ONCE"),)},  # type: ignore[arg-type]  # the mistake
            "promises 'ONCE'",
        ),
        (
            Acts,
            {"actions": (ActionSpec(kind="loyalty.adjust", effect=Effect.KEYED),) * 2},
            "declares an action twice in actions",
        ),
        (Acts, {"actions": ("loyalty.adjust",)}, "declares a str as an action"),
        (
            Reads,
            {"webhooks": WebhookSpec(kinds=("loyalty.activity",), signed=True)},
            "declares webhooks without receive()",
        ),
        (Hears, {"webhooks": WebhookSpec(kinds=(), signed=True)}, "webhooks that tell about no kind"),
        (
            Hears,
            {"webhooks": WebhookSpec(kinds=("loyalty.shoes",), signed=True)},
            "unknown kind 'loyalty.shoes'",
        ),
        (
            Hears,
            {"webhooks": WebhookSpec(kinds=("loyalty.activity",), signed=False, replay_window=5)},
            "a replay window for calls that nobody signs",
        ),
        (
            Hears,
            {"webhooks": WebhookSpec(kinds=("loyalty.activity",), signed=True, replay_window=0)},
            "has the replay window 0",
        ),
        (Reads, {"exemptions": (Exemption(rule="changes", reason=" "),)}, "an exemption without a rule"),
        (
            Reads,
            {"exemptions": (Exemption(rule="changes", reason="a"), Exemption(rule="changes", reason="b"))},
            "declares an exemption twice",
        ),
        (Reads, {"medium": "HTTP"}, "has the medium 'HTTP'"),
        (Reads, {"fetches": (Fetch(kind="loyalty.memberships"),) * 2}, "declares a kind twice in fetches"),
        (Reads, {"identifies": (KeyKind.EMAIL, KeyKind.EMAIL)}, "declares a key twice in identifies"),
    ],
)
def test_a_complaint_says_what_is_wrong(
    connector: type[Connector[Any]], changes: dict[str, Any], complaint: str
) -> None:
    told = found(connector, **changes)
    assert any(complaint in each for each in told), told


def test_methods_have_the_shape_of_the_contract() -> None:
    class Shapeless(Hears):
        def identify(self, query: Any) -> Any: ...

        async def changes(self, kind: str, since: str | None) -> Any:  # type: ignore[override]  # the mistake
            ...

        async def receive(self, webhook: Webhook) -> Receipt:  # type: ignore[override]  # the mistake
            raise AssertionError

        async def auth(self) -> None:  # type: ignore[override]  # the mistake
            ...

    told = found(
        Shapeless,
        identifies=(KeyKind.EMAIL,),
        webhooks=WebhookSpec(kinds=("loyalty.activity",), signed=True),
    )
    stream, *rest = told
    assert stream.startswith("has a changes() that is a coroutine; yield in it (an async generator)")
    assert rest == [
        "has a identify() that is no coroutine; write async def identify",
        "has a receive() that is a coroutine; write def receive: it does no I/O",
        "has a auth() that is a coroutine; write def auth: it does no I/O",
    ]


def test_a_newer_contract_is_refused_and_nothing_else_is_said() -> None:
    (told,) = found(Acts, contract=CONTRACT_VERSION + 1, domain="space")
    assert "written for version 2 of the contract, and this c360 has 1" in told
    assert "install a c360 with version 2" in told


def test_an_older_contract_is_refused_with_every_step_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "CONTRACT_VERSION", 3)
    monkeypatch.setattr(
        checks, "CONTRACT_CHANGES", {3: "fetch() takes a budget", 2: "records are signed", 1: "-"}
    )
    (told,) = found(Reads)
    assert told.endswith(
        "port the plugin and say contract=3 in its Description; version 2: records are signed;"
        " version 3: fetch() takes a budget"
    )


def test_a_plugin_that_says_nothing_was_written_for_the_first_version() -> None:
    assert PLAIN.contract == 1
    assert set(description.CONTRACT_CHANGES) == set(range(2, CONTRACT_VERSION + 1)), "each step is explained"


def test_the_first_complaint_refuses() -> None:
    class Wrong(Reads):
        description = msgspec.structs.replace(PLAIN, name="")

    with pytest.raises(Refused, match=r"Wrong has no name or no title; set both") as caught:
        described(Wrong)
    assert caught.value.subject == "Wrong"
    assert described(Reads) is PLAIN
