"""The artefact of lifetime value: how customers buy and stay, line by line, fitted to a population.

Lines that are bound by no contract have BG/NBD and Gamma-Gamma; lines of contracts have a retention. What a
company earns by them is no part of it: see :mod:`resolvers.lifetime_value.assumptions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta

from c360.values import CurrencyCode
from resolvers.artefacts import Origin
from resolvers.lifetime_value.bgnbd import BgNbd
from resolvers.lifetime_value.spend import GammaGamma
from resolvers.rates import Rates
from resolvers.summaries.measures import Line

PURCHASES = (Line.CARDS, Line.HOTEL, Line.RENTAL, Line.LOYALTY)
"""Lines without a contract: nobody says that they leave."""
CONTRACTS = (
    Line.MOTOR,
    Line.HOME,
    Line.LIFE,
    Line.OTHER_INSURANCE,
    Line.PENSION,
    Line.DEPOSITS,
    Line.LENDING,
    Line.BROKERAGE,
)
"""Lines of contracts, whose end is seen."""

Share = Annotated[float, Meta(ge=0, le=1)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the artefact."""


class Reference(_Part, frozen=True, kw_only=True):
    """The customer that others are compared with: the median of those who have the line."""

    frequency: Annotated[int, Meta(ge=0)]
    """Repeat purchases."""
    recency_share: Share
    """Time to the last purchase by the time known, t_x/T, of those who came back."""
    age: Annotated[float, Meta(ge=0)]
    """Weeks since the first purchase."""
    mean: Annotated[float, Meta(ge=0)]
    """Mean amount of a repeat purchase, of those who came back."""


class PurchaseModel(_Part, frozen=True, kw_only=True):
    """A line without a contract."""

    purchases: BgNbd
    """In weeks."""
    spend: GammaGamma | None
    """In the artefact's currency; none where that cannot be converted to the hub's."""
    reference: Reference
    customers: int
    """How many it was fitted to."""


class Band(_Part, frozen=True, kw_only=True):
    """Contracts of some tenure."""

    from_years: Annotated[float, Meta(ge=0)]
    """Tenure from which it holds, up to the next band."""
    hazard: Annotated[float, Meta(ge=0)]
    """Contracts that end, by contract and year: a force, so that exp(−hazard) of them stay for a year."""


class Retention(_Part, frozen=True, kw_only=True):
    """How the contracts of a line end: by a hazard that is constant, or constant within bands of tenure."""

    bands: Annotated[tuple[Band, ...], Meta(min_length=1)]
    """By tenure, the first one from 0."""
    tenure: Annotated[float, Meta(ge=0)]
    """Years that a contract is taken to have lasted whose start nobody tells: the median."""
    contracts: int = 0
    """How many it was fitted to."""

    def __post_init__(self) -> None:
        starts = [band.from_years for band in self.bands]
        if starts[0] != 0 or any(later <= earlier for earlier, later in pairwise(starts)):
            raise ValueError("bands begin at 0 and rise")


class ValueModel(_Part, frozen=True, kw_only=True):
    """How customers buy and stay."""

    origin: Origin
    currency: CurrencyCode
    """Of all amounts."""
    purchases: Mapping[Line, PurchaseModel]
    retention: Mapping[Line, Retention]

    def __post_init__(self) -> None:
        wrong = [*(set(self.purchases) - set(PURCHASES)), *(set(self.retention) - set(CONTRACTS))]
        if wrong:
            raise ValueError(f"{wrong[0].value} is a line of the other kind")

    def priced_in(self, rates: Rates) -> ValueModel:
        """The same model with its amounts in the hub's own currency.

        A Gamma-Gamma is scaled by its γ. Where no rate is known, lines lose their amounts and keep the rest.
        """
        if self.currency == rates.base:
            return self
        rate = rates.convert(1.0, self.currency)
        return msgspec.structs.replace(
            self,
            currency=rates.base,
            purchases={line: _priced(one, rate) for line, one in self.purchases.items()},
        )


def _priced(model: PurchaseModel, rate: float | None) -> PurchaseModel:
    if rate is None or model.spend is None:
        return msgspec.structs.replace(model, spend=None)
    return msgspec.structs.replace(
        model,
        spend=msgspec.structs.replace(model.spend, gamma=model.spend.gamma * rate),
        reference=msgspec.structs.replace(model.reference, mean=model.reference.mean * rate),
    )
