"""The tables of the guide for operators."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Callable

import msgspec

from api.authentication.settings import Issuer
from api.commands import COMMANDS
from api.settings import Settings
from c360.config import ConnectorConfig
from c360.enrolment import CustomerLine, GrantLine, KeyLine, LinkLine
from tests.docs.cells import attribute_texts, code, codes, ended, fields, markdown
from tests.docs.plugin_tables import described


def commands() -> str:
    rows = []
    for name, summary in COMMANDS.items():
        command = importlib.import_module(f"api.commands.{name}").command
        options = [
            parameter.opts[0]
            for parameter in command.params
            if parameter.opts[0].startswith("--") and not getattr(parameter, "hidden", False)
        ]
        arguments = [
            parameter.name.upper() for parameter in command.params if not parameter.opts[0].startswith("--")
        ]
        rows.append((code(" ".join((name, *arguments))), ended(summary), codes(options)))
    return markdown(("command", "what it does", "options"), rows)


def settings() -> str:
    rows = fields(Settings, "")
    for name, kind in typing.get_type_hints(Settings).items():
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            rows += fields(kind, f"{name}.")
    return markdown(("setting", "default", "meaning"), rows)


def issuer_settings() -> str:
    return markdown(("setting", "default", "meaning"), fields(Issuer, ""))


def connector_settings() -> str:
    rows = [("any", *row) for row in fields(ConnectorConfig, "")]
    common = {field.name: field for field in msgspec.structs.fields(ConnectorConfig)}
    for name, one in described("sql/hotel", "files/hotel"):
        same = [
            field.name
            for field in msgspec.structs.fields(one.config)
            if field.name in common and field.required == common[field.name].required
        ]
        rows += [(name.partition("/")[0], *row) for row in fields(one.config, "", same)]
    return markdown(("plugin", "setting", "default", "meaning"), rows)


def import_table() -> str:
    places: dict[type[msgspec.Struct], str] = {
        CustomerLine: "",
        LinkLine: "links[].",
        KeyLine: "links[].keys[].",
        GrantLine: "links[].grant.",
    }
    rows = []
    for kind, prefix in places.items():
        texts = attribute_texts(kind)
        rows += [
            (code(prefix + field.name), "yes" if field.required else "no", texts.get(field.name, ""))
            for field in msgspec.structs.fields(kind)
        ]
    return markdown(("field", "required", "meaning"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": settings,
    "issuer-settings": issuer_settings,
    "connector-settings": connector_settings,
    "import": import_table,
}
