"""Takes the rows of uploads in, batch by batch: what a killed process had not committed is done again.

Rows and checkpoint are one transaction. The checkpoint moves only from where the rows were read, so that of
two processes that take the same rows in one is rolled back: every row takes effect once.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

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
            columns = await self._columns(job)
            waiting = await self._read(job, columns)
            while job.state is UploadState.RUNNING:
                raw = waiting
                # What comes next is read and checked while what is here is written.
                ahead = msgspec.structs.replace(
                    job, position=job.position + raw.size, rows=job.rows + len(raw.rows)
                )
                following = asyncio.ensure_future(self._read(ahead, columns))
                try:
                    job = await self._store(job, raw)
                    waiting = await following
                finally:
                    following.cancel()
                    await asyncio.wait([following])
                    if not following.cancelled():
                        following.exception()  # told already, or of no interest any more
        except UnreadableError as error:
            await self._fail(job, error.reason)
        except UploadError:
            _log.info("job %s is gone on with elsewhere, or was cancelled", job.id)
        except (DatabaseLocked, DatabaseUnavailable, Conflict):
            raise  # others are in the way, which is no fault of this job's: it is gone on with next time
        except Exception as error:  # noqa: BLE001  # one job must not keep the others from being worked on
            _log.error("job %s ends: unexpected %s", job.id, place(error, lines=3))
            await self._fail(job, FailureReason.FAULT)

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

    async def _read(self, job: UploadData, columns: tuple[tuple[str, ...], int]) -> _Checked:
        """The next rows, checked; in a thread, so that the loop goes on meanwhile."""
        names, begin = columns
        start = max(job.position, begin)
        if start >= job.size:
            return _Checked(size=job.size - job.position, last=True)
        async with self._database.read(self._tenant) as unit:
            content = await unit.uploads.bytes_of(job.id, start, _PIECE)
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

    async def _store(self, job: UploadData, found: _Checked) -> UploadData:
        """Rows, problems, checkpoint and events, together or not at all.

        Raises:
            SteppedOver: another process was faster, or the job was cancelled.
        """

        async def work(unit: Unit) -> UploadData:
            taken = await self._take(unit, job, found)
            # A row that a later one of the same id in the batch replaced has made no difference.
            replaced = len(found.rows) - len(found.good) - len({one.number for one in found.problems})
            counts = msgspec.structs.replace(taken.counts, unchanged=taken.counts.unchanged + replaced)
            after = await unit.uploads.advance(
                job,
                job.position + found.size,
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
        if customers:
            return await unit.intake.customers(
                customers, by=job.created_by, called=self._called, prepared=found.prepared
            )
        return await unit.intake.rows([row for row in found.good if not isinstance(row, CustomerRow)])

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
