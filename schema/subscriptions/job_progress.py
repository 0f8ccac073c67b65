"""``jobProgress``: how far long work has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema.answers import CustomerAnswer
from schema.errors import ErrorCode, InputError
from schema.inputs import NodeId
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.roots.base import Lookups
from schema.subscriptions.base import FollowArguments, SubscriptionField
from schema.subscriptions.shapes import JobProgress
from store.data import CustomerData
from store.data_events import EventData


class JobProgressArguments(FollowArguments, frozen=True, kw_only=True):
    """Arguments of ``jobProgress``."""

    job_id: Annotated[NodeId, Meta(description="The job.")]


class JobProgressField(SubscriptionField):
    """Follows one job to its end."""

    name = "jobProgress"
    description = "How far a job has come, whenever it gets on, until it has ended."
    rule = needs(Scope.EVENTS_READ, Scope.BULK_WRITE)
    arguments_type = JobProgressArguments
    arguments: JobProgressArguments
    payload_type = JobProgress
    kinds = frozenset({"job.progress"})

    async def read(self, unit: Unit) -> None:
        """Where the job stands, if nothing was told of it yet."""
        await super().read(unit)
        self._job = None if self.told.events else await unit.jobs.get(self.arguments.job_id)

    def candidates(self, lookups: Lookups) -> Sequence[str]:  # a job is nobody's
        """None."""
        return ()

    def choose(self, loaded: Mapping[str, CustomerData]) -> Sequence[str]:
        """None."""
        return ()

    def wants(self, event: EventData) -> bool:
        """Only of this job."""
        return bool(event.data.get("job") == self.arguments.job_id)

    def require(self) -> None:
        """There has to be such a job."""
        if self._job is None:
            message = "There is no such job, or no more."
            raise InputError(message, code=ErrorCode.NOT_FOUND, argument="jobId")

    def answer(self, customers: Mapping[str, CustomerAnswer]) -> Any:
        """As the last event says, or the store."""
        if self.told.events:
            found = self.told.events[-1].data
            self.is_over = bool(found.get("finished"))
            return self._shown(found["done"], found.get("total"))
        return None if self._job is None else self._shown(self._job.position, self._job.total)

    def _shown(self, done: int, total: int | None) -> JobProgress:
        return JobProgress(
            cursor=self.told.cursor,
            job_id=self.arguments.job_id,
            done=done,
            total=total,
            finished=self.is_over,
        )
