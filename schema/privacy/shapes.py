"""Exports and certificates of erasure, as objects of the graph."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schema import ids
from schema.identity.answers import CUSTOMER
from schema.inputs import NodeId
from schema.shapes import Shape
from store.data_privacy import CertificateData, ExportData, ExportState

EXPORT = "DataExport"
CERTIFICATE = "ErasureCertificate"
"""Names of types, as global ids have them."""


class DataExport(Shape, frozen=True, kw_only=True):
    """A request to be told everything that is known of a customer, and how far it is."""

    id: Annotated[NodeId, Meta(description="Its id, to ask again how far it is.")]
    state: Annotated[ExportState, Meta(description="How it stands.")]
    requested_at: Annotated[dt.datetime, Meta(description="When it was requested.")]
    finished_at: Annotated[dt.datetime | None, Meta(description="When it was ready, or failed.")]
    expires_at: Annotated[dt.datetime | None, Meta(description="Until when it can be downloaded.")]
    size: Annotated[float | None, Meta(description="Bytes of JSON.")]
    digest: Annotated[str | None, Meta(description="SHA-256 of the JSON, hexadecimal.")]
    path: Annotated[
        str | None,
        Meta(description="Path at this server to download it from, with a token; null until ready."),
    ]
    customer_id: Annotated[NodeId, Meta(description="Id of the customer.")]


class ErasedPlace(Shape, frozen=True, kw_only=True):
    """What an erasure did in one place."""

    table: Annotated[str, Meta(description="Name of the table.")]
    rows: Annotated[int, Meta(description="How many rows.")]
    how: Annotated[str, Meta(description="`DELETED`, `BLANKED` or `SHREDDED`.")]


class HeldBack(Shape, frozen=True, kw_only=True):
    """Something that may not be deleted yet."""

    kind: Annotated[str, Meta(description="Kind of record; `ALL` for everything.")]
    basis: Annotated[str, Meta(description="On what ground it is kept.")]
    until: Annotated[dt.datetime | None, Meta(description="When that is over; null while it is not known.")]
    rows: Annotated[int, Meta(description="How many rows are kept.")]


class PartnerLeft(Shape, frozen=True, kw_only=True):
    """A partner that keeps data of its own, and has to be asked itself."""

    connector: Annotated[NodeId, Meta(description="Connector instance.")]
    parties: Annotated[int, Meta(description="Records of the person there that the hub knew of.")]


class ErasureCertificate(Shape, frozen=True, kw_only=True):
    """What an erasure deleted, signed by the hub. Names no one."""

    id: Annotated[NodeId, Meta(description="Its id.")]
    customer_id: Annotated[NodeId, Meta(description="The id that the erased customer had.")]
    former_customer_ids: Annotated[
        tuple[NodeId, ...], Meta(description="Ids of customers merged into that one, erased with it.")
    ]
    reason: Annotated[str, Meta(description="Why, from a closed list.")]
    at: Annotated[dt.datetime, Meta(description="When.")]
    by: Annotated[str, Meta(description="Who had it done.")]
    erased: Annotated[tuple[ErasedPlace, ...], Meta(description="What was deleted, and where.")]
    held_back: Annotated[
        tuple[HeldBack, ...],
        Meta(description="What may not be deleted yet; the worker deletes it once it may."),
    ]
    partners: Annotated[
        tuple[PartnerLeft, ...], Meta(description="Who keeps data of their own and has to be asked.")
    ]
    finished_at: Annotated[
        dt.datetime | None, Meta(description="When nothing was left; null while something is held back.")
    ]
    digest: Annotated[str, Meta(description="SHA-256 of what it says, hexadecimal.")]
    signature: Annotated[
        str, Meta(description="HMAC-SHA-256 of the digest by the hub's own key, hexadecimal.")
    ]
    genuine: Annotated[bool, Meta(description="Whether the signature fits what is kept.")]


def data_export(found: ExportData) -> DataExport:
    """An export as the graph shows it."""
    gid = ids.encode(EXPORT, found.id)
    return DataExport(
        id=gid,
        state=found.state,
        requested_at=found.requested_at,
        finished_at=found.finished_at,
        expires_at=found.expires_at,
        size=None if found.size is None else float(found.size),
        digest=found.digest,
        path=f"/exports/{gid}" if found.state is ExportState.READY else None,
        customer_id=ids.encode(CUSTOMER, found.customer_id),
    )


def certificate(found: CertificateData, *, genuine: bool) -> ErasureCertificate:
    """A certificate as the graph shows it."""
    return ErasureCertificate(
        id=ids.encode(CERTIFICATE, found.id),
        customer_id=ids.encode(CUSTOMER, found.customer_id),
        former_customer_ids=tuple(ids.encode(CUSTOMER, one) for one in found.former_ids),
        reason=found.reason,
        at=found.at,
        by=found.by,
        erased=tuple(ErasedPlace(table=one.table, rows=one.rows, how=one.how) for one in found.deleted),
        held_back=tuple(
            HeldBack(kind=one.kind, basis=one.basis, until=one.until, rows=one.rows) for one in found.held
        ),
        partners=tuple(PartnerLeft(connector=one.connector, parties=one.parties) for one in found.partners),
        finished_at=found.finished_at,
        digest=found.digest,
        signature=found.signature,
        genuine=genuine,
    )
