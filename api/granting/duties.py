"""What the worker does about customers' grants: renews them, and tells partners of those that ended."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from api.wiring import Hub
from c360.auth.tokens import Token
from c360.errors import C360Error, ConnectorError, Reauthorise, RetryLater
from connectors.granting import PATIENCE
from store.data_credentials import DutyData, DutyKind, NewGrant
from store.errors import StoreError
from store.repositories.grant_duties import DutyKey

_CLAIM = timedelta(seconds=4 * PATIENCE)
"""For which a duty is one process's own: well beyond the time that the partner gets."""
_FIRST, _LONGEST = timedelta(seconds=10), timedelta(hours=1)
"""Pauses after a failed attempt: doubled each time, up to the longest."""
_AT_ONCE = 4
_GIVE_UP = 50
"""Attempts to tell a partner of a revocation; it has ended here from the beginning."""
_KEPT = timedelta(days=1)
"""For which flows that have ended are kept."""
_SAVES = 5
"""Attempts to keep what a partner gave for a refresh token that is used up by then."""
_log = logging.getLogger(__name__)


class GrantDuties:
    """Carries out what is due.

    Args:
        hub: the open hub.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def round(self) -> int:
        """Carry out everything that is due, once; how many duties there were.

        Raises:
            StoreError: the database does not answer.
        """
        database, tenant = self._hub.store.database, self._hub.tenant
        async with database.unit(tenant) as unit:
            await unit.grant_flows.purge(self._hub.clock() - _KEPT)
            due = await unit.grant_duties.due()
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one(which: DutyKey) -> None:
            async with limit:
                await self._carry_out(which)

        async with asyncio.TaskGroup() as group:
            for which in due:
                group.create_task(one(which))
        return len(due)

    async def _carry_out(self, which: DutyKey) -> None:
        async with self._hub.store.database.unit(self._hub.tenant) as unit:
            duty = await unit.grant_duties.claim(which, _CLAIM)
        if duty is None:
            return
        # Begun, it ends: a token that the partner has exchanged must not be lost because the worker stops.
        await asyncio.shield(
            self._renew(which, duty) if duty.kind is DutyKind.RENEW else self._tell(which, duty)
        )

    async def _renew(self, which: DutyKey, duty: DutyData) -> None:
        asked = Token(access_token=duty.token, refresh_token=duty.token)
        now = self._hub.clock()
        try:
            token = await self._hub.host.renew_grant(duty.connector, asked)
        except Reauthorise:
            _log.info("a grant at %s has ended at the partner", duty.connector)
            async with self._hub.store.database.unit(self._hub.tenant) as unit:
                await unit.grant_duties.ended(duty)
            return
        except (ConnectorError, KeyError) as error:
            await self._later(which, duty, error)
            return
        grant = NewGrant(
            access_token=token.access_token,
            refresh_token=token.refresh_token,
            scopes=token.scopes,
            expires_at=None if token.expires_in is None else now + timedelta(seconds=token.expires_in),
        )
        if not await self._saved(duty, grant):
            # Taken back meanwhile; the partner is told of the token that counts there by now.
            await self._gave_back(duty, token)

    async def _saved(self, duty: DutyData, grant: NewGrant) -> bool:
        """Keep what the partner gave; nothing uses it before, and nobody else has it."""
        for attempt in range(_SAVES):
            try:
                async with self._hub.store.database.unit(self._hub.tenant) as unit:
                    return await unit.grant_duties.renewed(duty, grant)
            except StoreError as error:
                if attempt == _SAVES - 1:
                    _log.error("a renewed grant at %s could not be kept: %s", duty.connector, error)
                    raise
                await asyncio.sleep(2.0**attempt / 4)
        return False

    async def _gave_back(self, duty: DutyData, token: Token) -> None:
        try:
            await self._hub.host.revoke_grant(duty.connector, token)
        except ConnectorError as error:
            _log.warning("a grant at %s that ended could not be given back: %s", duty.connector, error)

    async def _tell(self, which: DutyKey, duty: DutyData) -> None:
        refresh = duty.token if duty.is_refresh else None
        try:
            await self._hub.host.revoke_grant(
                duty.connector, Token(access_token=duty.token, refresh_token=refresh)
            )
        except (ConnectorError, KeyError) as error:
            if isinstance(error, RetryLater) and duty.attempts < _GIVE_UP:
                await self._later(which, duty, error)
                return
            told = error if isinstance(error, C360Error) else "there is no such instance any more"
            _log.warning("%s cannot be told that a grant has ended: %s", duty.connector, told)
        async with self._hub.store.database.unit(self._hub.tenant) as unit:
            await unit.grant_duties.done(which)

    async def _later(self, which: DutyKey, duty: DutyData, error: Exception) -> None:
        pause = min(_LONGEST, _FIRST * 2 ** min(duty.attempts - 1, 16))
        if isinstance(error, RetryLater) and error.retry_after is not None:
            pause = max(pause, min(_LONGEST, timedelta(seconds=error.retry_after)))
        told = error if isinstance(error, C360Error) else "there is no such instance any more"
        _log.warning("a grant at %s could not be looked after (%s); again later", duty.connector, told)
        async with self._hub.store.database.unit(self._hub.tenant) as unit:
            await unit.grant_duties.later(which, self._hub.clock() + pause)
