"""Whether a webhook is the partner's: the four ways in which partners sign their calls.

Each raises :class:`~c360.errors.WebhookRefused` and else returns nothing. Several secrets may be valid
at once, while one takes the place of another. Comparisons take the same time whatever they find.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from c360.errors import RefusalCode, WebhookRefused
from c360.values import Secret
from c360.webhooks import Webhook

__all__ = ["REPLAY_WINDOW", "hmac_base64", "hmac_hex", "read_json", "timestamped", "url_and_body", "within"]

T = TypeVar("T")

REPLAY_WINDOW = 300.0
"""Seconds that a dated call may be old, or ahead by the partner's clock, unless told."""


def hmac_hex(webhook: Webhook, header: str, secrets: Sequence[Secret], *, prefix: str = "") -> None:
    """HMAC-SHA256 of the body in hexadecimal, as ``X-Hub-Signature-256: sha256=…`` has it.

    Args:
        webhook: the call.
        header: the header's name.
        secrets: those that are valid.
        prefix: what stands before the signature.

    Raises:
        WebhookRefused: it is not signed with any of them.
    """
    said = _header(webhook, header)
    if not said.startswith(prefix):
        raise _unsigned()
    _compare(webhook.content, _unhex(said.removeprefix(prefix)), secrets)


def hmac_base64(webhook: Webhook, header: str, secrets: Sequence[Secret]) -> None:
    """HMAC-SHA256 of the body in base64.

    Raises:
        WebhookRefused: it is not signed with any of the secrets.
    """
    _compare(webhook.content, _unbase64(_header(webhook, header)), secrets)


def url_and_body(webhook: Webhook, header: str, secrets: Sequence[Secret], *, url: str | None = None) -> None:
    """HMAC-SHA256 in base64 of the address called and the body behind it, as Square signs.

    Args:
        webhook: the call.
        header: the header's name.
        secrets: those that are valid.
        url: the address as it is registered at the partner, where a gateway changes what the hub sees.

    Raises:
        WebhookRefused: it is not signed with any of them.
    """
    signed = (url or webhook.url).encode() + webhook.content
    _compare(signed, _unbase64(_header(webhook, header)), secrets)


def timestamped(
    webhook: Webhook, header: str, secrets: Sequence[Secret], *, window: float = REPLAY_WINDOW
) -> None:
    """A dated signature, as Stripe sends: ``t=SECONDS,v1=HEX,v1=HEX`` over ``SECONDS.BODY``.

    Args:
        webhook: the call.
        header: the header's name.
        secrets: those that are valid.
        window: seconds that it may be old.

    Raises:
        WebhookRefused: it is not signed with any of them, or too old.
    """
    pairs = [part.strip().partition("=")[::2] for part in _header(webhook, header).split(",")]
    moment = next((value for name, value in pairs if name == "t"), "")
    signatures = [_unhex(value) for name, value in pairs if name == "v1"]
    if not moment.isdecimal() or len(moment) > 12 or not signatures:
        raise _unsigned()
    signed = moment.encode() + b"." + webhook.content
    if not sum(_matches(signed, signature, secrets) for signature in signatures):
        raise _unsigned()
    within(webhook, datetime.fromtimestamp(int(moment), UTC), window=window)


def within(webhook: Webhook, moment: datetime, *, window: float = REPLAY_WINDOW) -> None:
    """Whether a call that the partner dated is young enough. Ask it of what is signed alone.

    Raises:
        WebhookRefused: it is not.
    """
    if abs((webhook.received_at - moment).total_seconds()) > window:
        raise WebhookRefused("the call is too old or dated ahead", code=RefusalCode.REPLAYED)


def read_json(webhook: Webhook, kind: type[T]) -> T:
    """The body of a call that was verified, typed.

    Raises:
        WebhookRefused: it does not have that shape.
    """
    try:
        return msgspec.json.decode(webhook.content, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise WebhookRefused(
            "the call's body is not what its API sends", code=RefusalCode.MALFORMED
        ) from None


def _header(webhook: Webhook, name: str) -> str:
    said = webhook.headers.get(name.lower(), "").strip()
    if not said:
        raise _unsigned()
    return said


def _unsigned() -> WebhookRefused:
    return WebhookRefused("the call is not signed by the partner", code=RefusalCode.SIGNATURE)


def _compare(signed: bytes, signature: bytes, secrets: Sequence[Secret]) -> None:
    if not _matches(signed, signature, secrets):
        raise _unsigned()


def _matches(signed: bytes, signature: bytes, secrets: Sequence[Secret]) -> bool:
    # A sum, so that all are tried: how long it takes does not tell which one is valid.
    made = (hmac.new(each.reveal().encode(), signed, hashlib.sha256).digest() for each in secrets if each)
    return sum(hmac.compare_digest(each, signature) for each in made) > 0


def _unhex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise _unsigned() from None


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _unsigned() from None
