"""Why an operation is not compiled."""

from __future__ import annotations


class NotCompiled(Exception):
    """An operation that is left to graphql-core.

    Args:
        reason: In a word, for those who count.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
