"""The mutations of the graph: what each changes in one transaction, and what it answers then."""

from __future__ import annotations

from collections.abc import Sequence

from schema.mutations.actions import discover
from schema.mutations.base import Mutation
from schema.mutations.books import AssignCustomers, UnassignCustomers
from schema.mutations.bulk import CancelJob
from schema.mutations.consenting import RecordConsent, RecordObjection, RestrictProcessing, WithdrawConsent
from schema.mutations.contesting import ContestScore, DecideContest
from schema.mutations.deciding import DecideReview, UndoLedgerEntry
from schema.mutations.emergency import BreakGlass, ReviewEmergencyAccess
from schema.mutations.endpoints import ENDPOINT_MUTATIONS
from schema.mutations.erasing import EraseCustomer
from schema.mutations.exporting import RequestExport
from schema.mutations.granting import RevokeGrant, StartGrant
from schema.mutations.holding import LiftHold, PlaceHold, SetRetention
from schema.mutations.linking import LinkIdentity, SplitCustomer, UnlinkIdentity
from schema.mutations.merging import MergeCustomers, Unmerge
from schema.mutations.offers import RecordOfferResponse
from schema.mutations.revealing import RevealValue
from schema.mutations.service import SERVICE_MUTATIONS
from schema.mutations.verifying import CheckAnswer, EndVerification, VerifyCaller
from schema.mutations.wordings import PublishWording

MUTATIONS: Sequence[type[Mutation]] = (
    MergeCustomers,
    Unmerge,
    SplitCustomer,
    LinkIdentity,
    UnlinkIdentity,
    DecideReview,
    UndoLedgerEntry,
    ContestScore,
    DecideContest,
    RecordOfferResponse,
    RecordConsent,
    WithdrawConsent,
    RecordObjection,
    RestrictProcessing,
    PublishWording,
    *SERVICE_MUTATIONS,
    RequestExport,
    EraseCustomer,
    PlaceHold,
    LiftHold,
    SetRetention,
    AssignCustomers,
    UnassignCustomers,
    VerifyCaller,
    EndVerification,
    CheckAnswer,
    RevealValue,
    BreakGlass,
    ReviewEmergencyAccess,
    *ENDPOINT_MUTATIONS,
    StartGrant,
    RevokeGrant,
    CancelJob,
)
"""Every mutation of what is the hub's own, in the order in which the printed schema has them."""


def every_mutation() -> tuple[type[Mutation], ...]:
    """Every mutation, those that have partners do something last."""
    return (*MUTATIONS, *discover())
