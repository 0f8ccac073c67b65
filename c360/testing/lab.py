"""Where the checks work: connector instances over a partner that can misbehave, and what was seen so far.

The partner is asked for everything once (the *baseline*). From then on its answers are known, so that a
check that breaks one of them asks nobody.
"""

from __future__ import annotations

import asyncio
import functools
import re
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from c360.changes import Checkpoint, Upsert
from c360.config import is_secret, read_config
from c360.contract import Connector, Description, Lookup, Medium, Need, PartyQuery, Ref
from c360.errors import C360Error, ConfigError, ConnectorError
from c360.http import Request, Response, Transport
from c360.kinds import PARTY
from c360.kinds import kind as kind_of
from c360.testing import driving
from c360.testing.base import Exempt, Failed, Unjudged
from c360.testing.clock import VirtualLoop
from c360.testing.driving import Result
from c360.testing.eavesdropping import Ear
from c360.testing.known import Known
from c360.testing.recording import Recording, Replay, load
from c360.testing.wire import Fingerprint, Heard, Misbehave, Wire, tape
from c360.values import Secret

if TYPE_CHECKING:
    from c360.testing.suite import ConnectorSuite

T = TypeVar("T")

INSTANCE = "suite"
"""Id of the instances that the suite makes."""
MOST_EXCHANGES = 10
"""Exchanges of one operation into which faults are put."""


class SuiteError(C360Error):
    """The suite itself is written wrong: names the attribute and what to give."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A connector instance and what is on its wire."""

    connector: Connector[Any]
    wire: Wire


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """Something the connector can be asked."""

    name: str
    run: Callable[[Connector[Any]], Awaitable[Result]]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that was run once."""

    operation: Operation
    result: Result
    wire: Wire
    heard: Heard | None = None
    """The exchange of the baseline into which a fault was put."""

    @property
    def where(self) -> str:
        """The operation and the exchange, for a report."""
        if self.heard is None:
            return self.operation.name
        return f"{self.operation.name}, at {self.heard.request.method} {self.shape}"

    @property
    def shape(self) -> str:
        """The path of the exchange, without ids."""
        return shape(self.heard.request) if self.heard else ""


class Lab:
    """One run of the suite.

    Args:
        suite: an instance of the author's class.
    """

    def __init__(self, suite: ConnectorSuite) -> None:
        self.suite = suite
        self.kind = suite.connector_class()
        self.ear = Ear()
        self._prepared: Mapping[str, Any] | None = None
        self._source: tempfile.TemporaryDirectory[str] | None = None
        self._runner: asyncio.Runner | None = None
        self._faulted: dict[str, list[Trial]] = {}
        self.notes: dict[str, Any] = {}
        """What checks found out and others need as well."""

    def close(self) -> None:
        """Remove what was prepared, and end the loop."""
        if self._runner is not None:
            self._runner.close()
        if self._source is not None:
            self._source.cleanup()

    # --- what the author said ----------------------------------------------------------------

    @functools.cached_property
    def stated(self) -> Description:
        """What the connector's class says of itself."""
        found = self.kind.describe()
        if not isinstance(found, Description):
            raise Failed(f"describe() returned a {type(found).__name__}", "return a Description")
        return found

    @functools.cached_property
    def description(self) -> Description:
        """What the instance says of itself, which settings may have narrowed."""
        return self.kind.configured(self.config())

    @property
    def best_description(self) -> Description:
        """What the instance says of itself; where the config keeps it from that, what its class says."""
        try:
            return self.description
        except Unjudged:
            return self.stated

    @property
    def http(self) -> bool:
        """Whether the connector speaks HTTP; else time is real and no faults are put on a wire."""
        return self.stated.medium is Medium.HTTP

    def needs_http(self) -> None:
        """Exempt what is about requests, for a connector that sends none."""
        if not self.http:
            raise Exempt(f"it speaks no HTTP: its medium is {self.stated.medium.value}")

    @functools.cached_property
    def recording(self) -> Recording | None:
        """The author's recorded exchanges."""
        folder = self.suite.recordings_folder()
        return None if folder is None else load(folder)

    @functools.cached_property
    def customers(self) -> tuple[Known, ...]:
        """Customers that the partner knows."""
        found = tuple(self.suite.customers)
        if not found and self.recording is not None:
            found = self.recording.about.customers
        if not found:
            raise SuiteError("customers: found none; name at least one that the partner knows")
        return found

    @functools.cached_property
    def unknown(self) -> Ref | None:
        """A customer that the partner does not know."""
        party = self.suite.unknown
        if party is None and self.recording is not None:
            party = self.recording.about.unknown
        return None if party is None else self.ref(Known(party_id=party))

    @functools.cached_property
    def now(self) -> datetime:
        """What the connector's clock says."""
        if self.suite.now is not None:
            return self.suite.now
        return self.recording.about.recorded_at if self.recording else DEFAULT_NOW

    @functools.cached_property
    def window(self) -> tuple[date, date]:
        """First and last day that windowed kinds are asked for."""
        if self.suite.window is not None:
            return self.suite.window
        about = self.recording.about if self.recording else None
        if about is not None and about.since is not None and about.until is not None:
            return about.since, about.until
        return self.now.date() - timedelta(days=365), self.now.date()

    @functools.cached_property
    def values(self) -> dict[str, Any]:
        """The raw config, as settings would say it."""
        values = dict(self.suite.config)
        if self._prepared is None and not self.http:
            self._source = tempfile.TemporaryDirectory(prefix="c360-source-")
            self._prepared = self.suite.setup(Path(self._source.name))
        values.update(self._prepared or {})
        if "base_url" not in values and self.recording is not None:
            values["base_url"] = self.recording.about.base_url
        return values

    def config(self, **other: Any) -> Any:
        """The typed config, with some values replaced.

        Raises:
            ConfigError: the replaced values will not do.
            Unjudged: nor will those that the suite gives; the check ``config-accepted`` says so.
        """
        return self.read({**self.values, **other}) if other else self._config

    @functools.cached_property
    def _config(self) -> Any:
        try:
            return self.read(self.values)
        except ConfigError:
            raise Unjudged("config-accepted") from None

    def read(self, values: Mapping[str, Any]) -> Any:
        """Raw settings as the typed config.

        Raises:
            ConfigError: they will not do.
        """
        return read_config(self.stated.config, values, where=f"connectors.{INSTANCE}")

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

    def partner(self) -> Transport:
        """A fresh partner: the author's, or the recording."""
        found = self.suite.partner()
        if found is not None:
            return found
        if self.recording is not None:
            return Replay(self.recording, ignore=self.suite.ignored)
        if not self.http:
            return _Nobody()
        raise SuiteError("recordings: found none; name a folder, or return a transport from partner()")

    @property
    def replayed(self) -> bool:
        """Whether the partner is a recording, which knows what was asked and nothing else."""
        return self.recording is not None and self.suite.partner() is None

    # --- who and what is asked ---------------------------------------------------------------

    @functools.cached_property
    def needs(self) -> tuple[Need, ...]:
        """Every declared kind, with the suite's window."""
        return tuple(self.need(fetch.kind) for fetch in self.description.fetches)

    def need(self, kind: str, window: tuple[date, date] | None = None) -> Need:
        """One kind, with a window where it has one."""
        if not kind_of(kind).windowed:
            return Need(kind=kind)
        since, until = window or self.window
        return Need(kind=kind, since=since, until=until)

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

    def _indexed(self, party_id: str) -> dict[str, tuple[str, ...]]:
        """Ids that a feed tells of a customer, as the hub would have kept them."""
        found = {}
        for feed in self.description.feeds:
            if feed.indexed:
                changes = self.feeds[feed.kind].items
                mine = [it for it in changes if isinstance(it, Upsert) and it.party_id == party_id]
                found[feed.kind] = tuple(dict.fromkeys(it.object_id for it in mine))
        return found

    # --- running -----------------------------------------------------------------------------

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine, listening to what is logged and printed. What it leaves behind is ended."""
        if self._runner is None:
            self._runner = asyncio.Runner(loop_factory=VirtualLoop if self.http else None)
        with self.ear.listening():
            return self._runner.run(_alone(work))

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
                result = await _unless_endless(operation.run(session.connector), session.wire)
            finally:
                await self.suite.close(session.connector)
            if session.wire.endless.is_set():
                result.breach(f"{operation.name} sent more than {len(session.wire.sent) - 1} requests")
            self.ear.errors.extend(result.errors())
            return Trial(operation=operation, result=result, wire=session.wire, heard=heard)

        return self.run(work)

    # --- operations --------------------------------------------------------------------------

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

    # --- the baseline ------------------------------------------------------------------------

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

    # --- faults ------------------------------------------------------------------------------

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


DEFAULT_NOW = datetime.fromisoformat("2026-06-15T12:00:00+00:00")
"""The connector's clock where nothing else is said."""


LASTING = frozenset({"status-401"})
"""Faults that stay when the same is asked again: a credential may be renewed after a refusal."""


def at(heard: Heard, misbehave: Misbehave, *, lasting: bool = False) -> Callable[[Heard], Misbehave | None]:
    """A fault at one exchange: the same request, the same time that it was sent, or from then on.

    What misbehaves sees the exchange as it was in the baseline, with its answer.
    """

    def fault(now: Heard) -> Misbehave | None:
        due = now.nth >= heard.nth if lasting else now.nth == heard.nth
        return (lambda _: misbehave(heard)) if now.key == heard.key and due else None

    return fault


def shape(request: Request) -> str:
    """A path with its ids left out, so that requests of one operation look alike."""
    segments = urlsplit(request.url).path.split("/")
    return "/".join(
        "…" if re.search(r"\d{2}|%|^[A-Z]*\d|.{20}", it) and not _VERSION.fullmatch(it) else it
        for it in segments
    )


_VERSION = re.compile(r"v\d+(\.\d+)*")


async def _alone(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Await work, and end every task that it left, so that none disturbs what runs next."""
    try:
        return await work()
    finally:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1)


async def _unless_endless(work: Awaitable[Result], wire: Wire) -> Result:
    """Await work, but stop it once it sends requests without an end."""
    task = asyncio.ensure_future(work)
    alarm = asyncio.ensure_future(wire.endless.wait())
    try:
        await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            return Result()
        return task.result()
    finally:
        for it in (task, alarm):
            it.cancel()
        await asyncio.gather(task, alarm, return_exceptions=True)


class _Nobody:
    """The transport of a connector that should send nothing."""

    async def send(self, request: Request) -> Response:
        raise SuiteError("medium: found HTTP requests; declare Medium.HTTP")


def last_cursor(items: Sequence[Any]) -> str | None:
    """Where a feed goes on."""
    return next((it.cursor for it in reversed(items) if isinstance(it, Checkpoint)), None)


def parties(lab: Lab) -> Iterator[Any]:
    """The customers' profiles, as the baseline gave them."""
    for (_, kind), record in lab.baseline.result.records():
        if kind == PARTY:
            yield record
