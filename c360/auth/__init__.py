"""Ways a request proves who sends it. A plugin composes them; the host only applies them.

- :class:`Bearer`, :class:`ApiKey`, :class:`QueryKey`, :class:`Basic`: a credential as it is.
- :class:`ClientCredentials`: a token fetched with the hub's own credential, kept and renewed.
- :class:`CodeFlow`: a customer's grant by authorization code with PKCE, renewed and given back.
- :class:`HmacSigned`, :class:`MessageSigned`: requests that carry a signature.

A client certificate (mutual TLS) is no :class:`Auth`: every config has it, see
:class:`c360.config.ConnectorConfig`.
"""

from c360.auth.base import Auth, FormSecrets
from c360.auth.grants import CodeFlow, Pending
from c360.auth.keys import ApiKey, Basic, Bearer, QueryKey, credential_in
from c360.auth.oauth import Client, ClientAuth, ClientCredentials, OAuthRefused
from c360.auth.signing import Ed25519Key, HmacKey, HmacSigned, MessageSigned
from c360.auth.tokens import Token

__all__ = [
    "ApiKey",
    "Auth",
    "Basic",
    "Bearer",
    "Client",
    "ClientAuth",
    "ClientCredentials",
    "CodeFlow",
    "Ed25519Key",
    "FormSecrets",
    "HmacKey",
    "HmacSigned",
    "MessageSigned",
    "OAuthRefused",
    "Pending",
    "QueryKey",
    "Token",
    "credential_in",
]
