"""Mutual TLS and refused addresses, over real connections."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from c360.addresses import AddressPolicy, AddressRefused
from c360.certificates import TlsIdentity
from c360.contract import Limits
from c360.errors import Reconfigure, RetryLater
from c360.http import Request
from c360.values import Secret
from connectors.health import Health
from connectors.instances import InstanceSettings, InstanceState
from connectors.transport import HostTransport

LOCAL = AddressPolicy(["127.0.0.1"])


@dataclass
class Pair:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


class Authority:
    """Makes certificates that only it vouches for."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made-up authority")])
        self.certificate = self._make(self._name, self._key, authority=True)

    def issue(self, name: str) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        return Pair(self._make(subject, key, authority=False), text)

    def _make(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> str:
        now = datetime.now(UTC)
        alternative = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=authority,
            crl_sign=authority,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .add_extension(alternative, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@asynccontextmanager
async def partner(authority: Authority, folder: Path) -> AsyncIterator[tuple[str, list[str]]]:
    """A partner that wants a certificate: its address, and whose certificates it saw."""
    own = authority.issue("localhost")
    (folder / "server.pem").write_text(own.key + own.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(cadata=authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    seen: list[str] = []
    tasks = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.current_task())
        found: Any = writer.get_extra_info("peercert")
        seen.append(dict(pair[0] for pair in found["subject"])["commonName"])
        try:
            while await reader.readline():
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}/", seen
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*[task for task in tasks if task], return_exceptions=True)


def test_each_instance_shows_its_own_certificate(
    run: Callable[..., Any], kit: Any, authority: Authority, tmp_path: Path
) -> None:
    def identity(name: str) -> TlsIdentity:
        pair = authority.issue(name)
        return TlsIdentity(
            certificate=Secret(pair.certificate),
            key=Secret(pair.key),
            authorities=Secret(authority.certificate),
        )

    async def scenario() -> None:
        transport = HostTransport(addresses=LOCAL)
        async with partner(authority, tmp_path) as (url, seen):
            north, south = (
                transport.for_instance(Limits(), Health(kit.clock), identity=identity(name)).send
                for name in ("north", "south")
            )
            for send in (north, south, north, south):
                assert (await send(Request(method="GET", url=url))).status == 200
            assert sorted(seen) == ["north", "south"], "a connection each, and none shared"
            nobody = TlsIdentity(authorities=Secret(authority.certificate))
            unknown = transport.for_instance(Limits(), Health(kit.clock), identity=nobody).send
            with pytest.raises(RetryLater):
                await unknown(Request(method="GET", url=url))
            trusting = transport.for_instance(Limits(), Health(kit.clock)).send
            with pytest.raises(RetryLater, match="ConnectError"):
                await trusting(Request(method="GET", url=url))  # nobody it knows vouches for it
            await transport.aclose()

    run(scenario())


def test_a_certificate_is_shown_to_partners_whom_the_system_trusts(
    run: Callable[..., Any],
    kit: Any,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Requests that read go over the fast client, which takes its authorities from the system."""
    (tmp_path / "authorities.pem").write_text(authority.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))

    async def scenario() -> None:
        transport = HostTransport(addresses=LOCAL)
        async with partner(authority, tmp_path) as (url, seen):
            for name in ("north", "south"):
                pair = authority.issue(name)
                identity = TlsIdentity(certificate=Secret(pair.certificate), key=Secret(pair.key))
                send = transport.for_instance(Limits(), Health(kit.clock), identity=identity).send
                for _ in range(2):
                    assert (await send(Request(method="GET", url=url))).status == 200
            assert seen == ["north", "south"], "a connection each, kept, and none shared"
            nobody = transport.for_instance(Limits(), Health(kit.clock)).send
            with pytest.raises(RetryLater):
                await nobody(Request(method="GET", url=url))
            elsewhere = url.replace("localhost", "127.0.0.1")
            with pytest.raises(RetryLater):  # its certificate is of another name
                await transport.for_instance(Limits(), Health(kit.clock), identity=identity).send(
                    Request(method="GET", url=elsewhere)
                )
            await transport.aclose()

    run(scenario())


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"certificate": "whole", "key": None}, "belong together"),
        ({"certificate": None, "key": "whole"}, "belong together"),
        ({"certificate": "nonsense-4711", "key": "whole"}, "cannot be used"),
        ({"certificate": "whole", "key": "other"}, "cannot be used"),
        ({"certificate": "whole", "key": "Жnonsense-4711"}, "cannot be used"),
        ({"authorities": "nonsense-4711"}, "no certificates in PEM"),
    ],
)
def test_what_cannot_be_used_is_said_without_showing_it(
    authority: Authority, given: dict[str, str | None], complaint: str
) -> None:
    pair, other = authority.issue("a"), authority.issue("b")
    texts = {
        ("certificate", "whole"): pair.certificate,
        ("key", "whole"): pair.key,
        ("key", "other"): other.key,
    }
    made = {
        name: None if value is None else Secret(texts.get((name, value), value))
        for name, value in given.items()
    }
    with pytest.raises(Reconfigure, match=complaint) as caught:
        TlsIdentity(**made).context(ssl.create_default_context())
    assert "4711" not in str(caught.value)


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_its_password(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x"),
    ).decode()
    identity = TlsIdentity(certificate=Secret(authority.issue("a").certificate), key=Secret(encrypted))
    with pytest.raises(Reconfigure, match="must not be encrypted"):
        identity.context(ssl.create_default_context())


def test_a_refused_address_is_no_request(run: Callable[..., Any], kit: Any) -> None:
    transport = HostTransport()
    send = transport.for_instance(Limits(), Health(kit.clock)).send
    for url in (
        "http://127.0.0.1:1/",
        "https://127.0.0.1:1/",
        "http://partner.example/",
        "https://localhost:1/",
    ):
        for safe in (True, False):
            with pytest.raises(AddressRefused):
                run(send(Request(method="GET", url=url, safe=safe)))
    run(transport.aclose())


def test_an_instance_whose_address_is_not_allowed_is_faulty_and_says_what_would_do(kit: Any) -> None:
    kit.plugins.register("shop", kit.module(kit.connector("shop")))
    kit.settings = [
        InstanceSettings(id=name, plugin="shop", config={"base_url": url})
        for name, url in (("inside", "http://10.0.0.1/v1"), ("outside", "https://api.example/v1"))
    ]
    inside, outside = kit.host(addresses=AddressPolicy()).infos()
    assert outside.state is InstanceState.READY
    assert inside.state is InstanceState.FAULTY
    assert inside.problem == (
        "connectors.inside.base_url: found 'http://10.0.0.1/v1'; it leads into a private network; use an"
        " https:// address of the internet, or list it in security.allowed_partner_networks"
    )
