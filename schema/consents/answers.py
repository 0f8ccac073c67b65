"""What the store and the law say of consents, as objects of the graph."""

from __future__ import annotations

from collections.abc import Mapping

from c360.values import LanguageTag
from resolvers.consents.customer import Cell, CustomerConsents
from resolvers.offers.situation import Channel
from schema import ids
from schema.consents.shapes import (
    DECISION,
    Consent,
    ConsentDecision,
    ConsentProof,
    ConsentWording,
    ConsentWordingReference,
)
from store.data_consents import DecisionData, Proof, WordingData


def wording(found: WordingData) -> ConsentWording:
    """A version of a wording."""
    return ConsentWording(
        wording_id=found.id,
        version=found.version,
        language=LanguageTag(found.language),
        text=found.text,
        valid_from=found.valid_from,
        published_at=found.published_at,
        published_by=found.published_by,
    )


def decision(found: DecisionData, proofs: Mapping[str, Proof] | None = None) -> ConsentDecision:
    """A decision, with its proof where that was read."""
    proof = (proofs or {}).get(found.id)
    words = found.wording
    return ConsentDecision(
        id=ids.encode(DECISION, found.id),
        kind=found.kind,
        state=found.state,
        purpose=found.purpose,
        channel=channel(found.channel),
        connector=found.connector,
        at=found.at,
        recorded_at=found.recorded_at,
        recorded_by=found.recorded_by,
        source=found.source,
        wording=None
        if words is None
        else ConsentWordingReference(
            wording_id=words.id, version=words.version, language=LanguageTag(words.language)
        ),
        expires_at=found.expires_at,
        proven=found.proven,
        proof=None if proof is None else ConsentProof(reference=proof.reference, text=proof.text),
    )


def consents(mine: CustomerConsents) -> tuple[Consent, ...]:
    """How every purpose stands, and each scope that somebody said something of."""
    return tuple(_consent(mine, cell) for cell in mine.cells())


def _consent(mine: CustomerConsents, cell: Cell) -> Consent:
    scope = cell.scope
    found = mine.verdict(cell.purpose, scope.channel, scope.connector)
    why = found.decision
    return Consent(
        purpose=cell.purpose,
        channel=channel(scope.channel),
        connector=scope.connector,
        status=found.status,
        allowed=found.allowed,
        ground=found.ground,
        legal_basis=found.basis,
        since=None if why is None else why.at,
        expires_at=None if why is None else why.expires_at,
        decision=None if why is None else decision(why),
        held_by=found.partner,
    )


def channel(name: str | None) -> Channel | None:
    """A channel by its name; none for one that another release knows."""
    return None if name is None else Channel.__members__.get(name)
