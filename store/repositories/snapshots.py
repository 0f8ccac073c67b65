"""Last-known copies of partners' records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from store.data import SnapshotData, SnapshotKeyData
from store.keyring import DataKey
from store.models import Snapshot
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.vault import Vault


class SnapshotRepository(Repository):
    """Keeps the newest copy per customer, connector instance and kind, encrypted."""

    async def read(self, keys: Sequence[SnapshotKeyData]) -> list[SnapshotData]:
        """The copies that exist. Those of erased customers do not.

        Raises:
            KeyringError: they were sealed under another master key, or are damaged.
        """
        wanted = {(key.customer_id, key.connector, key.kind) for key in keys}
        rows = await self._session.execute(
            select(
                Snapshot.customer_id,
                Snapshot.connector,
                Snapshot.kind,
                Snapshot.since,
                Snapshot.until,
                Snapshot.fetched_at,
                Snapshot.ciphertext,
            ).where(
                Snapshot.tenant == self._tenant,
                self._scope.among(Snapshot.customer_id, {customer for customer, _, _ in wanted}),
                self._scope.among(Snapshot.connector, {connector for _, connector, _ in wanted}),
                self._scope.among(Snapshot.kind, {kind for _, _, kind in wanted}),
            )
        )
        found = [row for row in rows if (row[0], row[1], row[2]) in wanted]
        if not found:
            return []
        data_keys = await Vault(self._scope).keys({row[0] for row in found})
        return [
            SnapshotData(
                customer_id=customer_id,
                connector=connector,
                kind=kind,
                since=since,
                until=until,
                fetched_at=fetched_at,
                content=data_keys[customer_id].open(ciphertext, self._tenant, customer_id, connector, kind),
            )
            for customer_id, connector, kind, since, until, fetched_at, ciphertext in found
            if customer_id in data_keys
        ]

    async def write(self, snapshots: Sequence[SnapshotData]) -> None:
        """Keep copies, each replacing an older one of the same key. Erased customers are passed over."""
        keys = await Vault(self._scope).ensure({snapshot.customer_id for snapshot in snapshots})
        newest: dict[tuple[str, str, str], SnapshotData] = {}
        for snapshot in sorted(snapshots, key=lambda each: each.fetched_at):
            newest[(snapshot.customer_id, snapshot.connector, snapshot.kind)] = snapshot
        # In the order of the key: two writers that lock in the same order cannot block each other for good.
        rows = [
            self._row(newest[key], keys[key[0]]) | {"tenant": self._tenant}
            for key in sorted(newest)
            if key[0] in keys
        ]
        if not rows:
            return
        insert = self._scope.upsert(Snapshot)
        replaced = ("since", "until", "fetched_at", "ciphertext")
        statement = insert.on_conflict_do_update(
            index_elements=["tenant", "customer_id", "connector", "kind"],
            set_={name: insert.excluded[name] for name in replaced},
            # A slow writer does not put an older copy over a newer one.
            where=insert.excluded["fetched_at"] >= table(Snapshot).c.fetched_at,
        )
        await self._session.execute(statement, rows)

    async def forget(self, *, before: datetime) -> int:
        """Delete copies fetched before a moment; how many they were."""
        return await self._scope.change(
            delete(Snapshot).where(Snapshot.tenant == self._tenant, Snapshot.fetched_at < before)
        )

    def _row(self, snapshot: SnapshotData, key: DataKey) -> dict[str, Any]:
        about = (self._tenant, snapshot.customer_id, snapshot.connector, snapshot.kind)
        return {
            "customer_id": snapshot.customer_id,
            "connector": snapshot.connector,
            "kind": snapshot.kind,
            "since": snapshot.since,
            "until": snapshot.until,
            "fetched_at": snapshot.fetched_at,
            "ciphertext": key.seal(snapshot.content, *about),
        }
