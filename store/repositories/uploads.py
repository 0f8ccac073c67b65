"""Uploads: their bytes, how far their jobs are, and what was wrong with their rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from store import cursors
from store.columns import new_id
from store.data_bulk import (
    Counts,
    FailureReason,
    ProblemPage,
    RowProblem,
    RowProblemCode,
    UploadData,
    UploadFormat,
    UploadKind,
    UploadState,
)
from store.errors_bulk import OffsetDiffers, SteppedOver, UploadClosed, UploadUnknown
from store.keyring import DataKey, new_data_key
from store.models import Upload, UploadChunk, UploadProblem
from store.models.base import table
from store.repositories.base import Repository
from store.repositories.entries import decode_cursor, encode_cursor

MOST_PROBLEMS = 100_000
"""Problems that are kept of one upload; those beyond are counted alone."""
_COLUMNS = UploadData.__struct_fields__
_UNFINISHED = (UploadState.RECEIVING, UploadState.QUEUED, UploadState.RUNNING)
_WAITING = (UploadState.QUEUED, UploadState.RUNNING)


class UploadRepository(Repository):
    """What is uploaded is sealed with a key of its own, which goes with it."""

    async def open(
        self,
        kind: UploadKind,
        format: UploadFormat,  # noqa: A002  # the field's term
        *,
        source: str,
        size: int,
        digest: str,
        by: str,
        kept: timedelta,
    ) -> UploadData:
        """Begin an upload.

        Args:
            kind: what the rows are.
            format: how they are written.
            source: the system whose records they are.
            size: bytes in all.
            digest: SHA-256 of the whole, in hexadecimal digits.
            by: who uploads.
            kept: how long an upload that does not go on is kept.
        """
        now = self._scope.clock()
        made = UploadData(
            id=new_id(),
            kind=kind,
            format=format,
            source=source,
            size=size,
            digest=digest,
            created_at=now,
            created_by=by,
            expires_at=now + kept,
        )
        key = self._scope.keyring.wrap(self._tenant, made.id, new_data_key())
        row = {name: _plain(getattr(made, name)) for name in _COLUMNS}
        await self._scope.insert_many(Upload, [{**row, "key": key}])
        return made

    async def get(self, ids: Iterable[str]) -> Mapping[str, UploadData]:
        """Uploads by id; unknown ones are left out."""
        return {each.id: each for each in await self._read(self._scope.among(Upload.id, ids))}

    async def of(self, by: str, *, first: int, after: str | None = None) -> tuple[UploadData, ...]:
        """Somebody's uploads, the latest first.

        Args:
            by: whose.
            first: so many at the most.
            after: the id behind which they go on.
        """
        behind = () if after is None else (Upload.id < after,)
        return tuple(await self._read(Upload.created_by == by, *behind, limit=first))

    async def unfinished(self, by: str) -> int:
        """How many of somebody's uploads have not come to their end."""
        statement = (
            select(func.count())
            .select_from(Upload)
            .where(Upload.tenant == self._tenant, Upload.created_by == by, _in(_UNFINISHED))
        )
        return (await self._session.execute(statement)).scalar_one()

    async def append(self, upload_id: str, start: int, content: bytes, *, kept: timedelta) -> int:
        """Keep some more bytes of an upload; with the last ones its job waits for its turn.

        Args:
            upload_id: which.
            start: place of the first of them in the whole.
            content: the bytes.
            kept: how long it is kept from now on.

        Returns:
            how many bytes are here.

        Raises:
            UploadUnknown: there is no such upload.
            UploadClosed: it is complete, failed or cancelled.
            OffsetDiffers: they do not follow what is here, or are more than was announced.
        """
        found = await self._held(upload_id)
        if found.state is not UploadState.RECEIVING:
            raise UploadClosed(found.state.value)
        received = start + len(content)
        if start != found.received or received > found.size:
            raise OffsetDiffers(found.received)
        key = await self._key(upload_id)
        await self._scope.insert_many(
            UploadChunk,
            [
                {
                    "upload_id": upload_id,
                    "start": start,
                    "size": len(content),
                    "content": key.seal(content, self._tenant, upload_id, str(start)),
                }
            ],
        )
        state = UploadState.QUEUED if received == found.size else UploadState.RECEIVING
        touched = await self._scope.change(
            update(Upload)
            .where(Upload.tenant == self._tenant, Upload.id == upload_id, Upload.received == start)
            .values(received=received, state=state.value, expires_at=self._scope.clock() + kept)
        )
        if not touched:
            raise OffsetDiffers((await self._held(upload_id)).received)
        return received

    async def waiting(self) -> UploadData | None:
        """The job whose turn it is: one under way before the one that waits for longest."""
        found = await self._read(_in(_WAITING), limit=1, oldest=True)
        return found[0] if found else None

    async def bytes_of(self, upload_id: str, start: int, size: int) -> bytes:
        """Some bytes of an upload, fewer only at its end.

        Args:
            upload_id: which.
            start: place of the first.
            size: how many.
        """
        key = await self._key(upload_id)
        columns = table(UploadChunk).c
        rows = await self._session.execute(
            select(columns.start, columns.content)
            .where(
                columns.tenant == self._tenant,
                columns.upload_id == upload_id,
                columns.start < start + size,
                columns.start + columns.size > start,
            )
            .order_by(columns.start)
        )
        found = bytearray()
        for at, sealed in rows:
            content = key.open(sealed, self._tenant, upload_id, str(at))
            found += content[max(0, start - at) : start + size - at]
        return bytes(found)

    async def begin(self, upload_id: str) -> None:
        """Say that a job is under way."""
        await self._scope.change(
            update(Upload)
            .where(Upload.tenant == self._tenant, Upload.id == upload_id, _in([UploadState.QUEUED]))
            .values(state=UploadState.RUNNING.value, started_at=self._scope.clock())
        )

    async def advance(
        self,
        before: UploadData,
        position: int,
        *,
        rows: int,
        counts: Counts,
        problems: Sequence[RowProblem],
        finished: bool,
    ) -> UploadData:
        """Note how far a job is, in the unit of work that took the rows up to there in.

        Args:
            before: the job as it was when the rows were read.
            position: bytes whose rows are taken in by now.
            rows: how many rows those were.
            counts: what became of them.
            problems: why some of them were not taken in.
            finished: whether they were the last.

        Raises:
            SteppedOver: another process was faster, or the job was cancelled.
        """
        failed = len({each.number for each in problems})
        touched = await self._scope.change(
            update(Upload)
            .where(
                Upload.tenant == self._tenant,
                Upload.id == before.id,
                Upload.position == before.position,
                Upload.rows == before.rows,
                _in([UploadState.RUNNING]),
            )
            .values(
                position=position,
                rows=Upload.rows + rows,
                created=Upload.created + counts.created,
                changed=Upload.changed + counts.changed,
                unchanged=Upload.unchanged + counts.unchanged,
                failed=Upload.failed + failed,
            )
        )
        if not touched:
            raise SteppedOver
        if before.failed < MOST_PROBLEMS:
            await self._scope.insert_many(
                UploadProblem,
                [
                    {
                        "upload_id": before.id,
                        "number": each.number,
                        "field": each.field,
                        "code": each.code.value,
                        "message": each.message,
                    }
                    for each in problems
                ],
            )
        if finished:
            return await self.end(before.id, UploadState.DONE)
        return (await self.get([before.id]))[before.id]

    async def end(
        self, upload_id: str, state: UploadState, *, reason: FailureReason | None = None
    ) -> UploadData:
        """Say that a job has come to its end, and drop what was uploaded.

        Raises:
            UploadUnknown: there is no such upload.
            UploadClosed: it has come to its end already.
        """
        found = await self._held(upload_id)
        if found.state not in _UNFINISHED:
            raise UploadClosed(found.state.value)
        await self._scope.change(
            update(Upload)
            .where(Upload.tenant == self._tenant, Upload.id == upload_id)
            .values(state=state.value, reason=_plain(reason), finished_at=self._scope.clock(), key=None)
        )
        await self._scope.change(
            delete(UploadChunk).where(UploadChunk.tenant == self._tenant, UploadChunk.upload_id == upload_id)
        )
        return (await self.get([upload_id]))[upload_id]

    async def problems(self, upload_id: str, *, first: int, after: str | None = None) -> ProblemPage:
        """A stretch of what was wrong with the rows of an upload.

        Raises:
            CursorError: the cursor is damaged.
        """
        number, field = (0, "") if after is None else _place(after)
        rows = await self._problems(upload_id, number, field, limit=first + 1)
        kept = rows[:first]
        return ProblemPage(
            problems=tuple(kept),
            cursors=tuple(encode_cursor(f"{each.number}/{each.field}") for each in kept),
            has_next=len(rows) > first,
            has_previous=after is not None,
        )

    async def every_problem(self, upload_id: str, *, batch: int = 2_000) -> AsyncIterator[RowProblem]:
        """Everything that was wrong with the rows of an upload, in their order."""
        number, field = 0, ""
        while rows := await self._problems(upload_id, number, field, limit=batch):
            for each in rows:
                yield each
            number, field = rows[-1].number, rows[-1].field

    async def expire(self, *, kept: timedelta) -> int:
        """Delete uploads that did not go on, and jobs that ended long ago; how many they were.

        Args:
            kept: how long a job that ended is kept.
        """
        now = self._scope.clock()
        return await self._scope.change(
            delete(Upload).where(
                Upload.tenant == self._tenant,
                (_in([UploadState.RECEIVING]) & (Upload.expires_at < now))
                | (Upload.finished_at < now - kept),
            )
        )

    async def _problems(self, upload_id: str, number: int, field: str, *, limit: int) -> list[RowProblem]:
        columns = table(UploadProblem).c
        rows = await self._session.execute(
            select(columns.number, columns.field, columns.code, columns.message)
            .where(
                columns.tenant == self._tenant,
                columns.upload_id == upload_id,
                (columns.number > number) | ((columns.number == number) & (columns.field > field)),
            )
            .order_by(columns.number, columns.field)
            .limit(limit)
        )
        return [
            RowProblem(number=row.number, field=row.field, code=RowProblemCode(row.code), message=row.message)
            for row in rows
        ]

    async def _key(self, upload_id: str) -> DataKey:
        wrapped = await self._session.scalar(
            select(Upload.key).where(Upload.tenant == self._tenant, Upload.id == upload_id)
        )
        if wrapped is None:
            raise UploadUnknown
        keyring = self._scope.keyring
        return keyring.unwrap(self._tenant, upload_id, wrapped, keyring.mark)

    async def _held(self, upload_id: str) -> UploadData:
        found = await self._read(Upload.id == upload_id, lock=True)
        if not found:
            raise UploadUnknown
        return found[0]

    async def _read(
        self,
        *conditions: ColumnElement[bool],
        limit: int | None = None,
        oldest: bool = False,
        lock: bool = False,
    ) -> list[UploadData]:
        columns = table(Upload).c
        statement = (
            select(*(columns[name] for name in _COLUMNS))
            .where(columns.tenant == self._tenant, *conditions)
            .order_by(columns.id.asc() if oldest else columns.id.desc())
            .limit(limit)
        )
        rows = await self._session.execute(statement.with_for_update() if lock else statement)
        return [_upload(row) for row in rows.mappings()]


def _upload(row: Any) -> UploadData:
    reason = row["reason"]
    return UploadData(
        **{
            **row,
            "kind": UploadKind(row["kind"]),
            "format": UploadFormat(row["format"]),
            "state": UploadState(row["state"]),
            "reason": None if reason is None else FailureReason(reason),
        }
    )


def _in(states: Collection[UploadState]) -> ColumnElement[bool]:
    return Upload.state.in_([each.value for each in states])


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, int | str | datetime):
        return value
    return value.value


def _place(cursor: str) -> tuple[int, str]:
    number, _, field = decode_cursor(cursor).partition("/")
    return cursors.number(number), field
