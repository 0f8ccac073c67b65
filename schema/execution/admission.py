"""What an operation must pass before it is executed: which documents a caller may send, and how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from c360.access import Access
from schema.errors import ErrorCode, InputError, RequestError


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """How one of a caller's budgets stands."""

    name: str
    """``requests`` or ``cost``."""
    limit: int
    window: int
    """Seconds in which so much may be spent."""
    remaining: int
    reset: int
    """Seconds until all of it is there again."""


class RateLimited(RequestError):
    """The caller has spent what it may spend in a while."""

    def __init__(self, what: str, allowances: Sequence[Allowance], retry_after: int) -> None:
        """Say of what there was too much, and when there is some again.

        Args:
            what: The budget.
            allowances: How all of them stand.
            retry_after: Seconds until the same may be sent again.
        """
        message = f"The budget of {what} is spent: send it again in {retry_after} s."
        super().__init__([InputError(message, code=ErrorCode.RATE_LIMITED)])
        self.allowances = tuple(allowances)
        self.retry_after = retry_after


class Admission(Protocol):
    """Lets operations in; see :class:`api.admission.Gate`."""

    def document(self, access: Access, text: str | None, document_id: str | None) -> str:
        """The document that is meant.

        Raises:
            RequestError: There is none of that id, or the caller may send only those that are known.
        """
        ...

    def request(self, access: Access) -> Sequence[Allowance]:
        """Take one request from the caller's budget, before anything of it is read.

        Raises:
            RateLimited: Nothing is left of it.
        """
        ...

    def spend(self, access: Access, cost: int) -> Sequence[Allowance]:
        """Take what an operation may cost from the caller's budget, before anything is done.

        Raises:
            RateLimited: Not so much is left of it.
        """
        ...


class Open:
    """Lets everything in, as inside a test or a benchmark."""

    def document(self, access: Access, text: str | None, document_id: str | None) -> str:
        """See :class:`Admission`."""
        if text is None:
            raise unknown_document()
        return text

    def request(self, access: Access) -> Sequence[Allowance]:
        """See :class:`Admission`."""
        return ()

    def spend(self, access: Access, cost: int) -> Sequence[Allowance]:
        """See :class:`Admission`."""
        return ()


def unknown_document() -> RequestError:
    """There is no document of the id that was sent; clients know the code, and send the text."""
    message = "There is no document of that id: send its text."
    return RequestError([InputError(message, code=ErrorCode.PERSISTED_QUERY_NOT_FOUND)])


def untrusted_document() -> RequestError:
    """The caller may send only documents that are known here."""
    message = "Only registered documents are answered here: send the id of one."
    return RequestError([InputError(message, code=ErrorCode.DOCUMENT_NOT_TRUSTED)])


def count(data: Any) -> int:
    """The values of an answer: what an operation did cost in the end."""
    if isinstance(data, Mapping):
        return len(data) + sum(map(count, data.values()))
    if isinstance(data, list):
        return sum(map(count, data))
    return 0
