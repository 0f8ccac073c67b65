"""Consents: what a customer allows, for how long, and the token that came of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from starlette.exceptions import HTTPException

from sandbox.framework import World
from sandbox.partners.insurance.products import JsonObject
from sandbox.partners.insurance.spelling import digits
from sandbox.population.model import Presence

CLIENT_TOKEN = "sandbox-opin-client-token"  # noqa: S105  # opens nothing but made-up data
CLIENT_ID, CLIENT_SECRET = "c360-sandbox", "sandbox-opin-client-secret"
"""With which the receiver has that token given."""
NAMESPACE = "urn:ipe-seguros:"
LONGEST = timedelta(days=365)

_POLICIES = tuple(
    f"DAMAGES_AND_PEOPLE_{product}_{part}"
    for product in ("AUTO", "PERSON", "HOUSING")
    for part in ("READ", "POLICYINFO_READ", "PREMIUM_READ", "CLAIM_READ")
)
PERSONAL = ("CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", "RESOURCES_READ", *_POLICIES)
BUSINESS = ("CUSTOMERS_BUSINESS_IDENTIFICATIONS_READ", "RESOURCES_READ", *_POLICIES)
SERVED = frozenset(PERSONAL) | frozenset(BUSINESS)
"""Permissions this insurer can be asked for: those of the APIs it serves."""


@dataclass(frozen=True)
class Consent:
    """A consent at one moment."""

    id: str
    permissions: tuple[str, ...]
    status: str
    created: datetime
    updated: datetime
    expires: datetime
    document: str
    """CPF or CNPJ of whose data it is."""
    presence: Presence | None = None
    """The customer, once authorised."""
    token: str | None = None
    reason: str | None = None
    """Why it is rejected."""

    def json(self) -> JsonObject:
        """The consent as the API writes it."""
        return {
            "consentId": self.id,
            "creationDateTime": f"{self.created:%Y-%m-%dT%H:%M:%SZ}",
            "status": self.status,
            "statusUpdateDateTime": f"{self.updated:%Y-%m-%dT%H:%M:%SZ}",
            "permissions": list(self.permissions),
            "expirationDateTime": f"{self.expires:%Y-%m-%dT%H:%M:%SZ}",
        } | ({"rejection": {"rejectedBy": "USER", "reason": {"code": self.reason}}} if self.reason else {})


@dataclass
class Ledger:
    """All consents of the insurer: those given from the start, and what happened since."""

    world: World
    changed: dict[str, Consent] = field(default_factory=dict)
    issued: dict[str, str] = field(default_factory=dict)
    """Tokens issued at run time, with their consent."""
    processed: dict[str, tuple[bytes, Mapping[str, object]]] = field(default_factory=dict)
    """Idempotency keys with the body they came with and the answer they got."""

    def of_token(self, token: str) -> Consent | None:
        """The consent in force that a token stands for."""
        if token in self.issued:
            consent = self.get(self.issued[token])
        else:
            presence = self.world.population.by_token("insurance", token)
            consent = self.get(f"{NAMESPACE}{presence.party_id}") if presence else None
        in_force = consent and consent.status == "AUTHORISED" and self.world.now() < consent.expires
        return consent if in_force else None

    def get(self, consent_id: str) -> Consent | None:
        """The consent with that id."""
        if consent_id in self.changed:
            return self.changed[consent_id]
        presence = self.world.population.presence("insurance", consent_id.removeprefix(NAMESPACE))
        return self._from_the_start(presence) if presence and consent_id.startswith(NAMESPACE) else None

    def create(self, document: str, permissions: tuple[str, ...], expires: datetime) -> Consent:
        """A new consent that waits for its customer."""
        now = self.world.now()
        consent = Consent(
            id=f"{NAMESPACE}{secrets.token_hex(8)}",
            permissions=permissions,
            status="AWAITING_AUTHORISATION",
            created=now,
            updated=now,
            expires=expires,
            document=document,
        )
        self.changed[consent.id] = consent
        return consent

    def authorise(self, consent: Consent) -> Consent:
        """The customer says yes on the insurer's own pages.

        Raises:
            HTTPException: 404, nobody has that document; 422, it does not wait for a yes.
        """
        if consent.status != "AWAITING_AUTHORISATION":
            raise HTTPException(422, "O consentimento não aguarda autorização")
        presences = self.world.population.presences("insurance")
        found = next((one for one in presences if digits(one.tax_id) == consent.document), None)
        if found is None:
            raise HTTPException(404, "Cliente não encontrado")
        token = secrets.token_urlsafe(24)
        self.issued[token] = consent.id
        return self._change(replace(consent, presence=found, token=token), "AUTHORISED")

    def revoke(self, consent: Consent) -> Consent:
        """The customer takes the consent back; its token opens nothing any more.

        Raises:
            HTTPException: 422, it is not in force nor waiting.
        """
        reasons = {
            "AUTHORISED": "CUSTOMER_MANUALLY_REVOKED",
            "AWAITING_AUTHORISATION": "CUSTOMER_MANUALLY_REJECTED",
        }
        if consent.status not in reasons:
            raise HTTPException(422, "O consentimento já foi revogado")
        return self._change(replace(consent, reason=reasons[consent.status]), "REJECTED")

    def _change(self, consent: Consent, status: str) -> Consent:
        changed = replace(consent, status=status, updated=self.world.now())
        self.changed[changed.id] = changed
        return changed

    def _from_the_start(self, presence: Presence) -> Consent:
        given = max(presence.updated_at, self.world.now() - LONGEST / 2)
        return Consent(
            id=f"{NAMESPACE}{presence.party_id}",
            permissions=BUSINESS if presence.organization else PERSONAL,
            status="AUTHORISED",
            created=given,
            updated=given,
            expires=self.world.now() + LONGEST / 2,
            document=digits(presence.tax_id),
            presence=presence,
            token=presence.token,
        )


def ledger(world: World) -> Ledger:
    """The insurer's consents, kept in its world."""
    found: Ledger = world.state.setdefault("insurance.consents", Ledger(world))
    return found
