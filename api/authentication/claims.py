"""From the claims of a token that is proven to the principal that they describe. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from api.authentication.errors import InvalidToken, PurposeNotAllowed
from api.authentication.settings import Issuer
from c360.access import Access, Principal, Purpose, Reach, TenantId
from schema import ids
from schema.errors import InputError
from schema.identity.answers import CUSTOMER
from schema.permissions.roles import ROLES, Role

_LONGEST = 255
"""Characters of a subject (OpenID Connect Core, section 2) and of a client's id."""
_WIDEST = (Reach.EVERYBODY, Reach.BOOK, Reach.PARTNER, Reach.SELF, Reach.NOBODY)
_LAST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def check_claims(claims: Mapping[str, Any], issuer: Issuer, *, now: float, leeway: float) -> float:
    """Whether a token is for the hub, and for now.

    Args:
        claims: what it says.
        issuer: by what the settings say of who made it.
        now: seconds since 1970.
        leeway: seconds by which clocks may differ.

    Returns:
        when it ends, in seconds since 1970.

    Raises:
        InvalidToken: it is for others, for another time, or cannot be used by whoever holds it alone.
    """
    if claims.get("iss") != issuer.issuer:
        raise InvalidToken("the token is of another issuer")
    audience = claims.get("aud")
    meant = [audience] if isinstance(audience, str) else audience
    if not isinstance(meant, list) or not any(each in issuer.audience for each in meant):
        raise InvalidToken("the token is meant for others")
    if "cnf" in claims:
        # Without its proof it would count for whoever got hold of it, which is what it is to prevent.
        raise InvalidToken("the token is bound to a key; the hub takes bearer tokens")
    ends = _time(claims, "exp")
    if ends is None:
        raise InvalidToken("the token does not say when it ends")
    if now >= ends + leeway:
        raise InvalidToken("the token has expired")
    if ends - now > issuer.max_lifetime + leeway:
        raise InvalidToken("the token is valid for longer than is taken")
    begins, issued = _time(claims, "nbf"), _time(claims, "iat")
    if max(begins or 0.0, issued or 0.0) > now + leeway:
        raise InvalidToken("the token is not valid yet")
    return ends


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken("the token has a time that is no number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not 0 <= found < _LAST:
        raise InvalidToken("the token has a time that is none")
    return found


def principal_of(claims: Mapping[str, Any], issuer: Issuer, *, tenant: TenantId, ends: float) -> Principal:
    """Who the token speaks of, and what it grants them.

    Args:
        claims: what it says.
        issuer: where it says it, by the settings.
        tenant: that the deployment serves.
        ends: when the token ends, in seconds since 1970.

    Raises:
        InvalidToken: it has no subject, or is of another tenant.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST or not subject.isprintable():
        raise InvalidToken("the token does not say of whom it is")
    own = claims.get(issuer.tenant_claim) if issuer.tenant_claim else issuer.tenant or tenant
    if own != tenant:
        raise InvalidToken("the token is of another tenant")
    listed = _texts(_at(claims, issuer.roles_claim)) or ()
    return granted_to(
        subject=issuer.subject_prefix + subject,
        tenant=tenant,
        roles=[issuer.role_names.get(each, each) for each in listed],
        scopes=_texts(claims.get(issuer.scope_claim)) if issuer.scope_claim in claims else None,
        purposes=_texts(claims.get(issuer.purposes_claim)) if issuer.purposes_claim in claims else None,
        customer=_customer(claims.get(issuer.customer_claim)),
        connectors=_texts(claims.get(issuer.connectors_claim)),
        client=_client(claims),
        expires_at=datetime.fromtimestamp(ends, UTC),
    )


def granted_to(
    *,
    subject: str,
    tenant: TenantId,
    roles: Iterable[str],
    scopes: Iterable[str] | None = None,
    purposes: Iterable[str] | None = None,
    customer: str | None = None,
    connectors: Iterable[str] = (),
    client: str = "",
    expires_at: datetime,
) -> Principal:
    """A principal with what its roles grant, narrowed by what the credential lists.

    A principal has one reach: the widest of its roles'. Roles of a narrower one add nothing, since what
    they grant is meant for few customers; those that reach nobody add what concerns no customer.

    Args:
        subject: who it is.
        tenant: whose.
        roles: names of roles; those that the hub does not have grant nothing.
        scopes: what they are narrowed to; ``None``: not at all. Unknown ones count for nothing.
        purposes: likewise.
        customer: local id, for a role whose reach is the customer itself.
        connectors: ids of instances, for a role whose reach is a partner's.
        client: the application.
        expires_at: when the credential ends.
    """
    held = {name: ROLES[name] for name in roles if name in ROLES}
    reach = next(
        (each for each in _WIDEST if any(role.reach is each for role in held.values())), Reach.NOBODY
    )
    held = {name: role for name, role in held.items() if role.reach in {reach, Reach.NOBODY}}
    instances = frozenset(connectors or ()) if reach is Reach.PARTNER else frozenset()
    if (reach is Reach.SELF and customer is None) or (reach is Reach.PARTNER and not instances):
        reach = Reach.NOBODY
    allowed = frozenset(scope.value for role in held.values() for scope in role.scopes)
    return Principal(
        subject=subject,
        tenant=tenant,
        purposes=_purposes(held.values(), purposes),
        roles=frozenset(held),
        scopes=allowed if scopes is None else allowed & frozenset(scopes),
        reach=reach,
        customer_id=customer if reach is Reach.SELF else None,
        connectors=instances,
        client=client,
        expires_at=expires_at,
    )


def acting(principal: Principal, purpose: str | None) -> Access:
    """A principal acting for a purpose.

    Args:
        principal: who.
        purpose: what ``C360-Purpose`` says; ``None``: service where that is allowed, else what is.

    Raises:
        PurposeNotAllowed: the credential does not allow it, or there is no such purpose.
    """
    if purpose is None:
        chosen = next((each for each in Purpose if each in principal.purposes), None)
        if chosen is None:
            raise PurposeNotAllowed("the credential allows no purpose")
        return Access(principal=principal, purpose=chosen)
    found = next((each for each in principal.purposes if each.value == purpose.strip().upper()), None)
    if found is None:
        allowed = ", ".join(each.value for each in Purpose if each in principal.purposes) or "none"
        raise PurposeNotAllowed(f"the credential does not allow this purpose; it allows {allowed}")
    return Access(principal=principal, purpose=found)


def _purposes(roles: Iterable[Role], narrowed: Iterable[str] | None) -> frozenset[Purpose]:
    allowed = frozenset(purpose for role in roles for purpose in role.purposes)
    if narrowed is None:
        return allowed
    wanted = frozenset(narrowed)
    return frozenset(purpose for purpose in allowed if purpose.value in wanted)


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """What stands at a path; a claim whose own name has dots, such as an address, is found by it."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _texts(value: Any) -> tuple[str, ...]:
    """A claim that lists: as an array, or as words in one text."""
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _client(claims: Mapping[str, Any]) -> str:
    for name in ("client_id", "azp"):
        value = claims.get(name)
        if isinstance(value, str) and len(value) <= _LONGEST and value.isprintable():
            return value
    return ""


def _customer(value: Any) -> str | None:
    """The local id of a customer, given as the graph gives it or as it is."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return ids.decode_as(CUSTOMER, value, argument="customer")
    except InputError:
        return value
