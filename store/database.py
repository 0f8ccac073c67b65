"""The database and its units of work."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.util import greenlet_spawn

from c360.access import TenantId
from store import engines
from store.columns import utc_now
from store.data_folders import Part
from store.errors import Conflict, DatabaseLocked, translated
from store.keyring import Keyring
from store.models import Base
from store.readers import reader
from store.repositories.base import Scope
from store.repositories.folders import LANES, FolderDesk, FolderRepository
from store.repositories.grant_tokens import TokenReader
from store.sight import EVERYTHING, Sight
from store.transaction import Transaction
from store.unit import ReadingUnit, Unit

ATTEMPTS = 8
"""How often a unit is begun anew because another one was in its way."""
_LONGEST_UNIT = engines.BUSY_TIMEOUT + 2
"""Seconds after which a unit under way is not waited for any more."""

T = TypeVar("T")


class Database:
    """An embedded SQLite file or a PostgreSQL database, already migrated.

    Belongs to the event loop in which it is first used, and is disposed of there.

    Args:
        url: ``sqlite:///FILE`` or ``postgresql://…``; the asynchronous driver is chosen here.
        keyring: needed where look-up keys, grants or copies are touched.
        echo: log every statement, without its values.
        clock: gives the present in UTC.

    Raises:
        UnsupportedDatabase: the address names another kind of database.
    """

    def __init__(
        self,
        url: str,
        *,
        keyring: Keyring | None = None,
        echo: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        parsed = engines.parse(url)
        self.keyring = keyring
        self._clock = clock
        self._open = 0
        self._followers: list[Callable[[TenantId], None]] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._writer = engines.writing(parsed, echo=echo)
        self._reader = engines.reading(parsed, echo=echo)
        self._past = Transaction(self._reader, ended=True)
        past = reader(parsed, lanes=LANES)
        self._desk = FolderDesk(past, clock, self._in_common)
        self.tokens = TokenReader(past, clock)
        """Tokens by which partners let the hub in, read by themselves."""

    @asynccontextmanager
    async def unit(
        self, tenant: TenantId, sight: Sight = EVERYTHING, *, keyring: Keyring | None = None
    ) -> AsyncIterator[Unit]:
        """A unit of work: one transaction, committed when the block ends, rolled back when it raises.

        Keep it short, and open no unit inside another: on SQLite there is one writer, and the inner one
        would wait for the outer one.

        Args:
            tenant: whose data it is.
            sight: what it finds for the one it is opened for; everything for the hub itself.
            keyring: instead of the database's own.

        Raises:
            StoreError: the database refused something; the subclass says what.
        """
        async with self._begun(self._writer) as transaction:
            unit = Unit(Scope(transaction, tenant, keyring or self.keyring, self._clock, sight))
            yield unit
            # Last of all: from here on nothing is waited for but the commit itself.
            await unit.outbox.flush()
        if unit.outbox.written:
            for told in tuple(self._followers):
                told(tenant)

    def on_events(self, told: Callable[[TenantId], None]) -> Callable[[], None]:
        """Have a function called with the tenant after each unit that committed events, until it is undone.

        Args:
            told: is quick and raises nothing: the caller of the unit waits for it.

        Returns:
            what undoes it.
        """
        self._followers.append(told)
        return lambda: self._followers.remove(told)

    @asynccontextmanager
    async def read(
        self, tenant: TenantId, sight: Sight = EVERYTHING, *, keyring: Keyring | None = None
    ) -> AsyncIterator[ReadingUnit]:
        """Like :meth:`unit`, for reading: the database itself refuses to write.

        On SQLite all reads of the block see one moment, but for its folders, which are read together with
        those of other units; on PostgreSQL each statement sees its own.
        """
        async with self._begun(self._reader) as transaction:
            scope = Scope(transaction, tenant, keyring or self.keyring, self._clock, sight)
            yield ReadingUnit(scope, self._desk)

    def folders(self, tenant: TenantId, sight: Sight = EVERYTHING) -> FolderRepository:
        """What is kept of customers, read by itself: for who needs nothing else, and so no unit of work."""
        return FolderRepository(Scope(self._past, tenant, self.keyring, self._clock, sight), self._desk)

    async def retrying(
        self, tenant: TenantId, work: Callable[[Unit], Awaitable[T]], *, attempts: int = ATTEMPTS
    ) -> T:
        """Do something in a unit of work, again and anew where somebody else was in its way.

        Two units that change the same customers in a different order lock each other out, and one of them
        is rolled back by the database; two that bring the same party contradict each other. Neither is a
        fault of the caller: the second time there is nobody in the way, or what is there already is seen.

        Args:
            tenant: whose data it is.
            work: what to do, with nothing left behind outside of the unit when it fails.
            attempts: how often at the most.

        Raises:
            StoreError: it failed for another reason, or as often as was allowed.
        """
        for attempt in range(1, attempts + 1):
            try:
                async with self.unit(tenant) as unit:
                    return await work(unit)
            except (DatabaseLocked, Conflict):
                if attempt == attempts:
                    raise
            # Apart from each other, so that the two do not meet again; no randomness worth a secret.
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311
        raise AssertionError("no attempt was allowed")

    async def analyze(self) -> None:
        """Let PostgreSQL see how much there is, after much was brought in at once.

        It plans by statistics that it renews now and then. Until it first does so it takes the tenant for
        selective and checks every foreign key by walking through all customers of the tenant, in plans
        that it keeps: an import would slow down with every customer.
        """
        if self._writer.dialect.name == "sqlite":
            return  # plans by the indexes alone
        names = ", ".join(f'"{name}"' for name in sorted(Base.metadata.tables))
        async with self._begun(self._writer) as transaction:
            await transaction.execute(text(f"ANALYZE {names}"))

    async def dispose(self) -> None:
        """Close all connections, once the units under way have ended.

        The driver of SQLite never ends a statement that is cancelled again while it is given up, as the
        end of an event loop does; so the loop must not end before them.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _LONGEST_UNIT)
        await self._desk.dispose()
        for engine in (self._reader, self._writer):
            await greenlet_spawn(engine.dispose)

    async def _in_common(self, tenant: TenantId, part: Part) -> Any:
        """What all customers of a tenant have in common."""
        async with self.read(tenant) as unit:
            return await (unit.segments if part is Part.SEGMENTS else unit.products).current()

    @asynccontextmanager
    async def _begun(self, engine: Engine) -> AsyncIterator[Transaction]:
        """A transaction, committed when the block ends."""
        self._open += 1
        self._idle.clear()
        transaction = Transaction(engine)
        try:
            with translated():
                try:
                    yield transaction
                    await transaction.commit()
                finally:
                    await transaction.close()
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()
