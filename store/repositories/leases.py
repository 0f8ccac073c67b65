"""Leases: who may do what only one may do at a time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select, update

from store.models import Lease
from store.models.base import table
from store.repositories.base import Repository


class LeaseRepository(Repository):
    """Leases by name. Each call is one atomic statement; give each a unit of work of its own.

    Times are those of the holders' machines: a lease must last well beyond the difference of their clocks.
    """

    async def acquire(self, name: str, holder: str, duration: timedelta) -> bool:
        """Take the lease where it is free, expired or one's own already; whether one holds it now."""
        now = self._scope.clock()
        insert = self._scope.upsert(Lease).values(
            tenant=self._tenant, name=name, holder=holder, expires_at=now + duration
        )
        held = table(Lease).c
        statement = insert.on_conflict_do_update(
            index_elements=["tenant", "name"],
            set_={"holder": insert.excluded.holder, "expires_at": insert.excluded.expires_at},
            where=or_(held.expires_at <= now, held.holder == insert.excluded.holder),
        ).returning(held.holder)
        holds: str | None = (await self._session.execute(statement)).scalar_one_or_none()
        return holds == holder

    async def holder(self, name: str) -> str | None:
        """Who has the lease, expired or not."""
        found: str | None = await self._session.scalar(
            select(Lease.holder).where(Lease.tenant == self._tenant, Lease.name == name)
        )
        return found

    async def inherit(self, name: str, holder: str, of: str, duration: timedelta) -> bool:
        """Take the lease of a holder who is gone; whether one holds it now.

        Args:
            name: of the lease.
            holder: who takes it.
            of: who had it, and does nothing by it any more.
            duration: for how long.
        """
        return bool(
            await self._scope.change(
                update(Lease)
                .where(Lease.tenant == self._tenant, Lease.name == name, Lease.holder == of)
                .values(holder=holder, expires_at=self._scope.clock() + duration)
            )
        )

    async def renew(self, name: str, holder: str, duration: timedelta) -> bool:
        """Prolong a lease that is still held; ``False`` where it expired or another has it."""
        now = self._scope.clock()
        return bool(
            await self._scope.change(
                update(Lease)
                .where(
                    Lease.tenant == self._tenant,
                    Lease.name == name,
                    Lease.holder == holder,
                    Lease.expires_at > now,
                )
                .values(expires_at=now + duration)
            )
        )

    async def release(self, name: str, holder: str) -> bool:
        """Give the lease back; whether one held it."""
        return bool(
            await self._scope.change(
                delete(Lease).where(Lease.tenant == self._tenant, Lease.name == name, Lease.holder == holder)
            )
        )
