"""The standings that the shipped plugins carry: proven by the source as it is, and gold."""

from __future__ import annotations

import pytest

from c360.testing import Tier, tier_of

PLUGINS = (
    "banking",
    "brokerage",
    "files",
    "hotel",
    "insurance",
    "loyalty",
    "rental",
    "sql",
    "workorders",
)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_kept_standing_is_proven_and_gold(plugin: str) -> None:
    standing = tier_of(f"plugins.{plugin}")
    assert standing.proven, f"{standing.reason} tests/plugins/{plugin}"
    assert standing.tier is Tier.GOLD
