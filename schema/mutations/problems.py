"""Why a mutation changed nothing: problems as typed data, each with a code of a closed list.

A mutation raises :class:`Refusal` and its payload tells. What is not the caller's doing (the hub's database
does not answer, something unexpected) is an error and no problem.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from msgspec import Meta

from schema.derive import GraphName
from schema.errors import ErrorCode, InputError
from schema.identity.shapes import PartyReference
from schema.inputs import NodeId
from schema.shapes import Shape


class ProblemCode(enum.Enum):
    """Why a mutation changed nothing."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    """A field of the input has a value that cannot be used."""
    INVALID_ID = "INVALID_ID"
    """An id was not made by this graph, or names another type of object than is wanted there."""
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    """A field of the input holds more than is allowed; the message names the limit."""
    NOT_FOUND = "NOT_FOUND"
    """There is no object of that id, or no more."""
    VERSION_CONFLICT = "VERSION_CONFLICT"
    """Somebody changed the customer since the version that was expected; read again and decide anew."""
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    """The idempotency key was used before with another mutation or another input; take a new one."""
    KINDS_DIFFER = "KINDS_DIFFER"
    """A person and an organisation are never one customer."""
    KEPT_APART = "KEPT_APART"
    """A person keeps partner records of the two apart; overrule it where that was wrong."""
    IDENTITY_TAKEN = "IDENTITY_TAKEN"
    """The partner record belongs to another customer: merge the two, or unlink it there first."""
    IDENTITY_ERASED = "IDENTITY_ERASED"
    """The partner record belonged to a person who was erased; nothing is kept of it."""
    NOTHING_TO_SPLIT = "NOTHING_TO_SPLIT"
    """Some of a customer's partner records can leave, not none and not all."""
    NOT_MERGED = "NOT_MERGED"
    """The customer was not merged into another, or stands on its own again."""
    CANNOT_REVERSE = "CANNOT_REVERSE"
    """The decision cannot be taken back; the message says why."""
    REVIEW_CLOSED = "REVIEW_CLOSED"
    """The review is decided, or the two are one customer by now."""
    NOT_PROVEN = "NOT_PROVEN"
    """Too few answers of the caller agreed: compare more, or verify the caller in another way."""
    TOO_OFTEN = "TOO_OFTEN"
    """It was done as often as is allowed for now; `retryAfter` says how long to wait."""
    IN_REACH = "IN_REACH"
    """The customer is open to the caller already: there is no emergency."""
    NO_EMERGENCY = "NO_EMERGENCY"
    """Nobody of this kind opens customers in an emergency: only who has a book of business."""
    FOUR_EYES = "FOUR_EYES"
    """Nobody reviews what they did themselves: another person has to."""
    ACCESS_REVIEWED = "ACCESS_REVIEWED"
    """The emergency access is reviewed already."""
    CONTEST_CLOSED = "CONTEST_CLOSED"
    """The contested score is decided already."""
    HELD = "HELD"
    """A legal hold keeps all that is known of the customer; lift it first."""
    NOT_PERFORMED = "NOT_PERFORMED"
    """No configured partner performs such an action, or not the one that was named."""
    NOT_LINKED = "NOT_LINKED"
    """The customer is not known at a partner that performs it; link them there first."""
    AMBIGUOUS_PARTY = "AMBIGUOUS_PARTY"
    """The customer is known more than once where it is performed; name the connector or the party."""
    RECORD_UNCHECKED = "RECORD_UNCHECKED"
    """Whether the customer has what is named cannot be found out at the moment: send it again in a while."""
    ACTION_STANDS = "ACTION_STANDS"
    """The action does not stand where that can be done about it; read it again."""
    UNTRACEABLE = "UNTRACEABLE"
    """Only a person can find out at the partner what became of the action."""
    NOT_ALLOWED_NOW = "NOT_ALLOWED_NOW"
    """Its state does not allow this; the problem says how it stands, and from which states it is allowed."""
    TIME_TAKEN = "TIME_TAKEN"
    """The sales person has another appointment then."""
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    """The sales person cannot be booked then; the message names the hours or the limit."""
    POSSIBLE_DUPLICATE = "POSSIBLE_DUPLICATE"
    """There probably is such a customer already; use that one, or say `force`."""
    NOT_STATED_HERE = "NOT_STATED_HERE"
    """The hub itself does not say this of the customer, so it cannot take it back: a partner may say it."""
    ENDPOINT_BEYOND_REACH = "ENDPOINT_BEYOND_REACH"
    """The caller does not come to all customers, or the endpoint is somebody else's."""
    DELIVERY_NOT_DEAD = "DELIVERY_NOT_DEAD"
    """There is no such delivery, or it has not been given up."""
    CANNOT_GRANT = "CANNOT_GRANT"
    """Access to this partner cannot be granted here: its settings name no page for it."""
    REDIRECT_NOT_ALLOWED = "REDIRECT_NOT_ALLOWED"
    """Customers are not sent to this address; the settings list those that they are."""


class Problem(Shape, frozen=True, kw_only=True):
    """Why a mutation changed nothing. Where there are problems, nothing was changed."""

    message: Annotated[str, Meta(description="What is wrong and what would do; may be shown to an agent.")]
    path: Annotated[
        tuple[str, ...],
        Meta(description="Where in the arguments, such as `input`, `customerId`; empty for the whole."),
    ] = ()
    code: Annotated[ProblemCode, Meta(description="What it is, from a closed list.")]


class InputProblem(Problem, frozen=True, kw_only=True):
    """A field of the input that cannot be used, whatever the state of the hub."""


class NotFoundProblem(Problem, frozen=True, kw_only=True):
    """An object that is not there."""

    code: Annotated[ProblemCode, Meta(description="`NOT_FOUND`.")] = ProblemCode.NOT_FOUND


class VersionProblem(Problem, frozen=True, kw_only=True):
    """A customer who was changed by somebody else in the meantime."""

    code: Annotated[ProblemCode, Meta(description="`VERSION_CONFLICT`.")] = ProblemCode.VERSION_CONFLICT
    expected_version: Annotated[str, Meta(description="The version that was expected.")]
    current_version: Annotated[str, Meta(description="The version that the customer has now.")]


class IdempotencyProblem(Problem, frozen=True, kw_only=True):
    """An idempotency key that stands for another request already."""

    code: Annotated[ProblemCode, Meta(description="`IDEMPOTENCY_KEY_REUSED`.")] = (
        ProblemCode.IDEMPOTENCY_KEY_REUSED
    )


class IdentityProblem(Problem, frozen=True, kw_only=True):
    """Who is who cannot be changed so."""


class IdentityTakenProblem(Problem, frozen=True, kw_only=True):
    """A partner record that belongs to another customer."""

    code: Annotated[ProblemCode, Meta(description="`IDENTITY_TAKEN`.")] = ProblemCode.IDENTITY_TAKEN
    customer_id: Annotated[NodeId, Meta(description="Id of the customer whose it is.")]


class PartyPair(Shape, frozen=True, kw_only=True):
    """Two partner records that a person keeps apart."""

    left: Annotated[PartyReference, Meta(description="One of them.")]
    right: Annotated[PartyReference, Meta(description="The other one.")]


class KeptApartProblem(Problem, frozen=True, kw_only=True):
    """Partner records that a person keeps apart, so that nothing makes them one customer by itself."""

    code: Annotated[ProblemCode, Meta(description="`KEPT_APART`.")] = ProblemCode.KEPT_APART
    pairs: Annotated[tuple[PartyPair, ...], Meta(description="The partner records.")]


class GrantProblem(Problem, frozen=True, kw_only=True):
    """A grant that cannot be asked for so."""


class ContestProblem(Problem, frozen=True, kw_only=True):
    """A contested score that cannot be decided so."""


class PrivacyProblem(Problem, frozen=True, kw_only=True):
    """Something that cannot be done with a person's data now."""


class ActionProblem(Problem, frozen=True, kw_only=True):
    """An action at a partner that cannot be asked for, or not be changed so."""

    parties: Annotated[
        tuple[PartyReference, ...], Meta(description="The partner records that could be meant.")
    ] = ()


class StateProblem(Problem, frozen=True, kw_only=True):
    """Something whose state does not allow what was asked for."""

    code: Annotated[ProblemCode, Meta(description="`NOT_ALLOWED_NOW`.")] = ProblemCode.NOT_ALLOWED_NOW
    state: Annotated[str, Meta(description="How it stands.")]
    allowed: Annotated[tuple[str, ...], Meta(description="States from which it would be allowed.")]


class TimeTakenProblem(Problem, frozen=True, kw_only=True):
    """A sales person who is booked already."""

    code: Annotated[ProblemCode, Meta(description="`TIME_TAKEN`.")] = ProblemCode.TIME_TAKEN


class PossibleDuplicate(Shape, frozen=True, kw_only=True):
    """A customer who probably is the one that was to be created."""

    customer_id: Annotated[NodeId, Meta(description="Id of the customer.")]
    probability: Annotated[float, Meta(description="How likely, from 0 to 1.")]
    certain: Annotated[bool, Meta(description="Whether such a partner's record would be linked unasked.")]
    rule: Annotated[str, Meta(description="The rule that decided that.")]


class DuplicateProblem(Problem, frozen=True, kw_only=True):
    """A customer who probably is there already."""

    code: Annotated[ProblemCode, Meta(description="`POSSIBLE_DUPLICATE`.")] = ProblemCode.POSSIBLE_DUPLICATE
    probably: Annotated[tuple[PossibleDuplicate, ...], Meta(description="Who it may be, likeliest first.")]


class AccessProblem(Problem, frozen=True, kw_only=True):
    """A door that stays shut, or was opened and judged already."""


class RateProblem(Problem, frozen=True, kw_only=True):
    """Something that was done as often as is allowed for now."""

    code: Annotated[ProblemCode, Meta(description="`TOO_OFTEN`.")] = ProblemCode.TOO_OFTEN
    retry_after: Annotated[timedelta, Meta(description="How long to wait before trying again.")]


class EndpointProblem(Problem, frozen=True, kw_only=True):
    """Events cannot be delivered so."""


PROBLEMS: Sequence[type[Problem]] = (
    InputProblem,
    NotFoundProblem,
    VersionProblem,
    IdempotencyProblem,
    IdentityProblem,
    IdentityTakenProblem,
    KeptApartProblem,
    ContestProblem,
    PrivacyProblem,
    ActionProblem,
    StateProblem,
    TimeTakenProblem,
    DuplicateProblem,
    AccessProblem,
    RateProblem,
    EndpointProblem,
    GrantProblem,
)
"""Every type that a problem can have."""

AnyProblem = Annotated[Any, GraphName("Problem")]


class Refusal(Exception):
    """A mutation changes nothing, and its payload says why."""

    def __init__(self, *problems: Problem) -> None:
        """Carry what is told to the caller."""
        super().__init__("the mutation is refused")
        self.problems = problems


_INPUT_CODES = {
    ErrorCode.INVALID_ID.value: ProblemCode.INVALID_ID,
    ErrorCode.LIMIT_EXCEEDED.value: ProblemCode.LIMIT_EXCEEDED,
}


def as_problem(error: InputError) -> InputProblem:
    """A mistake in an argument, found by what queries and mutations share, as a problem."""
    extensions = error.extensions or {}
    argument = str(extensions.get("argument", ""))
    return InputProblem(
        message=error.message,
        path=tuple(argument.split(".")) if argument else (),
        code=_INPUT_CODES.get(str(extensions.get("code")), ProblemCode.BAD_USER_INPUT),
    )
