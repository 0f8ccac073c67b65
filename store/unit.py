"""A unit of work: the repositories over one transaction."""

from __future__ import annotations

from typing import Generic, Self, TypeVar, overload

from store.repositories.actions import ActionRepository
from store.repositories.api_keys import ApiKeyRepository
from store.repositories.appointments import AppointmentRepository
from store.repositories.arrivals import ArrivalRepository
from store.repositories.audit import AuditRepository
from store.repositories.audit_verification import AuditVerification
from store.repositories.base import Repository, Scope
from store.repositories.books import BookRepository
from store.repositories.candidates import CandidateRepository
from store.repositories.certificates import CertificateRepository
from store.repositories.complaints import ComplaintRepository
from store.repositories.consents import ConsentRepository
from store.repositories.contests import ContestRepository
from store.repositories.customers import CustomerRepository
from store.repositories.decisions import ReviewRepository
from store.repositories.deliveries import DeliveryRepository
from store.repositories.dossier import DossierRepository
from store.repositories.emergencies import EmergencyRepository
from store.repositories.endpoints import EndpointRepository
from store.repositories.expiring import ExpiryRepository
from store.repositories.exports import ExportRepository
from store.repositories.feeds import FeedRepository
from store.repositories.folders import FolderDesk, FolderRepository
from store.repositories.grant_duties import GrantDutyRepository
from store.repositories.grant_flows import GrantFlowRepository
from store.repositories.grants import GrantRepository
from store.repositories.holds import HoldRepository
from store.repositories.households import HouseholdRepository
from store.repositories.idempotency import IdempotencyRepository
from store.repositories.instances import InstanceRepository
from store.repositories.intake import IntakeRepository
from store.repositories.interactions import InteractionRepository
from store.repositories.jobs import JobRepository
from store.repositories.keys import KeyRepository
from store.repositories.leases import LeaseRepository
from store.repositories.ledger import LedgerRepository
from store.repositories.links import LinkRepository
from store.repositories.notes import NoteRepository
from store.repositories.offer_responses import OfferResponseRepository
from store.repositories.outbox import OutboxRepository
from store.repositories.preferences import PreferenceRepository
from store.repositories.products import ProductRepository
from store.repositories.profiles import ProfileRepository
from store.repositories.received import ReceivedRepository
from store.repositories.record_index import RecordIndexRepository
from store.repositories.records import BookingRepository, TouchpointRepository
from store.repositories.registrations import RegistrationRepository
from store.repositories.reveals import RevealRepository
from store.repositories.segments import SegmentRepository
from store.repositories.snapshots import SnapshotRepository
from store.repositories.standings import StandingRepository
from store.repositories.statements import StatementRepository
from store.repositories.summaries import SummaryRepository
from store.repositories.tasks import TaskRepository
from store.repositories.timeline import TimelineRepository
from store.repositories.uploads import UploadRepository
from store.repositories.verifications import VerificationRepository

RepositoryT = TypeVar("RepositoryT", bound=Repository)


class _Of(Generic[RepositoryT]):
    """A repository of a unit, made when it is first used: an operation uses few of them."""

    def __init__(self, kind: type[RepositoryT]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type[Unit], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, unit: None, owner: type[Unit]) -> Self: ...
    @overload
    def __get__(self, unit: Unit, owner: type[Unit]) -> RepositoryT: ...
    def __get__(self, unit: Unit | None, owner: type[Unit]) -> RepositoryT | Self:
        if unit is None:
            return self
        made = unit.__dict__[self._name] = self._kind(unit.scope)
        return made


class Unit:
    """What one transaction of one tenant can do. Ends with the block that :class:`Database` opened.

    Args:
        scope: what its repositories share.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    audit = _Of(AuditRepository)
    audit_verification = _Of(AuditVerification)
    customers = _Of(CustomerRepository)
    books = _Of(BookRepository)
    verifications = _Of(VerificationRepository)
    reveals = _Of(RevealRepository)
    emergencies = _Of(EmergencyRepository)
    links = _Of(LinkRepository)
    grants = _Of(GrantRepository)
    grant_flows = _Of(GrantFlowRepository)
    grant_duties = _Of(GrantDutyRepository)
    api_keys = _Of(ApiKeyRepository)
    snapshots = _Of(SnapshotRepository)
    index = _Of(RecordIndexRepository)
    feeds = _Of(FeedRepository)
    instances = _Of(InstanceRepository)
    jobs = _Of(JobRepository)
    leases = _Of(LeaseRepository)
    profiles = _Of(ProfileRepository)
    summaries = _Of(SummaryRepository)
    segments = _Of(SegmentRepository)
    standings = _Of(StandingRepository)
    products = _Of(ProductRepository)
    offer_responses = _Of(OfferResponseRepository)
    actions = _Of(ActionRepository)
    ledger = _Of(LedgerRepository)
    consents = _Of(ConsentRepository)
    dossiers = _Of(DossierRepository)
    erasures = _Of(CertificateRepository)
    holds = _Of(HoldRepository)
    expiry = _Of(ExpiryRepository)
    exports = _Of(ExportRepository)
    contests = _Of(ContestRepository)
    reviews = _Of(ReviewRepository)
    candidates = _Of(CandidateRepository)
    households = _Of(HouseholdRepository)
    keys = _Of(KeyRepository)
    idempotency = _Of(IdempotencyRepository)
    tasks = _Of(TaskRepository)
    interactions = _Of(InteractionRepository)
    outbox = _Of(OutboxRepository)
    notes = _Of(NoteRepository)
    preferences = _Of(PreferenceRepository)
    complaints = _Of(ComplaintRepository)
    appointments = _Of(AppointmentRepository)
    bookings = _Of(BookingRepository)
    touchpoints = _Of(TouchpointRepository)
    statements = _Of(StatementRepository)
    timeline = _Of(TimelineRepository)
    endpoints = _Of(EndpointRepository)
    deliveries = _Of(DeliveryRepository)
    received = _Of(ReceivedRepository)
    registrations = _Of(RegistrationRepository)
    uploads = _Of(UploadRepository)
    intake = _Of(IntakeRepository)
    arrivals = _Of(ArrivalRepository)


class ReadingUnit(Unit):
    """A unit that only reads, and can do so together with others.

    Args:
        scope: what its repositories share.
        desk: where it reads together with others.
    """

    def __init__(self, scope: Scope, desk: FolderDesk) -> None:
        super().__init__(scope)
        self.folders = FolderRepository(scope, desk)
