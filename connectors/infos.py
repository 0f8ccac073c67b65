"""What can be said about connector instances, for operators and front ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from c360.contract import Effect, KeyKind, Lookup
from c360.errors import ProblemCode
from c360.testing.tiers import Tier
from connectors.breaking import BreakerInfo, BreakerState
from connectors.instances import Instance, InstanceState


class InstanceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said about one instance, for operators and front ends."""

    id: str
    plugin: str
    title: str
    """Name for people; the id where the plugin could not be loaded."""
    domain: str
    """Empty where the plugin could not be loaded."""
    lookup: Lookup | None
    kinds: tuple[str, ...]
    identifies: tuple[KeyKind, ...]
    feeds: tuple[str, ...]
    cheap_days: Mapping[str, int] = {}
    """Longest windows that work in the background asks for, by kind; see
    :attr:`c360.contract.Fetch.cheap_days`."""
    indexed: tuple[str, ...] = ()
    """Feeds whose record ids the hub has to keep; see :attr:`c360.contract.Feed.indexed`."""
    actions: Mapping[str, Effect] = {}
    """The actions that it performs, by kind, and what can be promised of each."""
    ungranted: frozenset[str] = frozenset()
    """Actions asked under the hub's own credential, though customers are found by grant."""
    registers: Effect | None = None
    """What can be promised about registering the hub's address there; none where that is done by hand."""
    documentation: str
    state: InstanceState
    problem: str | None
    """What is wrong with its settings or its plugin; for operators, without secrets."""
    calls: int
    """Requests sent to the partner since the start."""
    errors: int
    last_problem: ProblemCode | None
    last_problem_at: datetime | None
    last_success_at: datetime | None
    latency_p50: timedelta | None
    """Over the latest requests."""
    latency_p95: timedelta | None
    blocked: int = 0
    """Times that the plugin held the event loop longer than it may."""
    longest_block: timedelta | None = None
    tier: Tier | None = None
    """The quality tier that its connector has proven; none where it has proven none."""
    tier_note: str = ""
    """What to do about a tier that is not proven; empty where it is."""
    breaker: BreakerState = BreakerState.CLOSED
    """That of the operation that is worst off."""
    left_alone: tuple[BreakerInfo, ...] = ()
    """Operations that do not go out, or only to find out whether they may again."""


class Infos:
    """What can be said about instances, made anew where something changed alone.

    So an instance that nobody uses costs a request next to nothing.
    """

    def __init__(self, instances: Iterable[Instance]) -> None:
        self._instances = tuple(instances)
        self._fixed = {instance.id: _fixed(instance) for instance in instances}
        self._known: dict[str, tuple[tuple[int, InstanceState], InstanceInfo]] = {}

    def at(self, now: float) -> tuple[InstanceInfo, ...]:
        """Those of all instances at a moment of the event loop's clock, in their order."""
        return tuple([self._info(instance, now) for instance in self._instances])

    def _info(self, instance: Instance, now: float) -> InstanceInfo:
        if instance.breakers.worst is not BreakerState.CLOSED:  # it changes by itself, with time
            return _made(instance, now, self._fixed[instance.id])
        key = (instance.health.revision, instance.state)
        known = self._known.get(instance.id)
        if known is None or known[0] != key:
            known = self._known[instance.id] = (key, _made(instance, now, self._fixed[instance.id]))
        return known[1]


def _fixed(instance: Instance) -> Mapping[str, Any]:
    """What of an info never changes."""
    description = instance.description
    return {
        "id": instance.id,
        "plugin": instance.plugin,
        "title": description.title if description else instance.id,
        "domain": instance.domain,
        "lookup": description.lookup if description else None,
        "kinds": tuple(instance.batches),
        "identifies": description.identifies if description else (),
        "feeds": tuple(feed.kind for feed in description.feeds) if description else (),
        "cheap_days": {
            fetch.kind: fetch.cheap_days
            for fetch in (description.fetches if description else ())
            if fetch.cheap_days is not None
        },
        "indexed": tuple(feed.kind for feed in description.feeds if feed.indexed) if description else (),
        "actions": {each.kind: each.effect for each in description.actions} if description else {},
        "ungranted": frozenset(each.kind for each in description.actions if not each.granted)
        if description
        else frozenset(),
        "registers": description.webhooks.registers if description and description.webhooks else None,
        "documentation": description.documentation if description else "",
        "problem": str(instance.error) if instance.error else None,
        "tier": instance.standing.tier if instance.standing.proven else None,
        "tier_note": instance.standing.reason,
    }


def _made(instance: Instance, now: float, fixed: Mapping[str, Any]) -> InstanceInfo:
    health = instance.health
    breaker = instance.breakers.worst
    left_alone = instance.breakers.open_ones(now) if breaker is not BreakerState.CLOSED else ()
    return InstanceInfo(
        **fixed,
        state=instance.state,
        calls=health.calls,
        errors=health.errors,
        last_problem=health.last_problem,
        last_problem_at=health.last_problem_at,
        last_success_at=health.last_success_at,
        latency_p50=health.latency(0.50),
        latency_p95=health.latency(0.95),
        blocked=health.blocked,
        longest_block=timedelta(seconds=health.longest_block) if health.blocked else None,
        breaker=breaker,
        left_alone=left_alone,
    )
