"""The tables of the reference for authors of connectors, from c360 alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType

import msgspec

from c360 import contract, converters, hooks, paging
from c360.config import ConnectorConfig
from c360.contract import Connector, Description
from c360.kinds import actions
from c360.paging import Paging
from c360.testing import CHECKS
from c360.testing.tiers import RULES
from schema.docs import prose
from tests.docs.cells import attribute_texts, code, ended, fields, markdown, offered_by


def first(thing: object) -> str:
    """The first sentence of a docstring, as a cell has it."""
    text = prose((inspect.getdoc(thing) or "").partition("\n\n")[0])
    return ended(text.partition(". ")[0])


def hook_table() -> str:
    rows = [
        (f"`{name}{_signature(hook)}`", first(hook))
        for name, hook in vars(hooks).items()
        if inspect.isfunction(hook) and hook.__module__ == hooks.__name__
    ]
    return markdown(("hook", "what it does"), rows)


def contract_table() -> str:
    rows = [
        (f"`{name}{_signature(method)}`", first(method))
        for name, method in inspect.getmembers(Connector, callable)
        if not name.startswith("_")
    ]
    return markdown(("method", "what it says"), rows)


def _signature(method: Callable[..., object]) -> str:
    found = inspect.signature(method)
    kept = [one for name, one in found.parameters.items() if name not in {"self", "cls"}]
    return str(found.replace(parameters=kept)).replace("'", "")


def description_table() -> str:
    rows = []
    structs = (
        Description,
        contract.Fetch,
        contract.Feed,
        contract.Limits,
        contract.ActionSpec,
        contract.WebhookSpec,
        contract.Exemption,
    )
    for kind in structs:
        texts = attribute_texts(kind)
        rows += [
            (
                code(f"{kind.__name__}.{field.name}"),
                "yes" if field.required else "no",
                texts.get(field.name, OBVIOUS.get(field.name, "")),
            )
            for field in msgspec.structs.fields(kind)
        ]
    return markdown(("field", "required", "meaning"), rows)


OBVIOUS = {
    "lookup": "How a customer is found: `BY_KEY` or `BY_GRANT`",
    "fetches": "Kinds of record that `fetch` gives",
    "config": "The class of its settings",
    "limits": "What the partner bears",
    "medium": "What the partner is reached through",
    "exemptions": "Rules of the tiers that do not apply, with the reason",
    "kind": "The kind of record",
    "requests_per_second": "Requests begun in a second, as the partner's documentation allows",
    "effect": "What is promised of it: `KEYED`, `TRACEABLE` or `UNTRACEABLE`",
}


def action_table() -> str:
    rows = [
        (code(name), code(f"{offered_by(one.input)}.{one.input.__name__}"), ended(one.summary))
        for name, one in actions().items()
    ]
    return markdown(("action", "input", "what it does"), rows)


def config_table() -> str:
    return markdown(("setting", "default", "meaning"), fields(ConnectorConfig, ""))


def _listed(module: ModuleType, wanted: Callable[[object], bool]) -> list[tuple[str, ...]]:
    return [(f"`{name}`", first(thing)) for name in module.__all__ if wanted(thing := getattr(module, name))]


def paging_table() -> str:
    def way(thing: object) -> bool:
        return isinstance(thing, type) and issubclass(thing, Paging) and thing is not Paging

    return markdown(("way", "when"), _listed(paging, way))


def converter_table() -> str:
    return markdown(("converter", "gives"), _listed(converters, inspect.isfunction))


def rule_table() -> str:
    rows = [
        (one.tier.value.lower(), code(one.name), ended(one.title), "yes" if one.exemptible else "no")
        for one in RULES
    ]
    return markdown(("tier", "rule", "what it asks for", "may be exempt"), rows)


def check_table() -> str:
    return markdown(
        ("check", "rule", "what holds"), [(code(one.id), code(one.rule), ended(one.title)) for one in CHECKS]
    )


TABLES: dict[str, Callable[[], str]] = {
    "hooks": hook_table,
    "contract": contract_table,
    "description": description_table,
    "actions": action_table,
    "config": config_table,
    "paging": paging_table,
    "converters": converter_table,
    "rules": rule_table,
    "checks": check_table,
}
