"""What risk is reckoned by: two fitted models, what is taken for granted of markets, lending rules."""

from __future__ import annotations

import functools

import msgspec

from resolvers.registry import ModelName, Shipped, Source
from resolvers.risk.behavioural import BehaviouralModel
from resolvers.risk.lending import LendingRules
from resolvers.risk.mapping import DefaultMapping
from resolvers.risk.markets import MarketAssumptions


class RiskModels(msgspec.Struct, frozen=True, kw_only=True):
    """One of each."""

    behavioural: BehaviouralModel
    mapping: DefaultMapping
    market: MarketAssumptions = MarketAssumptions()
    lending: LendingRules = LendingRules()


def risk_models(source: Source) -> RiskModels:
    """The fitted models that serve, with the rules and assumptions of their defaults.

    Raises:
        RegistryError: one cannot be read.
    """
    return RiskModels(
        behavioural=source.load(ModelName.BEHAVIOURAL_RISK, BehaviouralModel),
        mapping=source.load(ModelName.OPTION_PRICING, DefaultMapping),
    )


@functools.cache
def shipped_risk() -> RiskModels:
    """Those that are shipped."""
    return risk_models(Shipped())
