"""What subscriptions need beside what queries do: who asks is found out again and again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from c360.access import Access
from schema.errors import ErrorCode


class AccessEnded(Exception):
    """The caller is not let in, or no longer; the message may be shown."""

    def __init__(self, message: str, *, can_renew: bool = True) -> None:
        """Say why.

        Args:
            message: What may be shown.
            can_renew: Whether another token may help; not where none was given.
        """
        super().__init__(message)
        self.can_renew = can_renew

    def told(self) -> Mapping[str, Any]:
        """The error as answers have it."""
        return {"message": str(self), "extensions": {"code": ErrorCode.UNAUTHENTICATED.value}}


def check_expiry(access: Access, now: datetime) -> None:
    """Make sure that the token behind an access is still good.

    Raises:
        AccessEnded: It is not.
    """
    expires = access.principal.expires_at
    if expires is not None and expires <= now:
        raise AccessEnded("The token has expired: send a new one.")


AccessSource = Callable[[], Awaitable[Access]]
"""Finds out who asks, for what, as it is now.

Raises:
    AccessEnded: Nobody who is let in, or no longer.
"""
