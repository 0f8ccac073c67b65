"""Made-up customers' figures, and a model to value them by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from c360.values import CurrencyCode
from resolvers.artefacts import Origin
from resolvers.lifetime_value.bgnbd import BgNbd
from resolvers.lifetime_value.model import (
    CONTRACTS,
    PURCHASES,
    Band,
    PurchaseModel,
    Reference,
    Retention,
    ValueModel,
)
from resolvers.lifetime_value.spend import GammaGamma
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure, Unit

DAY = date(2026, 6, 30)
AUD = CurrencyCode("AUD")
ORIGIN = Origin(
    model="lifetime-value",
    version="test",
    fitted_at=datetime(2026, 6, 30, tzinfo=UTC),
    trained_on="nobody",
    made_up=True,
    fingerprint="0",
    customers=100,
)
MODEL = ValueModel(
    origin=ORIGIN,
    currency=AUD,
    purchases={
        line: PurchaseModel(
            purchases=BgNbd(r=0.8, alpha=9.0, a=0.4, b=6.0),
            spend=GammaGamma(p=4.0, q=3.5, gamma=120.0),
            reference=Reference(frequency=7, recency_share=0.9, age=120.0, mean=150.0),
            customers=100,
        )
        for line in PURCHASES
    },
    retention={
        line: Retention(
            bands=(
                Band(from_years=0.0, hazard=0.2),
                Band(from_years=1.0, hazard=0.1),
                Band(from_years=3.0, hazard=0.05),
            ),
            tenure=2.5,
        )
        for line in CONTRACTS
    },
)


def customer(lines: Mapping[Line, Mapping[Measure, float]]) -> Summaries:
    """A customer of the day of the tests."""
    return Summaries(day=DAY, currency=AUD, lines=lines)


def _figure(measure: Measure) -> st.SearchStrategy[float]:
    match measure.unit:
        case Unit.MONEY:
            return st.floats(0, 1e6)
        case Unit.DAY:
            return st.integers(DAY.toordinal() - 4_000, DAY.toordinal() + 3).map(float)
        case Unit.RATIO:
            return st.floats(0, 1)
        case _:
            return st.integers(0, 1_000).map(float)


figures = st.fixed_dictionaries({}, optional={measure: _figure(measure) for measure in Measure})
"""A line's figures, any of which may be missing, and which need not agree with each other."""
customers = st.dictionaries(st.sampled_from(Line), figures, max_size=6).map(customer)
