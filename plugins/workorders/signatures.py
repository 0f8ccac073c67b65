"""How a call is known for the back office's own: HMAC-SHA256 over its time and its bytes (RFC 2104)."""

from __future__ import annotations

import hashlib
import hmac

from c360.errors import RefusalCode, WebhookRefused
from c360.values import Secret
from c360.webhooks import Webhook

HEADER = "c360-signature"
WINDOW = 300.0
"""Seconds after which a call is refused as a replay."""


def verify(webhook: Webhook, secret: Secret) -> None:
    """Make sure that a call is signed and fresh.

    Raises:
        WebhookRefused: it is not.
    """
    parts = dict(part.partition("=")[::2] for part in webhook.headers.get(HEADER, "").split(","))
    stated, found = parts.get("t", ""), parts.get("v1", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 12 and found.isascii()):
        raise WebhookRefused("the call is not signed", code=RefusalCode.SIGNATURE)
    signed = stated.encode() + b"." + webhook.content
    due = hmac.new(secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(due, found):
        raise WebhookRefused("the signature is not of these bytes", code=RefusalCode.SIGNATURE)
    if abs(webhook.received_at.timestamp() - int(stated)) > WINDOW:
        raise WebhookRefused("the call was signed too long ago, or not yet", code=RefusalCode.REPLAYED)
