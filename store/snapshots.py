"""Last-known copies, each call a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence

from c360.access import TenantId
from store.data import SnapshotData, SnapshotKeyData
from store.database import Database
from store.keyring import Keyring


class SqlSnapshots:
    """Keeps copies in the database, encrypted under their customers' keys."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def read(self, tenant: TenantId, keys: Sequence[SnapshotKeyData]) -> list[SnapshotData]:
        """The copies that exist.

        Raises:
            StoreError: the database or the keys fail.
        """
        async with self._database.read(tenant, keyring=self._keyring) as unit:
            return await unit.snapshots.read(keys)

    async def write(self, tenant: TenantId, snapshots: Sequence[SnapshotData]) -> None:
        """Keep copies, each replacing an older one of the same key, all or none.

        Raises:
            StoreError: the database or the keys fail.
        """
        if not snapshots:
            return
        async with self._database.unit(tenant, keyring=self._keyring) as unit:
            await unit.snapshots.write(snapshots)
