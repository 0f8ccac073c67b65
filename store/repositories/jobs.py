"""Long work that goes on where it stopped."""

from __future__ import annotations

from sqlalchemy import delete, select

from store.data import JobData
from store.models import Job
from store.repositories.base import Repository


class JobRepository(Repository):
    """Positions of long work, saved in the unit of work that did the work up to there."""

    async def get(self, name: str) -> JobData | None:
        """Where the work stands; ``None`` where it was never begun."""
        row = await self._scope.first(select(Job).where(Job.tenant == self._tenant, Job.name == name))
        if row is None:
            return None
        return JobData(name=row.name, position=row.position, total=row.total, updated_at=row.updated_at)

    async def save(self, name: str, position: int, *, total: int | None = None) -> None:
        """Note how much is done.

        Args:
            total: units in all, where known.
        """
        await self._scope.replace_many(
            Job, [{"name": name, "position": position, "total": total, "updated_at": self._scope.clock()}]
        )

    async def clear(self, name: str) -> None:
        """Forget the work, so that it begins anew."""
        await self._scope.change(delete(Job).where(Job.tenant == self._tenant, Job.name == name))
