"""Jobs that take uploads in, as objects of the graph."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from msgspec import Meta

from schema import ids
from schema.declarations import Demand
from schema.derive import Deriver
from schema.docs import description
from schema.inputs import DEFAULT_PAGE, MAX_PAGE, Arguments, NodeId, PageArguments
from schema.paging import Connection, connect, connection_type, stretch
from schema.reading import taken
from schema.shapes import Shape
from store import data_bulk
from store.data_bulk import (
    FailureReason,
    RowProblemCode,
    UploadData,
    UploadFormat,
    UploadKind,
    UploadState,
)

JOB = "Job"
"""Name of the type, as global ids have it."""
MOST_SHOWN = 1_000
"""Problems of a job that the graph shows."""


class RowProblem(Shape, frozen=True, kw_only=True):
    """Why a row was not taken in. Never its values."""

    row: Annotated[int, Meta(description="Number of the row, from 1; the header of a CSV is none.")]
    field: Annotated[str | None, Meta(description="The field to blame, as the row names it.")] = None
    code: Annotated[RowProblemCode, Meta(description="What it is, from a closed list.")]
    message: Annotated[str, Meta(description="What would do.")]


class JobRows(Shape, frozen=True, kw_only=True):
    """What became of the rows so far."""

    read: Annotated[int, Meta(description="Rows read.")]
    created: Annotated[int, Meta(description="Of them: what was not there before.")]
    changed: Annotated[int, Meta(description="Of them: what was there, and was brought up to date.")]
    unchanged: Annotated[int, Meta(description="Of them: what was there exactly so.")]
    failed: Annotated[int, Meta(description="Of them: not taken in; `problems` says why.")]


class Job(Shape, frozen=True, kw_only=True):
    """An upload, and the work of taking its rows in."""

    id: Annotated[NodeId, Meta(description="Its id.")]
    upload: Annotated[str, Meta(description="Id of the upload: `/uploads/{upload}`.")]
    kind: Annotated[UploadKind, Meta(description="What the rows are.")]
    format: Annotated[UploadFormat, Meta(description="How they are written.")]
    source: Annotated[str, Meta(description="The system whose records they are.")]
    state: Annotated[UploadState, Meta(description="How it stands.")]
    reason: Annotated[FailureReason | None, Meta(description="Why it failed as a whole.")] = None
    size: Annotated[int, Meta(description="Bytes in all.")]
    received: Annotated[int, Meta(description="Bytes that are here.")]
    progress: Annotated[float, Meta(description="Share of the bytes whose rows are taken in, from 0 to 1.")]
    rows: Annotated[JobRows, Meta(description="What became of the rows so far.")]
    report: Annotated[
        str | None,
        Meta(description="Path of the report, a CSV of all problems; null until the job has ended."),
    ] = None
    created_at: Annotated[dt.datetime, Meta(description="When the upload began.")]
    created_by: Annotated[str, Meta(description="Who uploads.")]
    started_at: Annotated[dt.datetime | None, Meta(description="When the first row was read.")] = None
    finished_at: Annotated[dt.datetime | None, Meta(description="When it came to its end.")] = None


class JobAnswer(Job, frozen=True, kw_only=True):
    """A job with what was wrong with its rows, where that is selected."""

    found: tuple[data_bulk.RowProblem, ...] = ()


class JobArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``job``."""

    id: Annotated[NodeId, Meta(description="Id of the job; that of its upload will do.")]


class JobsArguments(Arguments, frozen=True, kw_only=True):
    """Arguments of ``jobs``."""

    first: Annotated[
        int | None, Meta(description=f"Elements, 1 to {MAX_PAGE}; {DEFAULT_PAGE} unless told.")
    ] = None
    after: Annotated[str | None, Meta(description="Cursor after which the stretch begins.")] = None


def job_type(make: Deriver) -> Any:
    """The type of a job."""
    problems = connection_type(
        make,
        make.object(RowProblem),
        "RowProblem",
        "problems, in the order of the rows",
        counted=f"How many rows have problems that are shown: at most {MOST_SHOWN:,}.",
    )
    fields = make.fields(Job)
    fields["problems"] = make.computed(
        _problems,
        problems,
        f"What was wrong with the first {MOST_SHOWN:,} rows that were not taken in; the report has all.",
        arguments=PageArguments,
        demand=Demand(count=True),
    )
    return make.build("Job", description(Job), fields)


def _problems(shown: JobAnswer, _info: object, **given: Any) -> Connection:
    rows = [
        (
            (f"{one.number:015d}", one.field),
            RowProblem(row=one.number, field=one.field or None, code=one.code, message=one.message),
        )
        for one in shown.found
    ]
    return connect(rows, stretch(taken(PageArguments, given)), scope="problems", descending=False)


def job(found: UploadData, problems: tuple[data_bulk.RowProblem, ...] = ()) -> JobAnswer:
    """A job as the graph shows it."""
    return JobAnswer(
        found=problems,
        id=ids.encode(JOB, found.id),
        upload=found.id,
        kind=found.kind,
        format=found.format,
        source=found.source,
        state=found.state,
        reason=found.reason,
        size=found.size,
        received=found.received,
        progress=1.0 if found.size == 0 else found.position / found.size,
        rows=JobRows(
            read=found.rows,
            created=found.created,
            changed=found.changed,
            unchanged=found.unchanged,
            failed=found.failed,
        ),
        report=f"/uploads/{found.id}/report" if found.finished_at is not None else None,
        created_at=found.created_at,
        created_by=found.created_by,
        started_at=found.started_at,
        finished_at=found.finished_at,
    )
