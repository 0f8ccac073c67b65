"""A small catalogue and customers to weigh it with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from c360.access import Purpose
from c360.records.hotel import GuestPreferences
from c360.values import CurrencyCode
from resolvers.artefacts import Origin
from resolvers.consents.customer import CustomerConsents
from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.offers.catalogue import Product, Worth, draft
from resolvers.offers.consent import OfferConsents
from resolvers.offers.contact_policy import Contacts, Policy
from resolvers.offers.facts import Facts
from resolvers.offers.propensity import ProductModel, Propensities, Weight
from resolvers.offers.stages import Case
from resolvers.offers.weighing import Catalogue, Weighing
from resolvers.rates import Rates
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure
from store.data_consents import DecisionData
from store.data_offers import ProductData

TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
RATES = Rates(base=CurrencyCode("AUD"), rates={"EUR": 1.6})
ORIGIN = Origin(
    model="propensity",
    version="test",
    fitted_at=NOW,
    trained_on="nobody",
    made_up=True,
    fingerprint="",
    customers=0,
)
MODELS = Propensities(
    origin=ORIGIN,
    products={
        "savings": ProductModel(
            baseline=-1.0,
            weights=(
                Weight(feature="DEPOSITS.BALANCE", centre=7.0, coefficient=0.4),
                Weight(feature="BROKERAGE.HELD", centre=0.3, coefficient=0.8),
            ),
            learnt_from="HOLDINGS",
            customers=100,
            takers=30,
        )
    },
)
SAVER = {
    Line.DEPOSITS: {Measure.CONTRACTS: 1.0, Measure.BALANCE: 9_999.0},
    Line.LIFE: {Measure.CONTRACTS: 1.0, Measure.RESERVE: 20_000.0},
}


def product(name: str = "savings", **changes: Any) -> Product:
    """A product that everybody can have, worth 100 a year for one year."""
    plain: dict[str, Any] = {
        "id": name,
        "domain": "banking",
        "line": Line.DEPOSITS,
        "name": name.title(),
        "description": "A product.",
        "currency": CurrencyCode("AUD"),
        "worth": Worth(a_year=100, years=1),
    }
    return Product(**(plain | changes))


def catalogue(*products: Product) -> Catalogue:
    """Products made ready."""
    kept = [
        ProductData(**{**msgspec.structs.asdict(draft(each)), "version": 1, "since": NOW})
        for each in products
    ]
    return Catalogue(
        kept,
        propensities=MODELS,
        assumptions=Assumptions(),
        rates=RATES,
    )


def facts(lines: Mapping[Line, Mapping[Measure, float]] = SAVER, **more: Any) -> Facts:
    """What is known of a customer."""
    return Facts(Summaries(day=TODAY, currency="AUD", lines=lines), **more)


def consents(
    *preferences: GuestPreferences,
    decisions: Iterable[DecisionData] = (),
    asked_for: Purpose = Purpose.SERVICE,
) -> OfferConsents:
    """What a customer agreed to, who is at a bank and at a hotel."""
    return OfferConsents(
        consents=CustomerConsents(decisions, at=NOW, partners=preferences),
        connectors={"hotel": ("inn",), "banking": ("bank",)},
        asked_for=asked_for,
    )


def case(known: Facts | None = None, **changes: Any) -> Case:
    """A customer today, whom nothing was ever offered, on a day that is not explored."""
    given: dict[str, Any] = {
        "customer_id": "c1",
        "contacts": Contacts((), NOW),
        "policy": Policy(explore=0),
        "consents": consents(),
    }
    weighing = Weighing(known or facts(), changes.pop("today", TODAY))
    return Case(weighing, **(given | changes))
