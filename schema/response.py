"""What an operation answers, as every transport sends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from schema.execution.admission import Allowance


class GraphResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one request."""

    data: Mapping[str, Any] | None = None
    errors: Sequence[Mapping[str, Any]] = ()
    """As they are sent: message, locations, path, extensions with a ``code``."""
    extensions: Mapping[str, Any] = {}
    is_request_error: bool = False
    """Nothing was executed: a mistake in the document, the operation's name or the variables. The
    answer then has no ``data`` at all, and over HTTP the status is one of 4xx."""
    not_allowed: bool = False
    """The request error is that this kind of operation cannot be sent this way: a mutation over GET."""

    allowances: Sequence[Allowance] = ()
    """How the caller's budgets stand."""
    retry_after: int | None = None
    """Nothing was executed since a budget is spent: seconds until the same may be sent again."""

    cursor: str | None = None
    """Of an answer of a subscription: after which the next one begins."""

    def body(self) -> dict[str, Any]:
        """The response map of the GraphQL specification."""
        body: dict[str, Any] = {}
        if self.errors:
            body["errors"] = list(self.errors)
        if not self.is_request_error:
            body["data"] = self.data
        if self.extensions:
            body["extensions"] = dict(self.extensions)
        return body
