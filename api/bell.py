"""What wakes those who follow the outbox: a commit in this process, or word of one in another.

On PostgreSQL each process listens on a connection of its own, and announces its commits there. It does so
after the commit and for many at once: an announcement within the transaction would make PostgreSQL commit
all of them one by one. Word may therefore get lost with a process or a connection, so whoever waits also
looks by itself now and then; on SQLite, where processes tell each other nothing, often.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from c360.access import TenantId
from c360.errors import C360Error
from store.database import Database
from store.listening import can_listen, listen

CHANNEL = "c360_events"
"""What PostgreSQL's listeners listen on; the announcement is the tenant."""
LISTENING_EVERY = 5.0
"""Seconds after which one looks for events without being woken, where processes tell each other."""
ALONE_EVERY = 0.25
"""The same where they do not: what the worker writes is seen by the server so late at the most."""
_TOGETHER = 0.005
"""Seconds for which further commits are announced together with the first."""
_SHORTEST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
"""Seconds between two attempts to listen at the least and at the most."""
_log = logging.getLogger(__name__)


class Bell:
    """Wakes one waiter, however often it is rung meanwhile.

    Args:
        every: seconds after which it wakes by itself.
    """

    def __init__(self, every: float) -> None:
        self._every = every
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake whoever waits, or who waits next."""
        self._rung.set()

    @property
    def rung(self) -> bool:
        """Whether it was rung and nobody woke by it yet."""
        return self._rung.is_set()

    async def wait(self) -> bool:
        """Wait until it is rung or the time has come; whether it was rung."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._every):
                await self._rung.wait()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung


@asynccontextmanager
async def hung(database: Database, tenant: TenantId, url: str) -> AsyncIterator[Bell]:
    """A bell that rings at each commit of events of a tenant, in this process and in the others.

    Args:
        database: the database of this process.
        tenant: whose events are of interest.
        url: the database's address, to listen at.
    """
    listening = can_listen(url)
    bell = Bell(LISTENING_EVERY if listening else ALONE_EVERY)
    announcements = Bell(LISTENING_EVERY)
    tasks: list[asyncio.Task[None]] = []
    own = _Own()
    if listening:
        tasks.append(asyncio.create_task(_listen(url, tenant, bell, own), name="listening for events"))
        tasks.append(
            asyncio.create_task(_announce(database, tenant, announcements, own), name="announcing events")
        )

    def committed(whose: TenantId) -> None:
        if whose == tenant:
            bell.ring()
            announcements.ring()

    undo = database.on_events(committed)
    try:
        yield bell
    finally:
        undo()
        if tasks and announcements.rung:
            with contextlib.suppress(C360Error):  # those who follow look by themselves
                await _announced(database, tenant)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Own:
    """Announcements of this process that it has yet to hear itself, and need not be woken by.

    They come in the order in which they were committed, like those of others, and cannot be told from them.
    That does not matter: as many as were made here are passed over, and for each of another process there is
    one that is not.
    """

    def __init__(self) -> None:
        self.coming = 0

    def passes(self) -> bool:
        """Whether what is heard is taken for one of its own."""
        if not self.coming:
            return False
        self.coming -= 1
        return True


async def _listen(url: str, tenant: TenantId, bell: Bell, own: _Own) -> None:
    """Listen, again and again where the connection breaks. What was missed meanwhile is looked for."""
    pause = _SHORTEST_PAUSE

    def heard(announced: str) -> None:
        nonlocal pause
        pause = _SHORTEST_PAUSE
        if not announced:
            own.coming = 0  # what was announced before this connection is not heard any more
            bell.ring()
        elif announced == tenant and not own.passes():
            bell.ring()

    while True:
        try:
            await listen(url, CHANNEL, heard)
        except C360Error as error:
            _log.warning("events of other processes are looked for every %g s (%s)", LISTENING_EVERY, error)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _announce(database: Database, tenant: TenantId, announcements: Bell, own: _Own) -> None:
    while True:
        if not await announcements.wait():
            continue
        await asyncio.sleep(_TOGETHER)
        own.coming += 1  # before the commit: it may be heard before that is known to have ended
        try:
            await _announced(database, tenant)
        except C360Error as error:
            own.coming = max(0, own.coming - 1)
            _log.info("a commit of events was not announced (%s); others look by themselves", error)


async def _announced(database: Database, tenant: TenantId) -> None:
    async with database.unit(tenant) as unit:
        await unit.outbox.announce(CHANNEL)
