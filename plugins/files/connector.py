"""Files in a folder as records."""

from __future__ import annotations

import asyncio
import functools
import re
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from c360.contract import (
    Change,
    Checkpoint,
    Connector,
    Context,
    Deletion,
    Description,
    Exemption,
    Feed,
    Fetched,
    Limits,
    Lookup,
    Medium,
    Need,
    PartyQuery,
    Ref,
    Upsert,
    as_completed,
)
from c360.errors import (
    ConfigError,
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
)
from c360.kinds import PARTY
from c360.records.base import Record
from c360.records.party import Party
from c360.tables import BadCell, Plan, answered, compile_plans, for_each_domain, narrowed
from plugins.files.config import Drop, FilesConfig
from plugins.files.index import Index, Stored
from plugins.files.intake import Intake

T = TypeVar("T")

_PATIENCE = 0.25
"""Seconds that a request waits for files which have just come; larger ones are there for the next."""

_ALIVE = 20.0
"""Seconds after which a feed that waits for a large file says that it is still there."""


_ABSENT = "no file has a profile with this id"


class FilesConnector(Connector[FilesConfig]):
    """One folder. Made for one domain by :func:`connectors`."""

    def __init__(self, config: FilesConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        plans = compile_plans(config.tables, domain=self.description.domain)
        self._plans = {plan.kind.name: plan for plan in plans}
        self._index = Index(Path(config.index), plans)
        self._intake = Intake(ctx.instance, config, plans, self._index)
        self._readers = ThreadPoolExecutor(config.readers, thread_name_prefix="c360-files")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="c360-files-intake")
        self._ending = threading.Event()
        self._looking: asyncio.Future[bool] | None = None
        self._looked = -float("inf")

    @classmethod
    def configured(cls, config: FilesConfig) -> Description:
        """What is mapped, is served, and followed."""
        for place, plan in enumerate(compile_plans(config.tables, domain=cls.description.domain)):
            if plan.identity is None:
                raise ConfigError(
                    f"tables[{place}].identity", "nothing", "name the column that tells its records apart"
                )
        for name in ("folder", "index"):
            if not Path(getattr(config, name)).is_absolute():
                raise ConfigError(name, "no absolute path", "write it from the root")
        for place, table in enumerate(config.tables):
            _pattern(table.dated, f"tables[{place}].dated")
        told = [
            Feed(kind=table.kind, deletions=table.deleted is not None or table.drop is Drop.SNAPSHOT)
            for table in config.tables
        ]
        return narrowed(cls.describe(), config.tables, told)

    async def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """The newest rows of all customers asked for, from the index."""
        await self._refreshed()
        jobs = {
            need: functools.partial(self._records, need, [ref.party_id for ref in refs]) for need in needs
        }
        async for need, outcome in as_completed(jobs):
            for ref in refs:
                found = outcome if isinstance(outcome, ConnectorError) else outcome.get(ref.party_id)
                yield answered(ref, need.kind, found, absent=_ABSENT)

    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        """Customers with that value in one of the columns declared for the key."""
        await self._refreshed()
        ids: dict[str, None] = {}
        for plan in self._plans.values():
            if query.key in plan.mapping.keys:
                search = functools.partial(self._index.search, plan, query.key, query.value, query.limit)
                ids |= dict.fromkeys(await self._read(plan.kind.name, search))
        wanted = list(ids)[: query.limit]
        if PARTY not in self._plans:
            return [Party(party_id=each) for each in wanted]
        found = await self._records(Need(kind=PARTY), wanted) if wanted else {}
        parties: list[Party] = []
        for records in found.values():
            if isinstance(records, ConnectorError):
                raise records
            parties += [record for record in records if isinstance(record, Party)]
        return parties

    async def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        """What the files that came since then have changed."""
        looking = self._look()
        while not looking.done():
            await asyncio.wait({looking}, timeout=_ALIVE)
            if not looking.done() and since is not None:
                yield Checkpoint(cursor=since)
        with _explained():
            looking.result()
        plan, size = self._plans[kind], self.config.page
        name = await self._read(kind, self._index.name)
        after = _after(since, name)
        while True:
            page = await self._read(kind, functools.partial(self._index.changes, kind, after, size))
            for change in await self._aside(lambda page=page: [_change(plan, each) for each in page]):  # type: ignore[misc]  # bound at once
                yield change
            after = page[-1].seq if page else after
            if len(page) < size:
                break
            yield Checkpoint(cursor=f"{name}:{after}")
        yield Checkpoint(cursor=f"{name}:{after}", progress=1.0)

    async def close(self) -> None:
        """Leave off reading files; one that is under way is read another time."""
        self._ending.set()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._writer.shutdown(wait=False, cancel_futures=True)
        if self._looking is not None:
            await asyncio.wait({self._looking}, timeout=0.9)

    def _look(self) -> asyncio.Future[bool]:
        """The look at the folder that is under way, or a new one."""
        if self._looking is None or self._looking.done():
            self._looked = time.monotonic()
            look = functools.partial(self._intake.look, self.ctx.now(), self._ending.is_set)
            self._looking = asyncio.get_running_loop().run_in_executor(self._writer, look)
            self._looking.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._looking

    async def _refreshed(self) -> None:
        """Look at the folder where it is time to, and wait a moment for what it brings.

        Raises:
            Reconfigure: the folder cannot be read.
        """
        if time.monotonic() - self._looked < self.config.poll and self._looking is not None:
            self._judge(self._looking)
            return
        left = self.ctx.remaining()
        looking = self._look()
        await asyncio.wait(
            {looking}, timeout=_PATIENCE if left is None else max(0.0, min(_PATIENCE, left / 4))
        )
        self._judge(looking)

    def _judge(self, looking: asyncio.Future[bool]) -> None:
        """Raise what a look that is over ended with."""
        if looking.done():
            with _explained():
                looking.result()

    async def _records(
        self, need: Need, ids: Sequence[str]
    ) -> dict[str, tuple[Record, ...] | ConnectorError]:
        work = functools.partial(self._built, self._plans[need.kind], need, ids)
        return await self._read(need.kind, work)

    def _built(
        self, plan: Plan, need: Need, ids: Sequence[str]
    ) -> dict[str, tuple[Record, ...] | ConnectorError]:
        found: dict[str, list[Record]] = {}
        failed: dict[str, ConnectorError] = {}
        for party, bad, cells in self._index.rows(plan, need, ids):
            mine = found.setdefault(party, [])
            try:
                if bad is not None:
                    raise BadCell(bad, "what it is mapped to")  # noqa: TRY301  # as record() would
                mine.append(plan.record(cells))
            except BadCell as error:
                failed[party] = error
        return {party: failed.get(party, tuple(records)) for party, records in found.items()}

    async def _read(self, kind: str, work: Callable[[], T]) -> T:
        """Read the index in a thread; where it is only just being made, once it is.

        Raises:
            RetryLater: no file of the kind was read yet, or the index is busy.
            PartnerFault: there are files of the kind, and none can be read.
            Reconfigure: the index cannot be opened.
        """
        try:
            return await self._once(kind, work)
        except RetryLater as early:
            if early.code is not ProblemCode.NOT_INDEXED or self._looking is None or self._looking.done():
                raise
        left = self.ctx.remaining()
        longest = self.config.timeout if left is None else min(left * 0.9, self.config.timeout)
        await asyncio.wait({self._looking}, timeout=max(0.0, longest))
        self._judge(self._looking)
        return await self._once(kind, work)

    async def _once(self, kind: str, work: Callable[[], T]) -> T:
        def known() -> T:
            outcomes = self._index.outcomes(kind)
            if "read" in outcomes:
                return work()
            if outcomes:
                raise PartnerFault(f"no file of {kind} can be read; the log says why")
            raise RetryLater(f"no file of {kind} was read yet", code=ProblemCode.NOT_INDEXED)

        with _explained():
            return await self._aside(known)

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)


@contextmanager
def _explained() -> Iterator[None]:
    """An index that fails as the error that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR")):
            raise RetryLater(f"the index is not ready ({name})") from None
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise Reconfigure("the index is damaged; delete it, and it is made anew") from None
        raise Reconfigure(f"the index cannot be opened ({name}); correct index, or its rights") from None
    except OSError as error:
        raise Reconfigure(f"the index cannot be written ({type(error).__name__}); correct index") from None


def _pattern(text: str | None, where: str) -> None:
    try:
        groups = re.compile(text).groups if text is not None else 1
    except re.error:
        groups = 0
    if not groups:
        raise ConfigError(
            where, repr(text), "give a regular expression with a group, such as bookings-([0-9-]+)"
        )


def _after(since: str | None, name: str | None) -> int:
    if since is None:
        return 0
    index, colon, number = since.rpartition(":")
    if not colon or not number.isdigit():
        raise PartnerFault("the feed's cursor cannot be read; read the feed from its beginning")
    return int(number) if index == name else 0  # of another index: everything may be new


def _change(plan: Plan, stored: Stored) -> Change:
    kind = plan.kind.name
    if stored.deleted:
        return Deletion(kind=kind, party_id=stored.party_id, object_id=stored.object_id)
    return Upsert(
        kind=kind, party_id=stored.party_id, object_id=stored.object_id, record=plan.record(stored.cells)
    )


@functools.cache
def connectors() -> tuple[type[FilesConnector], ...]:
    """A connector for each domain, named like it: ``files/rental``."""
    described = Description(
        name="",
        title="Files",
        domain="",
        lookup=Lookup.BY_KEY,
        fetches=(),
        config=FilesConfig,
        limits=Limits(concurrency=8),
        medium=Medium.FILES,
        exemptions=(
            Exemption(rule="actions", reason="A folder of exports takes no requests."),
            Exemption(rule="webhooks", reason="A folder makes no calls; the files themselves are followed."),
        ),
        documentation="https://duckdb.org/docs/stable/data/overview",
    )
    return for_each_domain(
        FilesConnector, described, prefix="Files", about="A folder of files of the domain {}."
    )
