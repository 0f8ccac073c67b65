"""``job`` and ``jobs``: uploads of the caller's, and the work of taking their rows in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schema import cursors, ids
from schema.answers import CustomerAnswer
from schema.bulk.jobs import JOB, MOST_SHOWN, JobArguments, JobsArguments, job
from schema.inputs import MAX_PAGE
from schema.paging import Connection, Edge, PageInfo, page_size
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups, RootField
from store.data import CustomerData
from store.data_bulk import RowProblem, UploadData

_RULE = needs(Scope.BULK_WRITE)


class _JobRoot(RootField):
    rule = _RULE

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # no customers
        """None."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:  # no customers
        """None."""
        return ()

    async def _problems(
        self, unit: Unit, jobs: Sequence[UploadData], most: int
    ) -> Mapping[str, tuple[RowProblem, ...]]:
        """What was wrong with the rows of jobs, where that is selected."""
        if not self.count:
            return {}
        return {
            one.id: (await unit.uploads.problems(one.id, first=most)).problems for one in jobs if one.failed
        }


class JobRoot(_JobRoot):
    """Finds a job."""

    name = "job"
    description = "A job that takes an upload of yours in, by its id; null where there is none, or no more."
    arguments_type = JobArguments
    arguments: JobArguments

    def check(self) -> None:
        """Read the id."""
        self._id = ids.decode_as(JOB, self.arguments.id, argument="id")

    async def read(self, unit: Unit) -> None:
        """Read it."""
        found = (await unit.uploads.get([self._id])).get(self._id)
        self._job = found if found is not None and found.created_by == self.principal.subject else None
        self._found = await self._problems(unit, [self._job] if self._job else [], MOST_SHOWN)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:  # no customers
        """The job, or null."""
        return None if self._job is None else job(self._job, self._found.get(self._job.id, ()))


class JobsRoot(_JobRoot):
    """Lists jobs."""

    name = "jobs"
    description = "Your uploads and the jobs that take them in, the latest first, page by page."
    arguments_type = JobsArguments
    arguments: JobsArguments

    def check(self) -> None:
        """Check the page."""
        self._size = page_size(self.arguments.first, "first")
        after = self.arguments.after
        self._after = (
            None if after is None else cursors.decode(after, scope="jobs", parts=1, argument="after")[0]
        )

    async def read(self, unit: Unit) -> None:
        """Read the page."""
        found = await unit.uploads.of(self.principal.subject, first=self._size + 1, after=self._after)
        self._more, self._jobs = len(found) > self._size, found[: self._size]
        self._found = await self._problems(unit, self._jobs, MAX_PAGE)

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:  # no customers
        """The page as a connection."""
        edges = [
            Edge(node=job(one, self._found.get(one.id, ())), cursor=cursors.encode("jobs", (one.id,)))
            for one in self._jobs
        ]
        return Connection(
            edges=edges,
            page_info=PageInfo(
                has_next_page=self._more,
                has_previous_page=self._after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )
