"""Statements of sources: what a partner's record, or the hub of it, says of one attribute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from c360.records.party import Party
from resolvers.attributes import ATTRIBUTES, Attribute
from store.data import HUB, ProfileValueData


class ValueSource(msgspec.Struct, frozen=True, kw_only=True):
    """Who stated a value, and when."""

    connector: str
    party_id: str
    observed_at: datetime | None = None
    """When the partner stated it; ``None`` where it does not say."""
    fetched_at: datetime | None = None
    """When the hub got it: just now, or when it recorded what it keeps."""
    verified: bool = False


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One source stating one value."""

    attribute: str
    variant: str
    value: Any
    same: str
    text: str
    source: ValueSource
    preference: int = 0


def claims(
    stored: Iterable[ProfileValueData],
    parties: Iterable[Party],
    fetched: Mapping[str, datetime | None] = {},
) -> list[Claim]:
    """All statements, the fresh ones in place of the kept ones of the same source.

    Args:
        stored: The hub's current values.
        parties: Fresh records.
        fetched: By connector instance: when its records were fetched.
    """
    kept = [claim for value in stored if (claim := _stored_claim(value)) is not None]
    fresh_parties = tuple(parties)
    verified = {_identity(claim) for claim in kept if claim.source.verified}
    fresh = [
        claim
        for party in fresh_parties
        for attribute in ATTRIBUTES.values()
        for claim in _party_claims(attribute, party, verified, fetched.get(party.connector))
    ]
    replaced = {(party.connector, party.party_id) for party in fresh_parties}
    return [*fresh, *(one for one in kept if (one.source.connector, one.source.party_id) not in replaced)]


_Identity = tuple[str, str, str, str, str]


def _identity(claim: Claim) -> _Identity:
    source = claim.source
    return (claim.attribute, claim.variant, claim.same, source.connector, source.party_id)


def _stored_claim(stored: ProfileValueData) -> Claim | None:
    """``None`` for an attribute or a text that this release does not know."""
    attribute = ATTRIBUTES.get(stored.attribute)
    if attribute is None:
        return None
    try:
        value = attribute.read(stored.value)
    except ValueError:  # msgspec's decoding errors are ValueErrors too
        return None
    source = ValueSource(
        connector=stored.connector,
        party_id=stored.party_id,
        observed_at=_stated_at(stored),
        fetched_at=stored.recorded_at,
        verified=stored.verified,
    )
    return _claim(attribute, value, source, stored.rank)


def _stated_at(stored: ProfileValueData) -> datetime | None:
    """When a kept value was stated, as far as its source says.

    Of what the hub's own people said it is known when each value was: saying another one anew says nothing
    of it.
    """
    if stored.connector == HUB:
        return stored.valid_from
    return stored.observed_at if stored.dated else None


def _party_claims(
    attribute: Attribute, party: Party, verified: set[_Identity], fetched_at: datetime | None
) -> Iterable[Claim]:
    source = ValueSource(
        connector=party.connector,
        party_id=party.party_id,
        observed_at=party.updated_at,
        fetched_at=fetched_at,
    )
    for preference, value in enumerate(attribute.values(party)):
        claim = _claim(attribute, value, source, preference)
        if _identity(claim) in verified:
            claim = msgspec.structs.replace(claim, source=msgspec.structs.replace(source, verified=True))
        yield claim


def _claim(attribute: Attribute, value: Any, source: ValueSource, preference: int) -> Claim:
    return Claim(
        attribute=attribute.name,
        variant=attribute.variant(value),
        value=value,
        same=attribute.same(value),
        text=attribute.write(value),
        source=source,
        preference=preference,
    )
