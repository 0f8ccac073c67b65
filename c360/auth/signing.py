"""Requests that carry a signature: a plain HMAC, and HTTP message signatures (RFC 9421).

The plain one, for partners without a standard, signs these lines, joined by a line feed::

    POST                                      the method, in capitals
    /v1/orders?b=2&a=1                        path and query as on the wire
    2026-06-15T09:30:00Z                      the moment, in UTC, to the second
    8sK3...                                   a nonce, new for each request
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=    SHA-256 of the body, base64

and sends key id, moment, nonce and the HMAC-SHA256 in hexadecimal in four headers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from c360.auth.base import Auth, mark
from c360.errors import Reconfigure
from c360.values import Secret

if TYPE_CHECKING:  # it imports this module's package
    from c360.http import Request

__all__ = ["Ed25519Key", "HmacKey", "HmacSigned", "MessageSigned", "SigningKey", "content_digest"]

Clock = Callable[[], datetime]


def _nonce() -> str:
    return secrets.token_urlsafe(16)


def written_out(request: Request) -> Request:
    """The request with its parameters in its address, encoded as they go on the wire."""
    if not request.params:
        return request
    query = urlencode(request.params, quote_via=quote, safe="")
    mark_ = "&" if "?" in request.url else "?"
    return msgspec.structs.replace(request, url=f"{request.url}{mark_}{query}", params=())


def content_digest(content: bytes) -> str:
    """The value of ``Content-Digest`` (RFC 9530) by SHA-256."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


class HmacSigned(Auth):
    """HMAC-SHA256 over the lines that this module's first paragraph shows.

    Args:
        key_id: names the key to the partner.
        secret: the key.
        now: the clock; ``ctx.now``.
        prefix: what the names of the four headers begin with: ``x-`` gives ``x-key-id``,
            ``x-timestamp``, ``x-nonce`` and ``x-signature``.
        nonce: makes what is new for each request.
    """

    __slots__ = ("_key_id", "_nonce", "_now", "_prefix", "_secret")

    def __init__(
        self,
        key_id: str,
        secret: Secret,
        *,
        now: Clock,
        prefix: str = "x-",
        nonce: Callable[[], str] = _nonce,
    ) -> None:
        self._key_id = key_id
        self._secret = secret
        self._now = now
        self._prefix = prefix
        self._nonce = nonce

    def fingerprint(self) -> str:
        """See :class:`Auth`."""
        return mark(self._key_id, self._secret.reveal())

    def apply(self, request: Request) -> Request:
        """See :class:`Auth`."""
        request = written_out(request)
        moment = self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        nonce = self._nonce()
        digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
        text = "\n".join((request.method, _target(request.url), moment, nonce, digest))
        signature = hmac.new(self._secret.reveal().encode(), text.encode(), hashlib.sha256).hexdigest()
        values = {"key-id": self._key_id, "timestamp": moment, "nonce": nonce, "signature": signature}
        signed = tuple((f"{self._prefix}{name}", value) for name, value in values.items())
        return msgspec.structs.replace(request, headers=request.headers + signed, auth=None)


def _target(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"


class SigningKey(Protocol):
    """A key for :class:`MessageSigned`."""

    algorithm: str
    """Its name in the registry of RFC 9421."""

    def sign(self, base: bytes) -> bytes:
        """The signature of a signature base."""
        ...

    def fingerprint(self) -> str:
        """A one-way mark of the key."""
        ...


class HmacKey:
    """``hmac-sha256`` (RFC 9421, section 3.3.3).

    Args:
        secret: the shared secret.
        encoded: whether it is written in base64, as such keys mostly are.

    Raises:
        Reconfigure: it is not base64.
    """

    algorithm = "hmac-sha256"

    def __init__(self, secret: Secret, *, encoded: bool = False) -> None:
        try:
            text = secret.reveal()
            self._key = base64.b64decode(text, validate=True) if encoded else text.encode()
        except ValueError:
            raise Reconfigure("the signing key is no base64") from None

    def sign(self, base: bytes) -> bytes:
        """See :class:`SigningKey`."""
        return hmac.new(self._key, base, hashlib.sha256).digest()

    def fingerprint(self) -> str:
        """See :class:`SigningKey`."""
        return mark(self.algorithm, self._key.hex())

    def __repr__(self) -> str:
        return "HmacKey(…)"


class Ed25519Key:
    """``ed25519`` (RFC 9421, section 3.3.6). Needs the extra ``c360[signing]``.

    Args:
        pem: the private key in PEM (PKCS 8), not encrypted.

    Raises:
        Reconfigure: it is no such key, or the extra is not installed.
    """

    algorithm = "ed25519"

    def __init__(self, pem: Secret) -> None:
        try:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
            from cryptography.hazmat.primitives.serialization import load_pem_private_key
        except ImportError:
            raise Reconfigure("signing by Ed25519 needs: pip install c360[signing]") from None
        try:
            key = load_pem_private_key(pem.reveal().encode(), password=None)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise Reconfigure("the signing key is no private Ed25519 key in PEM")
        self._key = key
        self._mark = mark(self.algorithm, pem.reveal())

    def sign(self, base: bytes) -> bytes:
        """See :class:`SigningKey`."""
        return self._key.sign(base)

    def fingerprint(self) -> str:
        """See :class:`SigningKey`."""
        return self._mark

    def __repr__(self) -> str:
        return "Ed25519Key(…)"


class MessageSigned(Auth):
    """HTTP message signatures (RFC 9421), with ``Content-Digest`` (RFC 9530) where there is a body.

    Args:
        key_id: names the key to the partner.
        key: signs.
        now: the clock; ``ctx.now``.
        components: what is signed: names of headers in lower case, and ``@method``, ``@target-uri``,
            ``@authority``, ``@scheme``, ``@path``, ``@query``. ``content-digest`` is left out of a
            request without a body, as is a header that it does not have.
        label: names the signature.
        tag: the application's, where the partner wants one.
        nonce: makes what is new for each request; ``None``: none is sent.
        algorithm: whether ``alg`` is sent.
    """

    __slots__ = ("_algorithm", "_components", "_key", "_key_id", "_label", "_nonce", "_now", "_tag")

    def __init__(
        self,
        key_id: str,
        key: SigningKey,
        *,
        now: Clock,
        components: Sequence[str] = ("@method", "@target-uri", "content-digest"),
        label: str = "sig1",
        tag: str | None = None,
        nonce: Callable[[], str] | None = _nonce,
        algorithm: bool = True,
    ) -> None:
        self._key_id = key_id
        self._key = key
        self._now = now
        self._components = tuple(components)
        self._label = label
        self._tag = tag
        self._nonce = nonce
        self._algorithm = algorithm

    def fingerprint(self) -> str:
        """See :class:`Auth`."""
        return mark(self._key_id, self._key.fingerprint())

    def apply(self, request: Request) -> Request:
        """See :class:`Auth`."""
        request = written_out(request)
        headers = {name.lower(): value.strip() for name, value in request.headers}
        added: list[tuple[str, str]] = []
        if request.content and "content-digest" in self._components:
            headers["content-digest"] = content_digest(request.content)
            added.append(("content-digest", headers["content-digest"]))
        values = {name: _component(name, request, headers) for name in self._components}
        present = {name: value for name, value in values.items() if value is not None}
        parameters = self._parameters(present)
        lines = [f'"{name}": {value}' for name, value in present.items()]
        base = "\n".join((*lines, f'"@signature-params": {parameters}'))
        signature = base64.b64encode(self._key.sign(base.encode())).decode()
        added += [
            ("signature-input", f"{self._label}={parameters}"),
            ("signature", f"{self._label}=:{signature}:"),
        ]
        return msgspec.structs.replace(request, headers=(*request.headers, *added), auth=None)

    def _parameters(self, present: Sequence[str] | dict[str, str]) -> str:
        inner = " ".join(f'"{name}"' for name in present)
        parts = [f"({inner})", f"created={int(self._now().timestamp())}", f'keyid="{self._key_id}"']
        if self._algorithm:
            parts.append(f'alg="{self._key.algorithm}"')
        if self._nonce is not None:
            parts.append(f'nonce="{self._nonce()}"')
        if self._tag is not None:
            parts.append(f'tag="{self._tag}"')
        return ";".join(parts)


def _component(name: str, request: Request, headers: dict[str, str]) -> str | None:
    """The value of a component (RFC 9421, sections 2.1 and 2.2); ``None`` for a header that is not there."""
    if not name.startswith("@"):
        return headers.get(name)
    parts = urlsplit(request.url)
    standard = {"https": 443, "http": 80}.get(parts.scheme)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    derived = {
        "@method": request.method,
        "@target-uri": request.url,
        "@authority": host if parts.port in {None, standard} else f"{host}:{parts.port}",
        "@scheme": parts.scheme,
        "@path": parts.path or "/",
        "@query": f"?{parts.query}",
    }
    try:
        return derived[name]
    except KeyError:
        raise Reconfigure(f"{name} is no component that a request can sign") from None
