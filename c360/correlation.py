"""Ids that tell one request from another, in the logs of the hub and of its partners."""

from __future__ import annotations

import random

__all__ = ["correlation_id"]


def correlation_id() -> str:
    """A random UUID, version 4 (RFC 9562), for headers such as ``X-Correlation-ID``.

    Made without asking the operating system, at a third of what :func:`uuid.uuid4` costs: nobody has to guess
    it in vain. Never for a secret.
    """
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
