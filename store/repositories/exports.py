"""Requests to be told everything, and what they are answered with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from store.columns import new_id
from store.data_privacy import ExportData, ExportState
from store.errors_identity import CustomerUnknown
from store.models import DataExport, DataExportChunk
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.families import Families
from store.repositories.vault import Vault

CHUNK = 256 * 1024
"""Bytes of JSON in one piece: so much is opened at a time to be sent."""
_COLUMNS = tuple(ExportData.__struct_fields__)
_ABOUT = "export"


class ExportRepository(Repository):
    """Keeps exports sealed with the customer's key until they expire."""

    async def request(self, customer_id: str, *, by: str) -> ExportData:
        """Ask for everything about a customer. One that waits already is asked for no second time.

        Raises:
            CustomerUnknown: no customer answers for the id.
        """
        present = (await Families(self._scope).hold([customer_id])).get(customer_id)
        if present is None:
            raise CustomerUnknown(customer_id)
        waiting = await self._read(
            self._scope.among(DataExport.customer_id, [present]),
            DataExport.state == ExportState.REQUESTED.value,
        )
        if waiting:
            return waiting[0]
        made = ExportData(
            id=new_id(),
            customer_id=present,
            home_id=present,
            state=ExportState.REQUESTED,
            requested_at=self._scope.clock(),
            requested_by=by,
        )
        row = {name: getattr(made, name) for name in _COLUMNS}
        await self._scope.insert_many(DataExport, [{**row, "state": made.state.value}])
        return made

    async def waiting(self, *, limit: int = 10) -> tuple[ExportData, ...]:
        """Exports that are to be made, the oldest request first."""
        return tuple(await self._read(DataExport.state == ExportState.REQUESTED.value, limit=limit))

    async def get(self, ids: Iterable[str]) -> Mapping[str, ExportData]:
        """Exports by id; unknown ones are left out. They hold what all partners say: none is a partner's."""
        if self._scope.sight.partial:
            return {}
        return {each.id: each for each in await self._read(self._scope.among(DataExport.id, ids))}

    async def finish(self, export_id: str, content: bytes, *, lasting: timedelta) -> ExportData | None:
        """Keep what an export is answered with; none where its customer was erased meanwhile.

        Whatever a worker left half-written is replaced: the transaction that writes the pieces is the one
        that says the export is ready.
        """
        found = (await self.get([export_id])).get(export_id)
        if found is None or found.state is not ExportState.REQUESTED:
            return found
        key = (await Vault(self._scope).ensure([found.home_id])).get(found.home_id)
        held = await Families(self._scope).hold([found.customer_id], shared=True)
        if key is None:
            # The home is a node of another customer by now, whose key stays where it was.
            key = (await Vault(self._scope).keys([found.home_id])).get(found.home_id)
        if key is None or not held:
            return None
        now = self._scope.clock()
        await self._scope.insert_many(
            DataExportChunk,
            [
                {
                    "export_id": export_id,
                    "place": place,
                    "customer_id": found.customer_id,
                    "home_id": found.home_id,
                    "content": key.seal(
                        content[start : start + CHUNK],
                        self._tenant, found.home_id, _ABOUT, export_id, str(place),
                    ),
                }
                for place, start in enumerate(range(0, len(content), CHUNK))
            ],
        )  # fmt: skip
        await self._change(
            export_id,
            state=ExportState.READY.value,
            finished_at=now,
            expires_at=now + lasting,
            size=len(content),
            digest=hashlib.sha256(content).hexdigest(),
        )
        return (await self.get([export_id]))[export_id]

    async def fail(self, export_id: str, problem: str) -> None:
        """Say that an export could not be made.

        Args:
            export_id: which.
            problem: why, in the hub's own words: no personal data.
        """
        await self._change(
            export_id, state=ExportState.FAILED.value, finished_at=self._scope.clock(), problem=problem
        )

    async def piece(self, export: ExportData, place: int) -> bytes | None:
        """A piece of the JSON of an export that is ready; none behind the last.

        Raises:
            KeyringError: it was sealed under another master key, or is damaged.
        """
        sealed = await self._session.scalar(
            select(DataExportChunk.content).where(
                DataExportChunk.tenant == self._tenant,
                DataExportChunk.export_id == export.id,
                DataExportChunk.place == place,
            )
        )
        keys = {} if sealed is None else await Vault(self._scope).keys([export.home_id])
        if sealed is None or export.home_id not in keys:
            return None
        about = (self._tenant, export.home_id, _ABOUT, export.id, str(place))
        return keys[export.home_id].open(sealed, *about)

    async def forget(self, *, before: datetime, limit: int = 100) -> int:
        """Delete exports that expired before a moment; how many they were."""
        expired = await self._read(
            DataExport.expires_at.is_not(None), DataExport.expires_at < before, limit=limit
        )
        ids = [each.id for each in expired]
        for model, column in ((DataExportChunk, DataExportChunk.export_id), (DataExport, DataExport.id)):
            await self._scope.change(
                delete(model).where(table(model).c.tenant == self._tenant, self._scope.among(column, ids))
            )
        return len(ids)

    async def _change(self, export_id: str, **values: Any) -> None:
        await self._scope.change(
            update(DataExport)
            .where(
                DataExport.tenant == self._tenant,
                DataExport.id == export_id,
                DataExport.state == ExportState.REQUESTED.value,
            )
            .values(**values)
        )

    async def _read(self, *conditions: Any, limit: int | None = None) -> list[ExportData]:
        columns = table(DataExport).c
        rows = await self._session.execute(
            select(*(columns[name] for name in _COLUMNS))
            .where(columns.tenant == self._tenant, *conditions)
            .order_by(columns.id)
            .limit(limit)
        )
        return [ExportData(**{**row, "state": ExportState(row["state"])}) for row in rows.mappings()]
