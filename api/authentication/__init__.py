"""Who asks: bearer tokens of OpenID Connect issuers and API keys, made into the principal of a request."""
