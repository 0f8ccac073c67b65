from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360 import verifying
from c360.errors import RefusalCode, WebhookRefused
from c360.values import Secret
from c360.webhooks import Webhook

NOW = datetime(2026, 6, 15, 9, 30, tzinfo=UTC)
URL = "https://hub.example/webhooks/acme"
OLD, NEW = Secret("old"), Secret("new")


def sign(secret: Secret, signed: bytes) -> bytes:
    return hmac.new(secret.reveal().encode(), signed, hashlib.sha256).digest()


def call(content: bytes, signature: str, *, url: str = URL) -> Webhook:
    return Webhook(url=url, headers={"x-signature": signature}, content=content, received_at=NOW)


def stripe(secret: Secret, content: bytes, at: datetime = NOW) -> str:
    moment = str(int(at.timestamp()))
    return f"t={moment},v0=00,v1={'00' * 32},v1={sign(secret, moment.encode() + b'.' + content).hex()}"


WAYS: dict[str, tuple[Callable[[Secret, bytes], str], Callable[[Webhook, list[Secret]], None]]] = {
    "hex": (
        lambda secret, body: f"sha256={sign(secret, body).hex()}",
        lambda hook, valid: verifying.hmac_hex(hook, "X-Signature", valid, prefix="sha256="),
    ),
    "base64": (
        lambda secret, body: base64.b64encode(sign(secret, body)).decode(),
        lambda hook, valid: verifying.hmac_base64(hook, "x-signature", valid),
    ),
    "address and body": (
        lambda secret, body: base64.b64encode(sign(secret, URL.encode() + body)).decode(),
        lambda hook, valid: verifying.url_and_body(hook, "x-signature", valid),
    ),
    "dated": (stripe, lambda hook, valid: verifying.timestamped(hook, "x-signature", valid)),
}


@pytest.mark.parametrize("way", WAYS)
@given(content=st.binary(max_size=50), other=st.binary(max_size=50))
def test_a_call_is_the_partners_only_with_a_valid_secret_over_its_very_bytes(
    way: str, content: bytes, other: bytes
) -> None:
    make, verify = WAYS[way]
    verify(call(content, make(NEW, content)), [OLD, NEW])
    forged = [
        (call(content, make(Secret("guess"), content)), [OLD, NEW]),
        (call(content, make(Secret(""), content)), [Secret("")]),
        (call(content, make(NEW, content)), []),
    ]
    if other != content:
        forged.append((call(other, make(NEW, content)), [OLD, NEW]))
    for hook, valid in forged:
        with pytest.raises(WebhookRefused) as caught:
            verify(hook, valid)
        assert caught.value.code is RefusalCode.SIGNATURE


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "signature",
    ["", "sha256=", "sha256=zz", "é", "AAAA", "t=,v1=", "t=1", "v1=00", "t=\N{DEVANAGARI DIGIT ONE},v1=00"],
)
def test_a_signature_that_is_none_is_refused(way: str, signature: str) -> None:
    with pytest.raises(WebhookRefused):
        WAYS[way][1](call(b"{}", signature), [NEW])


def test_a_dated_call_is_refused_when_it_is_old_or_ahead() -> None:
    for seconds, taken in ((-299, True), (299, True), (-301, False), (301, False)):
        hook = call(b"{}", stripe(NEW, b"{}", NOW + timedelta(seconds=seconds)))
        if taken:
            verifying.timestamped(hook, "x-signature", [NEW])
            continue
        with pytest.raises(WebhookRefused) as caught:
            verifying.timestamped(hook, "x-signature", [NEW])
        assert caught.value.code is RefusalCode.REPLAYED


def test_the_registered_address_counts_behind_a_gateway() -> None:
    hook = call(b"{}", WAYS["address and body"][0](NEW, b"{}"), url="http://inside/webhooks/acme")
    verifying.url_and_body(hook, "x-signature", [NEW], url=URL)
    with pytest.raises(WebhookRefused):
        verifying.url_and_body(hook, "x-signature", [NEW])


class Event(msgspec.Struct):
    id: str


def test_a_body_is_read_after_it_was_verified() -> None:
    assert verifying.read_json(call(b'{"id": "e"}', ""), Event).id == "e"
    for content in (b"{", b'{"id": 1}', b"\xff", b"[" * 100_000):
        with pytest.raises(WebhookRefused) as caught:
            verifying.read_json(call(content, ""), Event)
        assert caught.value.code is RefusalCode.MALFORMED
