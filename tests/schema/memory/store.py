"""A store in memory: its units of work and repositories have the surface of the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from c360.access import TenantId
from c360.contract import KeyKind
from store.data import CustomerData, JobData, PartyFigures
from store.data_audit import WriteEntry
from store.data_consents import DecisionData
from store.data_contests import ContestData
from store.data_events import EventDraft
from store.data_folders import Folder, Folders, Part, Wanted
from store.data_identity import CandidateData, HouseholdData, LedgerEntry, PastProfile, Redirect, ReviewData
from store.data_offers import Contact, ProductData
from store.data_segments import CountData, CustomerScore, SegmentDefinition
from store.sight import Sight
from tests.schema.memory.customers import FakeCustomers
from tests.schema.memory.dealings import FakeActions, FakeConsents, FakeOfferResponses, FakeProducts
from tests.schema.memory.identity import FakeCandidates, FakeHouseholds, FakeLedger, FakeReviews
from tests.schema.memory.standing import FakeContests, FakeSegments, FakeStandings, FakeSummaries
from tests.schema.memory.writing import FakeAudit, FakeIdempotency, FakeJobs, FakeOutbox


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
