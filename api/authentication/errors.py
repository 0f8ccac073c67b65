"""Why a request is not let in: a closed list of codes, told to the caller without what the token holds."""

from __future__ import annotations

import enum


class Code(enum.Enum):
    """What ``extensions.code`` of an answer of 401 or 403 can be."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    """There is no credential, or one that is not taken; get a new one and ask again."""
    PURPOSE_NOT_ALLOWED = "PURPOSE_NOT_ALLOWED"
    """The credential is good, but not for the purpose that the header names."""


class RefusedAccess(Exception):
    """A request is not let in.

    Args:
        message: why, without anything of the credential.
        error: the code of RFC 6750 for ``WWW-Authenticate``; empty where no credential was sent.
    """

    status = 401
    code = Code.UNAUTHENTICATED

    def __init__(self, message: str, error: str = "") -> None:
        super().__init__(message)
        self.error = error

    @property
    def challenge(self) -> str:
        """The value of ``WWW-Authenticate`` (RFC 6750, section 3)."""
        if not self.error:
            return 'Bearer realm="c360"'
        return f'Bearer realm="c360", error="{self.error}", error_description="{self}"'


class Unauthenticated(RefusedAccess):
    """No credential, or none that can be looked at: nobody knows who asks."""


class InvalidToken(RefusedAccess):
    """The credential is not taken: changed, ended, of somebody else, or not for the hub."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "invalid_token")


class PurposeNotAllowed(RefusedAccess):
    """The caller is known, and may not ask for this purpose."""

    status = 403
    code = Code.PURPOSE_NOT_ALLOWED

    def __init__(self, message: str) -> None:
        super().__init__(message, "insufficient_scope")
