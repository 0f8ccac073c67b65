"""One customer as an operation sees them: what the hub knows, and what the sources gave."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from c360.access import Purpose
from c360.kinds import PARTY
from c360.kinds import kind as kind_of
from c360.records.base import Record
from c360.records.hotel import GuestPreferences
from c360.records.party import Party
from connectors.results import KindResult, SourceResult, SourceState
from resolvers.consents.customer import CustomerConsents
from resolvers.joins import join, joins_of
from resolvers.profile import GoldenProfile, golden_profile
from resolvers.references import owned
from resolvers.serving import Models, shipped
from resolvers.survivorship import AS_EVER, ProfileRules
from store.data import CustomerData
from store.data_consents import DecisionData

RecordT = TypeVar("RecordT", bound=Record)
ResultT = TypeVar("ResultT")

PREFERENCES = "hotel.preferences"
"""The kind of record in which partners say what customers told them of consents."""
_ANSWERED = frozenset({SourceState.FRESH, SourceState.KEPT, SourceState.STALE})
_INCOMPLETE = frozenset({SourceState.STALE, SourceState.UNAVAILABLE})
_MISSING = frozenset({SourceState.UNAVAILABLE, SourceState.WITHHELD})


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """What one source did not give of what was needed of it."""

    source: SourceResult
    kinds: tuple[str, ...]
    """Kinds of record that are not there; empty where the source cannot tell them apart."""


class CustomerView:
    """Pure answers over one customer's gathered data. Computed when asked, and once."""

    def __init__(
        self,
        customer: CustomerData,
        sources: Sequence[SourceResult],
        *,
        today: date,
        at: datetime,
        order: Sequence[str],
        rules: ProfileRules = AS_EVER,
        known: Mapping[Any, Any] | None = None,
        models: Models | None = None,
        decisions: Sequence[DecisionData] | None = None,
        closed: frozenset[str] = frozenset(),
        purpose: Purpose = Purpose.SERVICE,
        remembered: dict[Any, Any] | None = None,
        refers: bool = True,
    ) -> None:
        """Look at a customer.

        Args:
            customer: What the hub knows.
            sources: What each source gave, in the order of the settings.
            today: The day of the operation, by which windows and terms are reckoned.
            at: When gathering ended; ages are measured against it.
            order: Connector instances, the most trusted first.
            rules: By which values of the profile win.
            known: What else the hub knows of the customer, by what the operation asked for.
            models: What is reckoned by; the shipped models unless told.
            decisions: What the customer decided about the use of their data, where that was read.
            closed: Connector instances whose data is not used, because the customer does not want it.
            purpose: What the operation is for.
            remembered: What was worked out before of just what the hub knows of the customer.
            refers: Whether records are shown so that they can be referred to, which costs a copy of each.
        """
        self.customer = customer
        self.known: Mapping[Any, Any] = known or {}
        self.sources = tuple(sources)
        self.today = today
        self.at = at
        self.order = tuple(order)
        self.rules = rules
        self.models = models or shipped()
        self.decisions = decisions
        self.closed = closed
        self.purpose = purpose
        self._remembered = remembered
        self._refers = refers
        self._kinds: dict[str, tuple[Record, ...]] = {}
        self._owned_kinds: dict[str, tuple[Record, ...]] = {}
        self._once: dict[Hashable, Any] = {}

    def __repr__(self) -> str:
        return f"CustomerView({self.customer.id})"

    def once(self, key: Hashable, compute: Callable[[], ResultT]) -> ResultT:
        """What several fields of the customer show, computed for the first of them alone."""
        if key not in self._once:
            self._once[key] = compute()
        found: ResultT = self._once[key]
        return found

    def lasting(self, key: Hashable, given: tuple[Any, ...], compute: Callable[[], ResultT]) -> ResultT:
        """What follows from what the hub knows of the customer, computed once as long as that stays the same.

        Args:
            key: Of what is computed; few of them, since they are kept.
            given: All that it follows from.
            compute: Computes it.
        """
        memory = self._remembered
        if memory is None:
            return self.once(key, compute)
        kept = memory.get(key)
        if kept is None or kept[0] != given:
            kept = memory[key] = (given, compute())
        found: ResultT = kept[1]
        return found

    @property
    def complete(self) -> bool:
        """Whether every source that was needed answered within the freshness asked for."""
        return not any(source.state in _INCOMPLETE for source in self.sources)

    @cached_property
    def consents(self) -> CustomerConsents:
        """What the customer agreed to and objected to, at the hub and, where they were asked, at partners."""
        partners = self.of(PREFERENCES, GuestPreferences)
        return CustomerConsents(self.decisions or (), at=self.at, partners=partners)

    @cached_property
    def profile(self) -> GoldenProfile:
        """The golden profile."""
        parties = self.of(PARTY, Party)
        if not parties:
            return self.lasting(
                ("profile", self.order),
                (self.rules,),
                lambda: golden_profile(self.customer.values, (), self.order, rules=self.rules),
            )
        fetched = {
            source.connector: result.fetched_at
            for source in self.sources
            if (result := source.kinds.get(PARTY)) is not None
        }
        return golden_profile(self.customer.values, parties, self.order, rules=self.rules, fetched=fetched)

    def of(self, kind: str, record: type[RecordT]) -> tuple[RecordT, ...]:
        """The records of a kind over all sources, in their order."""
        return tuple([one for one in self.records(kind) if isinstance(one, record)])

    def records(self, kind: str) -> tuple[Record, ...]:
        """The records of a kind as the sources gave them."""
        found = self._kinds.get(kind)
        if found is None:
            results = self._by_kind.get(kind, ())
            found = self._kinds[kind] = (
                tuple(results[0].records)
                if len(results) == 1
                else tuple(record for result in results for record in result.records)
            )
        return found

    @cached_property
    def _by_kind(self) -> Mapping[str, Sequence[KindResult]]:
        """What the sources gave of each kind that any was asked for."""
        found: dict[str, list[KindResult]] = {}
        for source in self.sources:
            for kind, result in source.kinds.items():
                found.setdefault(kind, []).append(result)
        return found

    @cached_property
    def _by_domain(self) -> Mapping[str, Sequence[KindResult]]:
        """What the sources of each domain gave of its kinds."""
        found: dict[str, list[KindResult]] = {}
        for source in self.sources:
            mine = found.setdefault(source.domain, [])
            for kind, result in source.kinds.items():
                if _domain(kind) == source.domain:
                    mine.append(result)
        return found

    def joined(self, kind: str) -> tuple[Record, ...]:
        """The records of a kind as the graph shows them: with their joined parts.

        Where they are referred to, they have their customer too.
        """
        records = self._owned(kind)
        joins = joins_of(kind_of(kind).record) if records else ()
        return join(records, joins, self._owned) if joins else records

    def _owned(self, kind: str) -> tuple[Record, ...]:
        if not self._refers or kind_of(kind).identity is None:
            return self.records(kind)
        found = self._owned_kinds.get(kind)
        if found is None:
            found = self._owned_kinds[kind] = owned(self.records(kind), self.customer.id)
        return found

    def answered(self, domain: str) -> bool:
        """Whether any source gave anything of a domain, even if that is an empty list."""
        return domain in self._answered

    @cached_property
    def _answered(self) -> frozenset[str]:
        """The domains of which any source gave anything."""
        return frozenset(
            [
                domain
                for domain, results in self._by_domain.items()
                if any(result.state in _ANSWERED for result in results)
            ]
        )

    def missing(self, domain: str) -> tuple[Missing, ...]:
        """What a domain's sources did not give; empty where its totals are whole.

        A source that lacks only what belongs to no domain, such as the profile, lacks nothing here.
        """
        return tuple(
            Missing(source=source, kinds=kinds)
            for source in self._serving(domain)
            if source.state in _MISSING and ((kinds := _missing_kinds(source, domain)) or not source.kinds)
        )

    def knows(self, kinds: Iterable[str]) -> bool:
        """Whether some source gave each of these kinds: what is not known is not zero."""
        found = self._by_kind
        return all(any(result.state in _ANSWERED for result in found.get(kind, ())) for kind in kinds)

    def stale(self, domain: str) -> bool:
        """Whether a last-known copy, older than was asked for, stands in for any of a domain's records."""
        return any(result.state is SourceState.STALE for result in self._by_domain.get(domain, ()))

    def fetched_at(self, domain: str) -> datetime | None:
        """When the oldest of a domain's records was fetched; none where there are none."""
        results = self._by_domain.get(domain, ())
        answered = (one.fetched_at for one in results if one.state in _ANSWERED)
        return min((moment for moment in answered if moment is not None), default=None)

    def _serving(self, domain: str) -> list[SourceResult]:
        return [source for source in self.sources if source.domain == domain]


@functools.cache
def _domain(kind: str) -> str:
    return kind.partition(".")[0]


def _missing_kinds(source: SourceResult, domain: str) -> tuple[str, ...]:
    return tuple(
        kind
        for kind, result in sorted(source.kinds.items())
        if result.state in _MISSING and _domain(kind) == domain
    )
