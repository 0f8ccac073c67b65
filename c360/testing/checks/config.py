"""Every wrong setting is named, and secrets stay hidden."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from c360.config import is_secret
from c360.errors import ConfigError
from c360.testing.base import Failed, check, demand
from c360.testing.lab import Lab

_SECRET_NAME = re.compile(r"(?i)(^|_)(secret|password|passwd|token|api_key|key|credential|passphrase)s?$")
_PUBLIC_NAME = re.compile(r"(?i)(^|_)(public|key_id|header|url|uri|endpoint|name|lifetime|kind)")


@check("config-accepted", "The config that the suite gives is accepted", rule="config")
def config_accepted(lab: Lab) -> None:
    """Whatever is wrong with it is named."""
    try:
        lab.read(lab.values)
    except ConfigError as error:
        raise Failed(str(error), "correct config in the suite, or the config class") from None


@check("config-missing-named", "A missing setting is named", rule="config")
def config_missing_named(lab: Lab) -> None:
    """Each required one in its turn."""
    required = [field for field in _fields(lab) if field.required]
    for field in required:
        values = {name: value for name, value in lab.values.items() if name.split("_file")[0] != field.name}
        _refused(lab, values, field.name, "is not set")


@check("config-unknown-named", "An unknown setting is refused and named", rule="config")
def config_unknown_named(lab: Lab) -> None:
    """A typing error must not pass silently."""
    _refused(lab, {**lab.values, "c360_no_such_setting": 1}, "c360_no_such_setting", "does not exist")


@check("config-type-named", "A setting of the wrong type is refused and named", rule="config")
def config_type_named(lab: Lab) -> None:
    """Each one in its turn; what is wrong for every type is a list of lists, or a mapping."""
    for field in _fields(lab):
        wrong: Any = [[["c360"]]] if not _takes_lists(field.type) else {"c360": {"c360": []}}
        values = {name: value for name, value in lab.values.items() if name != f"{field.name}_file"}
        _refused(lab, {**values, field.name: wrong}, field.name, f"is a {type(wrong).__name__}")


@check("config-secrets-marked", "Settings that sound secret are of the type Secret", rule="config")
def config_secrets_marked(lab: Lab) -> None:
    """A plain text would be printed with the settings."""
    for field in _fields(lab):
        if _SECRET_NAME.search(field.name) and not _PUBLIC_NAME.search(field.name):
            demand(
                is_secret(field.type) or not _is_text(field.type),
                f"the setting {field.name} is a plain text",
                "give it the type c360.values.Secret",
            )


@check(
    "config-secrets-hidden", "Secrets show in no repr, no encoding and no error of the config", rule="config"
)
def config_secrets_hidden(lab: Lab) -> None:
    """Looked for in the config's repr, its text and the errors of wrong values."""
    config = lab.config()
    for name, text in lab.secrets.items():
        if len(text) < 8:
            raise Failed(f"{name} has fewer than eight characters", "give the suite a longer made-up secret")
        demand(
            text not in repr(config) + str(config),
            f"the repr of the config shows {name}",
            "keep it in a field of type Secret, and do not reveal() it into another",
        )
        if name in msgspec.structs.asdict(config):
            error = _error(lab, {**lab.values, name: [text]})
            demand(
                error is None or text not in str(error) + repr(error),
                f"the error of a wrong {name} shows it",
                "raise ConfigError without the value",
            )


@check("config-documented", "Every setting says what it is for", rule="config")
def config_documented(lab: Lab) -> None:
    """The operator reads it beside the field."""
    for field in _fields(lab):
        info = msgspec.inspect.type_info(field.type)
        schema = getattr(info, "extra_json_schema", None) or {}
        demand(
            str(schema.get("description", "")).strip(),
            f"the setting {field.name} has no description",
            'annotate it: Annotated[…, Meta(description="What it is for.")]',
        )


def _fields(lab: Lab) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(lab.stated.config)


def _error(lab: Lab, values: dict[str, Any]) -> Exception | None:
    from c360.config import read_config

    try:
        read_config(lab.stated.config, values, where="connectors.suite")
    except Exception as error:  # noqa: BLE001  # which one it is, is what the callers look at
        return error
    return None


def _refused(lab: Lab, values: dict[str, Any], name: str, what: str) -> None:
    error = _error(lab, values)
    demand(
        error, f"it is accepted that {name} {what}", "give the field a type, and no default if it is needed"
    )
    demand(
        isinstance(error, ConfigError),
        f"where {name} {what}, {type(error).__name__} is raised",
        "raise ConfigError(field, found, remedy) from __post_init__ and decoding hooks",
    )
    demand(
        name in str(error),
        f"where {name} {what}, the error does not name it",
        f"raise ConfigError with the field {name!r}",
    )


def _takes_lists(annotation: Any) -> bool:
    return "list" in str(annotation) or "tuple" in str(annotation) or "Sequence" in str(annotation)


def _is_text(annotation: Any) -> bool:
    info = msgspec.inspect.type_info(annotation)
    inner = getattr(info, "type", info)
    return isinstance(inner, msgspec.inspect.StrType)


CHECKS = (
    config_accepted,
    config_missing_named,
    config_unknown_named,
    config_type_named,
    config_secrets_marked,
    config_secrets_hidden,
    config_documented,
)
