"""What the artefact of each model is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from resolvers.offers.propensity import Propensities
from resolvers.registry import ModelName
from resolvers.segments.ranks import Ranks

KINDS: Mapping[ModelName, type[Any]] = MappingProxyType(
    {ModelName.PROPENSITY: Propensities, ModelName.RANKS: Ranks}
)
"""By model."""
