"""What execution asks of the store and of the host. The composition root passes the real ones in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from typing import Protocol

from c360.access import Access, TenantId
from c360.auth.grants import Pending
from c360.contract import Action, KeyKind, PartyQuery
from connectors.acting import Acted
from connectors.granting import GrantSettings
from connectors.identify import IdentifyResult
from connectors.infos import InstanceInfo
from connectors.results import Gathered, GatherRequest
from resolvers.actions.ports import HeldGrants
from schema.actions.ports import PartnerActions
from store.data import (
    CustomerData,
    CustomerFilter,
    CustomerOrder,
    EnrolKey,
    EnrolLink,
    JobData,
    Page,
    PartyFigures,
)
from store.data_access import (
    BookChange,
    BookEntryData,
    EmergencyData,
    EmergencyState,
    EmergencyVerdict,
    RevealData,
    RevealReason,
    VerificationData,
    VerificationMethod,
)
from store.data_audit import AuditFilter, AuditPage, SealEntry, WriteEntry
from store.data_consents import DecisionData, DecisionDraft, Proof, WordingData
from store.data_contests import ContestData, ContestPage, ContestState, ContestVerdict
from store.data_credentials import FlowDraft, GrantData
from store.data_identity import (
    Admission,
    AdmissionResult,
    CandidateSet,
    CustomerDraft,
    HouseholdData,
    LedgerEntry,
    LedgerPage,
    LinkDecision,
    MergePlan,
    MergeResult,
    PartyRef,
    PastProfile,
    Redirect,
    Replay,
    ReviewData,
    ReviewPage,
    ReviewResult,
    ReviewState,
    ReviewVerdict,
    SplitResult,
    UnmergeResult,
)
from store.data_offers import Contact, OfferEvent, OfferEventDraft, ProductData
from store.data_privacy import (
    CertificateData,
    ErasurePlan,
    ExportData,
    HoldData,
    RetentionRuleData,
    RetentionRunData,
)
from store.data_segments import CountData, SegmentDefinition, SegmentSize, StandingPage
from store.data_service import OwnPage
from store.repositories.appointments import AppointmentRepository
from store.repositories.complaints import ComplaintRepository
from store.repositories.deliveries import DeliveryRepository
from store.repositories.endpoints import EndpointRepository
from store.repositories.folders import FolderRepository
from store.repositories.interactions import InteractionRepository
from store.repositories.notes import NoteRepository
from store.repositories.outbox import OutboxRepository
from store.repositories.own import Stretch
from store.repositories.preferences import PreferenceRepository
from store.repositories.records import BookingRepository, TouchpointRepository
from store.repositories.statements import StatementRepository
from store.repositories.tasks import TaskRepository
from store.repositories.timeline import TimelineRepository
from store.repositories.uploads import UploadRepository
from store.sight import Sight


class Customers(Protocol):
    """The customers of a tenant; see :class:`store.repositories.customers.CustomerRepository`."""

    async def resolve(self, ids: Iterable[str]) -> Mapping[str, str]:
        """The customer that answers for each id."""
        ...

    async def by_keys(
        self, keys: Iterable[tuple[KeyKind, str]]
    ) -> Mapping[tuple[KeyKind, str], tuple[str, ...]]:
        """The customers that each key leads to."""
        ...

    async def by_party_refs(self, refs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """The customer that each (instance id, party id) is linked to."""
        ...

    async def load(self, ids: Iterable[str]) -> Mapping[str, CustomerData]:
        """Customers with links and present profile values."""
        ...

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
        """A page of the customers that meet a filter."""
        ...

    async def hold(self, ids: Iterable[str]) -> Mapping[str, CustomerData]:
        """Customers whom nobody changes until the unit ends, by the ids asked for."""
        ...

    async def in_sight(self, ids: Iterable[str]) -> Collection[str]:
        """Those present customers whom the caller may come to."""
        ...

    async def count(self, which: CustomerFilter) -> int:
        """How many customers meet a filter."""
        ...

    async def search(self, text: str, *, limit: int = 20, after: str | None = None) -> Page:
        """Customers whose names have words that start with the words of a text."""
        ...


class Idempotency(Protocol):
    """What was answered before; see :class:`store.repositories.idempotency.IdempotencyRepository`."""

    async def claim(self, caller: str, key: str, fingerprint: bytes) -> Replay | None:
        """Take a key for a request; what was answered to the same request before, if it was.

        Raises:
            KeyReused: The caller used the key for another request.
        """
        ...

    async def keep(self, caller: str, key: str, response: bytes, *, customer_ids: Iterable[str] = ()) -> None:
        """Keep the answer of a request that was claimed in this unit of work."""
        ...


class Books(Protocol):
    """Books of business; see :class:`store.repositories.books.BookRepository`."""

    async def assign(self, agent: str, customer_ids: Collection[str], *, by: str) -> BookChange:
        """Bring customers into an agent's book."""
        ...

    async def unassign(self, agent: str, customer_ids: Collection[str], *, by: str) -> BookChange:
        """Take customers out of an agent's book."""
        ...

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[BookEntryData, ...]]:
        """In whose books each customer is."""
        ...


class Verifications(Protocol):
    """Verified callers; see :class:`store.repositories.verifications.VerificationRepository`."""

    async def open(
        self,
        customer_id: str,
        method: VerificationMethod,
        *,
        by: str,
        lasting: timedelta,
        session: str | None = None,
        answers: int = 0,
    ) -> VerificationData:
        """Note that somebody made sure who the caller is."""
        ...

    async def end(
        self, *, by: str, customer_id: str | None = None, session: str | None = None
    ) -> tuple[str, ...]:
        """End what somebody's verifications opened; whom they had opened."""
        ...

    async def end_of(
        self, session: str, *, customer_id: str, agent: str | None, since: datetime
    ) -> tuple[str, ...]:
        """End what belongs to a call or visit that is over; whom it had opened."""
        ...

    async def verified(self, subject: str, customer_ids: Iterable[str]) -> Mapping[str, datetime]:
        """Until when each of these customers is verified for somebody."""
        ...

    async def check_allowed(self, customer_id: str, *, by: str, most: int) -> str:
        """Make sure that another answer may be compared; the present id of the customer."""
        ...

    async def note_answer(self, customer_id: str, attribute: str, *, matched: bool, by: str) -> None:
        """Note that an answer was compared."""
        ...


class Reveals(Protocol):
    """Revealed values; see :class:`store.repositories.reveals.RevealRepository`."""

    async def note(
        self, customer_id: str, path: str, reason: RevealReason, *, note: str | None, by: str, most: int
    ) -> RevealData:
        """Note that a value is shown."""
        ...


class Emergencies(Protocol):
    """Emergency access; see :class:`store.repositories.emergencies.EmergencyRepository`."""

    async def open(
        self, customer_id: str, *, reason: str, ticket: str, by: str, lasting: timedelta
    ) -> EmergencyData:
        """Open a customer to somebody."""
        ...

    async def review(
        self, access_id: str, verdict: EmergencyVerdict, *, note: str | None, by: str
    ) -> EmergencyData:
        """Say whether it was right."""
        ...

    async def standing(self, customer_id: str, *, by: str) -> EmergencyData | None:
        """The one by which a customer is open to somebody at this moment."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, EmergencyData]:
        """Emergency accesses by id."""
        ...

    async def page(
        self, *, state: EmergencyState = EmergencyState.OPEN, stretch: Stretch
    ) -> OwnPage[EmergencyData]:
        """A stretch of them, the oldest first."""
        ...

    async def count(self, *, state: EmergencyState = EmergencyState.OPEN) -> int:
        """How many stand so."""
        ...


class Ledger(Protocol):
    """Who is who; see :class:`store.repositories.ledger.LedgerRepository`."""

    async def by_ids(self, ids: Iterable[str]) -> Mapping[str, LedgerEntry]:
        """Entries by id; unknown ones are left out."""
        ...

    async def admit(self, admissions: Sequence[Admission]) -> tuple[AdmissionResult, ...]:
        """Give parties that belong to nobody to customers, in the order given."""
        ...

    async def entries_of(
        self, ids: Iterable[str], *, first: int = 20, after: str | None = None
    ) -> Mapping[str, LedgerPage]:
        """What was decided about each customer and everybody merged into it, newest first."""
        ...

    async def deciding(self, parties: Iterable[PartyRef]) -> Mapping[PartyRef, tuple[LedgerEntry, ...]]:
        """The entries by which each party is with its present customer, newest first."""
        ...

    async def former(self, ids: Iterable[str]) -> Mapping[str, tuple[Redirect, ...]]:
        """The old ids that customers answer for."""
        ...

    async def plan_merge(self, survivor: str, others: Iterable[str]) -> MergePlan:
        """What a merge would do."""
        ...

    async def merge(
        self, survivor: str, others: Iterable[str], decision: LinkDecision, *, overrule: bool = False
    ) -> MergeResult:
        """Make customers one."""
        ...

    async def unmerge(
        self,
        decision: LinkDecision,
        *,
        entry_id: str | None = None,
        customer_id: str | None = None,
        apart: bool = False,
    ) -> UnmergeResult:
        """Take back a merge, or let an old id stand on its own again."""
        ...

    async def split(
        self,
        customer_id: str,
        parties: Iterable[PartyRef],
        draft: CustomerDraft,
        decision: LinkDecision,
        *,
        apart: bool = True,
    ) -> SplitResult:
        """Let parties leave a customer."""
        ...

    async def unlink(
        self, party: PartyRef, draft: CustomerDraft, decision: LinkDecision, *, apart: bool = True
    ) -> SplitResult:
        """Let one party leave its customer."""
        ...

    async def link(self, customer_id: str, party: EnrolLink, decision: LinkDecision) -> LedgerEntry | None:
        """Link a party that belongs to nobody; none where it is linked to this customer already."""
        ...

    async def undo(
        self, entry_id: str, decision: LinkDecision, *, draft: CustomerDraft | None = None
    ) -> tuple[LedgerEntry, ...]:
        """Take back an entry, by what is the opposite of it."""
        ...

    async def past(
        self, ids: Iterable[str], *, valid_at: datetime, recorded_at: datetime | None = None
    ) -> Mapping[str, PastProfile]:
        """What ids stood for in the past."""
        ...


class Reviews(Protocol):
    """The review queue; see :class:`store.repositories.reviews.ReviewRepository`."""

    async def get(self, ids: Iterable[str]) -> Mapping[str, ReviewData]:
        """Reviews by id."""
        ...

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
        """A page of the queue, oldest first."""
        ...

    async def count(self, *, state: ReviewState = ReviewState.OPEN, customer_id: str | None = None) -> int:
        """How many reviews stand so."""
        ...

    async def decide(
        self,
        review_id: str,
        verdict: ReviewVerdict,
        decision: LinkDecision,
        *,
        survivor: str | None = None,
    ) -> ReviewResult:
        """Decide a review."""
        ...


class Households(Protocol):
    """Who lives together; see :class:`store.repositories.households.HouseholdRepository`."""

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[HouseholdData, ...]]:
        """The households of each customer."""
        ...


class Summaries(Protocol):
    """What is kept of behaviour; see :class:`store.repositories.summaries.SummaryRepository`."""

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[PartyFigures, ...]]:
        """The figures of each customer's parties."""
        ...


class Segments(Protocol):
    """Definitions and sizes; see :class:`store.repositories.segments.SegmentRepository`."""

    async def current(self, at: datetime | None = None) -> tuple[SegmentDefinition, ...]:
        """What is defined at a moment, now unless told."""
        ...

    async def sizes(
        self, names: Iterable[str] | None = None, *, since: date, until: date
    ) -> Mapping[str, tuple[SegmentSize, ...]]:
        """How large segments were, by name, the earliest day first."""
        ...

    async def latest(self) -> CountData | None:
        """The latest count that came to its end."""
        ...


class Standings(Protocol):
    """Members and orders; see :class:`store.repositories.standings.StandingRepository`."""

    async def members(self, name: str, *, first: int = 20, after: str | None = None) -> StandingPage:
        """The customers of a segment, by id."""
        ...

    async def best(
        self, figure: str, line: str = "", *, first: int = 20, after: str | None = None
    ) -> StandingPage:
        """Customers by a figure, the greatest first."""
        ...


class Grants(HeldGrants, Protocol):
    """Customers' grants; see :class:`store.repositories.grants.GrantRepository`."""

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[GrantData, ...]]:
        """The grants of each customer, without their tokens."""
        ...

    async def revoke(self, customer_id: str, connector: str, *, at: datetime | None = None) -> bool:
        """Take a customer's grants at a partner back; whether there was one."""
        ...


class GrantFlows(Protocol):
    """Grants under way; see :class:`store.repositories.grant_flows.GrantFlowRepository`."""

    async def begin(self, flow: FlowDraft) -> bool:
        """Keep one that begins; ``False`` where the customer is not there any more."""
        ...


class Contests(Protocol):
    """Contested scores; see :class:`store.repositories.contests.ContestRepository`."""

    async def open(self, customer_id: str, *, reason: str, by: str) -> ContestData:
        """Put a customer's score before a person."""
        ...

    async def decide(
        self, contest_id: str, verdict: ContestVerdict, *, note: str | None, by: str
    ) -> ContestData:
        """Say whether the score stands."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, ContestData]:
        """Contests by id."""
        ...

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[ContestData, ...]]:
        """The contests of each customer."""
        ...

    async def page(
        self,
        *,
        state: ContestState = ContestState.OPEN,
        first: int = 20,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ContestPage:
        """A page of the contests, the oldest first."""
        ...

    async def count(self, *, state: ContestState = ContestState.OPEN) -> int:
        """How many contests stand so."""
        ...


class Consents(Protocol):
    """What customers agreed to; see :class:`store.repositories.consents.ConsentRepository`."""

    async def record(self, customer_id: str, draft: DecisionDraft, *, by: str) -> DecisionData:
        """Keep what a customer decided."""
        ...

    async def of(self, customer_ids: Iterable[str]) -> Mapping[str, tuple[DecisionData, ...]]:
        """Every decision of each customer, the earliest first."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, DecisionData]:
        """Decisions by id."""
        ...

    async def proofs(self, customer_ids: Iterable[str]) -> Mapping[str, Proof]:
        """The proofs of customers' decisions, by the id of the decision."""
        ...

    async def publish(
        self, wording_id: str, texts: Mapping[str, str], *, valid_from: datetime, by: str
    ) -> tuple[WordingData, ...]:
        """Publish the next version of a wording."""
        ...

    async def wordings(self, ids: Iterable[str] | None = None) -> tuple[WordingData, ...]:
        """Wordings in all versions and languages."""
        ...


class Exports(Protocol):
    """Requests to be told everything; see :class:`store.repositories.exports.ExportRepository`."""

    async def request(self, customer_id: str, *, by: str) -> ExportData:
        """Ask for everything about a customer."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, ExportData]:
        """Exports by id."""
        ...


class Erasures(Protocol):
    """Erasing persons; see :class:`store.repositories.certificates.CertificateRepository`."""

    async def plan(self, customer_id: str) -> ErasurePlan:
        """What an erasure would do."""
        ...

    async def erase(self, customer_id: str, *, reason: str, by: str) -> CertificateData:
        """Erase a customer but for what may not be deleted yet."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, CertificateData]:
        """Certificates by id."""
        ...

    def genuine(self, certificate: CertificateData) -> bool:
        """Whether a certificate says what was signed."""
        ...


class Holds(Protocol):
    """What may not be deleted, and what has to be; see :class:`store.repositories.holds.HoldRepository`."""

    async def place(
        self,
        customer_id: str,
        *,
        kind: str | None,
        basis: str,
        reason: str | None,
        until: datetime | None,
        by: str,
    ) -> HoldData:
        """Keep a customer's data from being deleted."""
        ...

    async def lift(self, hold_id: str, *, by: str) -> HoldData:
        """End a hold."""
        ...

    async def rules(self) -> tuple[RetentionRuleData, ...]:
        """How long each kind is kept."""
        ...

    async def rule(
        self, kind: str, *, days: int | None, duty_days: int | None, basis: str | None, by: str
    ) -> RetentionRuleData:
        """Say how long a kind of record is kept."""
        ...

    async def runs(self) -> Mapping[str, RetentionRunData]:
        """What the last pass over each kind did."""
        ...


class Candidates(Protocol):
    """Who a party may be; see :class:`store.repositories.candidates.CandidateRepository`."""

    async def find(self, keys: Iterable[EnrolKey], blocks: Iterable[str] = ()) -> CandidateSet:
        """The customers that any of the keys or blocks leads to."""
        ...


class Products(Protocol):
    """What can be offered; see :class:`store.repositories.products.ProductRepository`."""

    async def current(self) -> tuple[ProductData, ...]:
        """All products as they are now, by id."""
        ...


class OfferResponses(Protocol):
    """What became of offers; see :class:`store.repositories.offer_responses.OfferResponseRepository`."""

    async def record(self, draft: OfferEventDraft, *, key: str | None = None) -> OfferEvent:
        """Keep what became of an offer, once under its key."""
        ...

    async def get(self, ids: Iterable[str]) -> Mapping[str, OfferEvent]:
        """Events by id."""
        ...

    async def contacts(
        self, customer_ids: Iterable[str], *, within: timedelta
    ) -> Mapping[str, tuple[Contact, ...]]:
        """What became of offers to each customer within some time, the oldest first."""
        ...


class Audit(Protocol):
    """Who changed what; see :class:`store.repositories.audit.AuditRepository`."""

    async def append(self, entry: WriteEntry) -> SealEntry:
        """Keep a change in the transaction that makes it."""
        ...

    async def page(self, which: AuditFilter, *, first: int = 20, after: str | None = None) -> AuditPage:
        """A page of the entries that meet a filter, the newest first."""
        ...


class Jobs(Protocol):
    """Long work; see :class:`store.repositories.jobs.JobRepository`."""

    async def get(self, name: str) -> JobData | None:
        """Where the work stands."""
        ...


class Unit(Protocol):
    """One transaction."""

    # What people keep of customers is read and written as its repositories say, which stand here as they are.
    appointments: AppointmentRepository
    bookings: BookingRepository
    complaints: ComplaintRepository
    interactions: InteractionRepository
    notes: NoteRepository
    preferences: PreferenceRepository
    statements: StatementRepository
    tasks: TaskRepository
    timeline: TimelineRepository
    touchpoints: TouchpointRepository
    uploads: UploadRepository

    @property
    def audit(self) -> Audit:
        """Who looked at whom, and who changed what."""
        ...

    @property
    def verifications(self) -> Verifications:
        """Verified callers."""
        ...

    @property
    def reveals(self) -> Reveals:
        """Revealed values."""
        ...

    @property
    def emergencies(self) -> Emergencies:
        """Emergency access."""
        ...

    @property
    def books(self) -> Books:
        """Books of business."""
        ...

    @property
    def outbox(self) -> OutboxRepository:
        """What happened, for those who follow it."""
        ...

    @property
    def endpoints(self) -> EndpointRepository:
        """Where events are delivered."""
        ...

    @property
    def deliveries(self) -> DeliveryRepository:
        """What becomes of events on their way."""
        ...

    @property
    def jobs(self) -> Jobs:
        """Long work."""
        ...

    @property
    def products(self) -> Products:
        """What can be offered."""
        ...

    @property
    def offer_responses(self) -> OfferResponses:
        """What became of offers."""
        ...

    @property
    def candidates(self) -> Candidates:
        """Who a party may be."""
        ...

    @property
    def ledger(self) -> Ledger:
        """Who is who."""
        ...

    @property
    def actions(self) -> PartnerActions:
        """What partners were asked to do."""
        ...

    @property
    def grants(self) -> Grants:
        """Customers' grants at partners."""
        ...

    @property
    def grant_flows(self) -> GrantFlows:
        """Grants under way."""
        ...

    @property
    def contests(self) -> Contests:
        """Contested scores."""
        ...

    @property
    def consents(self) -> Consents:
        """What customers agreed to."""
        ...

    @property
    def exports(self) -> Exports:
        """Requests to be told everything."""
        ...

    @property
    def erasures(self) -> Erasures:
        """Erasing persons."""
        ...

    @property
    def holds(self) -> Holds:
        """What may not be deleted, and what has to be."""
        ...

    @property
    def reviews(self) -> Reviews:
        """The review queue."""
        ...

    @property
    def households(self) -> Households:
        """Who lives together."""
        ...

    @property
    def summaries(self) -> Summaries:
        """What is kept of behaviour."""
        ...

    @property
    def segments(self) -> Segments:
        """Definitions of segments, and their sizes."""
        ...

    @property
    def standings(self) -> Standings:
        """Who belongs to segments, and who is best."""
        ...

    @property
    def customers(self) -> Customers:
        """The customers."""
        ...

    @property
    def idempotency(self) -> Idempotency:
        """What was done under which key."""
        ...


class ReadingUnit(Unit, Protocol):
    """One that only reads."""

    @property
    def folders(self) -> FolderRepository:
        """Customers with all that is kept of them."""
        ...


class Database(Protocol):
    """The store; see :class:`store.database.Database`."""

    def read(self, tenant: TenantId, sight: Sight) -> AbstractAsyncContextManager[ReadingUnit]:
        """A unit of work for reading, that finds what is in sight alone."""
        ...

    def unit(self, tenant: TenantId, sight: Sight) -> AbstractAsyncContextManager[Unit]:
        """The same for writing: committed when the block ends, rolled back when it raises."""
        ...


class Host(Protocol):
    """The connectors; see :class:`connectors.host.Host`."""

    def infos(self) -> tuple[InstanceInfo, ...]:
        """What can be said about every instance, in the order of the settings."""
        ...

    def outlines(self) -> tuple[InstanceInfo, ...]:
        """The same as of an earlier moment: for what does not change of an instance, at no cost."""
        ...

    @property
    def grant_settings(self) -> GrantSettings:
        """Where customers who grant access come back to."""
        ...

    def begin_grant(self, instance_id: str, return_to: str) -> Pending:
        """Make the question for a customer; asks nobody."""
        ...

    async def gather(self, request: GatherRequest) -> Gathered:
        """Fetch everything that an operation needs; never raises for a partner."""
        ...

    async def identify(
        self,
        query: PartyQuery,
        *,
        access: Access,
        deadline: timedelta,
        only: Collection[str] | None = None,
    ) -> tuple[IdentifyResult, ...]:
        """Search the partners for a key; never raises for a partner."""
        ...

    async def act(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Perform an action; never raises for a partner."""
        ...

    async def trace(self, instance_id: str, action: Action, *, access: Access, deadline: timedelta) -> Acted:
        """Find out what became of an action; never raises for a partner."""
        ...
