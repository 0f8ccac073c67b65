"""Signatures, the standard's own examples among them (RFC 9421, appendix B)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
from datetime import UTC, datetime

import pytest

from c360.auth import Auth
from c360.auth.signing import Ed25519Key, HmacKey, HmacSigned, MessageSigned, content_digest
from c360.errors import Reconfigure
from c360.http import Request
from c360.values import Secret

CREATED = datetime.fromtimestamp(1618884473, UTC)
SHARED = Secret("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")
ED25519 = Secret(
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
    "-----END PRIVATE KEY-----\n"
)
EXAMPLE = Request(
    method="POST",
    url="https://example.com/foo",
    params=(("param", "Value"), ("Pet", "dog")),
    headers=(
        ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("Content-Type", "application/json"),
        ("Content-Length", "18"),
    ),
    content=b'{"hello": "world"}',
)


def headers(auth: Auth, request: Request = EXAMPLE) -> dict[str, str]:
    sent = auth.apply(request)
    assert sent.auth is None
    return {name.lower(): value for name, value in sent.headers}


def test_the_standards_example_by_a_shared_secret() -> None:
    auth = MessageSigned(
        "test-shared-secret",
        HmacKey(SHARED, encoded=True),
        now=lambda: CREATED,
        components=("date", "@authority", "content-type"),
        label="sig-b25",
        nonce=None,
        algorithm=False,
    )
    sent = headers(auth)
    assert sent["signature-input"] == (
        'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'
    )
    assert sent["signature"] == "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"


def test_the_standards_example_by_ed25519() -> None:
    auth = MessageSigned(
        "test-key-ed25519",
        Ed25519Key(ED25519),
        now=lambda: CREATED,
        components=("date", "@method", "@path", "@authority", "content-type", "content-length"),
        label="sig-b26",
        nonce=None,
        algorithm=False,
    )
    assert headers(auth)["signature"] == (
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
    )


def test_the_digest_of_a_body() -> None:
    assert content_digest(b'{"hello": "world"}') == ("sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:")


def test_all_that_can_be_signed() -> None:
    auth = MessageSigned(
        "k",
        HmacKey(Secret("s")),
        now=lambda: CREATED,
        components=("@method", "@target-uri", "@scheme", "@query", "@authority", "content-digest", "x-none"),
        tag="app",
        nonce=lambda: "n",
    )
    request = Request(method="PUT", url="https://[::1]:8443/a?b=1", params=(("c", "d e/f"),), content=b"{}")
    sent = auth.apply(request)
    assert (sent.url, sent.params) == ("https://[::1]:8443/a?b=1&c=d%20e%2Ff", ()), "signed as it is sent"
    found = dict(sent.headers)
    listed = '("@method" "@target-uri" "@scheme" "@query" "@authority" "content-digest")'
    parameters = f'{listed};created=1618884473;keyid="k";alg="hmac-sha256";nonce="n";tag="app"'
    assert found["signature-input"] == f"sig1={parameters}"
    base = "\n".join(
        [
            '"@method": PUT',
            '"@target-uri": https://[::1]:8443/a?b=1&c=d%20e%2Ff',
            '"@scheme": https',
            '"@query": ?b=1&c=d%20e%2Ff',
            '"@authority": [::1]:8443',
            f'"content-digest": {content_digest(b"{}")}',
            f'"@signature-params": {parameters}',
        ]
    )
    expected = base64.b64encode(hmac.new(b"s", base.encode(), hashlib.sha256).digest()).decode()
    assert found["signature"] == f"sig1=:{expected}:"


def test_a_request_without_a_body_has_no_digest() -> None:
    auth = MessageSigned("k", HmacKey(Secret("s")), now=lambda: CREATED)
    sent = headers(auth, Request(method="GET", url="https://example.com"))
    assert sent["signature-input"].startswith('sig1=("@method" "@target-uri");')
    assert "content-digest" not in sent


def test_the_plain_signature_is_over_the_documented_lines() -> None:
    auth = HmacSigned("k", Secret("s"), now=lambda: CREATED, prefix="acme-", nonce=lambda: "n1")
    sent = headers(auth)
    digest = base64.b64encode(hashlib.sha256(EXAMPLE.content).digest()).decode()
    lines = f"POST\n/foo?param=Value&Pet=dog\n2021-04-20T02:07:53Z\nn1\n{digest}"
    assert sent["acme-signature"] == hmac.new(b"s", lines.encode(), hashlib.sha256).hexdigest()
    assert (sent["acme-key-id"], sent["acme-nonce"], sent["acme-timestamp"]) == (
        "k",
        "n1",
        "2021-04-20T02:07:53Z",
    )


def test_each_request_is_new_and_the_one_who_signs_the_same() -> None:
    for auth in (
        HmacSigned("k", Secret("s"), now=lambda: CREATED),
        MessageSigned("k", HmacKey(Secret("s")), now=lambda: CREATED),
        MessageSigned("k", Ed25519Key(ED25519), now=lambda: CREATED),
    ):
        assert headers(auth) != headers(auth)
        assert auth.fingerprint() == auth.fingerprint()
        assert "s3cret" not in repr(auth)
    marks = {
        HmacSigned(key, Secret(secret), now=lambda: CREATED).fingerprint() for key in "ab" for secret in "cd"
    }
    assert len(marks) == 4


@pytest.mark.parametrize(
    "pem", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_key_that_is_none_is_refused(pem: str) -> None:
    with pytest.raises(Reconfigure, match="no private Ed25519 key"):
        Ed25519Key(Secret(pem))
    with pytest.raises(Reconfigure, match="no base64"):
        HmacKey(Secret("é"), encoded=True)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.ed25519", None)
    with pytest.raises(Reconfigure, match=r"pip install c360\[signing\]"):
        Ed25519Key(ED25519)


def test_an_unknown_component_is_refused() -> None:
    auth = MessageSigned("k", HmacKey(Secret("s")), now=lambda: CREATED, components=("@status",))
    with pytest.raises(Reconfigure, match="@status"):
        auth.apply(EXAMPLE)
