"""The golden profile: for each attribute the value that survives, why, and what it beat.

Survivorship compares the values of one attribute by rules that are data
(:mod:`resolvers.survivorship`), by default: verified, most recent (by day), agreed by most sources,
configured order of the sources, the source's own preference; at last the text itself, so that there is
always exactly one winner whatever the order of the input. Given and family name are one choice: a name
is never put together from two records where one record states it whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from c360.records.party import Party
from resolvers.claims import Claim, ValueSource, claims
from resolvers.survivorship import (
    AS_EVER,
    NAME_PARTS,
    PERSON_NAME,
    ProfileRules,
    Ranking,
    SurvivorshipRule,
    day,
)
from store.data import ProfileValueData

__all__ = [
    "Claim",
    "GoldenProfile",
    "GoldenValue",
    "LosingValue",
    "SurvivorshipRule",
    "ValueSource",
    "claims",
    "golden_profile",
    "survivors",
]


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

    @property
    def verified(self) -> bool:
        """Whether some source of it had it checked."""
        return self.source.verified or any(source.verified for source in self.agreeing)


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


def golden_profile(
    stored: Iterable[ProfileValueData],
    parties: Iterable[Party],
    order: Sequence[str],
    *,
    rules: ProfileRules = AS_EVER,
    fetched: Mapping[str, datetime | None] = {},
) -> GoldenProfile:
    """The profile from what the hub keeps, overlaid by what partners said just now.

    Args:
        stored: The hub's current values.
        parties: Fresh records; each replaces what the hub keeps of the same source, except that a
            value that was verified stays verified.
        order: Connector instances, the most trusted first.
        rules: By which values win.
        fetched: By connector instance: when its fresh records were fetched.
    """
    winners: dict[str, list[GoldenValue]] = {}
    for golden in survivors(claims(stored, parties, fetched), order, rules):
        winners.setdefault(golden.attribute, []).append(golden)
    single = {name: values[0] for name, values in winners.items() if name != "identifier"}
    return GoldenProfile(**single, identifiers=tuple(winners.get("identifier", ())))


def survivors(
    stated: Iterable[Claim], order: Sequence[str], rules: ProfileRules = AS_EVER
) -> list[GoldenValue]:
    """One golden value per attribute and variant, in the order of their names."""
    contests: dict[tuple[str, str], list[Claim]] = {}
    for claim in stated:
        contests.setdefault((claim.attribute, claim.variant), []).append(claim)
    parts = [contests.pop((part, ""), []) for part in NAME_PARTS]
    found = [
        ((attribute, variant), _decide(attribute, _candidates(contest, rules.ranking(attribute, order))))
        for (attribute, variant), contest in contests.items()
    ]
    found += [((golden.attribute, ""), golden) for golden in _names(parts, rules.ranking(PERSON_NAME, order))]
    return [golden for _, golden in sorted(found, key=lambda one: one[0])]


class _Candidate(msgspec.Struct, frozen=True):
    """All claims of one value, the best first."""

    claims: tuple[Claim, ...]
    rank: tuple[Any, ...]
    ranking: Ranking
    """What it was ranked by."""

    @property
    def same(self) -> str:
        return self.claims[0].same

    def sources(self) -> tuple[ValueSource, ...]:
        return tuple(dict.fromkeys(claim.source for claim in self.claims))


def _candidates(contest: Iterable[Claim], ranking: Ranking) -> list[_Candidate]:
    """The values of a contest, the winner first."""
    values: dict[str, list[Claim]] = {}
    for claim in contest:
        values.setdefault(claim.same, []).append(claim)
    found = [
        _Candidate(tuple(sorted(group, key=ranking.of_claim)), ranking.of_value(group), ranking)
        for group in values.values()
    ]
    return sorted(found, key=lambda candidate: candidate.rank)


def _decide(attribute: str, ranked: Sequence[_Candidate]) -> GoldenValue:
    winner, *others = ranked
    rule = winner.ranking.deciding(winner.rank, others[0].rank) if others else SurvivorshipRule.SOLE
    return _golden(attribute, winner.claims, rule, others)


def _golden(
    attribute: str, stating: Iterable[Claim], rule: SurvivorshipRule, others: Iterable[_Candidate]
) -> GoldenValue:
    best, *_ = stated = tuple(stating)
    source, *agreeing = dict.fromkeys(claim.source for claim in stated)
    return GoldenValue(
        attribute=attribute,
        value=best.value,
        rule=rule,
        source=source,
        agreeing=tuple(agreeing),
        losing=tuple(LosingValue(value=one.claims[0].value, sources=one.sources()) for one in others),
    )


def _names(parts: Sequence[Sequence[Claim]], ranking: Ranking) -> Iterator[GoldenValue]:
    """Given and family name: both of the best record that states both, where there is one."""
    pairs = _candidates(_whole_names(*parts), ranking)
    for place, (attribute, contest) in enumerate(zip(NAME_PARTS, parts, strict=True)):
        ranked = _candidates(contest, ranking)
        if pairs:
            yield _of_pair(attribute, place, pairs, ranked)
        elif ranked:
            yield _decide(attribute, ranked)


def _of_pair(
    attribute: str, place: int, pairs: Sequence[_Candidate], ranked: Sequence[_Candidate]
) -> GoldenValue:
    """One part of the name that won; what else is said of it loses, whole names before parts."""
    whole: dict[str, _Candidate] = {}
    for pair in pairs:
        whole.setdefault(pair.claims[0].value[place].same, pair)
    by_same = {candidate.same: candidate for candidate in ranked}
    winner, *others = (by_same.pop(same) for same in (*whole, *(one for one in by_same if one not in whole)))
    best: Claim = pairs[0].claims[0].value[place]
    if not others:
        rule = SurvivorshipRule.SOLE
    elif others[0].same in whole:
        rule = pairs[0].ranking.deciding(pairs[0].rank, whole[others[0].same].rank)
    else:
        rule = SurvivorshipRule.COMPLETE
    return _golden(attribute, (best, *winner.claims), rule, others)


def _whole_names(given: Iterable[Claim], family: Iterable[Claim]) -> Iterator[Claim]:
    """A claim of both names for each record that states both; its value are the two claims."""
    families = _by_record(family)
    for record, first in _by_record(given).items():
        for one, other in zip(first, families.get(record, ()), strict=False):
            yield _joined(one, other)


def _by_record(stated: Iterable[Claim]) -> dict[tuple[str, str], list[Claim]]:
    found: dict[tuple[str, str], list[Claim]] = {}
    for claim in sorted(stated, key=lambda claim: (claim.preference, claim.text)):
        found.setdefault((claim.source.connector, claim.source.party_id), []).append(claim)
    return found


def _joined(given: Claim, family: Claim) -> Claim:
    source = msgspec.structs.replace(
        max(given.source, family.source, key=lambda source: day(source.observed_at)),
        verified=given.source.verified and family.source.verified,
    )
    return Claim(
        attribute=PERSON_NAME,
        variant="",
        value=(given, family),
        same=f"{given.same}\n{family.same}",
        text=f"{given.text}\n{family.text}",
        source=source,
        preference=max(given.preference, family.preference),
    )
