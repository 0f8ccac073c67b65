"""What a connector class has to hold before anybody serves or tests it: one definition for all.

The host refuses a class with complaints, the conformance suite fails on them, ``python -m c360 check``
prints them.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from c360.actions import ActionKind
from c360.config import ConnectorConfig
from c360.contract import (
    CONTRACT_VERSION,
    ActionSpec,
    Connector,
    Description,
    Effect,
    KeyKind,
    Limits,
    Lookup,
    Medium,
    WebhookSpec,
)
from c360.description import CONTRACT_CHANGES
from c360.errors import place
from c360.kinds import PARTY, actions, domains, kinds

__all__ = ["Complaint", "ConnectorClass", "Refused", "complaints", "configured", "described"]

ConnectorClass = type[Connector[Any]]

REGISTERING = ("register", "registrations", "deregister")
"""What a connector implements whose partner lets the hub's address be registered through its API."""


class Complaint(NamedTuple):
    """Something of the contract that a connector does not hold."""

    found: str
    """What was found; begins with a verb, the connector is its subject."""
    remedy: str
    """What would put it right."""


class Refused(Exception):
    """A class does not hold the contract.

    Args:
        subject: the name of the class, or of what was found instead.
        complaint: the first thing that is wrong.
    """

    def __init__(self, subject: str, complaint: Complaint) -> None:
        super().__init__(f"{subject} {complaint.found}; {complaint.remedy}")
        self.subject = subject
        self.complaint = complaint


def described(connector: ConnectorClass) -> Description:
    """The description of a connector class that holds the contract.

    Raises:
        Refused: it does not.
    """
    description = _describe(connector)
    for complaint in complaints(connector, description):
        raise Refused(connector.__name__, complaint)
    return description


def _describe(connector: ConnectorClass) -> Description:
    try:
        first, second = connector.describe(), connector.describe()
    except Exception as error:
        complaint = Complaint(f"has a describe() that raised {place(error)}", "let it return a Description")
        raise Refused(connector.__name__, complaint) from error
    if not isinstance(first, Description):
        complaint = Complaint(f"has a describe() that returned {named(first)}", "return a Description")
        raise Refused(connector.__name__, complaint)
    if first != second:
        complaint = Complaint("has a describe() that answers differently each time", "return a constant")
        raise Refused(connector.__name__, complaint)
    return first


def complaints(connector: ConnectorClass, description: Description) -> Iterator[Complaint]:
    """Everything of the contract that a class and its description do not hold."""
    if description.contract != CONTRACT_VERSION:
        yield _version(description.contract)
        return  # whatever else it says may mean something else in that version
    yield from _about_itself(description)
    yield from _about_kinds(description)
    yield from _about_limits(description.limits)
    yield from _about_actions(description)
    if description.webhooks is not None:
        yield from _about_webhooks(description.webhooks)
    yield from _about_exemptions(description)
    yield from _about_methods(connector, description)


_NARROWING = frozenset({"fetches", "feeds", "identifies", "actions"})
"""What settings may leave out."""

_TUNING = frozenset({"limits", "exemptions", "webhooks"})
"""What settings may say otherwise."""


def configured(connector: ConnectorClass, config: ConnectorConfig) -> Description:
    """What an instance with this config is, once it is sure that it promises no more than its class.

    Raises:
        ConfigError: the config contradicts itself; its field is that of the config.
        Refused: what comes back is no description, or promises what the class does not.
    """
    whole = connector.describe()
    part: object = connector.configured(config)
    subject = connector.__name__
    if not isinstance(part, Description):
        complaint = Complaint(f"has a configured() that returned {named(part)}", "return a Description")
        raise Refused(subject, complaint)
    for field in msgspec.structs.fields(Description):
        said, may = getattr(part, field.name), getattr(whole, field.name)
        if field.name in _NARROWING:
            if {_subject(each) for each in said} - {_subject(each) for each in may}:
                complaint = Complaint(
                    f"has a configured() that adds to the {field.name} of describe()", "describe them all"
                )
                raise Refused(subject, complaint)
        elif field.name not in _TUNING and said != may:
            complaint = Complaint(
                f"has a configured() that changes the {field.name}", "leave it as describe() says"
            )
            raise Refused(subject, complaint)
    return part


def _subject(each: object) -> object:
    return getattr(each, "kind", each)


def _version(written_for: int) -> Complaint:
    found = f"is written for version {written_for} of the contract, and this c360 has {CONTRACT_VERSION}"
    if not isinstance(written_for, int) or written_for > CONTRACT_VERSION:
        return Complaint(
            found, f"install a c360 with version {written_for}, or an older release of the plugin"
        )
    steps = [
        f"version {version}: {change}"
        for version, change in sorted(CONTRACT_CHANGES.items())
        if version > written_for
    ]
    return Complaint(
        found,
        "; ".join((f"port the plugin and say contract={CONTRACT_VERSION} in its Description", *steps)),
    )


def _about_itself(description: Description) -> Iterator[Complaint]:
    if not description.name or not description.title:
        yield Complaint("has no name or no title", "set both in its Description")
    if not isinstance(description.lookup, Lookup):
        yield Complaint(f"has the lookup {description.lookup!r}", "use a member of c360.contract.Lookup")
    if not isinstance(description.medium, Medium):
        yield Complaint(f"has the medium {description.medium!r}", "use a member of c360.contract.Medium")
    if description.domain not in domains():
        yield Complaint(
            f"serves the unknown domain {description.domain!r}", f"use one of {', '.join(domains())}"
        )
    config = description.config
    if not (isinstance(config, type) and issubclass(config, ConnectorConfig)):
        yield Complaint(f"has the config {named(config)}", "extend c360.config.ConnectorConfig")
    if not all(isinstance(key, KeyKind) for key in description.identifies):
        yield Complaint("identifies by something unknown", "use members of c360.contract.KeyKind")
    yield from _twice("a key", description.identifies, "identifies")


def _about_kinds(description: Description) -> Iterator[Complaint]:
    fetched = [fetch.kind for fetch in description.fetches]
    fed = [feed.kind for feed in description.feeds]
    yield from _known_kinds((*fetched, *fed))
    yield from _twice("a kind", fetched, "fetches")
    yield from _twice("a kind", fed, "feeds")
    if not any(name == PARTY or name.startswith(f"{description.domain}.") for name in fetched):
        yield Complaint(
            f"fetches nothing of its domain {description.domain!r}",
            f"declare a kind of that domain or {PARTY!r} in fetches",
        )
    for fetch in description.fetches:
        if fetch.batch < 1:
            yield Complaint(
                f"takes {fetch.kind!r} in batches of {fetch.batch}", "declare a batch of 1 or more"
            )


def _known_kinds(names: Iterable[str]) -> Iterator[Complaint]:
    for name in dict.fromkeys(names):
        if name not in kinds():
            yield Complaint(f"declares the unknown kind {name!r}", f"use one of {', '.join(kinds())}")


def _twice(what: str, names: Iterable[object], where: str) -> Iterator[Complaint]:
    if any(count > 1 for count in Counter(names).values()):
        yield Complaint(f"declares {what} twice in {where}", "declare each once")


def _about_limits(limits: Limits) -> Iterator[Complaint]:
    for field in msgspec.structs.fields(Limits):
        value = getattr(limits, field.name)
        if value is not None and not value > 0:
            yield Complaint(f"has the limit {field.name} = {value}", "declare more than 0")


def _about_actions(description: Description) -> Iterator[Complaint]:
    known = actions()
    for spec in description.actions:
        if not isinstance(spec, ActionSpec):
            yield Complaint(f"declares {named(spec)} as an action", "use c360.contract.ActionSpec")
            return
        kind = known.get(spec.kind)
        if kind is None:
            names = ", ".join(known) or "none: no module of c360.records declares ACTIONS"
            yield Complaint(f"declares the unknown action {spec.kind!r}", f"use one of {names}")
        elif not _serves(description.domain, kind):
            yield Complaint(
                f"declares the action {spec.kind!r} of another domain",
                f"declare those of {description.domain!r} alone",
            )
        if not isinstance(spec.effect, Effect):
            yield Complaint(
                f"promises {spec.effect!r} for {spec.kind!r}", "use a member of c360.contract.Effect"
            )
    yield from _twice("an action", (spec.kind for spec in description.actions), "actions")


def _serves(domain: str, kind: ActionKind) -> bool:
    """Actions on the party itself, such as a change of address, belong to every domain."""
    return kind.domain in {domain, PARTY.partition(".")[0]}


def _about_webhooks(spec: WebhookSpec) -> Iterator[Complaint]:
    if not spec.kinds:
        yield Complaint("declares webhooks that tell about no kind", "name the kinds, or declare no webhooks")
    yield from _known_kinds(spec.kinds)
    yield from _twice("a kind", spec.kinds, "webhooks")
    if spec.registers is Effect.UNTRACEABLE:
        yield Complaint(
            "declares that registering the hub's address cannot be traced, which registrations() does",
            "declare TRACEABLE, or KEYED where the partner honours a key",
        )
    if spec.replay_window is not None and not spec.signed:
        yield Complaint(
            "declares a replay window for calls that nobody signs", "leave it out, or declare signed=True"
        )
    elif spec.replay_window is not None and not spec.replay_window > 0:
        yield Complaint(f"has the replay window {spec.replay_window}", "declare more than 0 seconds")


def _about_exemptions(description: Description) -> Iterator[Complaint]:
    for exemption in description.exemptions:
        if not exemption.rule.strip() or not exemption.reason.strip():
            yield Complaint(
                "declares an exemption without a rule or a reason", "say which rule, and what the API lacks"
            )
    yield from _twice("an exemption", (each.rule for each in description.exemptions), "exemptions")


def _about_methods(connector: ConnectorClass, description: Description) -> Iterator[Complaint]:
    if inspect.isabstract(connector):
        missing = ", ".join(sorted(connector.__abstractmethods__))
        yield Complaint(f"does not implement {missing}", "implement what the contract asks for")
    effects = {spec.effect for spec in description.actions if isinstance(spec, ActionSpec)}
    registers = description.webhooks is not None and description.webhooks.registers is not None
    declared: list[tuple[str, bool, str]] = [
        ("identifies", bool(description.identifies), "identify"),
        ("feeds", bool(description.feeds), "changes"),
        ("actions", bool(description.actions), "act"),
        ("TRACEABLE actions", Effect.TRACEABLE in effects, "trace"),
        ("webhooks", description.webhooks is not None, "receive"),
        *(("webhooks that are registered", registers, name) for name in REGISTERING),
    ]
    for what, is_declared, name in declared:
        if is_declared and getattr(connector, name) is getattr(Connector, name):
            yield Complaint(f"declares {what} without {name}()", "implement it or declare none")
    yield from _about_shapes(connector)


def _about_shapes(connector: ConnectorClass) -> Iterator[Complaint]:
    for name in ("fetch", "changes"):
        if inspect.iscoroutinefunction(getattr(connector, name)):
            yield Complaint(
                f"has a {name}() that is a coroutine",
                "yield in it (an async generator), or return an async iterator from a plain function",
            )
    for name in ("identify", "act", "trace", *REGISTERING):
        method: Callable[..., object] = getattr(connector, name)
        if not inspect.iscoroutinefunction(method):
            yield Complaint(f"has a {name}() that is no coroutine", f"write async def {name}")
    for name in ("receive", "auth"):
        method = getattr(connector, name)
        if inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
            yield Complaint(f"has a {name}() that is a coroutine", f"write def {name}: it does no I/O")


def named(found: object) -> str:
    """What something that is no connector is, for a complaint."""
    return repr(found.__name__) if isinstance(found, type) else f"a {type(found).__name__}"
