"""``recordOfferResponse``: what became of an offer, so that contacts are counted and models learn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from resolvers.consents.customer import CustomerConsents
from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.events.work import OfferResponded
from resolvers.offers.contact_policy import Contacts
from resolvers.offers.features import FEATURES
from resolvers.offers.situation import Channel, Doing, Situation
from resolvers.offers.stages import Case, Offer, Stage
from resolvers.offers.weighing import Ready
from resolvers.risk.behavioural import BehaviouralScore
from resolvers.summaries.customer import Summaries, summarise
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import IdempotencyProblem, NotFoundProblem, Refusal
from schema.mutations.refusing import Paths, customer_missing
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.scoring.offer_answers import offer_consents, weighed
from schema.shapes import Shape
from store.data import CustomerData, PartyFigures
from store.data_events import EventDraft
from store.data_offers import OfferEvent, OfferEventDraft, OfferEventKind, ProductState
from store.errors_identity import CustomerUnknown
from store.errors_offers import ResponseKeyReused

LONGEST_REASON = 500
"""Characters."""


class RecordOfferResponseInput(MutationInput, frozen=True, kw_only=True):
    """What became of an offer."""

    customer_id: Annotated[NodeId, Meta(description="Global id of the customer; an old id will do.")]
    product_id: Annotated[NodeId, Meta(description="Id of the product in the catalogue.")]
    event: Annotated[OfferEventKind, Meta(description="What became of it.")]
    reason: Annotated[
        str | None,
        Meta(
            description=f"Why, as a code or in words; up to {LONGEST_REASON} characters. Goes when the "
            "customer is erased."
        ),
    ] = None
    channel: Annotated[Channel | None, Meta(description="Through what it was offered.")] = None
    context: Annotated[Doing, Meta(description="What the customer was doing.")] = Doing.BROWSING


class OfferResponse(Shape, frozen=True, kw_only=True):
    """What became of an offer, with what the models said of it at that moment."""

    response_id: Annotated[NodeId, Meta(description="Its id.")]
    product_id: Annotated[NodeId, Meta(description="Id of the product in the catalogue.")]
    product_version: Annotated[int, Meta(description="Version of the product.")]
    event: Annotated[OfferEventKind, Meta(description="What became of it.")]
    at: Annotated[dt.datetime, Meta(description="When the hub noted it.")]
    stage: Annotated[Stage, Meta(description="How far the product came for the customer at that moment.")]
    propensity: Annotated[
        float | None,
        Meta(
            description="How likely the customer was to take it; null where it was rejected.",
            extra={"rule": needs(Scope.SCORES_READ)},
        ),
    ]
    priority: Annotated[
        float | None,
        Meta(
            description="Its priority at that moment; null where it was rejected.",
            extra={"rule": needs(Scope.SCORES_READ)},
        ),
    ]
    explored: Annotated[bool, Meta(description="Whether offers came in random order on that day.")]


class OfferResponseOutcome(Outcome, frozen=True, kw_only=True):
    """What was noted."""

    customer: str
    response: OfferResponse


class RecordOfferResponsePayload(Payload, frozen=True, kw_only=True):
    """What was noted of an offer."""

    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None
    response: Annotated[OfferResponse | None, Meta(description="What was noted.")] = None


class RecordOfferResponse(Mutation):
    """Notes what became of an offer."""

    name = "recordOfferResponse"
    rule = needs(Scope.OFFERS_WRITE)
    description = (
        "Notes that an offer was presented to a customer, accepted or declined. Presentations count against "
        "the product's frequency caps, answers let it rest; propensities are fitted to them. The same "
        "idempotency key notes it once, however late it is sent again."
    )
    input_type = RecordOfferResponseInput
    outcome_type = OfferResponseOutcome
    payload_type = RecordOfferResponsePayload

    def check(self) -> None:
        """Read the ids and check the reason."""
        self._paths = Paths()
        path = ("input", "customerId")
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument=".".join(path))
        self._paths.remember(self._customer, path)
        reason = self.asked.reason or ""
        if len(reason) > LONGEST_REASON or "\0" in reason:
            message = f"A reason has at most {LONGEST_REASON} characters, and no NUL."
            raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="input.reason")

    async def effect(self, unit: Unit) -> OfferResponseOutcome:
        """Weigh the product for the customer as they are now, and keep that beside the event."""
        products = await unit.products.current()
        catalogue = self.models.shelves.of(products)
        ready = catalogue.by_id.get(self.asked.product_id)
        if ready is None or ready.product.state is ProductState.DRAFT:
            message = "The catalogue has no such product: list `products`."
            raise Refusal(NotFoundProblem(message=message, path=("input", "productId")))
        customer = (await unit.customers.hold([self._customer])).get(self._customer)
        if customer is None:
            raise Refusal(customer_missing(self._customer, self._paths))
        figures = await unit.summaries.of([customer.id])
        decided = await unit.consents.of([customer.id])
        summaries = self._summaries(customer, figures.get(customer.id, ()))
        weighing = weighed(
            customer,
            catalogue,
            summaries,
            value=lambda: self.models.valuer.value(summaries),
            score=lambda: BehaviouralScore(self.models.risk.behavioural, summaries, self.domains_of),
            situation=Situation(doing=self.asked.context, channel=self.asked.channel),
            domains_of=self.domains_of,
            at=self.at,
        )
        case = Case(
            weighing,
            customer_id=customer.id,
            contacts=Contacts((), self.at),
            policy=self.models.offers,
            consents=offer_consents(
                customer, CustomerConsents(decided.get(customer.id, ()), at=self.at), self.domains_of
            ),
        )
        try:
            kept = await unit.offer_responses.record(self._draft(customer.id, ready, case), key=self.key)
        except CustomerUnknown:
            raise Refusal(customer_missing(self._customer, self._paths)) from None
        except ResponseKeyReused:
            raise Refusal(_REUSED) from None
        return OfferResponseOutcome(customer=kept.customer_id, response=_response(kept))

    def _summaries(self, customer: CustomerData, figures: Sequence[PartyFigures]) -> Summaries:
        rates = self.models.rates
        return summarise(
            figures,
            linked=[link.connector for link in customer.links],
            domains=self.domains_of,
            currency=rates.base,
            convert=rates.convert,
            today=self.at.astimezone(dt.UTC).date(),
        )

    def _draft(self, customer_id: str, ready: Ready, case: Case) -> OfferEventDraft:
        offer = case.offer(ready)
        return OfferEventDraft(
            customer_id=customer_id,
            product_id=ready.product.id,
            product_version=ready.data.version,
            event=self.asked.event,
            agent=self.actor,
            channel=None if self.asked.channel is None else self.asked.channel.value,
            doing=self.asked.context.value,
            reason=self.asked.reason,
            stage=offer.stage.value,
            propensity=None if offer.parts is None else offer.parts.propensity,
            priority=offer.priority,
            explored=offer.explored,
            parts=self._parts(offer, case),
        )

    def _parts(self, offer: Offer, case: Case) -> str:
        """What it was made of, and the features: a later fit sees the customer as they were."""
        features = {
            feature.name: value
            for feature, value in zip(FEATURES, case.features, strict=True)
            if value == value and value  # noqa: PLR0124  # neither zero nor unknown
        }
        unknown = sorted(line.value for line in case.facts.unknown)
        found = {
            "model": self.models.propensity.origin.version,
            "parts": offer.parts,
            "features": features,
            "unknown": unknown,
        }
        return msgspec.json.encode(found).decode()

    def concerns(self, outcome: OfferResponseOutcome) -> Concerns:
        """The customer."""
        return Concerns(customers=(outcome.customer,))

    def events(self, outcome: OfferResponseOutcome) -> Sequence[EventDraft]:
        """What became of the offer."""
        told = OfferResponded(product=outcome.response.product_id, event=outcome.response.event)
        changed = CustomerChanged(aspects=(Aspect.OFFERS,))
        return drafted(told, (outcome.customer,)), drafted(changed, (outcome.customer,))

    def payload(self, outcome: OfferResponseOutcome, shown: Shown) -> RecordOfferResponsePayload:
        """The customer and what was noted."""
        return RecordOfferResponsePayload(
            customer=shown.customers.get(outcome.customer), response=outcome.response
        )


def _response(kept: OfferEvent) -> OfferResponse:
    return OfferResponse(
        response_id=kept.id,
        product_id=kept.product_id,
        product_version=kept.product_version,
        event=kept.event,
        at=kept.at,
        stage=Stage(kept.stage),
        propensity=kept.propensity,
        priority=kept.priority,
        explored=kept.explored,
    )


_REUSED = IdempotencyProblem(
    message="This idempotency key was used for another answer to an offer: take a new one.",
    path=("input", "idempotencyKey"),
)
