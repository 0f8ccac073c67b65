"""A host in memory: answers from records, and fails where a test says so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from c360.access import Access
from c360.auth.grants import Pending
from c360.contract import Action, Effect, KeyKind, Lookup, PartyQuery
from c360.errors import ProblemCode
from c360.kinds import kinds
from c360.records.base import Record
from c360.records.party import Party
from connectors.acting import Acted
from connectors.granting import GrantRefused, GrantSettings
from connectors.identify import IdentifyResult
from connectors.infos import InstanceInfo
from connectors.instances import InstanceState
from connectors.results import Gathered, GatherRequest, KindResult, SourceProblem, SourceResult, SourceState
from tests.schema.memory.clock import NOW

_ORDER = (SourceState.FRESH, SourceState.KEPT, SourceState.STALE, SourceState.UNAVAILABLE)


@dataclass
class FakeHost:
    """Answers from records by (instance, party, kind); what has a problem there fails."""

    instances: dict[str, str] = field(default_factory=dict)
    """Instance id to domain."""
    searchable: dict[str, tuple[KeyKind, ...]] = field(default_factory=dict)
    records: dict[tuple[str, str, str], tuple[Record, ...]] = field(default_factory=dict)
    down: dict[str, ProblemCode] = field(default_factory=dict)
    lost: set[tuple[str, str]] = field(default_factory=set)
    """Instance and kind that it does not answer, though it answers others."""
    state: dict[str, SourceState] = field(default_factory=dict)
    requests: list[GatherRequest] = field(default_factory=list)
    searches: list[PartyQuery] = field(default_factory=list)
    fault: Exception | None = None
    by_grant: set[str] = field(default_factory=set)
    """Instances that are asked under customers' grants."""
    performs: dict[str, dict[str, Effect]] = field(default_factory=dict)
    """What can be promised of actions, by instance and kind."""
    acting: Callable[[str, Action], Awaitable[Acted]] | None = None
    """Performs an action, and says what became of it."""
    asked: list[Action] = field(default_factory=list)
    """The actions that were sent."""
    grant_settings: GrantSettings = field(default_factory=GrantSettings)

    @property
    def asks_by_grant(self) -> bool:
        return bool(self.by_grant)

    def begin_grant(self, instance_id: str, return_to: str) -> Pending:
        raise GrantRefused("Access to this partner cannot be granted here.")

    def outlines(self) -> tuple[InstanceInfo, ...]:
        return self.infos()

    def infos(self) -> tuple[InstanceInfo, ...]:
        return tuple(
            InstanceInfo(
                id=instance,
                plugin=f"{domain}_plugin",
                title=instance.title(),
                domain=domain,
                lookup=Lookup.BY_GRANT if instance in self.by_grant else Lookup.BY_KEY,
                kinds=_kinds_of(domain),
                identifies=self.searchable.get(instance, ()),
                feeds=(),
                actions=self.performs.get(instance, {}),
                documentation="",
                state=InstanceState.READY,
                problem=None,
                calls=3,
                errors=0,
                last_problem=None,
                last_problem_at=None,
                last_success_at=NOW,
                latency_p50=timedelta(milliseconds=20),
                latency_p95=None,
            )
            for instance, domain in self.instances.items()
        )

    async def gather(self, request: GatherRequest) -> Gathered:
        self.requests.append(request)
        if self.fault is not None:
            raise self.fault
        return Gathered(
            at=NOW,
            sources={
                target.customer_id: tuple(
                    self._source(
                        instance,
                        domain,
                        {link.connector: link.party_id for link in target.links},
                        request,
                        target.customer_id,
                    )
                    for instance, domain in self.instances.items()
                )
                for target in request.targets
            },
        )

    def _source(
        self, instance: str, domain: str, links: Mapping[str, str], request: GatherRequest, customer: str
    ) -> SourceResult:
        wanted = [need.kind for need in request.needs[customer] if need.kind in _kinds_of(domain)]
        if instance not in links or not wanted:
            state = SourceState.NOT_REQUESTED if instance in links else SourceState.NOT_LINKED
            return SourceResult(connector=instance, domain=domain, state=state)
        results = {kind: self._kind(instance, links[instance], kind) for kind in wanted}
        code = self.down.get(instance)
        return SourceResult(
            connector=instance,
            domain=domain,
            state=max((one.state for one in results.values()), key=_ORDER.index),
            kinds=results,
            fetched_at=NOW - timedelta(seconds=30),
            latency=timedelta(milliseconds=12),
            problem=None if code is None else SourceProblem(code=code, message="It does not answer."),
        )

    def _kind(self, instance: str, party: str, kind: str) -> KindResult:
        if (instance, kind) in self.lost or (instance in self.down and self.state.get(instance) is None):
            return KindResult(records=(), state=SourceState.UNAVAILABLE)
        found = self.records.get((instance, party, kind), ())
        stamped = tuple(msgspec.structs.replace(record, connector=instance) for record in found)
        return KindResult(records=stamped, state=self.state.get(instance, SourceState.FRESH), fetched_at=NOW)

    async def identify(
        self, query: PartyQuery, *, access: Access, deadline: timedelta, only: Collection[str] | None = None
    ) -> tuple[IdentifyResult, ...]:
        self.searches.append(query)
        return tuple(self._identified(one, query) for one in self.instances if only is None or one in only)

    async def act(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        assert self.acting is not None
        self.asked.append(action)
        return await self.acting(instance_id, action)

    async def trace(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        raise AssertionError("no test looks an action up here")

    def _identified(self, instance: str, query: PartyQuery) -> IdentifyResult:
        if query.key not in self.searchable.get(instance, ()):
            problem = SourceProblem(code=ProblemCode.NOT_SEARCHABLE, message="Not by this.")
            return IdentifyResult(connector=instance, state=SourceState.NOT_REQUESTED, problem=problem)
        parties = tuple(
            msgspec.structs.replace(record, connector=instance)
            for (connector, _, kind), found in self.records.items()
            for record in found
            if connector == instance
            and kind == "party.profile"
            and isinstance(record, Party)
            and (
                query.value in record.emails
                or query.value in record.phones
                or query.value in {record.full_name, record.party_id}
            )
        )
        return IdentifyResult(connector=instance, state=SourceState.FRESH, parties=parties)


def _kinds_of(domain: str) -> tuple[str, ...]:
    return tuple(one.name for one in kinds().values() if one.domain in {domain, "party"})
