"""What the host asks of whoever keeps copies and grants; the composition root wires the store in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from c360.access import TenantId
from c360.values import Secret


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The last-known copy of one kind of record of one customer from one source."""

    customer_id: str
    connector: str
    kind: str
    fetched_at: datetime
    content: bytes
    """The records, encoded by the host; opaque and encrypted to the keeper."""
    since: date | None = None
    until: date | None = None
    """Window that the copy covers, for windowed kinds."""
    parties: tuple[str, ...] | None = None
    """Ids of the parties that it is of: those the customer had when it was fetched."""


class SnapshotKey(msgspec.Struct, frozen=True, kw_only=True):
    """Which copy is wanted."""

    customer_id: str
    connector: str
    kind: str


class SnapshotStore(Protocol):
    """Keeps last-known copies."""

    async def read(self, tenant: TenantId, keys: Sequence[SnapshotKey]) -> Sequence[Snapshot]:
        """The copies that exist, in one round trip.

        Several of one key are of several parties of the customer, and are the copy together.
        """
        ...

    async def write(self, tenant: TenantId, snapshots: Sequence[Snapshot]) -> None:
        """Keep copies, each replacing the one with the same key, in one transaction."""
        ...


class GrantStore(Protocol):
    """Keeps the customers' grants."""

    async def tokens(
        self, tenant: TenantId, wanted: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str, str], Secret | None]:
        """Access tokens by (customer id, instance id, party id), in one round trip.

        ``None`` for a grant that has ended; nothing where there never was one.
        """
        ...

    def opened(self, tenant: TenantId, connector: str, sealed: object) -> Secret | None:
        """The access token of a grant of :attr:`connectors.results.Target.grants`, at once.

        ``None`` for a grant that has ended.
        """
        ...

    async def refused(self, tenant: TenantId, which: tuple[str, str, str], token: Secret) -> None:
        """Note that a partner refused a token, so that it is not sent again."""
        ...
