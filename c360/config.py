"""Typed configuration of a connector instance: read from settings, explained, printed as JSON Schema."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta

from c360.certificates import TlsIdentity
from c360.errors import ConfigError
from c360.values import Secret


class ConnectorConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every connector instance can be told; a plugin's config extends it.

    Fields of type :class:`~c360.values.Secret` are never printed.
    """

    base_url: Annotated[str, Meta(description="Where the partner's API starts, without a trailing slash.")]
    headers: Annotated[
        dict[str, str], Meta(description="Headers sent with every request, none of them secret.")
    ] = {}
    timeout: Annotated[float, Meta(description="Seconds one request may take at the most.", gt=0, le=120)] = (
        5.0
    )
    client_certificate: Annotated[
        Secret | None,
        Meta(description="Certificate in PEM, with its chain, that the hub shows the partner (mutual TLS)."),
    ] = None
    client_key: Annotated[
        Secret | None, Meta(description="Private key in PEM of the client certificate, not encrypted.")
    ] = None
    authorities: Annotated[
        Secret | None,
        Meta(description="Certificates in PEM of the authorities that the partner's own must come from."),
    ] = None

    def tls(self) -> TlsIdentity | None:
        """What TLS with the partner needs beyond the ordinary; ``None``: nothing."""
        if self.client_certificate is self.client_key is self.authorities is None:
            return None
        return TlsIdentity(
            certificate=self.client_certificate, key=self.client_key, authorities=self.authorities
        )


C = TypeVar("C", bound=msgspec.Struct)


def decode_hook(kind: type, value: Any) -> Any:  # msgspec's own signature
    """Let msgspec decode a text into a :class:`~c360.values.Secret`."""
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    message = f"expected a text, found {type(value).__name__}"
    raise TypeError(message)


def read_config(kind: type[C], values: Mapping[str, Any], *, where: str, folder: Path | None = None) -> C:
    """Read settings into their typed config.

    A secret ``name`` may also be given as ``name_file``: the path of a file that holds it.

    Args:
        kind: the config.
        values: what the settings say; texts are read as numbers and booleans where those are due.
        where: dotted name of the section, for the error.
        folder: what the path of a secret's file is relative to.

    Raises:
        ConfigError: a value is missing, unknown or of the wrong kind.
    """
    values = _with_secret_files(kind, values, where, folder or Path())
    try:
        return msgspec.convert(values, kind, dec_hook=decode_hook, strict=False)
    except msgspec.ValidationError as error:
        raise _explain(kind, values, where, str(error)) from None


def _with_secret_files(
    kind: type[msgspec.Struct], values: Mapping[str, Any], where: str, folder: Path
) -> dict[str, Any]:
    merged = dict(values)
    for name in (field.name for field in msgspec.structs.fields(kind) if is_secret(field.type)):
        path = merged.pop(f"{name}_file", None)
        if path is None:
            continue
        if name in merged:
            raise ConfigError(f"{where}.{name}_file", f"{name} as well", "give one of the two")
        try:
            merged[name] = (folder / str(path)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{where}.{name}_file", f"{str(path)!r} ({type(error).__name__})", "name a readable file"
            ) from None
    return merged


def is_secret(annotation: Any) -> bool:
    """Whether a config field's type is a secret, also an optional or annotated one."""
    return annotation is Secret or any(is_secret(part) for part in get_args(annotation))


def _explain(kind: type[msgspec.Struct], values: Mapping[str, Any], where: str, text: str) -> ConfigError:
    what, _, path = text.partition(" - at `$")
    known = {field.name: field for field in msgspec.structs.fields(kind)}
    if "missing required field" in what:
        name = what.split("`")[1]
        return ConfigError(f"{where}.{name}", "nothing", f"set it: {_help(known.get(name))}")
    if "unknown field" in what:
        name = what.split("`")[1]
        return ConfigError(f"{where}.{name}", "an unknown setting", f"use one of {', '.join(sorted(known))}")
    steps = re.findall(r"[^.\[\]]+", path.strip("`. "))
    field = f"{where}.{path.strip('`. ')}" if steps else where
    return ConfigError(field, _found(kind, values, steps), _remedy(kind, steps, what))


def _found(kind: Any, value: Any, steps: list[str]) -> str:
    """What stands at a place, unless a secret does or may stand there."""
    for step in steps:
        kind = _below(kind, step)
        if is_secret(kind):
            return "a hidden value"
        try:
            value = value[int(step)] if isinstance(value, list | tuple) else value[step]
        except (LookupError, TypeError, ValueError):
            return f"a {type(value).__name__}"
    # A table may hold secrets further below.
    return f"a {type(value).__name__}" if isinstance(value, dict | list) else repr(value)


def _remedy(kind: Any, steps: list[str], what: str) -> str:
    for step in steps:
        kind = _below(kind, step)
    choices = [each for part in _arms(kind) for each in _choices(part)]
    if choices and what.startswith("Invalid enum value"):
        return f"use one of {', '.join(choices)}"
    return what[:1].lower() + what[1:]


def _choices(kind: Any) -> list[str]:
    if get_origin(kind) is Literal:
        return [str(each) for each in get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return [str(member.value) for member in kind]
    return []


def _arms(kind: Any) -> list[Any]:
    """A type and all that it is made of."""
    return [kind, *(arm for part in get_args(kind) for arm in _arms(part))]


def _below(kind: Any, step: str) -> Any:
    """The type one step down: of a field by its name, of a list's items as of the list."""
    for part in _arms(kind):
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            for field in msgspec.structs.fields(part):
                if field.encode_name == step:
                    return field.type
    return kind


def _help(field: msgspec.structs.FieldInfo | None) -> str:
    if field is None:
        return "it is required"
    annotation = msgspec.inspect.type_info(field.type)
    extra = getattr(annotation, "extra_json_schema", None) or {}
    return str(extra.get("description", "it is required"))


def schema(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """A config as JSON Schema (draft 2020-12), for forms and editors.

    Secrets are ``writeOnly`` with the format ``password``; each has a second name, ``…_file``, for the
    path of a file that holds it, and one of the two is enough.
    """
    document = msgspec.json.schema(kind, schema_hook=_secret_schema)
    definitions: dict[str, Any] = document.get("$defs", {})
    top = definitions.pop(kind.__name__, document)
    properties, required = top["properties"], list(top.get("required", ()))
    for each in msgspec.structs.fields(kind):
        if not is_secret(each.type):
            continue
        name = each.encode_name
        properties[f"{name}_file"] = {
            "type": "string",
            "description": f"Path of a file that holds {name}; relative to that of the settings.",
        }
        alternatives = {"required": [name]}, {"required": [f"{name}_file"]}
        if name in required:
            required.remove(name)
            top.setdefault("allOf", []).append({"oneOf": list(alternatives)})
        else:
            top.setdefault("allOf", []).append({"not": {"required": [name, f"{name}_file"]}})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **top,
        "required": required,
        **({"$defs": definitions} if definitions else {}),
    }


def _secret_schema(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "format": "password", "writeOnly": True}
    raise NotImplementedError  # what msgspec asks for: it says itself that it knows no schema
