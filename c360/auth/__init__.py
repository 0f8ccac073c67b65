"""Ways a request proves who sends it. A plugin composes them; the host only applies them.

- :class:`Bearer`, :class:`ApiKey`, :class:`QueryKey`, :class:`Basic`: a credential as it is.
- :class:`ClientCredentials`: a token fetched with the hub's own credential (:mod:`c360.auth.oauth`).
- :mod:`c360.auth.grants`: a customer's grant by authorization code with PKCE, refreshed and revoked.
- :class:`HmacSigned`, :class:`MessageSigned`: requests that carry a signature.

A client certificate (mutual TLS) is no :class:`Auth`: every config has it, see
:class:`c360.config.ConnectorConfig`.
"""

from c360.auth.base import Auth, FormSecrets
from c360.auth.keys import ApiKey, Basic, Bearer, QueryKey, credential_in
from c360.auth.oauth import ClientCredentials

__all__ = [
    "ApiKey",
    "Auth",
    "Basic",
    "Bearer",
    "ClientCredentials",
    "FormSecrets",
    "QueryKey",
    "credential_in",
]
