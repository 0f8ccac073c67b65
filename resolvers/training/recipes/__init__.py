"""How each model is fitted, judged and described: one module a model, loaded when it is needed."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from resolvers.registry import ModelName
from resolvers.serving import Models
from resolvers.training.fitting import Recipe

_MODULES: Mapping[ModelName, str] = MappingProxyType(
    {
        ModelName.LIFETIME_VALUE: "lifetime_value",
        ModelName.BEHAVIOURAL_RISK: "behavioural_risk",
        ModelName.OPTION_PRICING: "option_pricing",
        ModelName.PROPENSITY: "propensity",
        ModelName.RANKS: "ranks",
    }
)


def recipe_of(name: ModelName, models: Models) -> Recipe[Any]:
    """The recipe of a model.

    Args:
        name: which one.
        models: what serves, with its rates and assumptions.
    """
    module = importlib.import_module(f"{__name__}.{_MODULES[name]}")
    recipe: Recipe[Any] = module.recipe(models)
    return recipe
