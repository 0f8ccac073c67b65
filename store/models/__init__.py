"""The tables. Nothing outside the store sees a mapped object; see :mod:`store.data` for what it hands out."""

from store.models.access import AnswerCheck, BookEntry, EmergencyAccess, Reveal, Verification
from store.models.actions import PartnerAction, PartnerActionStep
from store.models.audit import AuditBatch, AuditMark, AuditSelection, AuditWrite
from store.models.base import Base
from store.models.bulk import Booking, Touchpoint, Upload, UploadChunk, UploadProblem
from store.models.consents import ConsentDecision, ConsentWording
from store.models.contests import ScoreContest
from store.models.copies import CustomerKey, Grant, RecordIndex, Snapshot, Summary
from store.models.credentials import ApiKey, GrantDuty, GrantFlow
from store.models.customers import Customer, IdentityLink, LookupKey, NameToken, ProfileValue
from store.models.events import Delivery, Endpoint, OutboxEvent, ReceivedEvent
from store.models.identity import (
    AnsweredRequest,
    Apart,
    EntryCustomer,
    EntryParty,
    ErasedParty,
    Evidence,
    Household,
    HouseholdMember,
    IdentityEntry,
    Redirect,
    RequestCustomer,
    Review,
)
from store.models.offers import OfferResponse, Product
from store.models.operations import ConnectorInstance, FeedCursor, Job, Lease
from store.models.privacy import (
    DataExport,
    DataExportChunk,
    ErasureCertificate,
    LegalHold,
    RetentionRule,
    RetentionRun,
)
from store.models.registrations import WebhookRegistration
from store.models.segments import (
    CustomerScore,
    SegmentCell,
    SegmentCount,
    SegmentMember,
    SegmentSize,
    SegmentVersion,
)
from store.models.service import (
    Appointment,
    AppointmentSlot,
    Compensation,
    Complaint,
    Interaction,
    Note,
    Preference,
    Task,
)

__all__ = [
    "AnswerCheck",
    "AnsweredRequest",
    "Apart",
    "ApiKey",
    "Appointment",
    "AppointmentSlot",
    "AuditBatch",
    "AuditMark",
    "AuditSelection",
    "AuditWrite",
    "Base",
    "BookEntry",
    "Booking",
    "Compensation",
    "Complaint",
    "ConnectorInstance",
    "ConsentDecision",
    "ConsentWording",
    "Customer",
    "CustomerKey",
    "CustomerScore",
    "DataExport",
    "DataExportChunk",
    "Delivery",
    "EmergencyAccess",
    "Endpoint",
    "EntryCustomer",
    "EntryParty",
    "ErasedParty",
    "ErasureCertificate",
    "Evidence",
    "FeedCursor",
    "Grant",
    "GrantDuty",
    "GrantFlow",
    "Household",
    "HouseholdMember",
    "IdentityEntry",
    "IdentityLink",
    "Interaction",
    "Job",
    "Lease",
    "LegalHold",
    "LookupKey",
    "NameToken",
    "Note",
    "OfferResponse",
    "OutboxEvent",
    "PartnerAction",
    "PartnerActionStep",
    "Preference",
    "Product",
    "ProfileValue",
    "ReceivedEvent",
    "RecordIndex",
    "Redirect",
    "RequestCustomer",
    "RetentionRule",
    "RetentionRun",
    "Reveal",
    "Review",
    "ScoreContest",
    "SegmentCell",
    "SegmentCount",
    "SegmentMember",
    "SegmentSize",
    "SegmentVersion",
    "Snapshot",
    "Summary",
    "Task",
    "Touchpoint",
    "Upload",
    "UploadChunk",
    "UploadProblem",
    "Verification",
    "WebhookRegistration",
]
