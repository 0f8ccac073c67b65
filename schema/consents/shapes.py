"""What customers agreed to and objected to, as objects of the graph."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from c360.access import Purpose
from c360.values import LanguageTag
from resolvers.consents.bases import LegalBasis
from resolvers.consents.customer import ConsentGround
from resolvers.consents.law import ConsentStatus
from resolvers.offers.situation import Channel
from schema.inputs import NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.shapes import Shape
from store.data_consents import ConsentSource, DecisionKind, DecisionState

DECISION = "ConsentDecision"
"""Name of the type, as global ids have it."""
READ = needs(Scope.CONSENTS_READ)
"""Who may select what customers agreed to."""
_PROOF = {"rule": needs(Scope.CONSENTS_READ, pii=True)}


class ConsentWording(Shape, frozen=True, kw_only=True):
    """One version of the words in which customers are asked for a consent, in one language."""

    wording_id: Annotated[NodeId, Meta(description="Its name, the same for all versions and languages.")]
    version: Annotated[int, Meta(description="Counts from 1.")]
    language: Annotated[LanguageTag, Meta(description="Language of the text.")]
    text: Annotated[str, Meta(description="What the customer reads or is told.")]
    valid_from: Annotated[dt.datetime, Meta(description="From when on it is used.")]
    published_at: Annotated[dt.datetime, Meta(description="When it was published here.")]
    published_by: Annotated[str, Meta(description="Who published it.")]


class ConsentWordingReference(Shape, frozen=True, kw_only=True):
    """The words that a decision was made on."""

    wording_id: Annotated[NodeId, Meta(description="Name of the wording.")]
    version: Annotated[int, Meta(description="Its version.")]
    language: Annotated[LanguageTag, Meta(description="Its language.")]


class ConsentProof(Shape, frozen=True, kw_only=True):
    """What shows that a decision was made so. Encrypted with the customer's own key where it is kept."""

    reference: Annotated[
        str | None,
        Meta(description="Where it is kept: number of a document or a recording.", extra=_PROOF),
    ]
    text: Annotated[str | None, Meta(description="What was said or written.", extra=_PROOF)]


class ConsentDecision(Shape, frozen=True, kw_only=True):
    """Something that a customer decided about the use of their data. Never changed, only followed."""

    id: Annotated[NodeId, Meta(description="Its id.")]
    kind: Annotated[DecisionKind, Meta(description="What it is about.")]
    state: Annotated[DecisionState, Meta(description="What was decided.")]
    purpose: Annotated[
        Purpose | None, Meta(description="What for; null of a restriction, which holds for all.")
    ]
    channel: Annotated[Channel | None, Meta(description="Through what; null for whatever.")]
    connector: Annotated[
        NodeId | None, Meta(description="Connector instance of the partner it is about; null for all.")
    ]
    at: Annotated[dt.datetime, Meta(description="When the customer decided.")]
    recorded_at: Annotated[dt.datetime, Meta(description="When the hub noted it.")]
    recorded_by: Annotated[str, Meta(description="Who told the hub.")]
    source: Annotated[ConsentSource, Meta(description="Through what it came.")]
    wording: Annotated[
        ConsentWordingReference | None, Meta(description="The words it was made on; null where not told.")
    ]
    expires_at: Annotated[
        dt.datetime | None, Meta(description="When a given consent is over; null where never.")
    ]
    proven: Annotated[bool, Meta(description="Whether a proof is kept.")]
    proof: Annotated[
        ConsentProof | None,
        Meta(
            description="The proof; null where none is kept. Only in `consentHistory`.", extra={"rule": READ}
        ),
    ] = None


class Consent(Shape, frozen=True, kw_only=True):
    """How the use of a customer's data stands, for a purpose, a channel or any, a partner or any.

    What follows from every decision, together with what partners say.
    """

    purpose: Annotated[Purpose, Meta(description="What for.")]
    channel: Annotated[Channel | None, Meta(description="Through what; null for whatever.")]
    connector: Annotated[
        NodeId | None, Meta(description="Connector instance of the partner it is about; null for all.")
    ]
    status: Annotated[ConsentStatus, Meta(description="How the consent itself stands.")]
    allowed: Annotated[bool, Meta(description="Whether the data may be used so at this moment.")]
    ground: Annotated[ConsentGround, Meta(description="Why, or why not.")]
    legal_basis: Annotated[LegalBasis, Meta(description="On what ground data is used for this purpose.")]
    since: Annotated[
        dt.datetime | None,
        Meta(description="When the customer made the decision that it comes from; null without one."),
    ]
    expires_at: Annotated[dt.datetime | None, Meta(description="When that decision is over.")]
    decision: Annotated[
        ConsentDecision | None, Meta(description="The decision it comes from; null where none of the hub's.")
    ]
    held_by: Annotated[
        NodeId | None,
        Meta(description="Connector instance that says so itself, where no decision of the hub's does."),
    ]
