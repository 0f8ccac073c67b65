"""The type Query: its fields, and what each of them returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import msgspec
from strawberry.types.field import StrawberryField

from c360.records.party import Party
from schema.access.shapes import QueuedEmergency
from schema.actions.shapes import PartnerAction
from schema.audit import AuditEntry
from schema.bulk.jobs import job_type
from schema.consents.shapes import ConsentWording
from schema.declarations import Demand
from schema.derive import Deriver
from schema.events.shapes import EventDelivery, EventEndpoint
from schema.identity.shapes import ProbableCustomer, Review
from schema.paging import connection_type
from schema.privacy.retention import RetentionRule
from schema.privacy.shapes import DataExport, ErasureCertificate
from schema.roots.access_log import AccessLogEntry, AccessLogRoot
from schema.roots.actions import ActionRoot, ActionsRoot, QueuedAction
from schema.roots.audit import AuditEntriesRoot
from schema.roots.base import RootField
from schema.roots.best import BestCustomersRoot
from schema.roots.contests import ContestsRoot
from schema.roots.customer import CustomerRoot
from schema.roots.customers import CustomersRoot
from schema.roots.emergencies import EmergencyAccessesRoot
from schema.roots.endpoints import DeliveriesRoot, EndpointsRoot
from schema.roots.exports import DataExportRoot
from schema.roots.jobs import JobRoot, JobsRoot
from schema.roots.nodes import ConnectorsRoot, NodeRoot, NodesRoot
from schema.roots.preferences import PreferenceKeysRoot
from schema.roots.privacy import ErasureCertificateRoot, RetentionRulesRoot
from schema.roots.products import ProductsRoot
from schema.roots.reviews import ReviewsRoot
from schema.roots.search import SearchRoot
from schema.roots.segments import SegmentsRoot
from schema.roots.service import AppointmentsRoot, ComplaintCountsRoot, ComplaintsRoot, TasksRoot
from schema.roots.wordings import ConsentWordingsRoot
from schema.scoring.contests import QueuedContest
from schema.scoring.offers import Product
from schema.scoring.segments import BestCustomer, Segment
from schema.service.shapes import (
    ComplaintCount,
    PreferenceKey,
    QueuedAppointment,
    QueuedComplaint,
    QueuedTask,
)
from schema.shapes import SearchSource, Shape
from schema.types import Node

ROOTS: Mapping[str, type[RootField]] = {
    root.name: root
    for root in (
        CustomerRoot,
        CustomersRoot,
        SearchRoot,
        ReviewsRoot,
        ProductsRoot,
        SegmentsRoot,
        BestCustomersRoot,
        ContestsRoot,
        AuditEntriesRoot,
        ConsentWordingsRoot,
        DataExportRoot,
        EndpointsRoot,
        DeliveriesRoot,
        ErasureCertificateRoot,
        RetentionRulesRoot,
        AccessLogRoot,
        ActionRoot,
        ActionsRoot,
        TasksRoot,
        ComplaintsRoot,
        ComplaintCountsRoot,
        AppointmentsRoot,
        PreferenceKeysRoot,
        EmergencyAccessesRoot,
        JobRoot,
        JobsRoot,
        ConnectorsRoot,
        NodeRoot,
        NodesRoot,
    )
}

_NULLABLE = "A field is null where an error says why: one that is refused does not void the others."


class Listed(msgspec.Struct, frozen=True):
    """A list that a field of ``Query`` returns."""

    name: str
    """What an element is called, in one word."""
    text: str
    """What the list holds, for the descriptions."""
    counted: str | None = None
    """How many there are, in words; none where the list is not counted."""
    free: bool = False
    """Whether they are counted anyway, not only where somebody asks for it."""

    def over(self, make: Deriver, node: Any, more: dict[str, StrawberryField] | None = None) -> Any:
        """The type of the connection over a type of node, with further fields."""
        if self.counted is None or self.free:
            counted = None if self.counted is None else f"{self.counted}."
            return connection_type(make, node, self.name, self.text, counted=counted, more=more)
        return connection_type(
            make,
            node,
            self.name,
            self.text,
            counted=f"{self.counted}; counted only where it is asked for.",
            count_demand=Demand(count=True),
            more=more,
        )


_LISTS: Mapping[str, tuple[type[Shape], Listed]] = {
    "reviews": (Review, Listed("Review", "reviews, the oldest first", "How many reviews meet the filter")),
    "products": (
        Product,
        Listed("Product", "products, by id", "How many products meet the filter", free=True),
    ),
    "contests": (
        QueuedContest,
        Listed("Contest", "contested scores, the oldest first", "How many contests stand so"),
    ),
    "emergencyAccesses": (
        QueuedEmergency,
        Listed("EmergencyAccess", "emergency accesses, the oldest first", "How many stand so"),
    ),
    "auditEntries": (AuditEntry, Listed("AuditEntry", "entries of the audit, the newest first")),
    "consentWordings": (
        ConsentWording,
        Listed(
            "ConsentWording", "wordings, by name, the latest version first", "How many there are", free=True
        ),
    ),
    "deliveries": (EventDelivery, Listed("EventDelivery", "deliveries, the latest first")),
    "accessLog": (AccessLogEntry, Listed("AccessLogEntry", "looks and changes, the newest first")),
    "actions": (
        QueuedAction,
        Listed(
            "QueuedAction",
            "actions at partners with their customers, the latest first",
            "How many actions meet the filter",
        ),
    ),
    "tasks": (QueuedTask, Listed("QueuedTask", "tasks, the oldest first", "How many tasks meet the filter")),
    "complaints": (
        QueuedComplaint,
        Listed("QueuedComplaint", "complaints", "How many complaints meet the filter"),
    ),
    "appointments": (QueuedAppointment, Listed("QueuedAppointment", "appointments, the soonest first")),
}
"""Lists of shapes that are read page by page, by the field that returns them."""

_WHOLE: Mapping[str, type[Shape]] = {
    "segments": Segment,
    "endpoints": EventEndpoint,
    "retentionRules": RetentionRule,
    "complaintCounts": ComplaintCount,
    "preferenceKeys": PreferenceKey,
}
"""Lists of shapes that are read at once."""

_ONE: Mapping[str, type[Shape]] = {
    "dataExport": DataExport,
    "erasureCertificate": ErasureCertificate,
    "action": PartnerAction,
}
"""Shapes that are found by their id."""

_CUSTOMERS = Listed("Customer", "customers", "How many customers meet the filter")
_JOBS = Listed("Job", "uploads and their jobs, the latest first")
_BEST = Listed("BestCustomer", "customers by a figure, the best first")
_RESULTS = Listed("Search", "results, the surest first", "How many results there are", free=True)


def query_type(make: Deriver, customer: Any, connector: Any, resolver: Callable[..., Any]) -> Any:
    """The type ``Query``.

    Args:
        make: Makes the types.
        customer: The type of a customer.
        connector: The type of an instance of a connector.
        resolver: The resolver of every field.
    """
    returns = _returns(make, customer, connector)
    fields = {
        name: make.computed(
            resolver, returns[name] | None, root.description, arguments=root.arguments_type, rule=root.rule
        )
        for name, root in ROOTS.items()
    }
    return make.build("Query", f"What can be asked. {_NULLABLE}", fields)


def _returns(make: Deriver, customer: Any, connector: Any) -> Mapping[str, Any]:
    """What each field returns, by its name."""
    shown_job = job_type(make)
    make.stand("Job", shown_job)
    return {
        "customer": customer,
        "customers": _CUSTOMERS.over(make, customer),
        "search": _search(make, customer),
        "bestCustomers": _best(make),
        "connectors": list[connector],
        "job": shown_job,
        "jobs": _JOBS.over(make, shown_job),
        "node": Node,
        "nodes": list[Node | None],
        **{name: listed.over(make, make.object(shape)) for name, (shape, listed) in _LISTS.items()},
        **{name: list[make.object(shape)] for name, shape in _WHOLE.items()},  # type: ignore[misc]  # built at run time
        **{name: make.object(shape) for name, shape in _ONE.items()},
    }


def _best(make: Deriver) -> Any:
    day = make.attribute(date | None, "Day that the figures are of; null where nobody was counted yet.")
    return _BEST.over(make, make.object(BestCustomer), {"counted_on": day})


def _search(make: Deriver, customer: Any) -> Any:
    result = make.build(
        "SearchResult",
        "A customer that the text leads to, or a partner's record that no customer is linked to.",
        {
            "customer": make.attribute(customer | None, "The customer; null where the hub has none linked."),
            "parties": make.attribute(
                tuple[Party, ...], "Partner records that were found live, as the partners hold them."
            ),
            "probably": make.attribute(
                tuple[ProbableCustomer, ...] | None,
                "Of a record that no customer is linked to: whom it probably is, the likeliest first. "
                "`linkIdentity` links it. Null only where it is refused.",
            ),
        },
    )
    return _RESULTS.over(
        make,
        result,
        {
            "sources": make.attribute(
                tuple[SearchSource, ...],
                "What became of the search at each source, in the order of the settings.",
            ),
            "truncated": make.attribute(
                bool, "Whether the hub's index has more customers than are shown; narrow the text."
            ),
        },
    )
