"""What execution asks of the store as a whole: units of work, each one transaction."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from c360.access import TenantId
from schema.actions.ports import PartnerActions
from schema.ports.access import Audit, Books, Emergencies, Reveals, Verifications
from schema.ports.customers import Customers, Summaries
from schema.ports.grants import GrantFlows, Grants
from schema.ports.identity import Candidates, Households, Ledger, Reviews
from schema.ports.privacy import Consents, Erasures, Exports, Holds
from schema.ports.scoring import Contests, OfferResponses, Products, Segments, Standings
from schema.ports.work import Idempotency, Jobs
from store.repositories.appointments import AppointmentRepository
from store.repositories.complaints import ComplaintRepository
from store.repositories.deliveries import DeliveryRepository
from store.repositories.endpoints import EndpointRepository
from store.repositories.folders import FolderRepository
from store.repositories.interactions import InteractionRepository
from store.repositories.notes import NoteRepository
from store.repositories.outbox import OutboxRepository
from store.repositories.preferences import PreferenceRepository
from store.repositories.records import BookingRepository, TouchpointRepository
from store.repositories.statements import StatementRepository
from store.repositories.tasks import TaskRepository
from store.repositories.timeline import TimelineRepository
from store.repositories.uploads import UploadRepository
from store.sight import Sight


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

    def folders(self, tenant: TenantId, sight: Sight) -> FolderRepository:
        """Customers in sight with what is kept of them, read by itself."""
        ...

    def unit(self, tenant: TenantId, sight: Sight) -> AbstractAsyncContextManager[Unit]:
        """The same for writing: committed when the block ends, rolled back when it raises."""
        ...
