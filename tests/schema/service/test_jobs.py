"""Jobs of uploads on the graph: the caller's own alone, with progress, problems, and cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schema import ids
from store.data_bulk import Counts, RowProblem, RowProblemCode, UploadFormat, UploadKind
from tests.schema.service.conftest import TENANT, Desk, problem

one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
JOB = """query Q($id: ID!, $first: Int, $after: String) { job(id: $id) {
  id state progress received size report rows { read created failed }
  problems(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    edges { node { row field code message } } } } }"""


def started(desk: Desk, by: str = "agent") -> str:
    """Id of a job of two of whose three rows something is wrong."""

    async def go() -> str:
        async with desk.database.unit(TENANT) as unit:
            made = await unit.uploads.open(
                UploadKind.BOOKINGS,
                UploadFormat.CSV,
                source="crm",
                size=10,
                digest="0" * 64,
                by=by,
                kept=timedelta(hours=1),
            )
            await unit.uploads.append(made.id, 0, b"x" * 10, kept=timedelta(hours=1))
            await unit.uploads.begin(made.id)
        async with desk.database.unit(TENANT) as unit:
            job = (await unit.uploads.get([made.id]))[made.id]
            problems = [
                RowProblem(number=number, field="kind", code=RowProblemCode.INVALID, message="Give one.")
                for number in (2, 3)
            ]
            await unit.uploads.advance(
                job, 5, rows=3, counts=Counts(created=1), problems=problems, finished=False
            )
        return made.id

    made: str = desk.run(go())
    return ids.encode("Job", made)


@one_database
def test_a_job_says_how_far_it_is_and_what_was_wrong(desk: Desk) -> None:
    job = started(desk)
    shown = desk.ask(JOB, id=job, first=1)
    assert (shown["state"], shown["progress"], shown["report"]) == ("RUNNING", 0.5, None)
    assert shown["rows"] == {"read": 3, "created": 1, "failed": 2}
    problems = shown["problems"]
    assert problems["edges"] == [
        {"node": {"row": 2, "field": "kind", "code": "INVALID", "message": "Give one."}}
    ]
    assert problems["totalCount"] == 2
    rest = desk.ask(JOB, id=job, after=problems["pageInfo"]["endCursor"])["problems"]
    assert [edge["node"]["row"] for edge in rest["edges"]] == [3]
    assert desk.errors(JOB, id=desk.ids["ada"]) == ["INVALID_ID"]


@one_database
def test_jobs_are_the_callers_own_page_by_page(desk: Desk) -> None:
    mine = [started(desk) for _ in range(3)]
    other = started(desk, by="somebody")
    assert desk.ask(JOB, id=other) is None
    query = """query Q($first: Int, $after: String) { jobs(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor } edges { node { id problems { totalCount } } } } }"""
    seen: list[Any] = []
    page = desk.ask(query, first=2)
    seen += page["edges"]
    assert page["pageInfo"]["hasNextPage"] is True
    page = desk.ask(query, first=2, after=page["pageInfo"]["endCursor"])
    seen += page["edges"]
    assert page["pageInfo"]["hasNextPage"] is False
    assert [edge["node"]["id"] for edge in seen] == mine[::-1]
    assert {edge["node"]["problems"]["totalCount"] for edge in seen} == {2}
    assert desk.errors(query, after="x") == ["INVALID_CURSOR"]


@one_database
def test_a_job_is_cancelled_once_by_whose_it_is(desk: Desk) -> None:
    job, other = started(desk), started(desk, by="somebody")
    fields = "job { id state report rows { created } }"
    done = desk.done("cancelJob", fields, id=job)["job"]
    assert (done["state"], done["rows"]["created"]) == ("CANCELLED", 1)
    assert done["report"].startswith("/uploads/")
    again = desk.change("cancelJob", fields, id=job)
    assert problem(again) == ("StateProblem", "NOT_ALLOWED_NOW", ("input", "id"))
    assert problem(desk.change("cancelJob", fields, id=other))[1] == "NOT_FOUND"
