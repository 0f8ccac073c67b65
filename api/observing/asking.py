"""The request that is being answered, as its lines, its errors and its traces know it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from contextvars import ContextVar, Token

import msgspec

_GIVEN = re.compile(rb"[A-Za-z0-9-]{8,64}\Z")
"""An id of the caller's that may stand in a log: it cannot be a name or an address."""
_PARENT = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\Z")


class Asking(msgspec.Struct, frozen=True):
    """A request, as lines and traces know it."""

    id: str
    caller: Mapping[str, str] | None = None
    """The caller's own trace, as the header ``traceparent`` names it; none where it has none."""

    @classmethod
    def of(cls, headers: Mapping[bytes, bytes]) -> Asking:
        """The request that has these headers."""
        given, parent = headers.get(b"x-request-id"), headers.get(b"traceparent")
        made = given.decode() if given is not None and _GIVEN.match(given) else _made()
        if parent is None or not _PARENT.match(parent):
            return cls(made)
        return cls(made, {"traceparent": parent.decode()})


def _made() -> str:
    """An id that no other request has; it guards nothing, so that the system need not be asked for one."""
    return f"{random.getrandbits(128):032x}"


_asking: ContextVar[Asking | None] = ContextVar("c360_asking", default=None)


def asking() -> Asking | None:
    """The request that is being answered; none where something else goes on."""
    return _asking.get()


def begin(request: Asking) -> Token[Asking | None]:
    """Say which request is being answered from now on; what it returns is for :func:`end`."""
    return _asking.set(request)


def end(token: Token[Asking | None]) -> None:
    """Say that it was answered."""
    _asking.reset(token)
