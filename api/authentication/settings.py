"""Which issuers are trusted with saying who somebody is, and how their tokens are read."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from c360.errors import ConfigError

ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
"""What a token may be signed with: public keys only, so that nobody who checks a token can make one."""


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One OpenID provider or authorization server whose access tokens are taken."""

    issuer: Annotated[str, Meta(description="What its tokens say in `iss`, to the letter.", min_length=1)]
    audience: Annotated[
        tuple[str, ...],
        Meta(description="What its tokens have to say in `aud`: one of these.", min_length=1),
    ]
    algorithms: Annotated[
        tuple[str, ...],
        Meta(description=f"What it signs with: {', '.join(ALGORITHMS)}.", min_length=1),
    ] = ("RS256",)
    jwks_url: Annotated[str, Meta(description="Address of its public keys (a JWK set).")] = ""
    jwks_file: Annotated[str, Meta(description="File with its public keys, instead of an address.")] = ""
    tenant: Annotated[
        str, Meta(description="Tenant of all its tokens; without it, and without a claim, this deployment's.")
    ] = ""
    tenant_claim: Annotated[
        str, Meta(description="Claim that names the tenant; tokens of another one are refused.")
    ] = ""
    subject_prefix: Annotated[
        str,
        Meta(description="Put before its subjects; has to differ where there are several issuers."),
    ] = ""
    roles_claim: Annotated[
        str, Meta(description="Claim with the roles; dots lead inwards, as in `realm_access.roles`.")
    ] = "roles"
    role_names: Annotated[
        dict[str, str], Meta(description="The hub's role for each name that the issuer uses instead.")
    ] = {}
    scope_claim: Annotated[
        str,
        Meta(
            description="Claim that narrows what the roles allow; leave it empty where the issuer puts only "
            "scopes of its own there, such as `openid`."
        ),
    ] = "scope"
    purposes_claim: Annotated[str, Meta(description="Claim that narrows the purposes of the roles.")] = (
        "purposes"
    )
    customer_claim: Annotated[str, Meta(description="Claim with the id of the customer who it is.")] = (
        "customer_id"
    )
    connectors_claim: Annotated[str, Meta(description="Claim with a partner's connector instances.")] = (
        "connectors"
    )
    max_lifetime: Annotated[
        int, Meta(description="Seconds that a token may still be valid for; longer ones are refused.", ge=60)
    ] = 86_400


class Authentication(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is believed."""

    issuers: Annotated[
        dict[str, Issuer],
        Meta(description="The issuers whose tokens are taken, each a table of its own."),
    ] = {}
    leeway: Annotated[
        float,
        Meta(description="Seconds by which clocks may differ, for `exp`, `nbf` and `iat`.", ge=0, le=300),
    ] = 30.0
    keys_max_age: Annotated[
        float,
        Meta(description="Seconds after which an issuer's keys are read again, in the background.", ge=1),
    ] = 300.0
    keys_min_interval: Annotated[
        float,
        Meta(description="Seconds between two readings because of a key that is not known.", ge=0.1),
    ] = 10.0
    development: Annotated[
        bool,
        Meta(
            description="Also take tokens of `python -m api token`; on loopback alone, never in production."
        ),
    ] = False
    development_key: Annotated[
        str, Meta(description="File of the development issuer's key; made where it is missing.")
    ] = "var/development-issuer.json"


def check_issuers(found: Authentication) -> None:
    """Whether what the settings say of issuers can work.

    Raises:
        ConfigError: an issuer cannot be, or two of them could not be told apart.
    """
    for name, each in found.issuers.items():
        _check(f"authentication.issuers.{name}", each)
    named = [each.issuer for each in found.issuers.values()]
    for name, each in found.issuers.items():
        if named.count(each.issuer) > 1:
            raise ConfigError(
                f"authentication.issuers.{name}.issuer", repr(each.issuer), "name each issuer once"
            )
    prefixes = [each.subject_prefix for each in found.issuers.values()]
    if found.development:
        prefixes.append("")
    for name, each in found.issuers.items():
        if prefixes.count(each.subject_prefix) > 1:
            raise ConfigError(
                f"authentication.issuers.{name}.subject_prefix",
                repr(each.subject_prefix),
                "give each issuer one of its own: the same subject at two issuers is not one person",
            )


def _check(where: str, each: Issuer) -> None:
    for algorithm in each.algorithms:
        if algorithm not in ALGORITHMS:
            raise ConfigError(f"{where}.algorithms", repr(algorithm), f"use some of {', '.join(ALGORITHMS)}")
    if bool(each.jwks_url) == bool(each.jwks_file):
        raise ConfigError(f"{where}.jwks_url", "this and jwks_file", "give one of the two")
    if each.jwks_url and not _safe(each.jwks_url):
        raise ConfigError(f"{where}.jwks_url", "an address that is not safe", "use an https:// address")
    if each.tenant and each.tenant_claim:
        raise ConfigError(f"{where}.tenant_claim", "tenant as well", "give one of the two")


def _safe(url: str) -> bool:
    """Whether nobody between here and there can put keys of their own in place of the issuer's."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address or name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
