"""Tokens that must not be taken, over real HTTP, beside those that must."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from joserfc.jwk import Key

from api.authentication.settings import Authentication, Issuer
from api.settings import Settings
from tests.fixtures.issuer import (
    ISSUER,
    Published,
    b64,
    claims,
    ec,
    ed,
    key_set,
    published,
    rsa,
    sealed,
    token,
)
from tests.fixtures.serving import serving

RSA, EC, STRANGE, SMALL = rsa(), ec(), rsa("strange"), rsa("small", 1024)
ED = ed()
OTHER = "https://partners.example"


def now() -> int:
    """The present: attacks are made long after they are collected."""
    return int(time.time())


@pytest.fixture(scope="module")
def keys() -> Iterator[Published]:
    """The keys of the first issuer: one for RSA, one that is too small, and one that is for encryption."""
    with published(RSA, SMALL) as state:
        for_encryption = rsa("enc").as_dict(private=False) | {"use": "enc"}
        shared = {"kty": "oct", "kid": "shared", "k": b64("secret" * 6)}
        state.body = json.dumps({"keys": [*key_set(RSA, SMALL)["keys"], for_encryption, shared]}).encode()
        yield state


@pytest.fixture(scope="module")
def address(settings: Settings, keys: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that believes two issuers: one with RSA keys at an address, one with others in a file."""
    file: Path = tmp_path_factory.mktemp("keys") / "partners.json"
    file.write_text(json.dumps(key_set(EC, ED)), encoding="ascii")
    believed = Authentication(
        issuers={
            "company": Issuer(issuer=ISSUER, audience=("c360", "c360-test"), jwks_url=keys.url),
            "partners": Issuer(
                issuer=OTHER,
                audience=("c360",),
                algorithms=("ES256", "EdDSA"),
                jwks_file=str(file),
                subject_prefix="partners:",
                tenant_claim="tenant",
            ),
        },
        keys_min_interval=0.2,
    )
    with serving(msgspec.structs.replace(settings, authentication=believed)) as served:
        yield f"{served.address}/graphql"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as made:
        yield made


def asked(client: httpx.Client, address: str, *given: str, **more: str) -> httpx.Response:
    headers = [("authorization", each) for each in given] + list(more.items())
    return client.post(address, headers=headers, json={"query": "{ __typename }"})


def partners(key: Key = EC, algorithm: str = "ES256", **differing: Any) -> str:
    said = {"iss": OTHER, "tenant": "default", "roles": ["partner"], "connectors": ["banking"], **differing}
    return token(key, algorithm, **said)


def public_pem() -> bytes:
    return RSA.as_pem(private=False)


def _flipped(text: str) -> str:
    """A token whose signature has one bit changed."""
    head, body, signature = text.split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[0] ^= 1
    return f"{head}.{body}.{b64(bytes(raw))}"


def _with_body(text: str, **differing: Any) -> str:
    head, _, signature = text.split(".")
    return f"{head}.{b64(json.dumps(claims(**differing)))}.{signature}"


GOOD: dict[str, Callable[[], str]] = {
    "RS256": lambda: token(RSA),
    "typ JWT": lambda: token(RSA, header={"typ": "JWT"}),
    "typ application/at+jwt": lambda: token(RSA, header={"typ": "application/AT+JWT"}),
    "no typ": lambda: token(RSA, header={"typ": None}),
    "no kid, one key of the kind": lambda: token(RSA, header={"kid": None}),
    "thumbprint": lambda: token(RSA, header={"x5t": "abc"}),
    "one of several audiences": lambda: token(RSA, aud=["elsewhere", "c360-test"]),
    "a second issuer, ES256": partners,
    "a second issuer, EdDSA": lambda: partners(ED, "EdDSA"),
    "times with fractions": lambda: token(RSA, exp=time.time() + 60.5, iat=time.time() - 0.5),
    "a clock that is ahead within the leeway": lambda: token(RSA, iat=now() + 20, nbf=now() + 20),
    "just expired within the leeway": lambda: token(RSA, exp=int(time.time()) - 10),
    "no iat": lambda: token(RSA, iat=None),
}

ATTACKS: dict[str, Callable[[], str]] = {
    # What signs it
    "alg none, no signature": lambda: f"{b64(json.dumps({'alg': 'none'}))}.{b64(json.dumps(claims()))}.",
    "alg none, with a signature": lambda: f"{b64(json.dumps({'alg': 'none'}))}.{b64(json.dumps(claims()))}.x",
    "alg None": lambda: f"{b64(json.dumps({'alg': 'None'}))}.{b64(json.dumps(claims()))}.AAAA",
    "alg missing": lambda: sealed(RSA, {"kid": "rsa"}, claims(), by="RS256"),
    "alg a number": lambda: sealed(RSA, {"alg": 256, "kid": "rsa"}, claims(), by="RS256"),
    "HS256 by the public key in PEM": lambda: token(public_pem(), "HS256", header={"kid": "rsa"}),
    "HS256 by the public key as JSON": lambda: token(
        json.dumps(RSA.as_dict(private=False)).encode(), "HS256", header={"kid": "rsa"}
    ),
    "HS256 by an empty secret": lambda: token(b"\0" * 32, "HS256", header={"kid": "rsa"}),
    "HS256 by a secret in the set": lambda: token(b"secret" * 6, "HS256", header={"kid": "shared"}),
    "an algorithm that is not pinned": lambda: token(RSA, "RS512"),
    "PS256 with an RSA key that is pinned to RS256": lambda: token(RSA, "PS256"),
    "RS256 that is called ES256": lambda: sealed(RSA, {"alg": "ES256", "kid": "rsa"}, claims(), by="RS256"),
    "another key under the same kid": lambda: token(STRANGE, header={"kid": "rsa"}),
    "another key under its own kid": lambda: token(STRANGE),
    "a key that is too small": lambda: token(SMALL),
    "a key that is for encryption": lambda: token(RSA, header={"kid": "enc"}),
    "a changed signature": lambda: _flipped(token(RSA)),
    "a changed body": lambda: _with_body(token(RSA), sub="mallory"),
    "no signature": lambda: token(RSA).rpartition(".")[0] + ".",
    "a signature of zeros by ES256": lambda: partners().rpartition(".")[0] + "." + b64(b"\0" * 64),
    "a signature in DER by ES256": lambda: (
        partners().rpartition(".")[0] + "." + b64(b"\x30\x06\x02\x01\x01\x02\x01\x01")
    ),
    # What the header brings
    "a key in the header": lambda: token(
        STRANGE, header={"jwk": STRANGE.as_dict(private=False), "kid": None}
    ),
    "an address of keys": lambda: token(STRANGE, header={"jku": "http://127.0.0.1:9/keys"}),
    "an address of certificates": lambda: token(STRANGE, header={"x5u": "http://127.0.0.1:9/keys"}),
    "certificates": lambda: token(STRANGE, header={"x5c": ["MIIB"]}),
    "a good token with an address of keys": lambda: token(RSA, header={"jku": "https://login.example/keys"}),
    "critical extensions": lambda: token(RSA, header={"crit": ["exp"], "exp": now() + 99}),
    "critical and unencoded": lambda: token(RSA, header={"crit": ["b64"], "b64": True}),
    "compressed": lambda: token(RSA, header={"zip": "DEF"}),
    "another token inside": lambda: token(RSA, header={"cty": "JWT"}),
    "kid that is a path": lambda: token(STRANGE, header={"kid": "../../../../dev/null"}),
    "kid that is SQL": lambda: token(STRANGE, header={"kid": "x' UNION SELECT 'secret' --"}),
    "kid that is a command": lambda: token(STRANGE, header={"kid": "|sleep 5"}),
    "kid that is a list": lambda: token(STRANGE, header={"kid": ["rsa"]}),
    "kid that is null": lambda: sealed(STRANGE, {"alg": "RS256", "kid": None}, claims()),
    "kid that is empty": lambda: token(STRANGE, header={"kid": ""}),
    "kid that is very long": lambda: token(STRANGE, header={"kid": "k" * 3000}),
    "typ of an ID token's logout": lambda: token(RSA, header={"typ": "logout+jwt"}),
    "typ of a proof": lambda: token(RSA, header={"typ": "dpop+jwt"}),
    "typ that is a number": lambda: token(RSA, header={"typ": 1}),
    "alg twice": lambda: sealed(RSA, '{"alg": "none", "alg": "RS256", "kid": "rsa"}', claims(), by="RS256"),
    # What it says
    "no claims at all": lambda: sealed(RSA, {"alg": "RS256", "kid": "rsa"}, {}),
    "expired": lambda: token(RSA, exp=now() - 60),
    "no end": lambda: token(RSA, exp=None),
    "an end that is null": lambda: sealed(RSA, {"alg": "RS256", "kid": "rsa"}, claims() | {"exp": None}),
    "an end that is a text": lambda: token(RSA, exp=str(now() + 99)),
    "an end that is true": lambda: token(RSA, exp=True),
    "an end that is infinite": lambda: sealed(
        RSA, {"alg": "RS256", "kid": "rsa"}, json.dumps(claims() | {"exp": float("inf")})
    ),
    "an end that is no number": lambda: sealed(
        RSA, {"alg": "RS256", "kid": "rsa"}, json.dumps(claims() | {"exp": float("nan")})
    ),
    "an end of 400 digits": lambda: token(RSA, exp=10**400),
    "an end of 6,000 digits": lambda: sealed(
        RSA,
        {"alg": "RS256", "kid": "rsa"},
        json.dumps(claims()).replace("{", '{"x": ' + "9" * 5000 + ", ", 1),
    ),
    "an end below zero": lambda: token(RSA, exp=-1),
    "valid for a year": lambda: token(RSA, exp=now() + 365 * 86_400),
    "not yet": lambda: token(RSA, nbf=now() + 120),
    "made in the future": lambda: token(RSA, iat=now() + 120),
    "for others": lambda: token(RSA, aud="elsewhere"),
    "for others, in a list": lambda: token(RSA, aud=["elsewhere"]),
    "for nobody": lambda: token(RSA, aud=None),
    "for a prefix": lambda: token(RSA, aud="c360-evil"),
    "for what is in an object": lambda: token(RSA, aud={"c360": True}),
    "for the other issuer's audience alone": lambda: partners(aud="c360-test"),
    "of an issuer that is not taken": lambda: token(RSA, iss="https://evil.example"),
    "of an issuer with a slash": lambda: token(RSA, iss=ISSUER + "/"),
    "of no issuer": lambda: token(RSA, iss=None),
    "of a list of issuers": lambda: token(RSA, iss=[ISSUER]),
    "signed by one issuer, of the other": lambda: token(EC, "ES256"),
    "signed by one issuer with its algorithm, of the other": lambda: token(RSA, iss=OTHER, tenant="default"),
    "of nobody": lambda: token(RSA, sub=None),
    "of an empty subject": lambda: token(RSA, sub=""),
    "of a subject with a line break": lambda: token(RSA, sub="alice\nroot"),
    "of a subject that is a number": lambda: token(RSA, sub=7),
    "of another tenant": lambda: partners(tenant="acme"),
    "of no tenant": lambda: partners(tenant=None),
    "of a list of tenants": lambda: partners(tenant=["default"]),
    "bound to a key": lambda: token(RSA, cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
    "a claim twice": lambda: sealed(
        RSA, {"alg": "RS256", "kid": "rsa"}, json.dumps(claims()).replace("{", '{"sub": "root", ', 1)
    ),
    "a claim twice, deep inside": lambda: sealed(
        RSA, {"alg": "RS256", "kid": "rsa"}, json.dumps(claims()).replace("{", '{"a": {"b": 1, "b": 2}, ', 1)
    ),
    # How it is written
    "claims that are a list": lambda: sealed(RSA, {"alg": "RS256", "kid": "rsa"}, "[]"),
    "claims that are no JSON": lambda: sealed(RSA, {"alg": "RS256", "kid": "rsa"}, b"\xff\xfe"),
    "claims that are deep": lambda: sealed(
        RSA, {"alg": "RS256", "kid": "rsa"}, '{"a": ' + "[" * 2500 + "]" * 2500 + "}"
    ),
    "too long": lambda: token(RSA, padding="x" * 9000),
    "two parts": lambda: token(RSA).rpartition(".")[0],
    "four parts": lambda: token(RSA) + ".x",
    "encrypted": lambda: "e30.e30.e30.e30.e30",
    "padded": lambda: token(RSA) + "==",
    "another spelling of the signature": lambda: _respelled(token(RSA)),
    "base64 with plus and slash": lambda: "eyJ+/" + token(RSA),
    "JSON serialisation": lambda: json.dumps({"payload": "e30", "signatures": []}).replace(" ", ""),
    "nothing but dots": lambda: "..",
    "rubbish": lambda: "a.b.c",
}


def _respelled(text: str) -> str:
    """The same signature by another last character: the bits that base64 throws away differ."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_token_is_taken(address: str, client: httpx.Client, name: str) -> None:
    got = asked(client, address, f"Bearer {GOOD[name]()}")
    assert (got.status_code, got.json()) == (200, {"data": {"__typename": "Query"}})


def test_no_attack_gets_in(address: str, client: httpx.Client) -> None:
    """One after the other against one server: what one leaves behind must not help the next."""
    assert len(ATTACKS) >= 30
    got_in = []
    for name, made in ATTACKS.items():
        attack = made()
        started = time.monotonic()
        got = asked(client, address, f"Bearer {attack}")
        if got.status_code != 401 or time.monotonic() - started > 5:
            got_in.append((name, got.status_code))
            continue
        challenge = got.headers["www-authenticate"]
        assert challenge.startswith('Bearer realm="c360", error="invalid_token", error_description="'), name
        assert got.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
        for part in attack.split("."):  # nothing of the token comes back
            assert len(part) < 8 or part not in got.text + challenge, name
        assert "data" not in got.json()
    assert got_in == []
    assert asked(client, address, f"Bearer {token(RSA)}").status_code == 200


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ([], False),
        ([""], False),
        (["Bearer"], True),
        (["Basic YWxpY2U6c2VjcmV0"], False),
        (["Token abc"], False),
        (["Bearer TOKEN TOKEN"], True),
        (["Bearer TOKEN", "Bearer TOKEN"], True),
        (["Bearer TOKEN, Bearer TOKEN"], True),
        (["TOKEN"], False),
    ],
    ids=lambda value: None,
)
def test_other_ways_to_send_one(address: str, client: httpx.Client, given: list[str], error: bool) -> None:
    good = token(RSA)
    got = asked(client, address, *(each.replace("TOKEN", good) for each in given))
    assert got.status_code == 401
    assert ("error=" in got.headers["www-authenticate"]) == error


def test_a_token_anywhere_else_is_not_read(address: str, client: httpx.Client) -> None:
    good = token(RSA)
    assert client.get(address, params={"query": "{ __typename }", "access_token": good}).status_code == 401
    assert client.post(address, data={"access_token": good}).status_code == 401
    assert client.post(address, headers={"cookie": f"access_token={good}"}, json={}).status_code == 401
    assert client.post(address, headers={"x-forwarded-authorization": good}, json={}).status_code == 401


def test_the_scheme_is_read_in_any_case(address: str, client: httpx.Client) -> None:
    assert asked(client, address, f"bearer  {token(RSA)}").status_code == 200


def test_nothing_is_read_before_it_is_known_who_asks(address: str) -> None:
    """A body that never comes is not waited for, and one that is too large not refused for that."""
    host, port = address.removeprefix("http://").partition("/")[0].split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(
            b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: text/html\r\nAccept: text/html\r\n"
            b"Content-Length: 99999999\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    ("purpose", "status"),
    [(None, 200), ("SERVICE", 200), ("service", 200), ("FRAUD", 403), ("", 403), ("EVERYTHING", 403)],
)
def test_the_header_chooses_among_the_tokens_purposes(
    address: str, client: httpx.Client, purpose: str | None, status: int
) -> None:
    more = {} if purpose is None else {"c360-purpose": purpose}
    got = asked(client, address, f"Bearer {partners()}", **more)
    assert got.status_code == status
    if status == 403:
        assert got.json()["errors"][0]["extensions"] == {"code": "PURPOSE_NOT_ALLOWED"}
        assert "insufficient_scope" in got.headers["www-authenticate"]
    narrowed = token(RSA, purposes=["MARKETING"])
    assert asked(client, address, f"Bearer {narrowed}", **{"c360-purpose": "SERVICE"}).status_code == 403
    assert asked(client, address, f"Bearer {narrowed}").status_code == 200


def test_a_purpose_that_is_named_twice_is_refused(address: str, client: httpx.Client) -> None:
    headers = [("authorization", f"Bearer {token(RSA)}"), ("c360-purpose", "RISK"), ("c360-purpose", "FRAUD")]
    assert client.post(address, headers=headers, json={"query": "{ __typename }"}).status_code == 401
