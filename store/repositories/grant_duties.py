"""What is still to be done about customers' grants: renew them before they end, tell partners of their end.

A duty is claimed by one process for a while, in a transaction of its own; what the partner answered is kept
in another, before anything uses it. So a refresh token that a partner exchanges for a new one is neither used
twice nor lost to a second process.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, or_, select, update

from c360.values import Secret
from store.data_credentials import DutyData, DutyKind, NewGrant, RevokedBy
from store.models import Grant, GrantDuty
from store.repositories.base import Repository
from store.repositories.grants import GrantRepository
from store.repositories.vault import Vault


class DutyKey(NamedTuple):
    """Which duty."""

    customer_id: str
    connector: str
    party_id: str


class GrantDutyRepository(Repository):
    """One duty for each grant at the most."""

    async def due(self, limit: int = 50) -> Sequence[DutyKey]:
        """Those that are due and that nobody carries out, the longest due first."""
        now = self._scope.clock()
        rows = await self._session.execute(
            select(GrantDuty.customer_id, GrantDuty.connector, GrantDuty.party_id)
            .where(
                GrantDuty.tenant == self._tenant,
                GrantDuty.due_at <= now,
                or_(GrantDuty.claimed_until.is_(None), GrantDuty.claimed_until <= now),
            )
            .order_by(GrantDuty.due_at)
            .limit(limit)
        )
        return [DutyKey(*row) for row in rows]

    async def claim(self, which: DutyKey, duration: timedelta) -> DutyData | None:
        """Take a duty for a while; ``None``: somebody else has it, or it is done."""
        now = self._scope.clock()
        claimed = await self._scope.change(
            update(GrantDuty)
            .where(
                *self._of(which),
                GrantDuty.due_at <= now,
                or_(GrantDuty.claimed_until.is_(None), GrantDuty.claimed_until <= now),
            )
            .values(claimed_until=now + duration, attempts=GrantDuty.attempts + 1)
        )
        if not claimed:
            return None
        row = await self._scope.first(select(GrantDuty).where(*self._of(which)))
        key = None if row is None else (await Vault(self._scope).keys([row.sealed_for])).get(row.sealed_for)
        if row is None or key is None:
            return None
        token = GrantRepository.open_token(key, self._tenant, row.sealed_for, which.connector, row.token)
        return DutyData(
            kind=DutyKind(row.kind),
            customer_id=row.customer_id,
            connector=row.connector,
            party_id=row.party_id,
            token=Secret(token),
            is_refresh=row.hint == "refresh_token",
            attempts=row.attempts,
        )

    async def renewed(self, duty: DutyData, grant: NewGrant) -> bool:
        """Keep what a partner gave; ``False`` where the customer took the grant back meanwhile."""
        grants = GrantRepository(self._scope)
        holder = await grants.holder(duty.connector, duty.party_id)
        if holder is None:
            return False
        return await grants.renew((holder, duty.connector, duty.party_id), grant)

    async def ended(self, duty: DutyData) -> None:
        """Note that the partner knows the grant no more."""
        grants = GrantRepository(self._scope)
        holder = await grants.holder(duty.connector, duty.party_id) or duty.customer_id
        now = self._scope.clock()
        await self._scope.change(
            update(Grant)
            .where(
                Grant.tenant == self._tenant,
                Grant.customer_id == holder,
                Grant.connector == duty.connector,
                Grant.party_id == duty.party_id,
                Grant.revoked_at.is_(None),
            )
            .values(revoked_at=now, revoked_by=RevokedBy.PARTNER.value, updated_at=now)
        )
        await grants.forget_copies(holder, duty.connector)
        await self.done(DutyKey(holder, duty.connector, duty.party_id))

    async def done(self, which: DutyKey) -> None:
        """Forget a duty."""
        await self._scope.change(delete(GrantDuty).where(*self._of(which)))

    async def later(self, which: DutyKey, at: datetime) -> None:
        """Let a duty rest until a moment."""
        await self._scope.change(
            update(GrantDuty).where(*self._of(which)).values(due_at=at, claimed_until=None)
        )

    def _of(self, which: DutyKey) -> tuple[Any, ...]:
        return (
            GrantDuty.tenant == self._tenant,
            GrantDuty.customer_id == which.customer_id,
            GrantDuty.connector == which.connector,
            GrantDuty.party_id == which.party_id,
        )
