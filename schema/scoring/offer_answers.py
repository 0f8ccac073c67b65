"""Offers of a customer, read by the fields' names; what explains one is reckoned where it is selected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from c360.access import Purpose
from c360.kinds import domains
from resolvers.consents.customer import CustomerConsents
from resolvers.lifetime_value.value import CustomerValue
from resolvers.offers.catalogue import Bundle
from resolvers.offers.consent import OfferConsents
from resolvers.offers.contact_policy import Contacts
from resolvers.offers.facts import Facts, unknown_lines
from resolvers.offers.situation import ANY, Situation
from resolvers.offers.stages import Case, Offer
from resolvers.offers.weighing import Catalogue, Weighing, levers
from resolvers.reckoned import score_of, value_of
from resolvers.risk.behavioural import BehaviouralScore
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line
from resolvers.view import CustomerView
from schema import hub
from schema.scoring import policy_loans
from schema.scoring.answers import money
from schema.scoring.shapes import Basis, Contribution, ModelOrigin, model_origin
from store.data import CustomerData
from store.data_offers import ProductData


def offers_of(view: CustomerView, situation: Situation, *, first: int, rejected: bool) -> list[OfferAnswer]:
    """What a customer is offered in a situation."""
    shelf: hub.Shelf = hub.known(view, hub.OFFERS)
    summaries: Summaries = hub.known(view, hub.SUMMARIES)
    catalogue = view.models.shelves.of(shelf.products)
    domains_of = {source.connector: source.domain or "" for source in view.sources}

    def weigh() -> Weighing:
        return weighed(
            view.customer,
            catalogue,
            summaries,
            value=lambda: value_of(view, summaries),
            score=lambda: score_of(view, summaries),
            situation=situation,
            domains_of=domains_of,
            at=view.at,
        )

    day = view.at.astimezone(dt.UTC).date()
    given = (view.models, catalogue, summaries, situation, domains_of, day)
    case = Case(
        view.lasting("offers", given, weigh) if situation == ANY else weigh(),
        customer_id=view.customer.id,
        contacts=Contacts(shelf.contacts, view.at),
        policy=view.models.offers,
        consents=offer_consents(view.customer, view.consents, domains_of, asked_for=view.purpose),
    )
    found = case.offers(catalogue, first=first, rejected=rejected)
    return [OfferAnswer(view, case, offer) for offer in found]


def offer_consents(
    customer: CustomerData,
    consents: CustomerConsents,
    domains_of: Mapping[str, str],
    *,
    asked_for: Purpose = Purpose.SERVICE,
) -> OfferConsents:
    """A customer's consents as offers ask them.

    Args:
        customer: as the hub knows them.
        consents: what they agreed to.
        domains_of: domain of each connector instance.
        asked_for: what the offers are asked for.
    """
    connectors: dict[str, tuple[str, ...]] = {}
    for connector in dict.fromkeys(link.connector for link in customer.links):
        domain = domains_of.get(connector, "")
        connectors[domain] = (*connectors.get(domain, ()), connector)
    return OfferConsents(consents=consents, connectors=connectors, asked_for=asked_for)


def weighed(
    customer: CustomerData,
    catalogue: Catalogue,
    summaries: Summaries,
    *,
    value: Callable[[], CustomerValue],
    score: Callable[[], BehaviouralScore],
    situation: Situation,
    domains_of: Mapping[str, str],
    at: dt.datetime,
) -> Weighing:
    """Products, as what is known of a customer weighs them; models are asked only where a rule needs them.

    Args:
        customer: as the hub knows them.
        catalogue: what can be offered.
        summaries: what they hold and do.
        value: reckons the customer's lifetime value.
        score: reckons the customer's behavioural score.
        situation: the moment.
        domains_of: domain of each connector instance.
        at: the present.
    """
    band = None
    if catalogue.needs_risk:
        conduct = score()
        band = conduct.band if conduct.known else None
    facts = Facts(
        summaries,
        kind=customer.kind,
        country=customer.country,
        risk_band=band,
        value=value().value if catalogue.needs_value else None,
        situation=situation,
        unknown=unknown_lines(summaries, domains_of),
    )
    return Weighing(facts, at.astimezone(dt.UTC).date())


class ProductAnswer:
    """A product of the catalogue, read by the fields' names."""

    def __init__(self, data: ProductData) -> None:
        self._data = data
        self.product_id = data.id
        self.line = Line(data.line)
        self.domain = data.domain if data.domain in domains() else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._data, name)


class PartsAnswer:
    """The parts of a priority, read by the fields' names."""

    def __init__(self, view: CustomerView, case: Case, offer: Offer) -> None:
        self._parts, self._case, self._offer = offer.parts, case, offer
        self.amount = money(None if offer.parts is None else offer.parts.value, view.models.rates.base)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parts, name)

    @property
    def levers(self) -> Any:
        """Those that hold."""
        return levers(self._offer.product, self._case.facts, self._case.today)


class OfferAnswer:
    """An offer, read by the fields' names."""

    basis = Basis.SUMMARIES

    def __init__(self, view: CustomerView, case: Case, offer: Offer) -> None:
        self._view, self._case, self._offer = view, case, offer
        self.reasons = offer.failures
        self.as_of = case.facts.summaries.as_of
        self.missing = case.facts.summaries.missing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._offer, name)

    @property
    def product(self) -> ProductAnswer:
        """The product."""
        return ProductAnswer(self._offer.ready.data)

    @property
    def parts(self) -> PartsAnswer | None:
        """What makes the priority."""
        return None if self._offer.parts is None else PartsAnswer(self._view, self._case, self._offer)

    @property
    def baseline(self) -> float | None:
        """Of a customer in the middle."""
        return None if self._offer.parts is None else self._offer.ready.scorer.baseline

    @property
    def contributions(self) -> list[Contribution]:
        """What makes the difference; of a rejected product nothing."""
        if self._offer.parts is None:
            return []
        found = self._offer.ready.scorer.contributions(self._case.features)
        return [
            Contribution(
                feature=one.feature,
                label=one.label,
                value=one.value,
                given=one.given,
                reference=one.reference,
            )
            for one in found
        ]

    @property
    def learnt_from(self) -> str | None:
        """Of the product's own model."""
        model = self._view.models.propensity.products.get(self._offer.product.id)
        return None if model is None else model.learnt_from

    @property
    def model(self) -> ModelOrigin:
        """Of all products."""
        return self._view.once("propensity papers", lambda: model_origin(self._view.models.propensity.origin))

    @property
    def policy_loans(self) -> list[policy_loans.PolicyLoan]:
        """Of each policy, beside the product that is a loan against one."""
        if self._offer.product.bundle is not Bundle.POLICY_LOAN:
            return []
        return policy_loans.policy_loans(self._view)
