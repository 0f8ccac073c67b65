"""What becomes of a party: linked to a customer, shown to a person, or a new customer.

Pure: the caller looks up the candidates and their parties and hands them in; nothing is read or kept.
"""

from __future__ import annotations

import enum

import msgspec

from resolvers.identity.features import Features
from resolvers.identity.scoring import FieldScore


class PartyKey(msgspec.Struct, frozen=True, order=True):
    """Which record at which partner."""

    connector: str
    """Id of the connector instance."""
    party_id: str
    """The partner's own id of the customer."""


class KnownParty(msgspec.Struct, frozen=True):
    """A partner's record with what of it is compared."""

    key: PartyKey
    features: Features


class Candidate(msgspec.Struct, frozen=True):
    """A customer that the party may be, with all of the customer's parties."""

    customer_id: str
    parties: tuple[KnownParty, ...]


class Outcome(enum.Enum):
    """What is done with a party."""

    LINK = "LINK"
    """It is linked to the customer."""
    REVIEW = "REVIEW"
    """A person has to say."""
    NEW = "NEW"
    """It becomes a customer of its own."""


class PairEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why two parties are taken for one, or not."""

    party: PartyKey
    """The candidate's party that the new one was compared with."""
    fields: tuple[FieldScore, ...]
    """What each field says, in bits."""
    prior: float
    """In bits; prior and fields add up to the total."""
    total: float
    probability: float
    """That of the total; a rule may have decided otherwise."""
    rules: tuple[str, ...] = ()
    """Names of the rules that spoke, in alphabetical order."""


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """How a candidate customer fits."""

    customer_id: str
    probability: float
    """Of the best pair."""
    outcome: Outcome
    """What this candidate alone would lead to; ``NEW`` where it is not the customer."""
    evidence: PairEvidence
    """Of the pair that decided."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a party, and why."""

    outcome: Outcome
    customer_id: str | None = None
    """Of ``LINK``: the customer."""
    rule: str
    """What decided: ``weights``, or the name of a rule (:mod:`resolvers.identity.rules`)."""
    model: str
    """Version of the model."""
    matches: tuple[Match, ...] = ()
    """All candidates that could be the customer, best first; of ``REVIEW`` those that are in question."""
