"""The store's last-known copies as the host of connectors asks for them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from c360.access import TenantId
from connectors.protocols import Snapshot, SnapshotKey
from store.data import SnapshotData, SnapshotKeyData
from store.snapshots import SqlSnapshots


class StoredCopies:
    """:class:`connectors.protocols.SnapshotStore` over the store, which has the same values of its own."""

    def __init__(self, snapshots: SqlSnapshots) -> None:
        self._snapshots = snapshots

    async def read(self, tenant: TenantId, keys: Sequence[SnapshotKey]) -> Sequence[Snapshot]:
        """The copies that exist."""
        wanted = [SnapshotKeyData(**msgspec.structs.asdict(key)) for key in keys]
        found = await self._snapshots.read(tenant, wanted)
        return [Snapshot(**msgspec.structs.asdict(copy)) for copy in found]

    async def write(self, tenant: TenantId, snapshots: Sequence[Snapshot]) -> None:
        """Keep copies."""
        copies = [SnapshotData(**msgspec.structs.asdict(copy)) for copy in snapshots]
        await self._snapshots.write(tenant, copies)
