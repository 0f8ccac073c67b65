"""How the plugin enters, and its settings."""

from __future__ import annotations

from typing import Any

import pytest

from c360.checks import configured
from c360.config import read_config
from c360.contract import Lookup
from c360.errors import ConfigError
from c360.kinds import kinds
from plugins import hotel
from plugins.hotel.config import CloudbedsConfig
from plugins.hotel.connector import CloudbedsHotel


def test_the_hook_gives_the_connector() -> None:
    assert hotel.c360_connectors() == (CloudbedsHotel,)


def test_description() -> None:
    description = CloudbedsHotel.describe()
    assert (description.name, description.domain, description.lookup) == (
        "cloudbeds_hotel",
        "hotel",
        Lookup.BY_KEY,
    )
    assert {it.kind for it in description.fetches} == {
        "party.profile",
        "hotel.stays",
        "hotel.notes",
        "hotel.preferences",
    }
    assert {it.kind for it in description.fetches} <= set(kinds())
    assert {it.kind for it in description.feeds} <= set(kinds())


def test_settings() -> None:
    config = read_config(CloudbedsConfig, {"api_key": "very-secret"}, where="connectors.hotel")
    assert config.base_url == "https://api.cloudbeds.com/api/v1.3"
    assert "very-secret" not in f"{config}{config!r}"


@pytest.mark.parametrize(
    "values", [{}, {"api_key": "k", "noted_reservations": -1}, {"api_key": "k", "region": "eu"}]
)
def test_wrong_settings(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"connectors\.hotel"):
        read_config(CloudbedsConfig, values, where="connectors.hotel")


def test_hotels_are_asked_at_the_published_pace_or_at_their_own() -> None:
    def pace(**more: float) -> float | None:
        config = read_config(CloudbedsConfig, {"api_key": "k", **more}, where="connectors.hotel")
        return configured(CloudbedsHotel, config).limits.requests_per_second

    assert pace() == CloudbedsHotel.describe().limits.requests_per_second == 5
    assert pace(requests_per_second=10) == 10
    with pytest.raises(ConfigError, match=r"connectors\.hotel\.requests_per_second"):
        pace(requests_per_second=0)
