"""Why a mutation changed nothing: problems as typed data, each with a code of a closed list.

A mutation raises :class:`Refusal` and its payload tells. What is not the caller's doing (the hub's database
does not answer, something unexpected) is an error and no problem.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from schema.derive import GraphName
from schema.errors import ErrorCode, InputError
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
    expected_version: Annotated[int, Meta(description="The version that was expected.")]
    current_version: Annotated[int, Meta(description="The version that the customer has now.")]


class IdempotencyProblem(Problem, frozen=True, kw_only=True):
    """An idempotency key that stands for another request already."""

    code: Annotated[ProblemCode, Meta(description="`IDEMPOTENCY_KEY_REUSED`.")] = (
        ProblemCode.IDEMPOTENCY_KEY_REUSED
    )


PROBLEMS: Sequence[type[Problem]] = (InputProblem, NotFoundProblem, VersionProblem, IdempotencyProblem)
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
