"""A customer's grant by authorization code with PKCE: asking for it, renewing it, giving it back.

Values and functions only: the one who asks keeps the :class:`Pending` until the customer comes back, and
the :class:`~c360.auth.tokens.Token` for as long as it lasts. Here nothing is stored.

Sources: RFC 6749 (section 4.1), RFC 7636 (PKCE, method S256), RFC 7009 (revocation), RFC 9700 (best
current practice: state compared, one redirect address, code used once).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from c360.auth.oauth import Client, OAuthRefused
from c360.auth.tokens import Token
from c360.errors import PartnerFault, Reauthorise, Reconfigure
from c360.values import Secret

if TYPE_CHECKING:  # it imports this package
    from c360.http import Http

__all__ = ["CodeFlow", "Pending", "challenge"]


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A customer is at the partner and has not come back. Keep it as a secret, for minutes."""

    url: str
    """Where to send the customer."""
    state: Secret
    """What the partner gives back, so that one customer's answer is not taken for another's."""
    verifier: Secret
    """What proves that the code is exchanged by the one who asked for it."""


class CodeFlow(msgspec.Struct, frozen=True, kw_only=True):
    """How grants of one partner are had."""

    client: Client
    authorize_url: str
    """Address of the partner's page, from the settings."""
    redirect_uri: str
    """Where the partner sends the customer back to, exactly as it is registered there."""
    scopes: tuple[str, ...] = ()
    revoke_url: str | None = None
    """Address of the revocation endpoint, where there is one."""
    issuer: str | None = None
    """What the partner calls itself in ``iss``, where it does (RFC 9207)."""

    def begin(self, more: Mapping[str, str] | None = None) -> Pending:
        """Make the address that the customer is sent to.

        Args:
            more: further parameters that the partner wants.

        Raises:
            Reconfigure: the settings' address is no https:// address, nor one of this machine.
        """
        parts = urlsplit(self.authorize_url)
        here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
        if not (here or (parts.scheme == "https" and parts.netloc)):
            raise Reconfigure("the address for granting access is no https:// address")
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        query = {
            **(more or {}),
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.redirect_uri,
            "state": state,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **({"scope": " ".join(self.scopes)} if self.scopes else {}),
        }
        joint = "&" if parts.query else "?"
        url = f"{self.authorize_url}{joint}{urlencode(query, quote_via=quote)}"
        return Pending(url=url, state=Secret(state), verifier=Secret(verifier))

    async def finish(self, http: Http, pending: Pending, answer: Mapping[str, str]) -> Token:
        """Exchange the code that the customer came back with.

        Args:
            http: the client of the instance.
            pending: what :meth:`begin` gave.
            answer: the query parameters of the redirect.

        Raises:
            Reauthorise: the customer said no, the answer is not the one to this question, or the code
                is used up.
            RetryLater: the partner is down; the code may be used up, so ask the customer again.
            Reconfigure: the partner does not accept the hub.
            PartnerFault: the answer is not what RFC 6749 says.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), pending.state.reveal().encode()):
            raise Reauthorise("the answer does not belong to this question")
        if self.issuer is not None and answer.get("iss") != self.issuer:
            raise Reauthorise("the answer is from another server")
        if "error" in answer:
            raise Reauthorise("access was not granted")
        if not answer.get("code"):
            raise PartnerFault("the partner sent the customer back without a code")
        form = {"grant_type": "authorization_code", "redirect_uri": self.redirect_uri}
        hidden = {"code": Secret(answer["code"]), "code_verifier": pending.verifier}
        return await self._token(http, form, hidden)

    async def refresh(self, http: Http, token: Token) -> Token:
        """A new token for one that has ended; with the old refresh token where no new one came.

        Raises:
            Reauthorise: the grant has ended, or was given without the right to renew it.
            RetryLater: the partner is down.
            Reconfigure: the partner does not accept the hub.
            PartnerFault: the answer is not what RFC 6749 says.
        """
        if token.refresh_token is None:
            raise Reauthorise("the grant cannot be renewed")
        renewed = await self._token(
            http, {"grant_type": "refresh_token"}, {"refresh_token": token.refresh_token}
        )
        return msgspec.structs.replace(
            renewed,
            refresh_token=renewed.refresh_token or token.refresh_token,
            scopes=renewed.scopes or token.scopes,
        )

    async def revoke(self, http: Http, token: Token) -> None:
        """Give a grant back. One that the partner does not know any more is given back already.

        Raises:
            RetryLater: the partner is down.
            Reconfigure: the partner does not accept the hub, or has no such endpoint in the settings.
        """
        if self.revoke_url is None:
            raise Reconfigure("the settings name no address for revocation")
        which = token.refresh_token or token.access_token
        hint = "refresh_token" if token.refresh_token else "access_token"
        response = await self.client.post(http, self.revoke_url, {"token_type_hint": hint}, {"token": which})
        if response.status in {401, 403}:
            raise Reconfigure(f"the authorization server does not accept the client (HTTP {response.status})")
        if response.status == 400:
            raise Reconfigure("the authorization server does not revoke such tokens")

    async def _token(self, http: Http, form: Mapping[str, str], hidden: Mapping[str, Secret]) -> Token:
        try:
            token = await self.client.request(http, form, hidden)
        except OAuthRefused as refused:
            if refused.error == "invalid_grant":
                raise Reauthorise("the grant has ended, or its code is used up") from None
            raise Reconfigure(str(refused)) from None
        return token if token.scopes else msgspec.structs.replace(token, scopes=self.scopes)


def challenge(verifier: str) -> str:
    """The code challenge of a verifier by S256 (RFC 7636, section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
