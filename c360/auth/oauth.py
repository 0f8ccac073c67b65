"""OAuth 2 with the hub's own credential (RFC 6749, section 4.4)."""

from __future__ import annotations

import base64
import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from c360.auth.base import Auth, FormSecrets, Headers, mark
from c360.auth.keys import Basic
from c360.auth.tokens import Token
from c360.errors import ConnectorError, OutcomeUnknown, PartnerFault, Reconfigure, RetryLater
from c360.values import Secret

if TYPE_CHECKING:  # it imports this module
    from c360.http import Http, Request, Response


class ClientAuth(enum.Enum):
    """How a client proves itself at the token endpoint (RFC 6749, section 2.3.1)."""

    BASIC = "BASIC"
    """Id and secret in ``Authorization``, which every endpoint has to understand."""
    FORM = "FORM"
    """Id and secret in the form."""
    NONE = "NONE"
    """The id alone: of a public client, or of one that a certificate proves (RFC 8705)."""


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """The hub as a client of a partner's authorization server."""

    client_id: str
    token_url: str
    """Address of the token endpoint, from the settings; never from an answer."""
    client_secret: Secret | None = None
    how: ClientAuth = ClientAuth.BASIC

    async def request(
        self, http: Http, form: Mapping[str, str], secrets: Mapping[str, Secret] | None = None
    ) -> Token:
        """Ask the token endpoint, once.

        Args:
            http: the client of the instance.
            form: fields of the form that are no secrets.
            secrets: those that are.

        Raises:
            RetryLater: it is down or busy.
            Reconfigure: it does not accept the client.
            OAuthRefused: it refuses the grant.
            PartnerFault: its answer is not what RFC 6749 says.
        """
        response = await self.post(http, self.token_url, form, secrets)
        if response.status != 200:
            raise _refusal(response)
        return _token(response, self.client_id)

    async def post(
        self, http: Http, url: str, form: Mapping[str, str], secrets: Mapping[str, Secret] | None = None
    ) -> Response:
        """Post a form to one of the server's endpoints, with the client's proof.

        Raises:
            RetryLater: it is down or busy.
        """
        plain = {**form}
        hidden = dict(secrets or {})
        auth: Auth | None = None
        if self.how is ClientAuth.BASIC and self.client_secret is not None:
            # RFC 6749 wants both form-encoded before they are joined.
            secret = Secret(quote(self.client_secret.reveal(), safe=""))
            auth = Basic(quote(self.client_id, safe=""), secret)
        else:
            plain["client_id"] = self.client_id
            if self.how is ClientAuth.FORM and self.client_secret is not None:
                hidden["client_secret"] = self.client_secret
        if hidden:
            auth = _Both(auth, FormSecrets(hidden)) if auth else FormSecrets(hidden)
        base, path = split(url)
        try:
            response = await http.at(base).request(
                "POST", path, form=plain, auth=auth, accept=(400, 401, 403), safe=False
            )
        except OutcomeUnknown as unknown:
            # Another token may have been made: nothing that asking again would double.
            raise RetryLater(str(unknown), retry_after=unknown.retry_after) from None
        return msgspec.structs.replace(response, changed=False)


class OAuthRefused(ConnectorError):
    """The authorization server refused a grant: the error code of RFC 6749, section 5.2."""

    def __init__(self, error: str) -> None:
        super().__init__(f"the authorization server refused: {error}")
        self.error = error


class ClientCredentials(Auth):
    """A token that the hub fetches with its own credential, and renews before it ends.

    The token is kept by the instance's :class:`~c360.http.Http`, not here: it makes no difference
    whether ``Connector.auth`` gives the same object each time. After a 401 it is renewed once.

    Args:
        client: who asks where.
        scopes: what the token has to allow.
        more: further fields of the form that the partner wants, such as ``audience``.
    """

    __slots__ = ("_client", "_form", "_mark")

    def __init__(
        self, client: Client, *, scopes: tuple[str, ...] = (), more: Mapping[str, str] | None = None
    ) -> None:
        self._client = client
        self._form = {"grant_type": "client_credentials", **(more or {})}
        if scopes:
            self._form["scope"] = " ".join(scopes)
        secret = client.client_secret.reveal() if client.client_secret else ""
        parts = (part for pair in sorted(self._form.items()) for part in pair)
        self._mark = mark(client.token_url, client.client_id, secret, *parts)

    def fingerprint(self) -> str:
        """See :class:`Auth`: that of the credential, whatever token it has at the moment."""
        return self._mark

    async def ready(self, http: Http) -> Auth:
        """See :class:`Auth`."""

        async def fetch() -> Token:
            try:
                return await self._client.request(http, self._form)
            except OAuthRefused as refused:
                raise Reconfigure(str(refused)) from None

        token = await http.tokens.get(self._mark, fetch)
        return _Fetched(token.access_token, self._mark)

    async def renewed(self, http: Http, refused: Auth) -> Auth | None:
        """See :class:`Auth`."""
        if isinstance(refused, _Fetched):
            http.tokens.drop(self._mark, refused.token)
        return await self.ready(http)


class _Fetched(Auth):
    """A bearer token under the fingerprint of what it was fetched with."""

    __slots__ = ("_mark", "token")

    def __init__(self, token: Secret, fingerprint: str) -> None:
        self.token = token
        self._mark = fingerprint

    def fingerprint(self) -> str:
        return self._mark

    def headers(self) -> Headers:
        return (("authorization", f"Bearer {self.token.reveal()}"),)


class _Both(Auth):
    """Two credentials on one request."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Auth, second: Auth) -> None:
        self._first = first
        self._second = second

    def fingerprint(self) -> str:
        return mark(self._first.fingerprint(), self._second.fingerprint())

    def apply(self, request: Request) -> Request:
        return self._second.apply(self._first.apply(request))


class _WireToken(msgspec.Struct, frozen=True):
    access_token: Annotated[str, Meta(min_length=1)]
    token_type: str = "Bearer"  # noqa: S105  # the name of a type of token
    expires_in: float | str | None = None
    refresh_token: str | None = None
    scope: str | None = None
    id_token: str | None = None


class _IdClaims(msgspec.Struct, frozen=True):
    sub: Annotated[str, Meta(min_length=1)]
    aud: str | tuple[str, ...]


class _WireError(msgspec.Struct, frozen=True):
    error: str = ""


_CLIENT_ERRORS = frozenset({"invalid_client", "unauthorized_client"})
_ERRORS = _CLIENT_ERRORS | {
    "invalid_request",
    "invalid_grant",
    "invalid_scope",
    "unsupported_grant_type",
    "unsupported_token_type",
}
"""Codes of RFC 6749 and 7009. Others are not repeated: nobody knows what stands in them."""


def _refusal(response: Response) -> ConnectorError:
    try:
        error = response.decode(_WireError).error
    except PartnerFault:
        error = ""
    if error in _CLIENT_ERRORS or response.status in {401, 403}:
        return Reconfigure(f"the authorization server does not accept the client (HTTP {response.status})")
    return OAuthRefused(error if error in _ERRORS else f"HTTP {response.status}")


def _token(response: Response, client_id: str) -> Token:
    wire = response.decode(_WireToken)
    if wire.token_type.lower() != "bearer":
        raise PartnerFault("the token endpoint gave a token that is no bearer token")
    try:
        life = None if wire.expires_in is None else max(0.0, float(wire.expires_in))
    except ValueError:
        raise PartnerFault("expires_in of the token endpoint is no number") from None
    return Token(
        access_token=Secret(wire.access_token),
        expires_in=life,
        refresh_token=Secret(wire.refresh_token) if wire.refresh_token else None,
        scopes=tuple((wire.scope or "").split()),
        subject=None if wire.id_token is None else _subject(wire.id_token, client_id),
    )


def _subject(id_token: str, client_id: str) -> str:
    """Whom an ID token is about.

    It came from the token endpoint itself over a connection of the hub's own, which stands in for its
    signature (OpenID Connect Core, section 3.1.3.7).

    Raises:
        PartnerFault: it is none, or one for somebody else.
    """
    parts = id_token.split(".")
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        claims = msgspec.json.decode(payload, type=_IdClaims)
    except (IndexError, ValueError):  # msgspec's own errors are such, too
        raise PartnerFault("the ID token of the token endpoint is none") from None
    audience = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
    if client_id not in audience:
        raise PartnerFault("the ID token of the token endpoint is for somebody else")
    return claims.sub


def split(url: str) -> tuple[str, str]:
    """An address of the settings as a base URL and a path.

    Raises:
        Reconfigure: it is no address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"https", "http"} or not parts.netloc or parts.query or parts.fragment:
        raise Reconfigure("an address of the authorization server is no plain https:// address")
    return f"{parts.scheme}://{parts.netloc}", parts.path or "/"
