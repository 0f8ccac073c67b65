"""Survivorship as data: by which rules, in which order, one value of an attribute wins over another."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from c360.errors import ConfigError
from store.data import HUB

if TYPE_CHECKING:  # reading settings needs no phone metadata, which claims bring along
    from resolvers.claims import Claim


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
    COMPLETE = "COMPLETE"
    """Its source states given and family name, which go together; the runner-up states one alone."""


MEASURES: Mapping[SurvivorshipRule, Callable[[Sequence[Claim], Mapping[str, int]], Any]] = MappingProxyType(
    {
        SurvivorshipRule.VERIFIED: lambda claims, _: not any(claim.source.verified for claim in claims),
        SurvivorshipRule.MOST_RECENT: lambda claims, _: min(
            -day(claim.source.observed_at) for claim in claims
        ),
        SurvivorshipRule.MOST_SOURCES: lambda claims, _: -len({claim.source.connector for claim in claims}),
        SurvivorshipRule.SOURCE_ORDER: lambda claims, places: min(
            places.get(claim.source.connector, len(places)) for claim in claims
        ),
        SurvivorshipRule.SOURCE_PREFERENCE: lambda claims, _: min(claim.preference for claim in claims),
    }
)
"""The rules that can be configured, each as a measure of all claims of a value: the least one wins."""

DEFAULT_RULES = tuple(MEASURES)
"""The order of the rules where the settings say nothing."""

PERSON_NAME = "person_name"
"""Given and family name, which are chosen together from one source."""
NAME_PARTS = ("given_name", "family_name")

_Rules = Annotated[
    tuple[SurvivorshipRule, ...],
    Meta(description="Rules by which a value wins, the first that tells two values apart decides"),
]
_Sources = Annotated[
    tuple[str, ...],
    Meta(
        description="Connector instances, the most trusted first; the others follow in the settings' order, "
        "before them `hub`: what the hub's own people say"
    ),
]


class AttributeRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one attribute differs from the others; what is not said is as for all."""

    rules: _Rules | None = None
    sources: _Sources | None = None


class ProfileRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which rules the golden profile is put together."""

    rules: _Rules = DEFAULT_RULES
    sources: _Sources = ()
    attributes: Annotated[
        dict[str, AttributeRules],
        Meta(
            description="`rules` and `sources` of single attributes: `person_name` (given and family name, "
            "chosen together) and the other names of profile values, such as `email`"
        ),
    ] = {}

    def ranking(self, attribute: str, order: Sequence[str]) -> Ranking:
        """How values of an attribute are ranked.

        Args:
            attribute: Its name; :data:`PERSON_NAME` for given and family name.
            order: Connector instances in the order of the settings.
        """
        own = self.attributes.get(attribute, _NOTHING_OWN)
        first = self.sources if own.sources is None else own.sources
        chosen = self.rules if own.rules is None else own.rules
        # What people wrote down here themselves goes before what partners say, unless it is told otherwise.
        places = {name: place for place, name in enumerate(dict.fromkeys((*first, HUB, *order)))}
        return Ranking(chosen, places)


_NOTHING_OWN = AttributeRules()
AS_EVER = ProfileRules()
"""The rules where the settings say nothing."""


class Ranking:
    """Ranks the claims of one attribute; the least rank wins, and no two different values are equal."""

    __slots__ = ("_measures", "_places", "_rules")

    def __init__(self, rules: Sequence[SurvivorshipRule], places: Mapping[str, int]) -> None:
        self._rules = tuple(rules)
        self._measures = [MEASURES[rule] for rule in rules]
        self._places = places

    def of_value(self, claims: Sequence[Claim]) -> tuple[Any, ...]:
        """The rank of a value, from all claims of it."""
        return (*self._measured(claims), min(claim.same for claim in claims))

    def of_claim(self, claim: Claim) -> tuple[Any, ...]:
        """The rank of a claim among those of the same value."""
        source = claim.source
        return (*self._measured((claim,)), source.connector, source.party_id, claim.text)

    def _measured(self, claims: Sequence[Claim]) -> list[Any]:
        return [measure(claims, self._places) for measure in self._measures]

    def deciding(self, winner: tuple[Any, ...], runner_up: tuple[Any, ...]) -> SurvivorshipRule:
        """The rule that told two values apart."""
        rules = (*self._rules, SurvivorshipRule.TEXT_ORDER)
        return next(
            rule for rule, mine, theirs in zip(rules, winner, runner_up, strict=True) if mine != theirs
        )


def check(rules: ProfileRules, connectors: Collection[str], where: str = "profile") -> None:
    """Refuse rules that cannot be followed.

    Args:
        rules: What the settings say.
        connectors: Ids of the configured instances.
        where: Dotted name of the section, for the error.

    Raises:
        ConfigError: An attribute, a rule or a connector is none, or stands twice.
    """
    for name in rules.attributes:
        if name not in (known := _attributes()):
            raise ConfigError(
                f"{where}.attributes.{name}", "an unknown attribute", f"use one of {', '.join(sorted(known))}"
            )
    parts = {where: AttributeRules(rules=rules.rules, sources=rules.sources)}
    parts |= {f"{where}.attributes.{name}": own for name, own in rules.attributes.items()}
    for name, part in parts.items():
        _check_part(part, connectors, name)


def _attributes() -> frozenset[str]:
    from resolvers.attributes import ATTRIBUTES  # see above

    return frozenset((PERSON_NAME, *ATTRIBUTES)) - set(NAME_PARTS)


def _check_part(part: AttributeRules, connectors: Collection[str], where: str) -> None:
    for rule in part.rules or ():
        if rule not in MEASURES:
            known = ", ".join(each.value for each in MEASURES)
            raise ConfigError(f"{where}.rules", f"{rule.value}, which is an outcome", f"use {known}")
    for source in part.sources or ():
        if source not in {HUB, *connectors}:
            known = ", ".join(connectors) or "none yet"
            raise ConfigError(f"{where}.sources", f"no connector {source!r}", f"configured are: {known}")
    for name, listed in (("rules", part.rules or ()), ("sources", part.sources or ())):
        if len(set(listed)) < len(listed):
            raise ConfigError(f"{where}.{name}", "an entry twice", "name each once")


def day(moment: datetime | None) -> int:
    """Days count, not seconds: two partners that changed on one day are equally recent."""
    if moment is None:
        return date.min.toordinal() - 1
    try:
        return (moment.astimezone(UTC) if moment.tzinfo else moment).date().toordinal()
    except OverflowError:  # a partner's "never" at the very edge of the calendar
        return moment.date().toordinal()
