"""A customer's grant at a partner, as an object of the graph."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from msgspec import Meta

from schema.inputs import NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.shapes import Shape
from store.data_credentials import GrantData, GrantState, RevokedBy

READ = needs(Scope.GRANTS_READ)
"""Who may select how grants stand."""


class Grant(Shape, frozen=True, kw_only=True):
    """That a customer lets the hub read at a partner. Its tokens are shown to nobody."""

    connector: Annotated[NodeId, Meta(description="Connector instance of the partner.")]
    party_id: Annotated[
        NodeId,
        Meta(
            description="Whose data it opens: the partner's own id.",
            extra={"rule": needs(Scope.GRANTS_READ, pii=True)},
        ),
    ]
    state: Annotated[GrantState, Meta(description="How it stands.")]
    scopes: Annotated[tuple[str, ...], Meta(description="What it allows, as the partner names it.")]
    granted_at: Annotated[
        dt.datetime | None, Meta(description="When the customer granted it; null for one that was imported.")
    ] = None
    granted_by: Annotated[str | None, Meta(description="Who began it; null for one that was imported.")] = (
        None
    )
    expires_at: Annotated[
        dt.datetime | None,
        Meta(description="When it ends unless it is renewed; null: the partner does not say."),
    ] = None
    renewable: Annotated[bool, Meta(description="Whether the hub renews it by itself before it ends.")]
    revoked_at: Annotated[dt.datetime | None, Meta(description="When it was taken back.")] = None
    revoked_by: Annotated[RevokedBy | None, Meta(description="Who took it back.")] = None


def grant(found: GrantData) -> Grant:
    """A grant as the graph shows it."""
    return Grant(
        connector=found.connector,
        party_id=found.party_id,
        state=found.state,
        scopes=found.scopes,
        granted_at=found.granted_at,
        granted_by=found.granted_by,
        expires_at=found.expires_at,
        renewable=found.renewable,
        revoked_at=found.revoked_at,
        revoked_by=found.revoked_by,
    )
