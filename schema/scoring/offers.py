"""What a customer is offered next, by stages and parts: the shapes and the field."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from msgspec import Meta
from strawberry.types.field import StrawberryField

from c360.values import Money
from resolvers.offers.consent import ConsentState
from resolvers.offers.situation import Agent, Channel, Doing, Situation
from resolvers.offers.stages import Stage
from resolvers.summaries.measures import Line, Measure
from schema import hub
from schema.answers import CustomerAnswer
from schema.declarations import Demand
from schema.derive import Deriver
from schema.errors import ErrorCode, InputError
from schema.inputs import Arguments, DomainName, NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.permissions.types import TYPES
from schema.reading import read_input
from schema.scoring.offer_answers import OfferAnswer, offers_of
from schema.scoring.policy_loans import PolicyLoan
from schema.scoring.shapes import (
    Basis,
    Contribution,
    ModelOrigin,
    OldestFigure,
)
from schema.shapes import Shape
from store.data_offers import ProductState

MOST_OFFERS = 50
"""That are answered at once."""


_REASONING = needs(Scope.SCORES_READ, Scope.RISK_READ)
"""Of why something is offered or not: it tells what the customer is worth, and what they can bear."""


class OfferContext(Arguments, frozen=True, kw_only=True):
    """The moment in which something is offered: it weighs products, and rules out what does not fit."""

    doing: Annotated[Doing, Meta(description="What the customer is doing.")] = Doing.BROWSING
    channel: Annotated[Channel | None, Meta(description="Through what it would be offered.")] = None
    agent: Annotated[Agent | None, Meta(description="Who would offer it.")] = None


class OffersArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of a customer's ``offers``."""

    first: Annotated[int, Meta(description=f"How many at the most, 1 to {MOST_OFFERS}.")] = 5
    include_rejected: Annotated[
        bool,
        Meta(
            description="Whether products that were rejected follow behind the others, each with its stage "
            "and reasons. Has no effect on anything that is counted or learnt.",
            extra={"asking": _REASONING},
        ),
    ] = False
    context: Annotated[
        OfferContext | None, Meta(description="The moment; nothing in particular unless told.")
    ] = None


class Product(Shape, frozen=True, kw_only=True):
    """A product of the catalogue."""

    product_id: Annotated[
        NodeId, Meta(description="Its id in the catalogue, which `recordOfferResponse` takes.")
    ]
    version: Annotated[int, Meta(description="Counts from 1; another one after every change.")]
    name: Annotated[str, Meta(description="Its name for customers.")]
    description: Annotated[str, Meta(description="What it is, in words for customers.")]
    domain: Annotated[
        DomainName | None, Meta(description="The line of business it belongs to; null where it is none here.")
    ]
    line: Annotated[Line, Meta(description="What is held once it is taken.")]
    state: Annotated[ProductState, Meta(description="Whether it can be offered.")]
    valid_from: Annotated[dt.date | None, Meta(description="First day on which it is offered.")] = None
    valid_until: Annotated[dt.date | None, Meta(description="Last day on which it is offered.")] = None


class OfferReason(Shape, frozen=True, kw_only=True):
    """A condition that is not met."""

    rule: Annotated[str, Meta(description="Name of the condition, for programs, such as `HELD`.")]
    wanted: Annotated[str, Meta(description="What was asked, in words.")]
    known: Annotated[
        bool,
        Meta(description="False where it may be met, and something is missing to say so: see `missing`."),
    ]
    line: Annotated[Line | None, Meta(description="The line of business that it is about.")]
    measure: Annotated[Measure | None, Meta(description="The figure that it is about.")]
    found: Annotated[float | None, Meta(description="The figure that there is.")]


class OfferLever(Shape, frozen=True, kw_only=True):
    """Something that the company wants to push, or hold back."""

    name: Annotated[str, Meta(description="What it is called.")]
    percent: Annotated[float, Meta(description="By how many per cent it moves the priority.")]


class OfferParts(Shape, frozen=True, kw_only=True):
    """What a priority is the product of: propensity, context, value and lever."""

    propensity: Annotated[float, Meta(description="P: how likely the customer is to take it, from 0 to 1.")]
    context: Annotated[
        float, Meta(description="C: how well it fits the moment; 1 is neutral, 0 rules it out.")
    ]
    value: Annotated[
        float,
        Meta(description="V: what it brings over its life, in the hub's own currency, before rounding."),
    ]
    amount: Annotated[Money, Meta(description="V, rounded to the currency's minor unit.")]
    lever: Annotated[float, Meta(description="L: one and the percentages of all levers that hold.")]
    levers: Annotated[tuple[OfferLever, ...], Meta(description="The levers that hold.")]


class Offer(Shape, frozen=True, kw_only=True):
    """A product as it stands with a customer."""

    product: Annotated[Product, Meta(description="The product.")]
    stage: Annotated[Stage, Meta(description="Where it was rejected, or that it is offered.")]
    reasons: Annotated[
        tuple[OfferReason, ...] | None,
        Meta(
            description="Why it was rejected; empty where it is offered, null only where it is refused.",
            extra={"rule": _REASONING},
        ),
    ]
    consent: Annotated[
        ConsentState, Meta(description="What is known of the customer's consent to being approached with it.")
    ]
    priority: Annotated[
        float | None,
        Meta(description="P, C, V and L multiplied; null where it was rejected.", extra={"rule": _REASONING}),
    ]
    parts: Annotated[
        OfferParts | None,
        Meta(description="What makes the priority; null where it was rejected.", extra={"rule": _REASONING}),
    ]
    explored: Annotated[
        bool,
        Meta(description="Whether the offers come in random order on this day, to learn from the answers."),
    ]
    log_odds: Annotated[
        float | None,
        Meta(
            description="ln(P / (1 − P)): what `baseline` and `contributions` add up to.",
            extra={"rule": _REASONING},
        ),
    ]
    baseline: Annotated[
        float | None,
        Meta(
            description="Log-odds of a customer in the middle of those learnt from.",
            extra={"rule": _REASONING},
        ),
    ]
    contributions: Annotated[
        tuple[Contribution, ...] | None,
        Meta(
            description="What each property of the customer adds to the log-odds, the strongest first; with "
            "the baseline they add up to `logOdds` within 1e-9. Null only where they are refused.",
            extra={"rule": _REASONING},
        ),
    ]
    learnt_from: Annotated[
        str | None,
        Meta(
            description="What the propensity of this product was learnt from: `TAKEN` (who took it within a "
            "year, offered or not), `RESPONSES` (who accepted it when presented); null where there is no "
            "model, and everybody counts as equally likely.",
            extra={"rule": _REASONING},
        ),
    ]
    model: Annotated[
        ModelOrigin | None,
        Meta(
            description="What says how likely customers are to take products; null only where it is refused.",
            extra={"rule": _REASONING},
        ),
    ]
    basis: Annotated[Basis, Meta(description="What it is reckoned from.")]
    as_of: OldestFigure
    missing: Annotated[
        tuple[NodeId, ...],
        Meta(
            description="Connector instances that the customer is linked to and nothing was reckoned of yet: "
            "what they hold speaks neither for nor against."
        ),
    ]
    policy_loans: Annotated[
        tuple[PolicyLoan, ...] | None,
        Meta(
            description="Beside a loan against a policy: what it is worth for each policy that can be "
            "surrendered, and what surrender is. From the insurers' own records; of other products "
            "empty, null only where they are refused or withheld.",
            extra={
                "kinds": ("insurance.policies", "insurance.premiums"),
                "rule": needs(Scope.INSURANCE_READ),
            },
        ),
    ]


def offer_fields(make: Deriver) -> dict[str, StrawberryField]:
    """The fields by name."""
    return {
        "offers": make.computed(
            _offers,
            tuple[Offer, ...] | None,
            "What to offer the customer next, the most important first: what passes eligibility, consent, "
            "contact policy and suitability, ranked by propensity, context, value and levers. From the hub's "
            "summaries; of the partners only hotels are asked, whether the guest refuses marketing. "
            "Null only where they are withheld.",
            rule=TYPES["Offer"],
            arguments=OffersArguments,
            demand=Demand(hub=hub.OFFERS, kinds=("hotel.preferences",)),
        ),
    }


def _offers(customer: CustomerAnswer, _info: object, **given: Any) -> list[OfferAnswer]:
    first: int = 5 if given.get("first") is None else given["first"]
    if not 1 <= first <= MOST_OFFERS:
        message = f"`first` lies between 1 and {MOST_OFFERS}."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument="first")
    asked = given.get("context")
    context = OfferContext() if asked is None else read_input(OfferContext, vars(asked))
    situation = Situation(doing=context.doing, channel=context.channel, agent=context.agent)
    return offers_of(customer.view, situation, first=first, rejected=bool(given.get("include_rejected")))
