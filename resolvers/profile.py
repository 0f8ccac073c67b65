"""The golden profile: for each attribute the value that survives, why, and what it beat.

Survivorship compares the values of one attribute by rules in a fixed order: verified, most recent
(by day), agreed by most sources, configured order of the sources, the source's own preference,
and the text itself, so that there is always exactly one winner whatever the order of the input.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from c360.records.party import Party
from resolvers.attributes import ATTRIBUTES, Attribute
from store.data import ProfileValueData


class SurvivorshipRule(enum.Enum):
    """Why a value won over the others of its attribute."""

    SOLE = "SOLE"
    """No source says anything else."""
    VERIFIED = "VERIFIED"
    """It was verified and the runner-up was not."""
    MOST_RECENT = "MOST_RECENT"
    """A source stated it on a later day than the runner-up."""
    MOST_SOURCES = "MOST_SOURCES"
    """More sources agree on it than on the runner-up."""
    SOURCE_ORDER = "SOURCE_ORDER"
    """Its source comes first in the configured order."""
    SOURCE_PREFERENCE = "SOURCE_PREFERENCE"
    """The source itself prefers it over its other values."""
    TEXT_ORDER = "TEXT_ORDER"
    """Nothing else told them apart; the alphabet did, so that the answer is always the same."""


_RULES = tuple(SurvivorshipRule)[1:]
"""In the order in which a candidate's rank compares them."""


class ValueSource(msgspec.Struct, frozen=True, kw_only=True):
    """Who stated a value, and when."""

    connector: str
    party_id: str
    observed_at: datetime | None = None
    verified: bool = False


class LosingValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value that another one beat."""

    value: Any
    sources: tuple[ValueSource, ...]


class GoldenValue(msgspec.Struct, frozen=True, kw_only=True):
    """The value of an attribute that survived."""

    attribute: str
    value: Any
    rule: SurvivorshipRule
    source: ValueSource
    """The best source of it: the one the value was taken from."""
    agreeing: tuple[ValueSource, ...] = ()
    """Every other source that says the same."""
    losing: tuple[LosingValue, ...] = ()
    """What else is said, best first."""


class GoldenProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's profile, put together from all sources."""

    given_name: GoldenValue | None = None
    family_name: GoldenValue | None = None
    full_name: GoldenValue | None = None
    organization_name: GoldenValue | None = None
    birth_date: GoldenValue | None = None
    email: GoldenValue | None = None
    phone: GoldenValue | None = None
    address: GoldenValue | None = None
    language: GoldenValue | None = None
    identifiers: tuple[GoldenValue, ...] = ()


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One source stating one value."""

    attribute: str
    variant: str
    value: Any
    same: str
    text: str
    source: ValueSource
    preference: int = 0


def golden_profile(
    stored: Iterable[ProfileValueData], parties: Iterable[Party], order: Sequence[str]
) -> GoldenProfile:
    """The profile from what the hub keeps, overlaid by what partners said just now.

    Args:
        stored: The hub's current values.
        parties: Fresh records; each replaces what the hub keeps of the same source, except that a
            value that was verified stays verified.
        order: Connector instances, the most trusted first.
    """
    winners: dict[str, list[GoldenValue]] = {}
    for golden in survivors(claims(stored, parties), order):
        winners.setdefault(golden.attribute, []).append(golden)
    single = {name: values[0] for name, values in winners.items() if name != "identifier"}
    return GoldenProfile(**single, identifiers=tuple(winners.get("identifier", ())))


def claims(stored: Iterable[ProfileValueData], parties: Iterable[Party]) -> list[Claim]:
    """All statements, the fresh ones in place of the kept ones of the same source."""
    kept = [claim for value in stored if (claim := _stored_claim(value)) is not None]
    fresh_parties = tuple(parties)
    verified = {_identity(claim) for claim in kept if claim.source.verified}
    fresh = [
        claim
        for party in fresh_parties
        for attribute in ATTRIBUTES.values()
        for claim in _party_claims(attribute, party, verified)
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
        observed_at=stored.observed_at if stored.dated else None,
        verified=stored.verified,
    )
    return _claim(attribute, value, source, stored.rank)


def _party_claims(attribute: Attribute, party: Party, verified: set[_Identity]) -> Iterable[Claim]:
    source = ValueSource(connector=party.connector, party_id=party.party_id, observed_at=party.updated_at)
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


def survivors(stated: Iterable[Claim], order: Sequence[str]) -> list[GoldenValue]:
    """One golden value per attribute and variant, in the order of their names."""
    places = {connector: place for place, connector in enumerate(order)}
    contests: dict[tuple[str, str], dict[str, list[Claim]]] = {}
    for claim in stated:
        contest = contests.setdefault((claim.attribute, claim.variant), {})
        contest.setdefault(claim.same, []).append(claim)
    return [
        _decide(attribute, [_Candidate(group, places) for group in contest.values()])
        for (attribute, _), contest in sorted(contests.items())
    ]


_Rank = tuple[bool, int, int, int, int, str]


class _Candidate:
    """All claims of one value."""

    __slots__ = ("claims", "rank")

    def __init__(self, group: list[Claim], places: dict[str, int]) -> None:
        self.claims = sorted(group, key=lambda claim: _claim_rank(claim, places))
        best = self.claims[0]
        self.rank: _Rank = (
            not any(claim.source.verified for claim in group),
            min(-_day(claim.source.observed_at) for claim in group),
            -len({claim.source.connector for claim in group}),
            min(_place(claim, places) for claim in group),
            min(claim.preference for claim in group),
            best.same,
        )

    def sources(self) -> tuple[ValueSource, ...]:
        return tuple(dict.fromkeys(claim.source for claim in self.claims))


def _decide(attribute: str, candidates: list[_Candidate]) -> GoldenValue:
    winner, *others = sorted(candidates, key=lambda candidate: candidate.rank)
    source, *agreeing = winner.sources()
    return GoldenValue(
        attribute=attribute,
        value=winner.claims[0].value,
        rule=_rule(winner.rank, others[0].rank) if others else SurvivorshipRule.SOLE,
        source=source,
        agreeing=tuple(agreeing),
        losing=tuple(LosingValue(value=one.claims[0].value, sources=one.sources()) for one in others),
    )


def _rule(winner: _Rank, runner_up: _Rank) -> SurvivorshipRule:
    return next(rule for rule, mine, theirs in zip(_RULES, winner, runner_up, strict=True) if mine != theirs)


def _claim_rank(claim: Claim, places: dict[str, int]) -> tuple[bool, int, int, int, str, str, str]:
    source = claim.source
    return (
        not source.verified,
        -_day(source.observed_at),
        _place(claim, places),
        claim.preference,
        source.connector,
        source.party_id,
        claim.text,
    )


def _place(claim: Claim, places: dict[str, int]) -> int:
    return places.get(claim.source.connector, len(places))


def _day(moment: datetime | None) -> int:
    """Days count, not seconds: two partners that changed on one day are equally recent."""
    if moment is None:
        return date.min.toordinal() - 1
    try:
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date().toordinal()
    except OverflowError:  # a partner's "never" at the very edge of the calendar
        return moment.date().toordinal()
