"""From a catalogue to what a customer is offered, stage by stage, each rejection with its reasons.

Eligibility → consent → contact policy → suitability → arbitration by propensity, context, value and levers.

Pure: nothing is counted, kept or learnt by asking. A product that is rejected says at which stage and why.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date

import msgspec

from resolvers.lifetime_value.assumptions import Assumptions
from resolvers.offers.catalogue import CatalogueError, Lever, Product
from resolvers.offers.catalogue import product as decoded
from resolvers.offers.conditions import Condition, Failure, RiskBandRule, ValueRule
from resolvers.offers.consent import Consents, ConsentState
from resolvers.offers.contact_policy import CONTEXTS, Contacts, Policy
from resolvers.offers.facts import Facts
from resolvers.offers.features import vector
from resolvers.offers.propensity import Propensities, Scorer, Scorers, probability, scorer
from resolvers.offers.rules import uses
from resolvers.offers.situation import Doing, Situation
from resolvers.rates import Rates
from store.data_offers import ProductData, ProductState


class Stage(enum.Enum):
    """How far a product came: where it was rejected, or that it is offered."""

    ELIGIBILITY = "ELIGIBILITY"
    """The customer cannot have it, or it is not offered at this time."""
    CONSENT = "CONSENT"
    """The customer does not want to be approached with it."""
    CONTACT_POLICY = "CONTACT_POLICY"
    """The customer was approached often enough of late."""
    SUITABILITY = "SUITABILITY"
    """It does not serve the customer, or not at this moment."""
    ARBITRATION = "ARBITRATION"
    """It costs more than it brings with this customer."""
    OFFERED = "OFFERED"
    """Nothing speaks against it; its priority says how early it comes."""


class Parts(msgspec.Struct, frozen=True):
    """What a priority is the product of."""

    propensity: float
    """P: how likely the customer is to take it."""
    context: float
    """C: how well it fits the moment; 1 is neutral."""
    value: float
    """V: what it brings over its life, in the hub's own currency."""
    lever: float
    """L: what the company wants to push or hold back; 1 is neutral."""

    @property
    def priority(self) -> float:
        """P x C x V x L."""
        return self.propensity * self.context * self.value * self.lever


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A product as it stands with one customer."""

    ready: Ready
    stage: Stage
    consent: ConsentState
    failures: tuple[Failure, ...] = ()
    """Why it was rejected; empty where it is offered."""
    log_odds: float | None = None
    parts: Parts | None = None
    priority: float | None = None
    explored: bool = False
    """Whether its place among the offers is random, to learn from."""

    @property
    def product(self) -> Product:
        """The product."""
        return self.ready.product


class Ready:
    """A product made ready to be weighed often."""

    __slots__ = (
        "_annuity",
        "_fixed",
        "_margins",
        "approach",
        "contexts",
        "data",
        "eligible",
        "open_ended",
        "product",
        "scorer",
        "suits",
        "unrated",
    )

    def __init__(self, data: ProductData, scorer: Scorer, *, assumptions: Assumptions, rates: Rates) -> None:
        """Make a product ready: what does not depend on the customer is reckoned here."""
        self.data = data
        self.product = decoded(data)
        self.scorer = scorer
        worth = self.product.worth
        kept = worth.retention / (1 + assumptions.discount_rate)
        self._annuity = sum(kept**year for year in range(worth.years))
        self._margins = [
            (share.line, share.measure, share.share * getattr(assumptions, share.margin))
            for share in worth.shares
        ]
        self.unrated = rates.convert(1.0, self.product.currency) is None
        self.approach = f"{self.product.purpose.value} {self.product.domain}"
        """What a consent depends on."""
        self.eligible = self.product.eligibility.compiled()
        self.suits = self.product.suitability.compiled()
        self.contexts = dict.fromkeys(Doing, 1.0) | {**CONTEXTS, **self.product.contexts}
        dates = (self.product.valid_from, self.product.valid_until)
        self.open_ended = (
            self.product.state is ProductState.ACTIVE and dates == (None, None) and not self.unrated
        )
        self._fixed = (
            rates.convert(worth.a_year, self.product.currency) or 0.0,
            rates.convert(worth.acquisition, self.product.currency) or 0.0,
        )

    def open_on(self, today: date) -> bool:
        """Whether it is offered on a day at all."""
        product = self.product
        return self.open_ended or (
            product.state is ProductState.ACTIVE
            and _within(product.valid_from, product.valid_until, today)
            and not self.unrated
        )

    def context(self, situation: Situation) -> float:
        """C: how well it fits what the customer is doing, and the channel."""
        weight = self.contexts[situation.doing]
        if situation.channel is None:
            return weight
        return weight * self.product.channels.get(situation.channel, 1.0)

    def lever(self, facts: Facts, today: date) -> float:
        """L = 1 + the sum of the percentages that hold, never below zero."""
        if not self.product.levers:
            return 1.0
        percent = sum(lever.percent for lever in levers(self.product, facts, today))
        return max(0.0, 1.0 + percent / 100)

    def value(self, facts: Facts) -> float:
        """What it brings with this customer over its life, in the hub's own currency."""
        a_year, acquisition = self._fixed
        for line, measure, margin in self._margins:
            a_year += margin * (facts.figure(line, measure) or 0.0)
        return a_year * self._annuity - acquisition


class Catalogue:
    """Products made ready, with what has to be known to weigh them.

    A product that this release cannot read, because a later one wrote it, is left out.
    """

    __slots__ = ("needs_risk", "needs_value", "ready", "scorers")

    def __init__(
        self,
        products: Iterable[ProductData],
        *,
        propensities: Propensities,
        assumptions: Assumptions,
        rates: Rates,
    ) -> None:
        found = []
        for each in products:
            if each.state is not ProductState.DRAFT:
                with suppress(CatalogueError):
                    model = scorer(propensities, each.id)
                    found.append(Ready(each, model, assumptions=assumptions, rates=rates))
        self.ready = tuple(found)
        self.scorers = Scorers([each.scorer for each in self.ready])
        self.needs_risk = self._uses(RiskBandRule)
        self.needs_value = self._uses(ValueRule)

    @property
    def by_id(self) -> Mapping[str, Ready]:
        """The products by their ids."""
        return {each.product.id: each for each in self.ready}

    def _uses(self, kind: type[Condition]) -> bool:
        return any(
            uses(rule, kind)
            for each in self.ready
            for rule in (
                each.product.eligibility,
                each.product.suitability,
                *(lever.when for lever in each.product.levers),
            )
        )


class Case:
    """One customer at one moment, with all that the stages ask about."""

    __slots__ = (
        "_consents",
        "_said",
        "_stopping",
        "_tired",
        "contacts",
        "customer_id",
        "facts",
        "features",
        "policy",
        "today",
    )

    def __init__(
        self,
        facts: Facts,
        *,
        customer_id: str,
        today: date,
        contacts: Contacts,
        policy: Policy,
        consents: Consents,
    ) -> None:
        """Look at a customer.

        Args:
            facts: what is known of the customer and the moment.
            customer_id: by which the days are drawn on which offers are explored.
            today: the day.
            contacts: what became of offers before.
            policy: what holds for all products.
            consents: what the customer agreed to.
        """
        self.facts = facts
        self.customer_id = customer_id
        self.today = today
        self.contacts = contacts
        self.policy = policy
        self.features = vector(facts)
        self._consents = consents
        self._stopping = consents.stopping
        self._said: dict[str, ConsentState] = {}
        self._tired = contacts.too_many(policy)

    def offers(
        self, catalogue: Catalogue, *, first: int | None = None, rejected: bool = False
    ) -> list[Offer]:
        """What the customer is offered, the most important first.

        Args:
            catalogue: the products.
            first: how many at the most.
            rejected: whether rejected products follow behind the others, those that came furthest first.
        """
        found: list[tuple[float, str, Ready, float, float]] = []
        facts, today = self.facts, self.today
        stopped: list[tuple[Ready, Stage]] = []
        for ready, log_odds in zip(catalogue.ready, catalogue.scorers.log_odds(self.features), strict=True):
            stage = self.rejected_at(ready)
            value = 0.0 if stage is not None else ready.value(facts)
            if value > 0:
                fit = ready.context(facts.situation) * ready.lever(facts, today)
                priority = probability(log_odds) * fit * value
                found.append((-priority, ready.product.id, ready, log_odds, value))
            elif rejected:
                stopped.append((ready, stage or Stage.ARBITRATION))
        explored = explores(self.customer_id, self.today, self.policy.explore)
        if explored:
            found.sort(key=lambda one: _draw(self.customer_id, self.today, one[1]))
        else:
            found.sort()  # by priority, then by id, of which each is one
        made = [
            self._made(ready, log_odds, self._parts(ready, log_odds, value), explored)
            for _, _, ready, log_odds, value in found[:first]
        ]
        stopped.sort(key=lambda one: -_ORDER[one[1]])
        left = None if first is None else first - len(made)
        return made + [self._rejection(ready, stage) for ready, stage in stopped[:left]]

    def offer(self, ready: Ready) -> Offer:
        """How one product stands with the customer."""
        stage = self.rejected_at(ready)
        if stage is not None:
            return self._rejection(ready, stage)
        value = ready.value(self.facts)
        if value <= 0:
            return self._rejection(ready, Stage.ARBITRATION)
        log_odds = ready.scorer.log_odds(self.features)
        explored = explores(self.customer_id, self.today, self.policy.explore)
        return self._made(ready, log_odds, self._parts(ready, log_odds, value), explored)

    def consent(self, ready: Ready) -> ConsentState:
        """What the customer said to being approached with a product."""
        said = self._said.get(ready.approach)
        if said is None:
            product, channel = ready.product, self.facts.situation.channel
            said = self._consents.state(purpose=product.purpose, domain=product.domain, channel=channel)
            self._said[ready.approach] = said
        return said

    def rejected_at(self, ready: Ready) -> Stage | None:
        """The stage before arbitration at which a product is rejected; none where it passes them."""
        facts = self.facts
        if not (ready.open_ended or ready.open_on(self.today)) or ready.eligible(facts) is not True:
            return Stage.ELIGIBILITY
        product = ready.product
        if self.consent(ready) in self._stopping:
            return Stage.CONSENT
        if not self.contacts.none and (self._tired or self.contacts.too_often(product.id, product.caps)):
            return Stage.CONTACT_POLICY
        if not ready.context(facts.situation) or ready.suits(facts) is not True:
            return Stage.SUITABILITY
        return None

    def _parts(self, ready: Ready, log_odds: float, value: float) -> Parts:
        facts = self.facts
        return Parts(
            probability(log_odds), ready.context(facts.situation), value, ready.lever(facts, self.today)
        )

    def _made(self, ready: Ready, log_odds: float, parts: Parts, explored: bool) -> Offer:  # private
        return Offer(
            ready=ready,
            stage=Stage.OFFERED,
            consent=self.consent(ready),
            log_odds=log_odds,
            parts=parts,
            priority=parts.priority,
            explored=explored,
        )

    def _rejection(self, ready: Ready, stage: Stage) -> Offer:
        """A product that was rejected, with the reasons."""
        return Offer(ready=ready, stage=stage, consent=self.consent(ready), failures=self._why(ready, stage))

    def _why(self, ready: Ready, stage: Stage) -> tuple[Failure, ...]:
        product, facts = ready.product, self.facts
        if stage is Stage.ELIGIBILITY:
            found = list(product.eligibility.failures(facts))
            if ready.unrated:
                found.append(Failure(rule="RATE", wanted=f"a rate of {product.currency}", known=False))
            elif not ready.open_on(self.today):
                found.append(Failure(rule="OPEN", wanted="is offered at this time", known=True))
            return tuple(found)
        if stage is Stage.CONSENT:
            silent = self.consent(ready) is not ConsentState.REFUSED
            wanted = "agreed to marketing" if silent else "has not refused marketing"
            return (Failure(rule="CONSENT", wanted=wanted, known=True),)
        if stage is Stage.CONTACT_POLICY:
            both = (self._tired, self.contacts.too_often(product.id, product.caps))
            return tuple(one for one in both if one is not None)
        if stage is Stage.SUITABILITY:
            found = list(product.suitability.failures(facts))
            if not ready.context(facts.situation):
                doing = facts.situation.doing.value
                found.append(Failure(rule="CONTEXT", wanted=f"fits a customer who is {doing}", known=True))
            return tuple(found)
        worth = ready.value(facts)
        return (Failure(rule="WORTH", wanted="brings more than it costs", known=True, found=worth),)


def explores(customer_id: str, day: date, share: float) -> bool:
    """Whether a customer's offers are explored on a day: the same all day long, another draw the next."""
    return share > 0 and _draw(customer_id, day, "") < share


def levers(product: Product, facts: Facts, today: date) -> tuple[Lever, ...]:
    """Those levers that hold for a customer today."""
    return tuple(
        lever
        for lever in product.levers
        if _within(lever.valid_from, lever.valid_until, today) and lever.when.test(facts) is True
    )


def _within(since: date | None, until: date | None, today: date) -> bool:
    return (since is None or since <= today) and (until is None or today <= until)


def _draw(customer_id: str, day: date, product: str) -> float:
    """A number between 0 and 1, the same for the same customer, day and product."""
    text = f"{len(customer_id)}:{customer_id}{day.toordinal()}:{product}"
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


_ORDER: Mapping[Stage, int] = {stage: place for place, stage in enumerate(Stage)}
