"""A store and a host in memory, an engine over them, and a short way to ask it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from c360.access import Access, TenantId
from c360.auth.grants import Pending
from c360.contract import Action, Effect, KeyKind, Lookup, PartyQuery
from c360.errors import ProblemCode
from c360.kinds import kinds
from c360.records.base import Record
from c360.records.party import Party, PartyKind
from c360.values import CurrencyCode, Money
from connectors.acting import Acted
from connectors.granting import GrantRefused, GrantSettings
from connectors.identify import IdentifyResult
from connectors.infos import InstanceInfo
from connectors.instances import InstanceState
from connectors.results import Gathered, GatherRequest, KindResult, SourceProblem, SourceResult, SourceState
from resolvers.serving import Models
from schema.build import Schema, built_schema
from schema.engine import GraphEngine
from schema.execution.context import EngineSettings
from schema.response import GraphResponse
from store.data import (
    CustomerData,
    CustomerFilter,
    CustomerOrder,
    EnrolKey,
    JobData,
    LinkData,
    Page,
    PartyFigures,
    ProfileValueData,
)
from store.data_actions import PartnerActionData, PartnerActionPage
from store.data_audit import SealEntry, WriteEntry
from store.data_consents import DecisionData
from store.data_contests import ContestData
from store.data_events import EventDraft
from store.data_folders import Folder, Folders, Part, Wanted
from store.data_identity import (
    CandidateData,
    CandidateSet,
    HouseholdData,
    LedgerEntry,
    LedgerPage,
    PartyRef,
    PastProfile,
    Redirect,
    Replay,
    ReviewData,
    ReviewPage,
    ReviewState,
)
from store.data_offers import Contact, ProductData
from store.data_segments import CountData, CustomerScore, SegmentDefinition, SegmentSize, StandingPage
from store.errors import CursorError
from store.errors_identity import KeyReused
from store.sight import Sight
from tests.fixtures.access import access as access_of

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
_ORDER = (SourceState.FRESH, SourceState.KEPT, SourceState.STALE, SourceState.UNAVAILABLE)


class FakeCustomers:
    """The repository's surface over a dict; ordered by display name, or by id."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def resolve(self, ids: Iterable[str]) -> dict[str, str]:
        self._store.calls.append("resolve")
        survivors = {old: one.survivor for old, one in self._store.redirects.items()}
        return {one: now for one in ids if (now := survivors.get(one, one)) in self._store.customers}

    async def by_keys(
        self, keys: Iterable[tuple[KeyKind, str]]
    ) -> dict[tuple[KeyKind, str], tuple[str, ...]]:
        self._store.calls.append("by_keys")
        return {key: tuple(self._store.keys[key]) for key in keys if key in self._store.keys}

    async def by_party_refs(self, refs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        self._store.calls.append("by_party_refs")
        links = {
            (link.connector, link.party_id): one.id
            for one in self._store.customers.values()
            for link in one.links
        }
        return {ref: links[ref] for ref in refs if ref in links}

    async def load(self, ids: Iterable[str]) -> dict[str, CustomerData]:
        self._store.calls.append("load")
        return {one: self._store.customers[one] for one in ids if one in self._store.customers}

    async def page(
        self,
        which: CustomerFilter,
        order: CustomerOrder,
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Page:
        self._store.calls.append("page")
        every = [one.id for one in self._matching(which)]
        if order.descending:
            every.reverse()
        start = 0 if after is None else self._place(every, after) + 1
        end = len(every) if before is None else self._place(every, before)
        inside = range(start, max(start, end))
        kept = inside[:first] if last is None else inside[max(0, len(inside) - last) :]
        return Page(
            ids=tuple(every[place] for place in kept),
            cursors=tuple(f"cursor-{every[place]}" for place in kept),
            has_next=bool(kept) and kept[-1] < len(every) - 1,
            has_previous=bool(kept) and kept[0] > 0,
        )

    async def count(self, which: CustomerFilter) -> int:
        self._store.calls.append("count")
        return len(self._matching(which))

    async def search(self, text: str, *, limit: int = 20, after: str | None = None) -> Page:
        self._store.calls.append("search")
        found = [
            one.id for one in self._store.customers.values() if text.casefold() in one.display_name.casefold()
        ]
        ids = tuple(found[:limit])
        return Page(ids=ids, cursors=ids, has_next=len(found) > limit, has_previous=False)

    def _matching(self, which: CustomerFilter) -> list[CustomerData]:
        named = (which.name or "").casefold()
        every = sorted(self._store.customers.values(), key=lambda one: (one.display_name, one.id))
        return [
            one
            for one in every
            if named in one.display_name.casefold()
            and (which.kind is None or one.kind is which.kind)
            and (which.country is None or one.country == which.country)
            and (which.segment is None or one.id in self._store.members.get(which.segment, ()))
        ]

    @staticmethod
    def _place(every: Sequence[str], cursor: str) -> int:
        wanted = cursor.removeprefix("cursor-")
        if wanted not in every or wanted == cursor:
            raise CursorError("is damaged")
        return every.index(wanted)


class FakeIdempotency:
    """Answers by caller and key."""

    def __init__(self, store: FakeStore) -> None:
        self._kept = store.kept

    async def claim(self, caller: str, key: str, fingerprint: bytes) -> Replay | None:
        asked, response = self._kept.setdefault((caller, key), (fingerprint, b""))
        if asked != fingerprint:
            raise KeyReused
        return Replay(response=response, at=NOW) if response else None

    async def keep(self, caller: str, key: str, response: bytes, *, customer_ids: Iterable[str] = ()) -> None:
        self._kept[caller, key] = (self._kept[caller, key][0], response)


class FakeLedger:
    """Entries and redirects from lists."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def by_ids(self, ids: Iterable[str]) -> dict[str, LedgerEntry]:
        self._store.calls.append("ledger.by_ids")
        wanted = set(ids)
        return {one.id: one for one in self._store.entries if one.id in wanted}

    async def entries_of(
        self, ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> dict[str, LedgerPage]:
        self._store.calls.append("ledger.entries_of")
        return {one: self._page(one, first, after) for one in ids}

    def _page(self, customer_id: str, first: int, after: str | None) -> LedgerPage:
        mine = [one for one in self._store.entries if customer_id in {one.customer_id, *one.others}]
        places = [f"cursor-{one.id}" for one in mine]
        if after is not None and after not in places:
            raise CursorError("is damaged")
        start = 0 if after is None else places.index(after) + 1
        return LedgerPage(
            entries=tuple(mine[start : start + first]),
            cursors=tuple(places[start : start + first]),
            has_next=start + first < len(mine),
            has_previous=start > 0,
        )

    async def deciding(self, parties: Iterable[PartyRef]) -> dict[PartyRef, tuple[LedgerEntry, ...]]:
        self._store.calls.append("ledger.deciding")
        return {
            party: found
            for party in parties
            if (found := tuple(one for one in self._store.entries if party in one.parties))
        }

    async def former(self, ids: Iterable[str]) -> dict[str, tuple[Redirect, ...]]:
        self._store.calls.append("ledger.former")
        every = self._store.redirects.values()
        return {one: tuple(each for each in every if each.survivor == one) for one in ids}

    async def past(
        self, ids: Iterable[str], *, valid_at: datetime, recorded_at: datetime | None = None
    ) -> dict[str, PastProfile]:
        self._store.calls.append(f"ledger.past {valid_at:%Y} {recorded_at and recorded_at.year}")
        return {one: self._store.past[one] for one in ids if one in self._store.past}


class FakeReviews:
    """The queue from a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def get(self, ids: Iterable[str]) -> dict[str, ReviewData]:
        wanted = set(ids)
        return {one.id: one for one in self._store.reviews if one.id in wanted}

    async def page(
        self,
        *,
        state: ReviewState = ReviewState.OPEN,
        customer_id: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ReviewPage:
        if after == "rubbish":
            raise CursorError("is damaged")
        found = self._matching(state, customer_id)
        kept = found[:first] if last is None else found[-last:]
        return ReviewPage(
            reviews=tuple(kept),
            cursors=tuple(f"cursor-{one.id}" for one in kept),
            has_next=last is None and len(kept) < len(found),
            has_previous=last is not None and len(kept) < len(found),
        )

    async def count(self, *, state: ReviewState = ReviewState.OPEN, customer_id: str | None = None) -> int:
        self._store.calls.append("reviews.count")
        return len(self._matching(state, customer_id))

    def _matching(self, state: ReviewState, customer_id: str | None) -> list[ReviewData]:
        return [
            one
            for one in self._store.reviews
            if one.state is state and customer_id in {None, one.left_customer, one.right_customer}
        ]


class FakeHouseholds:
    """Households from a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[HouseholdData, ...]]:
        self._store.calls.append("households.of")
        return {
            one: tuple(each for each in self._store.households if one in each.members) for one in customer_ids
        }


class FakeSummaries:
    """Figures from a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[PartyFigures, ...]]:
        self._store.calls.append("summaries.of")
        return {
            one: tuple(each for each in self._store.figures if each.customer_id == one)
            for one in customer_ids
        }


class FakeSegments:
    """Definitions and counts from lists."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def current(self, at: datetime | None = None) -> tuple[SegmentDefinition, ...]:
        self._store.calls.append("segments.current")
        return tuple(self._store.segments)

    async def latest(self) -> CountData | None:
        return max(self._store.counts, key=lambda one: one.day, default=None)

    async def sizes(
        self, names: Iterable[str] | None = None, *, since: date, until: date
    ) -> dict[str, tuple[SegmentSize, ...]]:
        self._store.calls.append(f"segments.sizes {since} {until}")
        found: dict[str, tuple[SegmentSize, ...]] = {}
        for count in self._store.counts:
            for name, tally in count.segments.items():
                if since <= count.day <= until and (names is None or name in names):
                    size = SegmentSize(
                        name=name,
                        day=count.day,
                        version=count.versions[name],
                        tally=tally,
                        population=count.customers,
                        currency=count.currency,
                    )
                    found[name] = (*found.get(name, ()), size)
        return found


class FakeStandings:
    """Orders from a list of scores; cursors are places in it."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def best(
        self, figure: str, line: str = "", *, first: int = 20, after: str | None = None
    ) -> StandingPage:
        self._store.calls.append("standings.best")
        rows = [one for one in self._store.scores if (one.figure, one.line) == (figure, line)]
        rows.sort(key=lambda one: (-one.score, one.customer_id))
        if after is not None and not after.isdecimal():
            raise CursorError("is damaged")
        start = 0 if after is None else int(after) + 1
        shown = rows[start : start + first]
        return StandingPage(
            ids=tuple(one.customer_id for one in shown),
            scores=tuple(one.score for one in shown),
            cursors=tuple(str(start + number) for number in range(len(shown))),
            has_next=len(rows) > start + first,
            has_previous=after is not None,
        )


class FakeOutbox:
    """Events in a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def add(self, drafts: Iterable[EventDraft]) -> None:
        self._store.events.extend(drafts)

    async def head(self) -> int:
        return self._store.head


class FakeJobs:
    """Jobs by name."""

    def __init__(self, store: FakeStore) -> None:
        self._jobs = store.jobs

    async def get(self, name: str) -> JobData | None:
        return self._jobs.get(name)


class FakeContests:
    """Contests from a list."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def of(self, customer_ids: Iterable[str]) -> dict[str, tuple[ContestData, ...]]:
        self._store.calls.append("contests.of")
        return {
            one: tuple(each for each in self._store.contests if each.customer_id == one)
            for one in customer_ids
        }


class FakeActions:
    """No actions at partners."""

    async def get(self, ids: Iterable[str]) -> dict[str, PartnerActionData]:
        return {}

    async def of(
        self, customer_ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> dict[str, PartnerActionPage]:
        return {
            one: PartnerActionPage(actions=(), cursors=(), has_next=False, has_previous=False)
            for one in customer_ids
        }


class FakeConsents:
    """What customers decided about the use of their data."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[DecisionData, ...]]:
        self._store.calls.append("consents.of")
        found = {one: self._store.decisions.get(one, ()) for one in customer_ids}
        return {one: mine for one, mine in found.items() if mine}


class FakeProducts:
    """The catalogue."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def current(self) -> tuple[ProductData, ...]:
        self._store.calls.append("products")
        return self._store.products


class FakeOfferResponses:
    """What became of offers, by customer."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def contacts(
        self, customer_ids: Iterable[str], *, within: timedelta
    ) -> dict[str, tuple[Contact, ...]]:
        self._store.calls.append("contacts")
        return {
            one: tuple(found)
            for one in customer_ids
            if (found := [each for each in self._store.contacts.get(one, ()) if each.at >= NOW - within])
        }


class FakeCandidates:
    """Candidates from a list, whatever leads to them."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def find(self, keys: Iterable[EnrolKey], blocks: Iterable[str] = ()) -> CandidateSet:
        self._store.calls.append("candidates.find")
        return CandidateSet(candidates=tuple(self._store.candidates))


class FakeFolders:
    """Customers with all that is kept of them, put together from the others' answers."""

    def __init__(self, unit: FakeUnit) -> None:
        self._unit = unit

    async def find(self, wanted: Wanted) -> Folders:
        unit, parts = self._unit, wanted.parts
        unit.store.calls.append("find")
        known = await unit.customers.resolve(wanted.ids) if wanted.ids else {}
        by_key = await unit.customers.by_keys(wanted.keys) if wanted.keys else {}
        by_ref = await unit.customers.by_party_refs(wanted.refs) if wanted.refs else {}
        ids = {*known.values(), *by_ref.values(), *(one for mine in by_key.values() for one in mine)}
        loaded = await unit.customers.load(sorted(ids)) if ids else {}
        decisions = await unit.consents.of(loaded) if Part.DECISIONS in parts else {}
        figures = await unit.summaries.of(loaded) if Part.FIGURES in parts else {}
        contests = await unit.contests.of(loaded) if Part.CONTESTS in parts else {}
        within = wanted.contacts_within
        contacts = (
            await unit.offer_responses.contacts(loaded, within=within) if Part.CONTACTS in parts else {}
        )
        return Folders(
            known=known,
            by_key=by_key,
            by_ref=by_ref,
            of={
                one: Folder(
                    customer=customer,
                    decisions=decisions.get(one, ()),
                    figures=figures.get(one, ()),
                    contests=contests.get(one, ()),
                    contacts=contacts.get(one, ()),
                )
                for one, customer in loaded.items()
            },
            segments=await unit.segments.current() if Part.SEGMENTS in parts else None,
            products=await unit.products.current() if Part.PRODUCTS in parts else None,
        )


class FakeAudit:
    def __init__(self, store: FakeStore) -> None:
        self._store = store

    async def append(self, entry: WriteEntry) -> SealEntry:
        self._store.audited.append(entry)
        return SealEntry(write_id=str(len(self._store.audited)), digest="")


class FakeUnit:
    def __init__(self, store: FakeStore) -> None:
        self.store = store
        self.customers = FakeCustomers(store)
        self.folders = FakeFolders(self)
        self.ledger = FakeLedger(store)
        self.reviews = FakeReviews(store)
        self.households = FakeHouseholds(store)
        self.candidates = FakeCandidates(store)
        self.idempotency = FakeIdempotency(store)
        self.summaries = FakeSummaries(store)
        self.products = FakeProducts(store)
        self.offer_responses = FakeOfferResponses(store)
        self.segments = FakeSegments(store)
        self.standings = FakeStandings(store)
        self.contests = FakeContests(store)
        self.actions = FakeActions()

        self.consents = FakeConsents(store)
        self.audit = FakeAudit(store)
        self.jobs = FakeJobs(store)
        self.outbox = FakeOutbox(store)


@dataclass
class FakeStore:
    customers: dict[str, CustomerData] = field(default_factory=dict)
    keys: dict[tuple[KeyKind, str], list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    units: int = 0
    entries: list[LedgerEntry] = field(default_factory=list)
    redirects: dict[str, Redirect] = field(default_factory=dict)
    past: dict[str, PastProfile] = field(default_factory=dict)
    reviews: list[ReviewData] = field(default_factory=list)
    households: list[HouseholdData] = field(default_factory=list)
    candidates: list[CandidateData] = field(default_factory=list)
    figures: list[PartyFigures] = field(default_factory=list)
    products: tuple[ProductData, ...] = ()
    contacts: dict[str, list[Contact]] = field(default_factory=dict)
    segments: list[SegmentDefinition] = field(default_factory=list)
    counts: list[CountData] = field(default_factory=list)
    scores: list[CustomerScore] = field(default_factory=list)
    members: dict[str, set[str]] = field(default_factory=dict)
    contests: list[ContestData] = field(default_factory=list)
    decisions: dict[str, tuple[DecisionData, ...]] = field(default_factory=dict)
    audited: list[WriteEntry] = field(default_factory=list)
    jobs: dict[str, JobData] = field(default_factory=dict)
    head: int = 0
    """Place of the latest event."""
    kept: dict[tuple[str, str], tuple[bytes, bytes]] = field(default_factory=dict)
    events: list[EventDraft] = field(default_factory=list)

    @asynccontextmanager
    async def read(self, tenant: TenantId, sight: Sight) -> AsyncIterator[FakeUnit]:
        self.units += 1
        yield FakeUnit(self)

    def folders(self, tenant: TenantId, sight: Sight) -> FakeFolders:
        self.units += 1
        return FakeUnit(self).folders

    @asynccontextmanager
    async def unit(self, tenant: TenantId, sight: Sight) -> AsyncIterator[FakeUnit]:
        self.calls.append("begin")
        before = dict(self.customers), dict(self.kept), list(self.events)
        try:
            yield FakeUnit(self)
        except BaseException:
            self.customers, self.kept, self.events = before
            self.calls.append("rollback")
            raise
        self.calls.append("commit")


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


@dataclass
class World:
    """Everything a test asks and sets."""

    store: FakeStore
    host: FakeHost
    engine: GraphEngine
    schema: Schema
    access: Access

    def customer(
        self,
        number: int,
        *,
        links: Mapping[str, str] | None = None,
        keys: Mapping[KeyKind, str] | None = None,
        values: Sequence[ProfileValueData] = (),
        name: str | None = None,
        kind: PartyKind = PartyKind.PERSON,
    ) -> str:
        customer_id = f"0190a6c0-0000-7000-8000-{number:012d}"
        self.store.customers[customer_id] = CustomerData(
            id=customer_id,
            kind=kind,
            display_name=name or f"Customer {number:03d}",
            country="CH",
            created_at=NOW,
            updated_at=NOW,
            links=tuple(
                LinkData(
                    connector=connector,
                    party_id=party,
                    method="import",
                    confidence=1.0,
                    evidence="e-mail and birth date agree",
                    linked_at=NOW,
                )
                for connector, party in (links or {}).items()
            ),
            values=tuple(values),
        )
        for key, value in (keys or {}).items():
            self.store.keys.setdefault((key, value), []).append(customer_id)
        return customer_id

    def ask(self, query: str, variables: Mapping[str, Any] | None = None, **options: Any) -> GraphResponse:
        return asyncio.run(self.engine.execute(query, variables, access=self.access, **options))

    def data(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        response = self.ask(query, variables)
        assert not response.errors, response.errors
        return response.data


@pytest.fixture(scope="session")
def schema() -> Schema:
    return built_schema()


@pytest.fixture(scope="session")
def make_world(schema: Schema) -> Callable[..., World]:
    def make(other: Schema = schema, *, models: Models | None = None) -> World:
        store, host = FakeStore(), FakeHost()
        database: Any = store  # has what reading asks for, and no ledger to write into
        settings = EngineSettings(compiled_from=1)
        engine = GraphEngine(other, database, host, lambda: NOW, models=models, settings=settings)
        return World(store, host, engine, other, access_of("agent"))

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """Six partners, one of each domain, and a second bank."""
    made = make_world()
    made.host.instances = {
        "bank": "banking",
        "other_bank": "banking",
        "insurer": "insurance",
        "broker": "brokerage",
        "points": "loyalty",
        "inn": "hotel",
        "wheels": "rental",
    }
    return made


@pytest.fixture(scope="session")
def money() -> Callable[..., Money]:
    return lambda amount, currency="AUD": Money(amount=Decimal(amount), currency=CurrencyCode(currency))


@pytest.fixture(scope="session")
def today() -> date:
    return NOW.date()
