from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import msgspec
import pytest
from msgspec import Meta

from c360.config import ConnectorConfig, read_config, schema
from c360.errors import ConfigError
from c360.values import Secret


class Mode(enum.Enum):
    FAST = "fast"
    SLOW = "slow"


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    password: Secret | None = None
    rows: int = 1


class Config(ConnectorConfig, frozen=True, kw_only=True):
    """How Acme is reached."""

    api_key: Annotated[Secret, Meta(description="Key that Acme issued.")]
    second_key: Annotated[Secret | None, Meta(description="Key that takes its place.")] = None
    page_size: Annotated[int, Meta(description="Items on a page.", ge=1, le=200)] = 100
    mode: Mode = Mode.FAST
    zone: Literal["east", "west"] = "east"
    tables: tuple[Table, ...] = ()
    more: dict[str, int] = {}  # noqa: RUF012  # a Struct makes each its own


GOOD: dict[str, Any] = {"base_url": "https://acme.example", "api_key": "k3y"}


def read(**values: Any) -> Config:
    return read_config(Config, {**GOOD, **values}, where="connectors.acme")


def test_texts_are_read_as_what_is_due() -> None:
    config = read(page_size="50", timeout="2.5", mode="slow")
    assert (config.page_size, config.timeout, config.mode) == (50, 2.5, Mode.SLOW)
    assert config.api_key.reveal() == "k3y"
    assert config.tls() is None


@pytest.mark.parametrize(
    ("values", "field", "found", "remedy"),
    [
        ({"page_size": 500}, "page_size", "500", "<= 200"),
        ({"page_size": "many"}, "page_size", "'many'", "expected `int`"),
        ({"mode": "warp"}, "mode", "'warp'", "use one of fast, slow"),
        ({"zone": "north"}, "zone", "'north'", "use one of east, west"),
        ({"colour": 1}, "colour", "an unknown setting", "use one of api_key"),
        ({"api_key": 5}, "api_key", "a hidden value", "expected a text"),
        ({"tables": [{"name": "a"}, {"name": "b", "rows": "x"}]}, "tables[1].rows", "'x'", "expected `int`"),
        ({"tables": [{"name": "a", "password": 4711}]}, "tables[0].password", "a hidden value", "text"),
        ({"tables": {"password": "4711"}}, "tables", "a dict", "expected `array`"),
        ({"more": {"a": "4 7"}}, "more[...]", "", "expected `int`"),
    ],
)
def test_a_wrong_value_names_field_finding_and_remedy(
    values: dict[str, Any], field: str, found: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(**values)
    assert caught.value.field == f"connectors.acme.{field}"
    assert found in caught.value.found
    assert remedy in caught.value.remedy
    assert "4711" not in str(caught.value)


def test_what_is_missing_says_what_it_is() -> None:
    with pytest.raises(ConfigError, match=r"connectors\.acme\.api_key: found nothing; set it: Key that Acme"):
        read_config(Config, {"base_url": "https://acme.example"}, where="connectors.acme")


def test_a_secret_comes_from_a_file_or_from_the_settings_and_not_from_both(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n", encoding="ascii")
    values = {"base_url": "https://acme.example", "api_key_file": "key"}
    assert read_config(Config, values, where="x", folder=tmp_path).api_key.reveal() == "from-file"
    with pytest.raises(ConfigError, match="give one of the two"):
        read_config(Config, {**values, "api_key": "k"}, where="x", folder=tmp_path)
    with pytest.raises(ConfigError, match="name a readable file"):
        read_config(Config, {**values, "api_key_file": "none"}, where="x", folder=tmp_path)


def test_the_schema_is_one_of_the_draft_and_takes_what_the_config_takes() -> None:
    printed = schema(Config)
    jsonschema.Draft202012Validator.check_schema(printed)
    assert printed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    secret = printed["properties"]["api_key"]
    assert (secret["format"], secret["writeOnly"], secret["description"]) == (
        "password",
        True,
        "Key that Acme issued.",
    )
    assert printed["properties"]["page_size"]["default"] == 100
    validator = jsonschema.Draft202012Validator(printed)
    address = {"base_url": "https://acme.example"}
    for values, valid in (
        (GOOD, True),
        ({**address, "api_key_file": "k"}, True),
        ({**GOOD, "second_key_file": "k"}, True),
        ({**GOOD, "tables": [{"name": "a"}]}, True),
        (address, False),
        ({**GOOD, "api_key_file": "k"}, False),
        ({**GOOD, "second_key": "a", "second_key_file": "k"}, False),
        ({**GOOD, "page_size": 0}, False),
        ({**GOOD, "mode": "warp"}, False),
        ({**GOOD, "colour": 1}, False),
        ({**GOOD, "tables": [{}]}, False),
    ):
        assert validator.is_valid(values) is valid, values


def test_no_secret_is_in_a_printed_schema() -> None:
    class Preset(ConnectorConfig, frozen=True, kw_only=True):
        key: Secret | None = None

    assert schema(Preset)["properties"]["key"]["default"] is None
