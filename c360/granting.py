"""How a connector by grant has its customers asked: settings that its config extends, and the flow they make.

A connector whose config extends :class:`GrantConfig` gives, as its ``grant_flow``, what
:meth:`GrantConfig.flow` makes. Without these settings its grants are only imported.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from c360.auth.grants import CodeFlow
from c360.auth.oauth import Client, ClientAuth
from c360.config import ConnectorConfig
from c360.values import Secret

__all__ = ["GrantConfig"]


class GrantConfig(ConnectorConfig, frozen=True, kw_only=True):
    """Settings of a partner's authorization server, beside those of its API."""

    authorize_url: Annotated[
        str, Meta(description="Address of the page where the customer grants access; empty: none.")
    ] = ""
    token_url: Annotated[str, Meta(description="Address of the token endpoint.")] = ""
    revoke_url: Annotated[
        str, Meta(description="Address of the revocation endpoint, where there is one.")
    ] = ""
    client_id: Annotated[str, Meta(description="The hub's id at the authorization server.")] = ""
    client_secret: Annotated[
        Secret | None, Meta(description="Its secret there; without one a certificate has to prove it.")
    ] = None
    issuer: Annotated[
        str, Meta(description="What the server calls itself in `iss` of its redirects, where it does.")
    ] = ""

    def flow(self, redirect_uri: str, scopes: tuple[str, ...]) -> CodeFlow | None:
        """How a customer is asked, where the settings say it.

        Args:
            redirect_uri: the hub's own address, as it is registered there.
            scopes: what is asked for.
        """
        if not (self.authorize_url and self.token_url and self.client_id):
            return None
        how = ClientAuth.NONE if self.client_secret is None else ClientAuth.BASIC
        client = Client(
            client_id=self.client_id,
            token_url=self.token_url,
            client_secret=self.client_secret,
            how=how,
        )
        return CodeFlow(
            client=client,
            authorize_url=self.authorize_url,
            redirect_uri=redirect_uri,
            scopes=scopes,
            revoke_url=self.revoke_url or None,
            issuer=self.issuer or None,
        )
