"""What the pure functions answer with beside a customer's own data: models, rates, assumptions.

Read once when a process starts; nothing here changes while it answers.
"""

from __future__ import annotations

import functools
from functools import cached_property

import msgspec

from c360.values import CurrencyCode
from resolvers.lifetime_value import bgnbd
from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.lifetime_value.model import ValueModel
from resolvers.lifetime_value.value import Valuer
from resolvers.offers.contact_policy import Policy
from resolvers.offers.policy_loan import Terms
from resolvers.offers.propensity import UNFITTED, Propensities
from resolvers.offers.shelves import Shelves
from resolvers.rates import Rates
from resolvers.registry import ModelName, Shipped, Source
from resolvers.risk.models import RiskModels, risk_models, shipped_risk
from resolvers.segments.ranks import UNRANKED, Ranks

HOME = CurrencyCode("AUD")
"""The hub's own currency unless the settings name another."""


class Models(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One of each. A field function finds them as ``view.models``."""

    rates: Rates = Rates(base=HOME)
    """By which amounts of all currencies become the hub's own."""
    assumptions: Assumptions = Assumptions()
    """Margins, costs and the discount of value and profit."""
    value: ValueModel
    """How customers buy and stay."""
    propensity: Propensities = UNFITTED
    """How likely customers are to take a product."""
    offers: Policy = Policy()
    """How often customers are approached, and how much is explored."""
    policy_loan: Terms = Terms()
    """Rates by which a loan against a policy is set beside its surrender."""
    ranks: Ranks = UNRANKED
    """How figures are spread over the population, for percentiles and deciles."""
    risk: RiskModels = msgspec.field(default_factory=shipped_risk)
    """The behavioural card, the table of defaults, and the rules by which loans are offered."""

    @cached_property
    def valuer(self) -> Valuer:
        """What values customers by these; it keeps the tables that it makes."""
        return Valuer(self.value.priced_in(self.rates), self.assumptions)

    @cached_property
    def shelves(self) -> Shelves:
        """What makes catalogues ready to be weighed by these; it keeps those that it made."""
        return Shelves(propensities=self.propensity, assumptions=self.assumptions, rates=self.rates)


def load(source: Source) -> Models:
    """Every model that serves.

    Raises:
        RegistryError: one cannot be read.
    """
    value = source.load(ModelName.LIFETIME_VALUE, ValueModel)
    for line in value.purchases.values():
        bgnbd.prepare(line.purchases)
    return Models(
        value=value,
        propensity=source.load(ModelName.PROPENSITY, Propensities),
        ranks=source.load(ModelName.RANKS, Ranks),
        risk=risk_models(source),
    )


@functools.cache
def shipped() -> Models:
    """The models that are shipped: what answers where nothing else is given."""
    return load(Shipped())
