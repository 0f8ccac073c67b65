"""What the mutations of access share: texts that people type, and what is told where a door stays shut."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from schema import ids
from schema.errors import ErrorCode, InputError
from schema.identity.answers import CUSTOMER
from schema.mutations.base import Mutation
from schema.mutations.identity import LONGEST_REASON
from schema.mutations.problems import AccessProblem, NotFoundProblem, ProblemCode, RateProblem, Refusal
from store.data_events import EventDraft

CUSTOMER_PATH = ("input", "customerId")
LONGEST_NAME = 200
"""Characters of a ticket, of the name of a session or an agent."""


class AccessMutation(Mutation):
    """A mutation about one customer that its input names by ``customerId``."""

    def check(self) -> None:
        """Read the id."""
        self.customer = ids.decode_as(CUSTOMER, self.asked.customer_id, argument="input.customerId")

    def events(self, outcome: Any) -> Sequence[EventDraft]:
        """Nothing: what is known of the customer stays as it was."""
        return ()


def typed(text: str, argument: str, *, longest: int = LONGEST_REASON) -> str:
    """A text that a person typed, without the space around it.

    Raises:
        InputError: There is none, it is too long, or cannot be kept.
    """
    kept = text.strip()
    if not kept:
        message = "Say something here: another person reads it."
        raise InputError(message, code=ErrorCode.BAD_USER_INPUT, argument=argument)
    if len(text) > longest or "\0" in text:
        message = f"At most {longest} characters, and no NUL."
        raise InputError(message, code=ErrorCode.LIMIT_EXCEEDED, argument=argument)
    return kept


def nobody(path: tuple[str, ...] = CUSTOMER_PATH) -> Refusal:
    """There is no such customer."""
    message = "There is no such customer, or no more: look it up again."
    return Refusal(NotFoundProblem(message=message, path=path))


def shut(code: ProblemCode, message: str, *path: str) -> Refusal:
    """It is not allowed so."""
    return Refusal(AccessProblem(code=code, message=message, path=("input", *path)))


def too_often(wait: timedelta) -> Refusal:
    """It was done as often as is allowed for now."""
    seconds = max(1, round(wait.total_seconds()))
    message = f"This was done as often as is allowed within an hour: try again in {seconds} seconds."
    return Refusal(RateProblem(message=message, path=("input",), retry_after=timedelta(seconds=seconds)))
