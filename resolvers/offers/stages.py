"""From a catalogue to what a customer is offered, stage by stage, each rejection with its reasons.

Eligibility → consent → contact policy → suitability → arbitration by propensity, context, value and levers.

Pure: nothing is counted, kept or learnt by asking. A product that is rejected says at which stage and why.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping
from datetime import date

import msgspec

from resolvers.offers.catalogue import Product
from resolvers.offers.conditions import Failure
from resolvers.offers.consent import Consents, ConsentState
from resolvers.offers.contact_policy import Contacts, Policy
from resolvers.offers.propensity import probability
from resolvers.offers.weighing import Catalogue, Ready, Weighed, Weighing


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


class Case:
    """One customer at one moment, with all that the stages ask about."""

    __slots__ = (
        "_consents",
        "_said",
        "_stopping",
        "_tired",
        "_weighing",
        "contacts",
        "customer_id",
        "facts",
        "features",
        "policy",
        "today",
    )

    def __init__(
        self,
        weighing: Weighing,
        *,
        customer_id: str,
        contacts: Contacts,
        policy: Policy,
        consents: Consents,
    ) -> None:
        """Look at a customer.

        Args:
            weighing: of products, by what is known of the customer and the moment.
            customer_id: by which the days are drawn on which offers are explored.
            contacts: what became of offers before.
            policy: what holds for all products.
            consents: what the customer agreed to.
        """
        self.facts = weighing.facts
        self.today = weighing.today
        self.features = weighing.features
        self.customer_id = customer_id
        self.contacts = contacts
        self.policy = policy
        self._consents = consents
        self._stopping = consents.stopping
        self._said: dict[str, ConsentState] = {}
        self._tired = contacts.too_many(policy)
        self._weighing = weighing

    def offers(
        self, catalogue: Catalogue, *, first: int | None = None, rejected: bool = False
    ) -> list[Offer]:
        """What the customer is offered, the most important first.

        Args:
            catalogue: the products.
            first: how many at the most.
            rejected: whether rejected products follow behind the others, those that came furthest first.
        """
        found: list[tuple[float, str, Weighed]] = []
        stopped: list[tuple[Ready, Stage]] = []
        for one in self._weighing.of(catalogue):
            stage = self._rejected(one.ready, eligible=one.eligible, suits=one.suits)
            if stage is None and one.value > 0:
                found.append((-one.priority, one.ready.product.id, one))
            elif rejected:
                stopped.append((one.ready, stage or Stage.ARBITRATION))
        explored = explores(self.customer_id, self.today, self.policy.explore)
        if explored:
            found.sort(key=lambda one: _draw(self.customer_id, self.today, one[1]))
        else:
            found.sort()  # by priority, then by id, of which each is one
        made = [
            self._made(one.ready, one.log_odds, self._parts(one.ready, one.log_odds, one.value), explored)
            for _, _, one in found[:first]
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
        eligible = self._weighing.is_eligible(ready)
        suits = eligible and self._weighing.is_suitable(ready)
        return self._rejected(ready, eligible=eligible, suits=suits)

    def _rejected(self, ready: Ready, *, eligible: bool, suits: bool) -> Stage | None:
        if not eligible:
            return Stage.ELIGIBILITY
        product = ready.product
        if self.consent(ready) in self._stopping:
            return Stage.CONSENT
        if not self.contacts.none and (self._tired or self.contacts.too_often(product.id, product.caps)):
            return Stage.CONTACT_POLICY
        return None if suits else Stage.SUITABILITY

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


def _draw(customer_id: str, day: date, product: str) -> float:
    """A number between 0 and 1, the same for the same customer, day and product."""
    text = f"{len(customer_id)}:{customer_id}{day.toordinal()}:{product}"
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


_ORDER: Mapping[Stage, int] = {stage: place for place, stage in enumerate(Stage)}
