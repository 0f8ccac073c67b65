"""``contestScore`` and ``decideContest``: a person looks at a score that somebody does not accept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from resolvers.events.catalogue import drafted
from resolvers.events.work import ContestDecided, ContestOpened
from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.identity.shapes import CustomerNode
from schema.inputs import NodeId
from schema.mutations.base import Concerns, Mutation, MutationInput, Outcome, Payload, Shown
from schema.mutations.identity import LONGEST_REASON
from schema.mutations.problems import ContestProblem, NotFoundProblem, ProblemCode, Refusal
from schema.permissions.rules import needs
from schema.permissions.scopes import Scope
from schema.ports import Unit
from schema.scoring.contests import CONTEST, ScoreContest, contest
from store.data_contests import ContestVerdict
from store.data_events import EventDraft
from store.errors_contests import ContestClosed, ContestUnknown
from store.errors_identity import CustomerUnknown


class ContestScoreInput(MutationInput, frozen=True, kw_only=True):
    """A score that somebody does not accept."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer; an old id will do.")]
    reason: Annotated[
        str,
        Meta(
            description=f"Why, in the customer's words or an agent's; 1 to {LONGEST_REASON} characters. "
            "Deleted when the customer is erased."
        ),
    ]


class DecideContestInput(MutationInput, frozen=True, kw_only=True):
    """What a person says of a contested score."""

    contest_id: Annotated[NodeId, Meta(description="Id of the contest.")]
    verdict: Annotated[ContestVerdict, Meta(description="Whether the score stands.")]
    note: Annotated[
        str | None, Meta(description=f"Why it is decided so; up to {LONGEST_REASON} characters.")
    ] = None


class ContestOutcome(Outcome, frozen=True, kw_only=True):
    """A contest that was raised or decided."""

    customer: str
    contest: str


class ContestScorePayload(Payload, frozen=True, kw_only=True):
    """What contesting a score did."""

    contest: Annotated[ScoreContest | None, Meta(description="The contest, for a person to decide.")] = None
    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None


class DecideContestPayload(Payload, frozen=True, kw_only=True):
    """What deciding a contest did."""

    contest: Annotated[ScoreContest | None, Meta(description="The contest, decided.")] = None
    customer: Annotated[CustomerNode | None, Meta(description="The customer.")] = None


class _ContestMutation(Mutation):
    outcome_type = ContestOutcome

    def concerns(self, outcome: ContestOutcome) -> Concerns:
        """The customer and the contest."""
        return Concerns(customers=(outcome.customer,), contests=(outcome.contest,))

    def payload(self, outcome: ContestOutcome, shown: Shown) -> Payload:
        """Both as they are now."""
        found = shown.contests.get(outcome.contest)
        return self.payload_type(
            contest=None if found is None else contest(found), customer=shown.customers.get(outcome.customer)
        )  # type: ignore[call-arg]  # both payloads have these fields


class ContestScore(_ContestMutation):
    """Contests a score."""

    name = "contestScore"
    rule = needs(Scope.CONTESTS_WRITE)
    description = (
        "Puts a customer's score before a person: until it is decided, `combined.humanReview` says that "
        "nobody is to decide by the score alone."
    )
    input_type = ContestScoreInput
    payload_type = ContestScorePayload

    def check(self) -> None:
        """Read the id and the reason."""
        self._customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")
        self._reason = _text(self.asked.reason, "input.reason")
        if not self._reason.strip():
            message = "Say why the score is contested: a person has to judge it."
            raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument="input.reason")

    async def effect(self, unit: Unit) -> ContestOutcome:
        """Open it."""
        try:
            made = await unit.contests.open(self._customer, reason=self._reason, by=self.actor)
        except CustomerUnknown:
            message = "There is no such customer, or no more: look it up again."
            raise Refusal(NotFoundProblem(message=message, path=("input", "customerId"))) from None
        return ContestOutcome(customer=made.customer_id, contest=made.id)

    def events(self, outcome: ContestOutcome) -> Sequence[EventDraft]:
        """That it was opened."""
        opened = ContestOpened(contest=ids.encode(CONTEST, outcome.contest))
        return drafted(opened, (outcome.customer,)), *super().events(outcome)


class DecideContest(_ContestMutation):
    """Decides a contest."""

    name = "decideContest"
    rule = needs(Scope.CONTESTS_DECIDE)
    description = "Says whether a contested score stands, or whether a person decides without it."
    input_type = DecideContestInput
    payload_type = DecideContestPayload

    def check(self) -> None:
        """Read the id and the note."""
        self._contest = ids.decode_as(CONTEST, self.asked.contest_id, argument="input.contestId")
        self._note = None if self.asked.note is None else _text(self.asked.note, "input.note")

    async def effect(self, unit: Unit) -> ContestOutcome:
        """Decide it."""
        path = ("input", "contestId")
        try:
            made = await unit.contests.decide(
                self._contest, self.asked.verdict, note=self._note, by=self.actor
            )
        except ContestUnknown:
            message = "There is no such contest: list the contests again."
            raise Refusal(NotFoundProblem(message=message, path=path)) from None
        except ContestClosed:
            message = "The contest is decided already: list the open ones again."
            raise Refusal(
                ContestProblem(message=message, path=path, code=ProblemCode.CONTEST_CLOSED)
            ) from None
        return ContestOutcome(customer=made.customer_id, contest=made.id)

    def events(self, outcome: ContestOutcome) -> Sequence[EventDraft]:
        """That it was decided."""
        contest_id = ids.encode(CONTEST, outcome.contest)
        decided = ContestDecided(contest=contest_id, verdict=self.asked.verdict)
        return drafted(decided, (outcome.customer,)), *super().events(outcome)


def _text(given: str, argument: str) -> str:
    if len(given) > LONGEST_REASON or "\0" in given:
        message = f"A reason has at most {LONGEST_REASON} characters, and no NUL."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument=argument)
    return given
