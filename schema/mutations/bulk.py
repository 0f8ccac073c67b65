"""``cancelJob``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema import ids
from schema.bulk.jobs import JOB, Job
from schema.derive import GraphName
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.problems import NotFoundProblem, Refusal, StateProblem
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from store.data_bulk import UploadState
from store.data_events import EventDraft
from store.errors_bulk import UploadClosed

_UNFINISHED = (UploadState.RECEIVING, UploadState.QUEUED, UploadState.RUNNING)


class CancelJobInput(MutationInput, frozen=True, kw_only=True):
    """A job that is not to go on."""

    id: Annotated[NodeId, Meta(description="Id of the job.")]


class CancelJobOutcome(Outcome, frozen=True, kw_only=True):
    """Which job was cancelled."""

    job: str


class CancelJobPayload(Payload, frozen=True, kw_only=True):
    """What cancelling a job did."""

    job: Annotated[
        Annotated[Job, GraphName("Job")] | None,
        Meta(description="The job: what was taken in before stays."),
    ] = None


class CancelJob(Mutation):
    """Cancels a job."""

    name = "cancelJob"
    description = "Lets an upload of yours, or its job, not go on. Rows that are taken in stay."
    input_type = CancelJobInput
    outcome_type = CancelJobOutcome
    payload_type = CancelJobPayload
    rule = needs(Scope.BULK_WRITE)

    def check(self) -> None:
        """Read the id."""
        self._job = ids.decode_as(JOB, self.asked.id, argument="input.id")

    async def effect(self, unit: Unit) -> CancelJobOutcome:
        """Cancel it."""
        path = ("input", "id")
        found = (await unit.uploads.get([self._job])).get(self._job)
        if found is None or found.created_by != self.actor:
            raise Refusal(NotFoundProblem(message="There is no such job of yours, or no more.", path=path))
        try:
            await unit.uploads.end(self._job, UploadState.CANCELLED)
        except UploadClosed as error:
            message = "The job has come to its end already."
            allowed = tuple(state.value for state in _UNFINISHED)
            raise Refusal(
                StateProblem(message=message, path=path, state=error.state, allowed=allowed)
            ) from None
        return CancelJobOutcome(job=self._job)

    def concerns(self, outcome: CancelJobOutcome) -> Concerns:
        """The job."""
        return Concerns(rows=((JOB, outcome.job),))

    def events(self, outcome: CancelJobOutcome) -> Sequence[EventDraft]:
        """None: no customer is another one."""
        return ()

    def payload(self, outcome: CancelJobOutcome, shown: Shown) -> Payload:
        """The job as it is now."""
        fields: dict[str, Any] = {"job": shown.rows.get((JOB, outcome.job))}
        return self.payload_type(**fields)
