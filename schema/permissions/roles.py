"""The roles: what each may do, for which purposes, and whose data it comes to.

A token names roles, scopes or both. What a role grants is the most that a token of that role can carry: the
purpose of a request is chosen among the role's purposes, and a token may list fewer of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from c360.access import Purpose, Reach
from c360.kinds import domains
from schema.permissions.scopes import Scope, domain_scope


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody in a role is granted."""

    description: str
    """Who is in it, in a sentence."""
    scopes: frozenset[Scope]
    purposes: frozenset[Purpose]
    reach: Reach


RECORDS = frozenset(
    {
        Scope.INSURANCE_READ,
        Scope.BANKING_READ,
        Scope.BROKERAGE_READ,
        Scope.LOYALTY_READ,
        Scope.HOTEL_READ,
        Scope.RENTAL_READ,
        Scope.WORKORDERS_READ,
    }
)
"""What reads partners' records, one for each domain."""

_CUSTOMER = frozenset({Scope.CUSTOMERS_READ, Scope.PROFILE_READ})
_AGENT = (
    RECORDS
    | _CUSTOMER
    | {
        Scope.SCORES_READ,
        Scope.RISK_READ,
        Scope.OFFERS_READ,
        Scope.OFFERS_WRITE,
        Scope.INTERACTIONS_READ,
        Scope.INTERACTIONS_WRITE,
        Scope.CUSTOMERS_WRITE,
        Scope.CUSTOMERS_CREATE,
        Scope.ACTIONS_WRITE,
        Scope.ACTIONS_CORRECT,
        Scope.CONSENTS_READ,
        Scope.CONSENTS_WRITE,
        Scope.GRANTS_READ,
        Scope.GRANTS_WRITE,
        Scope.CONTESTS_WRITE,
        Scope.CATALOGUE_READ,
        Scope.VERIFY,
        Scope.BREAK_GLASS,
        Scope.EVENTS_READ,
    }
)

ROLES: Mapping[str, Role] = {
    "front-end": Role(
        description="A program that shows customers what is theirs, or staff whom they have before them: a "
        "web site, a till, a check-in desk. It sees no score, no evidence and no other's notes.",
        scopes=RECORDS
        | _CUSTOMER
        | {
            Scope.OFFERS_READ,
            Scope.OFFERS_WRITE,
            Scope.INTERACTIONS_WRITE,
            Scope.CONSENTS_READ,
            Scope.CONSENTS_WRITE,
            Scope.GRANTS_READ,
            Scope.GRANTS_WRITE,
            Scope.CATALOGUE_READ,
            Scope.EVENTS_READ,
        },
        purposes=frozenset({Purpose.SERVICE, Purpose.MARKETING}),
        reach=Reach.EVERYBODY,
    ),
    "agent": Role(
        description="A person who serves customers by phone, at a desk or in the field: those of their own "
        "book of business, and others in an emergency alone.",
        scopes=_AGENT,
        purposes=frozenset({Purpose.SERVICE, Purpose.CLAIMS, Purpose.MARKETING, Purpose.RISK}),
        reach=Reach.BOOK,
    ),
    "supervisor": Role(
        description="A person who answers for agents: sees every customer, decides contested scores, "
        "assigns books of business and reviews emergency access.",
        scopes=_AGENT | {Scope.CONTESTS_DECIDE, Scope.ACCESS_REVIEW, Scope.OPERATIONS_READ},
        purposes=frozenset(Purpose),
        reach=Reach.EVERYBODY,
    ),
    "integrator": Role(
        description="A program of the company's own that brings customers and what they did into the hub, "
        "and follows what changes. It sees no partner's records and no score.",
        scopes=_CUSTOMER
        | {
            Scope.CUSTOMERS_WRITE,
            Scope.CUSTOMERS_CREATE,
            Scope.INTERACTIONS_READ,
            Scope.INTERACTIONS_WRITE,
            Scope.OFFERS_WRITE,
            Scope.CONSENTS_READ,
            Scope.CONSENTS_WRITE,
            Scope.CATALOGUE_READ,
            Scope.BULK_WRITE,
            Scope.ENDPOINTS_WRITE,
            Scope.EVENTS_READ,
        },
        purposes=frozenset({Purpose.SERVICE}),
        reach=Reach.EVERYBODY,
    ),
    "partner": Role(
        description="A partner that looks at what the hub has of it: its own records of the customers whom "
        "it shares, and nothing that others say of them.",
        scopes=RECORDS | {Scope.CUSTOMERS_READ, Scope.GRANTS_READ},
        purposes=frozenset({Purpose.SERVICE}),
        reach=Reach.PARTNER,
    ),
    "steward": Role(
        description="A person who keeps the customers' identities right, and answers what people ask to be "
        "told or forgotten. Sees profiles and evidence; no money, no score.",
        scopes=_CUSTOMER
        | {
            Scope.CUSTOMERS_WRITE,
            Scope.CUSTOMERS_CREATE,
            Scope.IDENTITY_READ,
            Scope.IDENTITY_WRITE,
            Scope.CONSENTS_READ,
            Scope.CONSENTS_WRITE,
            Scope.GRANTS_READ,
            Scope.PRIVACY_WRITE,
            Scope.CATALOGUE_READ,
            Scope.CATALOGUE_WRITE,
        },
        purposes=frozenset({Purpose.SERVICE}),
        reach=Reach.EVERYBODY,
    ),
    "auditor": Role(
        description="A person who checks who looked at whom and who decided what. Sees that customers exist "
        "and what was done about them, not who they are.",
        scopes=frozenset(
            {
                Scope.CUSTOMERS_READ,
                Scope.AUDIT_READ,
                Scope.IDENTITY_READ,
                Scope.CONSENTS_READ,
                Scope.GRANTS_READ,
                Scope.CATALOGUE_READ,
            }
        ),
        purposes=frozenset({Purpose.SERVICE}),
        reach=Reach.EVERYBODY,
    ),
    "customer": Role(
        description="The customer itself, signed in to self-service: sees its own data and its own risk, "
        "contests it, and says what may be done with it all. Not what it is worth to the company.",
        scopes=RECORDS
        | _CUSTOMER
        | {
            Scope.RISK_READ,
            Scope.OFFERS_READ,
            Scope.OFFERS_WRITE,
            Scope.CUSTOMERS_WRITE,
            Scope.ACTIONS_WRITE,
            Scope.CONSENTS_READ,
            Scope.CONSENTS_WRITE,
            Scope.GRANTS_READ,
            Scope.GRANTS_WRITE,
            Scope.CONTESTS_WRITE,
            Scope.PRIVACY_WRITE,
            Scope.EVENTS_READ,
        },
        purposes=frozenset({Purpose.SERVICE, Purpose.MARKETING, Purpose.RISK}),
        reach=Reach.SELF,
    ),
    "operator": Role(
        description="A person or program that keeps the hub running: connectors, deliveries, jobs. Sees no "
        "customer at all.",
        scopes=frozenset({Scope.CATALOGUE_READ, Scope.OPERATIONS_READ, Scope.ENDPOINTS_WRITE}),
        purposes=frozenset({Purpose.SERVICE}),
        reach=Reach.NOBODY,
    ),
}
"""Every role that a token can name. A token that names another is granted nothing by it."""


def granted(roles: Iterable[str]) -> frozenset[str]:
    """The scopes, as tokens name them, that some roles grant together.

    Who reads the records of every domain reads those of a domain that is added, too.
    """
    found: set[str] = set()
    for role in (ROLES[name] for name in roles if name in ROLES):
        found.update(scope.value for scope in role.scopes)
        if role.scopes >= RECORDS:
            found.update(map(domain_scope, domains()))
    return frozenset(found)


def every_scope() -> frozenset[str]:
    """Every scope that there is."""
    return frozenset(scope.value for scope in Scope) | frozenset(map(domain_scope, domains()))


def purposes(roles: Iterable[str]) -> frozenset[Purpose]:
    """The purposes that some roles allow together."""
    return frozenset(one for name in roles if name in ROLES for one in ROLES[name].purposes)
