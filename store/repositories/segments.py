"""Definitions of segments under version, and how large the segments were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import delete, func, select

from store.data_segments import (
    CellSize,
    CountData,
    SegmentDefinition,
    SegmentDraft,
    SegmentSize,
    Tally,
)
from store.models import SegmentCell, SegmentCount, SegmentVersion
from store.models import SegmentSize as SizeRow
from store.repositories.base import Repository


class _Tallies(msgspec.Struct, frozen=True, kw_only=True):
    segments: dict[str, Tally]
    cells: dict[str, Tally]


class SegmentRepository(Repository):
    """Versions are added and never changed; of each day there is one count."""

    async def current(self, at: datetime | None = None) -> tuple[SegmentDefinition, ...]:
        """What is defined at a moment, by name; what is defined no more is left out.

        Args:
            at: the moment; now unless told.
        """
        at = at or self._scope.clock()
        latest = (
            select(SegmentVersion.name, func.max(SegmentVersion.version).label("version"))
            .where(SegmentVersion.tenant == self._tenant, SegmentVersion.active_from <= at)
            .group_by(SegmentVersion.name)
            .subquery()
        )
        rows = await self._scope.every(
            select(SegmentVersion)
            .join(
                latest,
                (SegmentVersion.name == latest.c.name) & (SegmentVersion.version == latest.c.version),
            )
            .where(SegmentVersion.tenant == self._tenant, SegmentVersion.definition.is_not(None))
            .order_by(SegmentVersion.name)
        )
        return tuple(map(_definition, rows))

    async def versions(self, names: Iterable[str] | None = None) -> tuple[SegmentDefinition, ...]:
        """All versions, by name and version, those not in force yet among them."""
        conditions = [SegmentVersion.tenant == self._tenant]
        if names is not None:
            conditions.append(self._scope.among(SegmentVersion.name, names))
        rows = await self._scope.every(
            select(SegmentVersion).where(*conditions).order_by(SegmentVersion.name, SegmentVersion.version)
        )
        return tuple(map(_definition, rows))

    async def add(
        self, drafts: Sequence[SegmentDraft], *, by: str, active_from: datetime | None = None
    ) -> dict[str, int]:
        """Add the next version of each name.

        Args:
            drafts: what they become; each name once.
            by: who brings them in.
            active_from: from when they are in force; from now on unless told.

        Returns:
            the new version of each name.

        Raises:
            Conflict: somebody else added a version at the same time; do it again.
        """
        now = self._scope.clock()
        rows = await self._session.execute(
            select(SegmentVersion.name, func.max(SegmentVersion.version).label("last"))
            .where(
                SegmentVersion.tenant == self._tenant,
                self._scope.among(SegmentVersion.name, [draft.name for draft in drafts]),
            )
            .group_by(SegmentVersion.name)
        )
        last = {row.name: row.last for row in rows}
        made = {draft.name: last.get(draft.name, 0) + 1 for draft in drafts}
        await self._scope.insert_many(
            SegmentVersion,
            [
                {
                    "name": draft.name,
                    "version": made[draft.name],
                    "definition": draft.definition,
                    "active_from": active_from or now,
                    "by": by,
                    "recorded_at": now,
                }
                for draft in drafts
            ],
        )
        return made

    async def counted(self, day: date) -> CountData | None:
        """The count of a day, finished or under way."""
        row = await self._scope.first(
            select(SegmentCount).where(SegmentCount.tenant == self._tenant, SegmentCount.day == day)
        )
        return None if row is None else _count(row)

    async def latest(self) -> CountData | None:
        """The latest count that came to its end."""
        row = await self._scope.first(
            select(SegmentCount)
            .where(SegmentCount.tenant == self._tenant, SegmentCount.finished_at.is_not(None))
            .order_by(SegmentCount.day.desc())
            .limit(1)
        )
        return None if row is None else _count(row)

    async def keep(self, count: CountData) -> None:
        """Note how far a count is; to be called in the unit that did the work up to there.

        A finished one also becomes the sizes of its day, in place of those of an earlier count.
        """
        tallies = _Tallies(segments=dict(count.segments), cells=dict(count.cells))
        row = {
            "day": count.day,
            "versions": msgspec.json.encode(dict(count.versions), order="sorted").decode(),
            "currency": count.currency,
            "position": count.position,
            "customers": count.customers,
            "tallies": msgspec.json.encode(tallies, order="sorted").decode(),
            "updated_at": self._scope.clock(),
            "finished_at": count.finished_at,
        }
        await self._scope.replace_many(SegmentCount, [row])
        if count.finished_at is not None:
            await self._finish(count)

    async def sizes(
        self, names: Iterable[str] | None = None, *, since: date, until: date
    ) -> Mapping[str, tuple[SegmentSize, ...]]:
        """How large segments were, by name, the earliest day first.

        Args:
            names: of which segments; of all unless told.
            since: first day.
            until: last day.
        """
        conditions = [SizeRow.tenant == self._tenant, SizeRow.day >= since, SizeRow.day <= until]
        if names is not None:
            conditions.append(self._scope.among(SizeRow.name, names))
        rows = await self._scope.every(select(SizeRow).where(*conditions).order_by(SizeRow.name, SizeRow.day))
        found: dict[str, list[SegmentSize]] = {}
        for row in rows:
            size = SegmentSize(
                name=row.name,
                day=row.day,
                version=row.version,
                tally=Tally(row.customers, row.profit, row.lifetime_value),
                population=row.population,
                currency=row.currency,
            )
            found.setdefault(row.name, []).append(size)
        return {name: tuple(sizes) for name, sizes in found.items()}

    async def cells(self, day: date) -> tuple[CellSize, ...]:
        """How many customers had which labels on a day that was counted to the end."""
        rows = await self._scope.every(
            select(SegmentCell)
            .where(SegmentCell.tenant == self._tenant, SegmentCell.day == day)
            .order_by(SegmentCell.value, SegmentCell.risk, SegmentCell.lifecycle)
        )
        return tuple(
            CellSize(
                value=row.value,
                risk=row.risk,
                lifecycle=row.lifecycle,
                tally=Tally(row.customers, row.profit, row.lifetime_value),
            )
            for row in rows
        )

    async def _finish(self, count: CountData) -> None:
        for model in (SizeRow, SegmentCell):
            await self._scope.change(
                delete(model).where(model.tenant == self._tenant, model.day == count.day)
            )
        await self._scope.insert_many(
            SizeRow,
            [
                {
                    "name": name,
                    "day": count.day,
                    "version": count.versions[name],
                    "population": count.customers,
                    "currency": count.currency,
                    **_amounts(tally),
                }
                for name, tally in sorted(count.segments.items())
            ],
        )
        await self._scope.insert_many(
            SegmentCell,
            [
                dict(zip(("value", "risk", "lifecycle"), cell.split("."), strict=True))
                | {"day": count.day, **_amounts(tally)}
                for cell, tally in sorted(count.cells.items())
            ],
        )


def _amounts(tally: Tally) -> dict[str, Any]:
    return {
        "customers": tally.customers,
        "profit": tally.profit,
        "lifetime_value": tally.lifetime_value,
    }


def _count(row: SegmentCount) -> CountData:
    tallies = msgspec.json.decode(row.tallies, type=_Tallies)
    return CountData(
        day=row.day,
        versions=msgspec.json.decode(row.versions, type=dict[str, int]),
        currency=row.currency,
        position=row.position,
        customers=row.customers,
        segments=tallies.segments,
        cells=tallies.cells,
        finished_at=row.finished_at,
    )


def _definition(row: SegmentVersion) -> SegmentDefinition:
    return SegmentDefinition(
        name=row.name,
        version=row.version,
        definition=row.definition,
        active_from=row.active_from,
        by=row.by,
        recorded_at=row.recorded_at,
    )
