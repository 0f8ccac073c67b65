"""What a caller is told when the hub's own database does not answer."""

from __future__ import annotations

import logging

from c360.errors import C360Error
from schema.errors import ErrorCode, InputError

_log = logging.getLogger(__name__)


def unavailable(error: C360Error, *, changed: bool = False) -> InputError:
    """The error for an operation, or a field of it, that was given up; the reason is logged.

    Args:
        error: What does not answer: the store, or the audit that lies in it.
        changed: Whether a mutation took effect before.
    """
    _log.error("an operation was given up: %s", error)
    return InputError(_CHANGED if changed else _NOTHING, code=ErrorCode.UNAVAILABLE)


_NOTHING = "The hub's own database does not answer at the moment; try again in a while."
_CHANGED = (
    "The change is made, but the hub's own database does not answer at the moment to show it; send the "
    "same again with the same idempotency key in a while."
)
