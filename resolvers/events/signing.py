"""How deliveries are signed: the symmetric scheme of Standard Webhooks (https://www.standardwebhooks.com).

A receiver makes HMAC-SHA256 over ``ID.TIMESTAMP.BODY`` with the bytes of its secret, in base64, and compares
it with each of the signatures that ``webhook-signature`` lists after ``v1,``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """A secret as its receiver keeps it: 32 random bytes in base64 behind a prefix."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def headers(event_id: str, body: bytes, keys: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of a delivery.

    Args:
        event_id: the same whenever the event is sent.
        body: what is sent, byte for byte.
        keys: the secrets that are valid, as :func:`new_secret` makes them.
        at: the present.
    """
    moment = str(int(at.timestamp()))
    signed = b".".join((event_id.encode(), moment.encode(), body))
    signatures = (
        hmac.new(base64.b64decode(key.removeprefix(PREFIX)), signed, hashlib.sha256).digest() for key in keys
    )
    return {
        "webhook-id": event_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signatures),
    }
