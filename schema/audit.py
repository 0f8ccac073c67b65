"""Who looked at whom and who changed what, as the graph shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from c360.access import Purpose
from schema import ids
from schema.inputs import DEFAULT_PAGE, MAX_PAGE, Arguments, NodeId
from schema.shapes import Shape
from store import data_audit
from store.data_audit import AuditKind

ENTRY, CUSTOMER = "AuditEntry", "Customer"


class AuditSource(Shape, frozen=True, kw_only=True):
    """A partner that was asked in an operation."""

    connector: Annotated[NodeId, Meta(description="Id of the connector instance.")]
    status: Annotated[str, Meta(description="The least of how it answered for the customers.")]


class AuditDetail(Shape, frozen=True, kw_only=True):
    """Something more about a change."""

    name: Annotated[str, Meta(description="What it is.")]
    value: Annotated[str, Meta(description="An id, or a member of a closed list; nothing personal.")]


class AuditEntry(Shape, frozen=True, kw_only=True):
    """One operation that read personal data, or one change. Holds ids, and no value that was read."""

    id: Annotated[NodeId, Meta(description="Id of the entry, opaque.")]
    kind: Annotated[AuditKind, Meta(description="Whether something was read or changed.")]
    at: Annotated[datetime, Meta(description="When.")]
    principal: Annotated[str, Meta(description="Subject of the caller's token.")]
    client: Annotated[str | None, Meta(description="Application that the token was issued to.")]
    purpose: Annotated[Purpose, Meta(description="For what it was asked.")]
    customer_ids: Annotated[
        tuple[NodeId, ...],
        Meta(description="Global ids of the customers it concerned, by which they went then."),
    ]
    action: Annotated[str | None, Meta(description="Of a change: the mutation, or what the hub did itself.")]
    fields: Annotated[
        tuple[str, ...], Meta(description="Of a reading: the fields asked for, such as `Profile.familyName`.")
    ]
    sources: Annotated[
        tuple[AuditSource, ...], Meta(description="Of a reading: the partners that were asked.")
    ]
    details: Annotated[tuple[AuditDetail, ...], Meta(description="Of a change: what else there is to know.")]
    sealed: Annotated[
        bool,
        Meta(description="Whether its chain holds it, as it does within a second: nobody alters it unseen."),
    ]


class AuditEntriesFilter(Arguments, frozen=True, kw_only=True):
    """Which entries are wanted; what is not given does not narrow."""

    customer_id: Annotated[NodeId | None, Meta(description="Global id of a customer it concerned.")] = None
    principal: Annotated[str | None, Meta(description="Subject of the caller.")] = None
    kind: Annotated[AuditKind | None, Meta(description="Read or changed.")] = None
    purpose: Annotated[Purpose | None, Meta(description="For what it was asked.")] = None
    since: Annotated[
        datetime | None,
        Meta(description="From then on. Without a customer and a principal it is 30 days ago unless told."),
    ] = None
    until: Annotated[datetime | None, Meta(description="Before then.")] = None


class AuditEntriesArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``auditEntries``."""

    filter: Annotated[AuditEntriesFilter | None, Meta(description="Which are wanted.")] = None
    first: Annotated[
        int | None, Meta(description=f"Elements, 1 to {MAX_PAGE}; {DEFAULT_PAGE} unless told.")
    ] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None


def audit_entry(found: data_audit.AuditEntry) -> AuditEntry:
    """An entry as the graph shows it."""
    return AuditEntry(
        id=ids.encode(ENTRY, found.id),
        kind=found.kind,
        at=found.at,
        principal=found.principal,
        client=found.client or None,
        purpose=Purpose(found.purpose),
        customer_ids=tuple(ids.encode(CUSTOMER, one) for one in found.customer_ids),
        action=found.action or None,
        fields=found.fields,
        sources=tuple(
            AuditSource(connector=one, status=state) for one, state in sorted(found.sources.items())
        ),
        details=tuple(AuditDetail(name=name, value=value) for name, value in sorted(found.detail.items())),
        sealed=found.sealed,
    )
