"""A unit of work: the repositories over one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from c360.access import TenantId
from store.keyring import Keyring
from store.repositories.actions import ActionRepository
from store.repositories.api_keys import ApiKeyRepository
from store.repositories.appointments import AppointmentRepository
from store.repositories.audit import AuditRepository
from store.repositories.audit_verification import AuditVerification
from store.repositories.base import Scope
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
from store.sight import EVERYTHING, Sight


class Unit:
    """What one transaction of one tenant can do. Ends with the block that :class:`Database` opened."""

    def __init__(  # noqa: PLR0915  # one line for each repository
        self,
        session: AsyncSession,
        tenant: TenantId,
        keyring: Keyring | None,
        clock: Callable[[], datetime],
        sight: Sight = EVERYTHING,
    ) -> None:
        scope = Scope(session=session, tenant=tenant, keyring_or_none=keyring, clock=clock, sight=sight)
        self.audit = AuditRepository(scope)
        self.audit_verification = AuditVerification(scope)
        self.customers = CustomerRepository(scope)
        self.books = BookRepository(scope)
        self.verifications = VerificationRepository(scope)
        self.reveals = RevealRepository(scope)
        self.emergencies = EmergencyRepository(scope)
        self.links = LinkRepository(scope)
        self.grants = GrantRepository(scope)
        self.grant_flows = GrantFlowRepository(scope)
        self.grant_duties = GrantDutyRepository(scope)
        self.api_keys = ApiKeyRepository(scope)
        self.snapshots = SnapshotRepository(scope)
        self.index = RecordIndexRepository(scope)
        self.feeds = FeedRepository(scope)
        self.instances = InstanceRepository(scope)
        self.jobs = JobRepository(scope)
        self.leases = LeaseRepository(scope)
        self.profiles = ProfileRepository(scope)
        self.summaries = SummaryRepository(scope)
        self.segments = SegmentRepository(scope)
        self.standings = StandingRepository(scope)
        self.products = ProductRepository(scope)
        self.offer_responses = OfferResponseRepository(scope)
        self.actions = ActionRepository(scope)
        self.ledger = LedgerRepository(scope)
        self.consents = ConsentRepository(scope)
        self.dossiers = DossierRepository(scope)
        self.erasures = CertificateRepository(scope)
        self.holds = HoldRepository(scope)
        self.expiry = ExpiryRepository(scope)
        self.exports = ExportRepository(scope)
        self.contests = ContestRepository(scope)
        self.reviews = ReviewRepository(scope)
        self.candidates = CandidateRepository(scope)
        self.households = HouseholdRepository(scope)
        self.keys = KeyRepository(scope)
        self.idempotency = IdempotencyRepository(scope)
        self.tasks = TaskRepository(scope)
        self.interactions = InteractionRepository(scope)
        self.outbox = OutboxRepository(scope)
        self.notes = NoteRepository(scope)
        self.preferences = PreferenceRepository(scope)
        self.complaints = ComplaintRepository(scope)
        self.appointments = AppointmentRepository(scope)
        self.bookings = BookingRepository(scope)
        self.touchpoints = TouchpointRepository(scope)
        self.statements = StatementRepository(scope)
        self.timeline = TimelineRepository(scope)
        self.endpoints = EndpointRepository(scope)
        self.deliveries = DeliveryRepository(scope)
        self.received = ReceivedRepository(scope)
        self.uploads = UploadRepository(scope)
        self.intake = IntakeRepository(scope)
