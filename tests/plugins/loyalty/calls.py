"""Calls as Square makes them, signed with a subscription's key."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec

from c360.webhooks import Webhook
from tests.plugins.loyalty.conftest import NOW

KEY = "a-made-up-signature-key"
URL = "https://hub.example/hooks/square"


def call(event: str, told: dict[str, Any], *, about: str = "it", url: str = URL) -> Webhook:
    """An event as Square tells it, with what it tells about."""
    body = {
        "merchant_id": "M1",
        "type": event,
        "event_id": f"event-{event}",
        "created_at": "2026-06-15T12:00:00Z",
        "data": {"type": event.partition(".")[0], "id": about, "object": told},
    }
    content = msgspec.json.encode(body)
    signed = url.encode() + content
    signature = base64.b64encode(hmac.digest(KEY.encode(), signed, hashlib.sha256)).decode()
    headers = {"content-type": "application/json", "x-square-hmacsha256-signature": signature}
    return Webhook(url=url, headers=headers, content=content, received_at=NOW)
