"""Mutations of what people keep of customers."""

from __future__ import annotations

from collections.abc import Sequence

from schema.mutations.base import Mutation
from schema.mutations.service.appointments import BookAppointment, CancelAppointment, MoveAppointment
from schema.mutations.service.complaints import (
    AssignComplaint,
    Compensate,
    OpenComplaint,
    ReopenComplaint,
    ResolveComplaint,
)
from schema.mutations.service.contact_points import (
    AddContactPoint,
    ChangeContactPoint,
    PreferContactPoint,
    RemoveContactPoint,
)
from schema.mutations.service.customers import CreateCustomer, UpdateCustomer
from schema.mutations.service.interactions import (
    EndInteraction,
    RecordInteraction,
    StartInteraction,
    UpdateInteraction,
)
from schema.mutations.service.notes import AddNote, ChangeNote, RemoveNote
from schema.mutations.service.preferences import SetPreference
from schema.mutations.service.tasks import AssignTask, CompleteTask, OpenTask

SERVICE_MUTATIONS: Sequence[type[Mutation]] = (
    CreateCustomer,
    UpdateCustomer,
    AddContactPoint,
    ChangeContactPoint,
    RemoveContactPoint,
    PreferContactPoint,
    SetPreference,
    AddNote,
    ChangeNote,
    RemoveNote,
    StartInteraction,
    UpdateInteraction,
    EndInteraction,
    RecordInteraction,
    OpenComplaint,
    AssignComplaint,
    ResolveComplaint,
    ReopenComplaint,
    Compensate,
    BookAppointment,
    MoveAppointment,
    CancelAppointment,
    OpenTask,
    AssignTask,
    CompleteTask,
)
"""All of them, in the order in which the printed schema has them."""
