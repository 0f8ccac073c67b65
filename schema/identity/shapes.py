"""Who is who, as types of the graph, each written once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta

from schema.derive import GraphName
from schema.hub import DECIDING
from schema.inputs import DomainName, NodeId
from schema.shapes import Profile, Shape
from store.data_identity import EntryKind, ReviewState, ReviewVerdict

CustomerNode = Annotated[Any, GraphName("Customer")]
"""A customer within another object; see :class:`schema.answers.CustomerAnswer`."""

_DECIDED = {"hub": DECIDING}


class PartyReference(Shape, frozen=True, kw_only=True):
    """A partner's record of a customer, as the partner numbers it."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance.")]
    party_id: Annotated[
        str, Meta(description="The partner's own id of the customer.", extra={"personal": True})
    ]


class Evidence(Shape, frozen=True, kw_only=True):
    """How one field of two parties agreed, and what that is worth. Weights of all fields add up."""

    field: Annotated[str, Meta(description="What was compared, such as `email` or `birth_date`.")]
    agreement: Annotated[str, Meta(description="How well it agreed, such as `exact` or `close`.")]
    weight: Annotated[
        float,
        Meta(description="Match weight in bits: above 0 speaks for one person, below 0 against."),
    ]


class LedgerEntry(Shape, frozen=True, kw_only=True):
    """A decision about who is who. Entries are only ever added; what is wrong is taken back by another."""

    id: Annotated[NodeId, Meta(description="Global id, to take the decision back by.")]
    kind: Annotated[EntryKind, Meta(description="What it did.")]
    at: Annotated[datetime, Meta(description="When it was decided.")]
    decided_by: Annotated[str, Meta(description="Who decided: a person, or a program such as `worker`.")]
    rule: Annotated[str, Meta(description="The rule that decided, such as `VERIFIED_ID` or `STEWARD`.")]
    probability: Annotated[
        float | None, Meta(description="How sure the model was, from 0 to 1; null where none was asked.")
    ] = None
    model_version: Annotated[str | None, Meta(description="Version of the model that was asked.")] = None
    evidence: Annotated[tuple[Evidence, ...], Meta(description="What agreed and what did not.")] = ()
    reason: Annotated[
        str | None, Meta(description="What a person gave as the reason.", extra={"personal": True})
    ] = None
    customer_id: Annotated[
        NodeId,
        Meta(
            description="Id of the customer that it left or made: of a merge the survivor. `node` finds who "
            "answers for it now."
        ),
    ]
    other_customer_ids: Annotated[
        tuple[NodeId, ...],
        Meta(description="Ids of the others: those merged away, the customer that a split made."),
    ] = ()
    parties: Annotated[
        tuple[PartyReference, ...], Meta(description="The partner records that were linked or moved.")
    ] = ()
    review_id: Annotated[NodeId | None, Meta(description="Id of the review that it belongs to.")] = None
    reverses: Annotated[NodeId | None, Meta(description="Id of the entry that it took back.")] = None
    reversed_by: Annotated[NodeId | None, Meta(description="Id of the entry that took it back.")] = None


class Identity(Shape, frozen=True, kw_only=True):
    """A partner's record that is taken for this customer's, and why."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance.")]
    domain: Annotated[
        DomainName | None, Meta(description="Its business domain; null where it is not configured any more.")
    ]
    party_id: Annotated[
        str, Meta(description="The partner's own id of the customer.", extra={"personal": True})
    ]
    linked_at: Annotated[datetime, Meta(description="Since when the hub holds it.")]
    rule: Annotated[
        str,
        Meta(
            description="The rule that decided, such as `VERIFIED_ID`, `PROBABILITY` or `STEWARD`; `IMPORT` "
            "where it came with its customer.",
            extra=_DECIDED,
        ),
    ]
    probability: Annotated[
        float | None,
        Meta(description="How sure the model was, from 0 to 1; null where none was asked.", extra=_DECIDED),
    ]
    evidence: Annotated[
        tuple[Evidence, ...] | None,
        Meta(description="What agreed and what did not. Null only where it is refused.", extra=_DECIDED),
    ]
    model_version: Annotated[
        str | None, Meta(description="Version of the model that was asked.", extra=_DECIDED)
    ]
    decided_by: Annotated[
        str | None,
        Meta(description="Who decided: a person, or a program; null for an import.", extra=_DECIDED),
    ]
    at: Annotated[datetime, Meta(description="When it was decided that it is theirs.", extra=_DECIDED)]
    decisions: Annotated[
        tuple[LedgerEntry, ...] | None,
        Meta(
            description="All decisions by which it is with this customer, the latest first: the link or "
            "move, and the merges since. Null only where they are refused.",
            extra=_DECIDED,
        ),
    ]


class FormerCustomer(Shape, frozen=True, kw_only=True):
    """An id that stood on its own until its customer was merged into another."""

    id: Annotated[NodeId, Meta(description="The old id. It goes on answering, with this customer.")]
    at: Annotated[datetime, Meta(description="When it was merged.")]
    entry_id: Annotated[NodeId, Meta(description="The merge, which `unmerge` takes back.")]


class HouseholdMember(Shape, frozen=True, kw_only=True):
    """A customer who lives in a household."""

    customer: Annotated[CustomerNode, Meta(description="The customer.")]


class Household(Shape, frozen=True, kw_only=True):
    """Customers who live together, such as a family at one address. Each remains a customer."""

    members: Annotated[
        tuple[HouseholdMember, ...], Meta(description="Everybody in it, this customer included.")
    ]
    since: Annotated[datetime, Meta(description="Since when the hub takes them for one household.")]
    rule: Annotated[str, Meta(description="Why, such as `PHONE_AND_ADDRESS`.")]
    evidence: Annotated[
        tuple[Evidence, ...] | None,
        Meta(description="What they share. Null only where it is refused."),
    ]


class ProbableCustomer(Shape, frozen=True, kw_only=True):
    """A customer whom a partner record that belongs to nobody probably is."""

    customer: Annotated[CustomerNode, Meta(description="The customer.")]
    probability: Annotated[float, Meta(description="How likely, from 0 to 1, by the weights alone.")]
    certain: Annotated[
        bool,
        Meta(
            description="Whether it would be linked without a person being asked; otherwise one should say."
        ),
    ]
    rule: Annotated[str, Meta(description="The rule that decided that.")]
    evidence: Annotated[tuple[Evidence, ...], Meta(description="What agrees and what does not.")]
    model_version: Annotated[str, Meta(description="Version of the model that was asked.")]


class ComparedField(Shape, frozen=True, kw_only=True):
    """One field of the two parties of a review, side by side."""

    field: Annotated[str, Meta(description="What was compared.")]
    agreement: Annotated[str, Meta(description="How well it agreed, such as `exact` or `close`.")]
    weight: Annotated[
        float, Meta(description="Match weight in bits: above 0 speaks for one person, below 0 against.")
    ]
    left: Annotated[
        tuple[str, ...],
        Meta(description="What the hub keeps of it of the left party.", extra={"personal": True}),
    ]
    right: Annotated[
        tuple[str, ...],
        Meta(description="What the hub keeps of it of the right party.", extra={"personal": True}),
    ]


class ReviewSide(Shape, frozen=True, kw_only=True):
    """One of the two parties of a review."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance.")]
    party_id: Annotated[
        str, Meta(description="The partner's own id of the customer.", extra={"personal": True})
    ]
    profile: Annotated[
        Profile | None,
        Meta(description="What this party says, as the hub keeps it; null where its customer was erased."),
    ]
    customer: Annotated[
        CustomerNode | None, Meta(description="The customer it belongs to now; null where erased.")
    ]


class Review(Shape, frozen=True, kw_only=True):
    """A pair of customers that may be one, for a person to say. Which is left has no meaning."""

    id: Annotated[NodeId, Meta(description="Global id, to decide it by.")]
    state: Annotated[ReviewState, Meta(description="How it stands.")]
    left: Annotated[ReviewSide, Meta(description="One party.")]
    right: Annotated[ReviewSide, Meta(description="The other party.")]
    fields: Annotated[
        tuple[ComparedField, ...],
        Meta(description="Field by field, both sides and how they agree, as when it was raised."),
    ]
    probability: Annotated[
        float | None, Meta(description="How likely they are one, from 0 to 1; null where no model was asked.")
    ]
    rule: Annotated[str, Meta(description="The rule that raised it.")]
    model_version: Annotated[str | None, Meta(description="Version of the model that was asked.")]
    raised_at: Annotated[datetime, Meta(description="When it was raised.")]
    raised_by: Annotated[str, Meta(description="Who raised it: a person, or a program such as `worker`.")]
    verdict: Annotated[
        ReviewVerdict | None, Meta(description="What a person said; null where nobody has.")
    ] = None
    decision: Annotated[
        LedgerEntry | None, Meta(description="Who decided, when and why; null where nobody has.")
    ] = None
