"""Typed configuration of a connector instance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

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
    name = path.strip("`. ").split(".")[0].split("[")[0]
    field = known.get(name)
    found = "a hidden value" if field and is_secret(field.type) else repr(values.get(name))
    return ConfigError(f"{where}.{name}" if name else where, found, what[:1].lower() + what[1:])


def _help(field: msgspec.structs.FieldInfo | None) -> str:
    if field is None:
        return "it is required"
    annotation = msgspec.inspect.type_info(field.type)
    extra = getattr(annotation, "extra_json_schema", None) or {}
    return str(extra.get("description", "it is required"))
