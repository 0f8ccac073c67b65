"""How the plugin enters, and its settings."""

from __future__ import annotations

from typing import Any

import pytest

from c360.config import read_config
from c360.contract import Lookup
from c360.errors import ConfigError
from c360.kinds import kinds
from plugins import loyalty
from plugins.loyalty.config import SquareConfig
from plugins.loyalty.connector import SquareLoyalty


def test_the_hook_gives_the_connector() -> None:
    assert loyalty.c360_connectors() == (SquareLoyalty,)


def test_description() -> None:
    description = SquareLoyalty.describe()
    assert (description.name, description.domain, description.lookup) == (
        "square_loyalty",
        "loyalty",
        Lookup.BY_KEY,
    )
    assert {it.kind: it.batch for it in description.fetches} == {
        "party.profile": 100,
        "loyalty.memberships": 30,
        "loyalty.activity": 30,
    }
    assert {it.kind for it in description.fetches} <= set(kinds())
    assert {it.kind for it in description.feeds} <= set(kinds())


def test_settings() -> None:
    config = read_config(SquareConfig, {"access_token": "very-secret"}, where="connectors.points")
    assert config.base_url == "https://connect.squareup.com/v2"
    assert config.square_version == "2025-08-20"
    assert "very-secret" not in f"{config}{config!r}"


@pytest.mark.parametrize(
    "values", [{}, {"access_token": "t", "square_version": "latest"}, {"access_token": 7}]
)
def test_wrong_settings(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"connectors\.points"):
        read_config(SquareConfig, values, where="connectors.points")
