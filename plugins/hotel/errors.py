"""What ``success: false`` means to the caller.

The API answers most mistakes with HTTP 200 and a sentence, from no closed list. The sentence is
looked through for what the partner's documentation and the operations' parameters speak of; it is
never quoted, since it may name a person. What is not recognised counts as the partner's fault.
"""

from __future__ import annotations

from c360.errors import (
    ConnectorError,
    PartnerFault,
    ProblemCode,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)

_BUSY = ("rate limit", "too many requests")
_DOWN = ("try again", "temporarily", "maintenance", "timed out")
_REFUSED = (
    "user who approved",
    "invalid status",
    "property id",
    "permission",
    "not authorized",
    "unauthorized",
    "access denied",
    "scope",
    "api key",
    "access_token",
)
_UNKNOWN = ("not found", "does not exist", "no guest", "no reservation", "invalid guest", "unknown guest")


def explain(message: str | None) -> ConnectorError:
    """The error that stands for an answer without success."""
    text = (message or "").lower()

    def says(words: tuple[str, ...]) -> bool:
        return any(word in text for word in words)

    if says(_BUSY):
        return RetryLater("success: false, too many requests", code=ProblemCode.RATE_LIMITED)
    if says(_DOWN):
        return RetryLater("success: false, temporarily")
    if says(_REFUSED):
        return Reconfigure("success: false, access refused")
    if says(_UNKNOWN):
        return SkipCustomer("success: false, not found")
    return PartnerFault("success: false")
