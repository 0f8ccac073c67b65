"""Where the checks work: connector instances over a partner that can misbehave, and what was seen so far.

The partner is asked for everything once (the *baseline*). From then on its answers are known, so that a
check that breaks one of them asks nobody.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from c360.changes import Checkpoint, Upsert
from c360.config import is_secret
from c360.contract import Lookup, Need, PartyQuery, Ref
from c360.errors import ConnectorError
from c360.http import Request, Response
from c360.kinds import PARTY
from c360.testing import driving
from c360.testing.base import Unjudged
from c360.testing.clock import VirtualLoop
from c360.testing.driving import Result
from c360.testing.eavesdropping import Ear
from c360.testing.known import Known
from c360.testing.setting import Setting
from c360.testing.trials import LASTING, Operation, Session, Trial, alone, at, shape, unless_endless
from c360.testing.wire import Fingerprint, Heard, Misbehave, Wire, tape
from c360.values import Secret

if TYPE_CHECKING:
    from c360.testing.suite import ConnectorSuite


T = TypeVar("T")

MOST_EXCHANGES = 10
"""Exchanges of one operation into which faults are put."""


class Lab(Setting):
    """One run of the suite.

    Args:
        suite: an instance of the author's class.
    """

    def __init__(self, suite: ConnectorSuite) -> None:
        super().__init__(suite)
        self.ear = Ear()
        self._runner: asyncio.Runner | None = None
        self._faulted: dict[str, list[Trial]] = {}
        self.notes: dict[str, Any] = {}
        """What checks found out and others need as well."""

    def close(self) -> None:
        """End the loop, and remove what was prepared."""
        if self._runner is not None:
            self._runner.close()
        super().close()

    # --- who is asked --------------------------------------------------------------------------

    def ref(self, customer: Known) -> Ref:
        """A customer as the host hands it to the connector."""
        grant = customer.grant
        if grant is None and self.description.lookup is Lookup.BY_GRANT:
            grant = f"grant-of-{customer.party_id}-3f9c2b"
        objects = customer.objects or self._indexed(customer.party_id)
        return Ref(
            party_id=customer.party_id, grant=None if grant is None else Secret(grant), objects=objects
        )

    @functools.cached_property
    def refs(self) -> tuple[Ref, ...]:
        """All known customers."""
        return tuple(self.ref(customer) for customer in self.customers)

    @functools.cached_property
    def unknown(self) -> Ref | None:
        """A customer that the partner does not know."""
        party = self.suite.unknown
        if party is None and self.recording is not None:
            party = self.recording.about.unknown
        return None if party is None else self.ref(Known(party_id=party))

    def _indexed(self, party_id: str) -> dict[str, tuple[str, ...]]:
        """Ids that a feed tells of a customer, as the hub would have kept them."""
        found = {}
        for feed in self.description.feeds:
            if feed.indexed:
                changes = self.feeds[feed.kind].items
                mine = [it for it in changes if isinstance(it, Upsert) and it.party_id == party_id]
                found[feed.kind] = tuple(dict.fromkeys(it.object_id for it in mine))
        return found

    @functools.cached_property
    def secrets(self) -> dict[str, str]:
        """The secrets in the config, by field, and the customers' grants."""
        config = self.config()
        found = {}
        for field in msgspec.structs.fields(self.stated.config):
            value = getattr(config, field.name)
            if is_secret(field.type) and isinstance(value, Secret) and value:
                found[field.name] = value.reveal()
        for customer in self.customers:
            grant = self.ref(customer).grant
            if grant is not None:
                found[f"the grant of {customer.party_id}"] = grant.reveal()
        return found

    @property
    def named_secrets(self) -> dict[str, str]:
        """The secrets that are long enough to be looked for in texts."""
        return {name: text for name, text in self.secrets.items() if len(text) >= 8}

    # --- running -------------------------------------------------------------------------------

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine, listening to what is logged and printed. What it leaves behind is ended."""
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=VirtualLoop if self.http else None)
        with self.ear.listening():
            return self._runner.run(alone(work))

    def session(
        self,
        *,
        fault: Callable[[Heard], Misbehave | None] | None = None,
        known: Mapping[Fingerprint, list[Response]] | None = None,
        config: Any = None,
        now: Callable[[], datetime] | None = None,
        rewrite: Callable[[Request], Request] | None = None,
    ) -> Session:
        """A new instance of the connector over a fresh partner; call it inside :meth:`run`."""
        wire = Wire(
            self.partner(),
            tape=known,
            max_bytes=self.description.limits.max_bytes,
            fault=fault,
            rewrite=rewrite,
        )
        settings = self.config() if config is None else config
        connector = self.suite.build(wire, settings, now or (lambda: self.now))
        wire.own = connector.auth
        return Session(connector=connector, wire=wire)

    def trial(
        self,
        operation: Operation,
        *,
        fault: Callable[[Heard], Misbehave | None] | None = None,
        heard: Heard | None = None,
        taped: bool = True,
        config: Any = None,
        now: Callable[[], datetime] | None = None,
        rewrite: Callable[[Request], Request] | None = None,
    ) -> Trial:
        """Run an operation once, on an instance of its own."""
        known = self.tape if taped else None  # before the loop runs: it may have to be recorded first

        async def work() -> Trial:
            session = self.session(fault=fault, known=known, config=config, now=now, rewrite=rewrite)
            try:
                result = await unless_endless(operation.run(session.connector), session.wire)
            finally:
                await self.suite.close(session.connector)
            if session.wire.endless.is_set():
                result.breach(f"{operation.name} sent more than {len(session.wire.sent) - 1} requests")
            self.ear.errors.extend(result.errors())
            return Trial(operation=operation, result=result, wire=session.wire, heard=heard)

        return self.run(work)

    # --- operations ----------------------------------------------------------------------------

    def fetching(self, needs: Sequence[Need], refs: Sequence[Ref], name: str = "fetch()") -> Operation:
        """Fetching kinds for customers."""
        return Operation(name=name, run=lambda it: driving.fetch(it, needs, refs))

    def identifying(self, query: PartyQuery) -> Operation:
        """Searching by a key."""
        return Operation(name=f"identify() by {query.key.value}", run=lambda it: driving.identify(it, query))

    def changing(self, kind: str, since: str | None = None) -> Operation:
        """Reading a feed."""
        return Operation(name=f"changes() of {kind}", run=lambda it: driving.changes(it, kind, since))

    def queries(self) -> Iterator[tuple[Known, PartyQuery]]:
        """A search for every known customer by every declared key that was given."""
        for customer in self.customers:
            for key, value in customer.keys.items():
                if key in self.description.identifies:
                    yield customer, PartyQuery(key=key, value=value)

    # --- the baseline --------------------------------------------------------------------------

    @functools.cached_property
    def feeds(self) -> dict[str, driving.Answer]:
        """Every declared feed, from the beginning to the end."""
        found = {}
        for feed in self.description.feeds:
            trial = self.trial(self.changing(feed.kind), taped=False)
            self._feed_trials.append(trial)
            found[feed.kind] = next(iter(trial.result.answers.values()), driving.Answer())
        return found

    @functools.cached_property
    def _feed_trials(self) -> list[Trial]:
        return []

    @functools.cached_property
    def baseline(self) -> Trial:
        """Every kind for every known customer."""
        return self.trial(self.fetching(self.needs, self.refs), taped=False)

    @functools.cached_property
    def searches(self) -> tuple[tuple[Known, PartyQuery, Trial], ...]:
        """Every search, once."""
        return tuple(
            (customer, query, self.trial(self.identifying(query), taped=False))
            for customer, query in self.queries()
        )

    @functools.cached_property
    def trials(self) -> tuple[Trial, ...]:
        """The whole baseline: feeds, fetches, one search by each key."""
        searches = {query.key: trial for _, query, trial in self.searches}
        _ = self.feeds
        return (self.baseline, *searches.values(), *self._feed_trials)

    @functools.cached_property
    def tape(self) -> Mapping[Fingerprint, list[Response]]:
        """What the partner answered so far."""
        heard = [it for trial in self.trials for it in trial.wire.heard]
        found: dict[Fingerprint, list[Response]] = {}
        for key, answers in tape(heard).items():
            found[key] = answers[:1] if len({it.content for it in answers}) == 1 else answers
        return found

    def sound(self) -> Trial:
        """The baseline, which has to hold before anything built on it can be judged.

        Raises:
            Unjudged: it does not; the check ``one-answer-each`` says so.
        """
        trial = self.baseline
        if trial.wire.unrecorded or trial.result.breaches:
            raise Unjudged("one-answer-each")
        return trial

    # --- faults --------------------------------------------------------------------------------

    def targets(self) -> Iterator[tuple[Trial, Heard]]:
        """Exchanges of the baseline to put faults into: the first and the last of every shape."""
        for trial in self.trials:
            shapes: dict[str, list[Heard]] = {}
            for heard in trial.wire.heard:
                shapes.setdefault(f"{heard.request.method} {shape(heard.request)}", []).append(heard)
            chosen = [
                it
                for group in shapes.values()
                for it in {id(group[0]): group[0], id(group[-1]): group[-1]}.values()
            ]
            for heard in chosen[:MOST_EXCHANGES]:
                yield trial, heard

    def faulted(self, name: str, misbehave: Misbehave) -> list[Trial]:
        """The baseline's operations, each with one fault at one exchange; remembered by the name."""
        if name not in self._faulted:
            self._faulted[name] = [
                self.trial(trial.operation, fault=at(heard, misbehave, lasting=name in LASTING), heard=heard)
                for trial, heard in self.targets()
            ]
        return self._faulted[name]

    def errors(self, trial: Trial) -> list[ConnectorError]:
        """Errors of an operation with a fault in it that it had not without."""
        before = self.original(trial).answers
        return [
            answer.error
            for cell, answer in trial.result.answers.items()
            if answer.error is not None and (cell not in before or before[cell].error is None)
        ]

    def cost(self, trial: Trial) -> int:
        """How long an operation takes to run again: in requests, of which one is worth five records."""
        return max(1, len(trial.wire.sent) + sum(1 for _ in trial.result.records()) // 5)

    def original(self, trial: Trial) -> Result:
        """What the same operation gave without a fault."""
        return next(it.result for it in self.trials if it.operation is trial.operation)


def last_cursor(items: Sequence[Any]) -> str | None:
    """Where a feed goes on."""
    return next((it.cursor for it in reversed(items) if isinstance(it, Checkpoint)), None)


def parties(lab: Lab) -> Iterator[Any]:
    """The customers' profiles, as the baseline gave them."""
    for (_, kind), record in lab.baseline.result.records():
        if kind == PARTY:
            yield record
