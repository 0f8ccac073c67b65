"""What the artefact of each model is, and which of them serve."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from resolvers.lifetime_value.model import ValueModel
from resolvers.offers.propensity import Propensities
from resolvers.registry import Artefact, ModelName
from resolvers.risk.behavioural import BehaviouralModel
from resolvers.risk.mapping import DefaultMapping
from resolvers.segments.ranks import Ranks
from resolvers.serving import Models

KINDS: Mapping[ModelName, type[Any]] = MappingProxyType(
    {
        ModelName.LIFETIME_VALUE: ValueModel,
        ModelName.BEHAVIOURAL_RISK: BehaviouralModel,
        ModelName.OPTION_PRICING: DefaultMapping,
        ModelName.PROPENSITY: Propensities,
        ModelName.RANKS: Ranks,
    }
)
"""By model."""


def artefacts(models: Models) -> Mapping[ModelName, Artefact]:
    """The fitted models among what serves."""
    return {
        ModelName.LIFETIME_VALUE: models.value,
        ModelName.BEHAVIOURAL_RISK: models.risk.behavioural,
        ModelName.OPTION_PRICING: models.risk.mapping,
        ModelName.PROPENSITY: models.propensity,
        ModelName.RANKS: models.ranks,
    }


def versions(models: Models) -> dict[str, str]:
    """Which version of each model serves."""
    return {name.value: artefact.origin.version for name, artefact in artefacts(models).items()}
