"""Takes the rows of uploads in, batch by batch: what a killed process had not committed is done again.

Rows and checkpoint are one transaction. The checkpoint moves only from where the rows were read, so that of
two processes that take the same rows in one is rolled back: every row takes effect once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import msgspec

from api.bulk.settings import BulkSettings
from c360.access import TenantId
from c360.errors import place
from resolvers.bulk.reading import LONGEST_ROW, Batch, UnreadableError, header, rows
from resolvers.events.catalogue import drafted
from resolvers.events.customers import Aspect, CustomerChanged
from resolvers.events.work import JobProgress
from resolvers.identity.keeping import draft
from resolvers.survivorship import ProfileRules
from schema import ids
from schema.bulk.jobs import JOB
from schema.bulk.rows import FIELDS, NEEDED, Reading, read_rows
from store.data import CustomerData
from store.data_bulk import (
    AnyRow,
    Counts,
    CustomerRow,
    FailureReason,
    RowProblem,
    UploadData,
    UploadFormat,
    UploadKind,
    UploadState,
)
from store.data_events import EventDraft
from store.data_identity import CustomerDraft
from store.database import Database
from store.errors import Conflict, DatabaseLocked, DatabaseUnavailable
from store.errors_bulk import UploadError
from store.repositories.intake import Prepared, Taken
from store.unit import Unit

_PIECE = 1024 * 1024
"""Bytes that are read at once."""
_TOLD = 500
"""Customers that one event names."""
_LOOK = 4_000
"""Rows after which PostgreSQL is made to look at how much there is, and then after eight times as many each
time. Until it does so by itself, within a minute, it walks through all links for each batch of newcomers."""
_AT_ONCE = 2
"""Batches that are being written at the same time where the database can."""
_TURN = 0.0005
"""Seconds after which a thread that reckons lets another one go on."""
_log = logging.getLogger(__name__)


class BulkWorker:
    """Works on the uploads of a tenant, one after the other.

    Args:
        database: the store.
        tenant: whose uploads.
        settings: of uploads.
        region: country of phone numbers written without one.
        order: connector instances, the most trusted first.
        rules: by which values of the golden profile win.
    """

    def __init__(
        self,
        database: Database,
        tenant: TenantId,
        settings: BulkSettings,
        *,
        region: str,
        order: Sequence[str] = (),
        rules: ProfileRules = ProfileRules(),  # noqa: B008  # frozen
    ) -> None:
        self._database = database
        self._tenant = tenant
        self._settings = settings
        self._region = region
        self._order = tuple(order)
        self._rules = rules

    async def round(self) -> bool:
        """Take in everything that waits; whether there was anything."""
        worked = False
        while (job := await self._next()) is not None:
            worked = True
            with _quick_turns():
                await self._work(job)
        async with self._database.unit(self._tenant) as unit:
            await unit.uploads.expire(kept=timedelta(days=self._settings.kept))
        return worked

    async def _next(self) -> UploadData | None:
        async with self._database.read(self._tenant) as unit:
            return await unit.uploads.waiting()

    async def _work(self, job: UploadData) -> None:
        """Work on one job until it ends, or somebody else does."""
        _log.info("job %s: %s rows from %s bytes", job.id, job.kind.value.lower(), f"{job.size:,}")
        try:
            if job.state is UploadState.QUEUED:
                job = await self._begin(job)
            await self._through(job)
        except UnreadableError as error:
            await self._fail(job, error.reason)
        except UploadError:
            _log.info("job %s is gone on with elsewhere, or was cancelled", job.id)
        except (DatabaseLocked, DatabaseUnavailable, Conflict):
            raise  # others are in the way, which is no fault of this job's: it is gone on with next time
        except Exception as error:  # noqa: BLE001  # one job must not keep the others from being worked on
            _log.error("job %s ends: unexpected %s", job.id, place(error, lines=3))
            await self._fail(job, FailureReason.FAULT)

    async def _through(self, job: UploadData) -> None:
        """Take all rows in: what comes next is read and checked while what is here is written.

        Raises:
            UnreadableError: the rows from some place on; those before are taken in.
            UploadError: somebody else goes on with the job, or it was cancelled.
        """
        content = _Content(self._database, self._tenant, job)
        columns = await self._columns(job)
        stores: deque[_Store] = deque()
        before, look = job.rows, _LOOK
        try:
            while job.state is UploadState.RUNNING:
                try:
                    found = await self._read(job, columns, content)
                except UnreadableError:
                    await _ended(stores, 0)
                    raise
                await _ended(stores, _AT_ONCE - 1)
                if job.rows - before >= look:
                    await self._database.analyze()
                    look *= 8
                stores.append(self._begun(job, found, stores[-1] if stores else None))
                if found.last:
                    return await _ended(stores, 0)
                # As it will be, but for what only becomes of the rows: nobody reads on by that.
                job = msgspec.structs.replace(
                    job, position=job.position + found.size, rows=job.rows + len(found.rows)
                )
        finally:
            for each in stores:
                each.task.cancel()
            await asyncio.gather(*(each.task for each in stores), return_exceptions=True)

    def _begun(self, job: UploadData, found: _Checked, before: _Store | None) -> _Store:
        """Begin to write rows, those of the batch before perhaps still being under way."""
        return _Store(asyncio.ensure_future(self._store(job, found, before)), found)

    async def _begin(self, job: UploadData) -> UploadData:
        """Make sure that what arrived is what was announced.

        Raises:
            UnreadableError: it is not.
        """
        digest = hashlib.sha256()
        for start in range(0, job.size, _PIECE):
            async with self._database.read(self._tenant) as unit:
                digest.update(await unit.uploads.bytes_of(job.id, start, _PIECE))
        if digest.hexdigest() != job.digest:
            raise UnreadableError(FailureReason.DIGEST_DIFFERS)
        async with self._database.unit(self._tenant) as unit:
            await unit.uploads.begin(job.id)
            return (await unit.uploads.get([job.id]))[job.id]

    async def _columns(self, job: UploadData) -> tuple[tuple[str, ...], int]:
        """The columns of a CSV, and where its rows begin."""
        if job.format is not UploadFormat.CSV:
            return (), 0
        async with self._database.read(self._tenant) as unit:
            start = await unit.uploads.bytes_of(job.id, 0, LONGEST_ROW)
        return header(start, FIELDS[job.kind], NEEDED[job.kind])

    async def _read(
        self, job: UploadData, columns: tuple[tuple[str, ...], int], upload: _Content
    ) -> _Checked:
        """The next rows, checked; in a thread, so that the loop goes on meanwhile."""
        names, begin = columns
        start = max(job.position, begin)
        if start >= job.size:
            return _Checked(size=job.size - job.position, last=True)
        content = await upload.at(start)
        reading = Reading(
            kind=job.kind,
            source=job.source,
            at=job.created_at,
            by=job.created_by,
            region=self._region,
        )
        cut = partial(
            rows,
            content,
            job.format,
            columns=names,
            first=job.rows + 1,
            most=self._settings.batch,
            last=start + len(content) >= job.size,
        )
        found = await asyncio.to_thread(_checked, cut, reading)
        size = start - job.position + found.size
        return msgspec.structs.replace(
            found,
            size=size,
            last=job.position + size >= job.size,
            prepared=await self._prepare(job, found.good),
        )

    async def _prepare(self, job: UploadData, good: Sequence[AnyRow]) -> Prepared | None:
        """Customers as they are written where all of them are new."""
        customers = _customers(good)
        if not customers:
            return None
        async with self._database.read(self._tenant) as unit:
            return await unit.intake.prepare(customers, by=job.created_by)

    async def _store(self, job: UploadData, found: _Checked, before: _Store | None) -> UploadData:
        """Rows, problems, checkpoint and events, together or not at all, behind those of the batch before.

        Raises:
            SteppedOver: another process was faster, or the job was cancelled.
        """

        async def behind() -> UploadData:
            return job if before is None else await asyncio.shield(before.task)

        async def work(unit: Unit) -> UploadData:
            taken = None
            if found.prepared is not None and unit.intake.side_by_side and _apart(found, before):
                taken = await unit.intake.newcomers(found.prepared)
            present = await behind()
            if taken is None:
                taken = await self._take(unit, job, found)
            # A row that a later one of the same id in the batch replaced has made no difference.
            replaced = len(found.rows) - len(found.good) - len({one.number for one in found.problems})
            counts = msgspec.structs.replace(taken.counts, unchanged=taken.counts.unchanged + replaced)
            after = await unit.uploads.advance(
                present,
                present.position + found.size,
                rows=len(found.rows),
                counts=counts,
                problems=(*found.problems, *taken.problems),
                finished=found.last,
            )
            for start in range(0, len(taken.customers), _TOLD):
                some = taken.customers[start : start + _TOLD]
                unit.outbox.add([drafted(CustomerChanged(aspects=(_ASPECTS[job.kind],)), some)])
            unit.outbox.add([progress(after)])
            return after

        return await self._database.retrying(self._tenant, work)

    async def _take(self, unit: Unit, job: UploadData, found: _Checked) -> Taken:
        if not found.good:
            return Taken(counts=Counts())
        customers = _customers(found.good)
        if not customers:
            return await unit.intake.rows([row for row in found.good if not isinstance(row, CustomerRow)])
        taken = None if found.prepared is None else await unit.intake.newcomers(found.prepared)
        return taken or await unit.intake.customers(customers, by=job.created_by, called=self._called)

    def _called(self, customer: CustomerData) -> CustomerDraft:
        """What a customer is called, by all that is said of them."""
        found = draft(customer.kind, customer.values, self._order, self._rules)
        return msgspec.structs.replace(found, country=found.country or customer.country)

    async def _fail(self, job: UploadData, reason: FailureReason) -> None:
        _log.warning("job %s cannot be read on: %s", job.id, reason.value)
        async with self._database.unit(self._tenant) as unit:
            ended = await unit.uploads.end(job.id, UploadState.FAILED, reason=reason)
            unit.outbox.add([progress(ended)])


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let the loop have its turn soon while a thread reckons.

    What is written goes to the database in some dozens of pieces a batch, and the loop, which sends each,
    would wait for Python's usual five milliseconds every time.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, _TURN))
    try:
        yield
    finally:
        sys.setswitchinterval(before)


class _Store(NamedTuple):
    """A batch that is being written."""

    task: asyncio.Future[UploadData]
    found: _Checked


async def _ended(stores: deque[_Store], most: int) -> None:
    """Wait until so many are under way at the most."""
    while len(stores) > most:
        await stores[0].task
        stores.popleft()


def _apart(found: _Checked, before: _Store | None) -> bool:
    """Whether rows may be written while those before are: none is of a customer of theirs.

    Of two of one customer the later would wait for the earlier to be committed, and that perhaps for it.
    """
    if before is None or before.task.done():
        return True
    mine, theirs = found.prepared, before.found.prepared
    return mine is not None and (theirs is None or mine.marks.keys().isdisjoint(theirs.marks))


class _Content:
    """What an upload holds, read on from place to place: each piece is fetched and opened once."""

    def __init__(self, database: Database, tenant: TenantId, job: UploadData) -> None:
        self._database = database
        self._tenant = tenant
        self._job = job
        self._start = 0
        self._held = b""

    async def at(self, start: int) -> bytes:
        """The bytes from a place on, as many as a piece and more where there are so many."""
        if not self._start <= start <= self._start + len(self._held):
            self._held, self._start = b"", start
        self._held, self._start = self._held[start - self._start :], start
        end = start + len(self._held)
        if len(self._held) < _PIECE and end < self._job.size:
            async with self._database.read(self._tenant) as unit:
                self._held += await unit.uploads.bytes_of(self._job.id, end, _PIECE)
        return self._held


class _Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that were read and checked."""

    rows: tuple[object, ...] = ()
    good: tuple[AnyRow, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    prepared: Prepared | None = None
    size: int = 0
    last: bool = False


def _checked(cut: Callable[[], Batch], reading: Reading) -> _Checked:
    batch = cut()
    good, problems = read_rows(batch.rows, reading)
    return _Checked(rows=batch.rows, good=tuple(good), problems=tuple(problems), size=batch.size)


def _customers(good: Sequence[AnyRow]) -> list[CustomerRow]:
    return [row for row in good if isinstance(row, CustomerRow)]


_ASPECTS = {
    UploadKind.CUSTOMERS: Aspect.PROFILE,
    UploadKind.INTERACTIONS: Aspect.OWN,
    UploadKind.JOURNEYS: Aspect.OWN,
    UploadKind.BOOKINGS: Aspect.OWN,
}


def progress(job: UploadData) -> EventDraft:
    """The event that tells how far a job is: of bytes, which are known beforehand."""
    return drafted(
        JobProgress(
            job=ids.encode(JOB, job.id),
            done=job.position,
            total=job.size,
            finished=job.finished_at is not None,
        )
    )
