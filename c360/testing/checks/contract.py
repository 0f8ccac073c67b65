"""What a connector says of itself, and that importing and building it does nothing."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from c360.checks import REGISTERING
from c360.contract import CONTRACT_VERSION, Connector, Description, Effect
from c360.kinds import PARTY, actions, domains, kinds
from c360.testing import importing, tiers
from c360.testing.base import Exempt, Failed, check, demand
from c360.testing.lab import Lab
from c360.testing.plugin import connectors_of, module_of, source_of


@check("describe-is-constant", "describe() answers the same every time", rule="contract")
def describe_is_constant(lab: Lab) -> None:
    """A description is data, not an observation."""
    demand(
        lab.stated == lab.kind.describe(),
        "describe() answers differently each time",
        "return a constant, such as the class attribute description",
    )


@check("contract-version", "It is written for this version of the contract", rule="contract")
def contract_version(lab: Lab) -> None:
    """A plugin for another version may mean something else by the same words."""
    found = lab.stated.contract
    demand(
        found == CONTRACT_VERSION,
        f"it is written for version {found} of the contract, this is {CONTRACT_VERSION}",
        "port it and set Description.contract, or install the c360 that it was written for",
    )


@check("names-and-domain", "It has a name, a title and a known domain", rule="contract")
def names_and_domain(lab: Lab) -> None:
    """Names are identifiers: settings and the graph use them."""
    about = lab.stated
    demand(
        about.name.isidentifier() and about.name == about.name.lower(),
        f"its name is {about.name!r}",
        "set Description.name to letters in lower case, digits and underscores",
    )
    demand(about.title.strip(), "it has no title", "set Description.title to a name for people")
    demand(
        about.domain in domains(),
        f"it serves the unknown domain {about.domain!r}",
        f"use one of {', '.join(domains())}",
    )


@check("kinds-registered", "Every kind that it declares exists, once, and is of its domain", rule="contract")
def kinds_registered(lab: Lab) -> None:
    """Over fetches, feeds, webhooks and actions."""
    about = lab.stated
    fetched = [fetch.kind for fetch in about.fetches]
    told = [*(feed.kind for feed in about.feeds), *(about.webhooks.kinds if about.webhooks else ())]
    for name in (*fetched, *told):
        demand(name in kinds(), f"it declares the unknown kind {name!r}", f"use one of {', '.join(kinds())}")
        demand(
            name == PARTY or name.startswith(f"{about.domain}."),
            f"it declares {name!r}, which is not of its domain {about.domain!r}",
            "write a connector for each domain",
        )
    for names, what in ((fetched, "fetches"), ([it.kind for it in about.feeds], "feeds")):
        demand(len(set(names)) == len(names), f"it declares a kind twice in {what}", "declare each once")
    for action in about.actions:
        demand(
            action.kind in actions(),
            f"it declares the unknown action {action.kind!r}",
            f"use one of {', '.join(actions())}",
        )
    if about.fetches or not (about.actions or about.feeds):
        demand(fetched, "it fetches nothing", "declare what the partner's API has in fetches")


@check("methods-match", "What it declares it implements, and no more", rule="contract")
def methods_match(lab: Lab) -> None:
    """Optional parts are declared, never discovered: what is not declared is never called."""
    about, kind = lab.stated, lab.kind
    demand(
        not inspect.isabstract(kind),
        f"it does not implement {', '.join(sorted(getattr(kind, '__abstractmethods__', ())))}",
        "implement what the contract asks for",
    )
    traced = any(action.effect is Effect.TRACEABLE for action in about.actions)
    parts = (
        ("identify", bool(about.identifies), "identifies"),
        ("changes", bool(about.feeds), "feeds"),
        ("act", bool(about.actions), "actions"),
        ("receive", about.webhooks is not None, "webhooks"),
        *((name, _registers(about), "registers in its webhooks") for name in REGISTERING),
    )
    for name, is_declared, field in parts:
        there = getattr(kind, name) is not getattr(Connector, name)
        demand(
            there or not is_declared, f"it declares {field} without {name}()", "implement it or declare none"
        )
        demand(
            is_declared or not there,
            f"it implements {name}() without declaring {field}",
            f"declare {field} in its Description, or nobody will call it",
        )
    demand(
        not traced or kind.trace is not Connector.trace,
        "it declares an action that is TRACEABLE without trace()",
        "implement trace(), or declare the effect UNTRACEABLE",
    )
    for name in ("fetch", "changes"):
        demand(
            not inspect.iscoroutinefunction(getattr(kind, name)),
            f"its {name}() is a coroutine",
            "yield in it (an async generator), or return an async iterator from a plain function",
        )


def _registers(about: Description) -> bool:
    return about.webhooks is not None and about.webhooks.registers is not None


@check("limits-positive", "Its limits and batches are more than zero", rule="contract")
def limits_positive(lab: Lab) -> None:
    """Nobody bears less than one."""
    limits = lab.stated.limits
    for name in limits.__struct_fields__:
        value = getattr(limits, name)
        demand(value is None or value > 0, f"its limit {name} is {value}", "declare more than 0")
    for fetch in lab.stated.fetches:
        demand(fetch.batch >= 1, f"it takes {fetch.kind} in batches of {fetch.batch}", "declare 1 or more")


@check("hook-returns-it", "The plugin's hook returns the connector", rule="contract")
def hook_returns_it(lab: Lab) -> None:
    """By the hook it enters the host."""
    module = module_of(lab.kind)
    if module is None:
        raise Failed(
            f"neither {lab.kind.__module__} nor a package around it has the hook c360_connectors",
            "write c360_connectors in the plugin's module, decorated with c360.hooks.hookimpl",
        )
    demand(
        lab.kind in connectors_of(module),
        f"c360_connectors of {module.__name__} does not return {lab.kind.__name__}",
        "add it to the classes that the hook returns",
    )


@check("exemptions-honest", "It is exempt from nothing that it declares", rule="contract")
def exemptions_honest(lab: Lab) -> None:
    """An exemption is for what the partner's API does not offer, and says so."""
    known = {rule.name for rule in tiers.RULES if rule.exemptible}
    has = tiers.declared(lab.stated)
    for exemption in lab.stated.exemptions:
        demand(
            exemption.rule in known,
            f"it wants to be exempt from {exemption.rule!r}",
            f"only these can be exempt: {', '.join(sorted(known))}",
        )
        demand(
            exemption.rule not in has,
            f"it wants to be exempt from {exemption.rule!r} and declares it as well",
            "take the exemption away",
        )
        demand(
            len(exemption.reason.split()) >= 3,
            f"its exemption from {exemption.rule!r} gives no reason",
            "say in a sentence what the partner's API does not offer",
        )


@check("import-without-effects", "Importing the plugin does nothing", rule="contract")
def import_without_effects(lab: Lab) -> None:
    """Tried in a fresh interpreter: no network, no file written, no thread, no environment, no output."""
    source = source_of(lab.kind)
    module = module_of(lab.kind)
    name = module.__name__ if module is not None else lab.kind.__module__
    if source is None:
        raise Exempt("the connector class has no source file")
    defined = sys.modules[lab.kind.__module__]
    roots = (str(source), str(Path(str(defined.__file__)).resolve()))
    told = {"path": sys.path, "roots": roots, "module": name, "file": str(defined.__file__)}
    done = subprocess.run(  # noqa: S603  # our own interpreter
        [sys.executable, importing.__file__, json.dumps(told)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1].partition(":")[0]
        raise Failed(
            f"a fresh interpreter cannot import {name}: it raised {last}",
            "let the module be importable by itself: imports at its top, nothing computed at import",
        )
    found: list[str] = json.loads(done.stdout)
    demand(
        not found,
        f"importing it {', '.join(found)}",
        "move that into a method: nothing happens at import",
    )


@check("construct-without-io", "Building an instance sends nothing and starts nothing", rule="contract")
def construct_without_io(lab: Lab) -> None:
    """The host builds instances when it starts, before any partner is asked."""

    async def work() -> tuple[int, int]:
        session = lab.session()
        try:
            tasks = len(asyncio.all_tasks()) - 1
            await asyncio.sleep(0)
            return len(session.wire.sent), tasks
        finally:
            await lab.suite.close(session.connector)

    sent, tasks = lab.run(work)
    demand(not sent, f"building an instance sent {sent} requests", "send none in __init__()")
    demand(not tasks, f"building an instance started {tasks} tasks", "start none in __init__()")


@check("documentation-address", "It says where the partner's API is published", rule="documentation")
def documentation_address(lab: Lab) -> None:
    """So that whoever reads the mapping can compare."""
    address = lab.stated.documentation
    parts = urlsplit(address)
    demand(
        parts.scheme in {"http", "https"} and "." in parts.netloc,
        f"Description.documentation is {address!r}" if address else "Description.documentation is empty",
        "give the address of the partner's published API",
    )


CHECKS = (
    describe_is_constant,
    contract_version,
    names_and_domain,
    kinds_registered,
    methods_match,
    limits_positive,
    hook_returns_it,
    exemptions_honest,
    import_without_effects,
    construct_without_io,
    documentation_address,
)
