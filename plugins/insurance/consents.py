"""Consents at the insurer: asked for under the hub's own credential, given by the customer there, ended.

The insurer honours an idempotency key when a consent is asked for. Whether the customer has given it, and
whether it has ended, is read from the consent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec

from c360.auth import Auth, Client, ClientCredentials
from c360.contract import Action, ActionOutcome, ActionState, RejectionCode
from c360.errors import ConnectorError
from c360.http import Http, Response
from c360.records.insurance import ConsentPart, RequestConsent, RevokeConsent
from plugins.insurance.config import OpinConfig

PATH = "/consents/v3/consents"
_REFUSALS = (400, 404, 422)
_SCOPE = ("consents",)
_STATES = {
    "AWAITING_AUTHORISATION": ActionState.PENDING,
    "AUTHORISED": ActionState.CONFIRMED,
    "CONSUMED": ActionState.CONFIRMED,
    "REJECTED": ActionState.REJECTED,
}
_APIS = {ConsentPart.MOTOR: "AUTO", ConsentPart.PERSON: "PERSON", ConsentPart.HOME: "HOUSING"}


class Consent(msgspec.Struct, frozen=True, rename="camel"):
    """A consent as the insurer keeps it."""

    consent_id: str
    status: str


class Answer(msgspec.Struct, frozen=True):
    """The body around it."""

    data: Consent


def credential(config: OpinConfig) -> Auth | None:
    """The hub's own credential at the insurer; none where the settings have none."""
    if not (config.token_url and config.client_id):
        return None
    client = Client(
        client_id=config.client_id, token_url=config.token_url, client_secret=config.client_secret
    )
    return ClientCredentials(client, scopes=_SCOPE)


async def perform(http: Http, action: Action, now: datetime) -> ActionOutcome:
    """Ask for a consent, or end one.

    Raises:
        OutcomeUnknown: it was sent, and no answer came.
        ConnectorError: it has no effect.
    """
    match action.input:
        case RequestConsent() as wanted:
            if not now < wanted.expires_at:
                return _rejected(RejectionCode.INVALID)
            headers = {**_headers(action), "x-idempotency-key": action.idempotency_key}
            answer = await http.post(PATH, json=_body(wanted), headers=headers, accept=_REFUSALS)
            if answer.status in _REFUSALS:
                return _rejected(_why(answer))
            return _outcome(answer.decode(Answer).data)
        case RevokeConsent(consent_id=consent_id):
            answer = await http.request("DELETE", _at(consent_id), headers=_headers(action), accept=_REFUSALS)
            if answer.status in _REFUSALS:
                return _rejected(_why(answer))
            return ActionOutcome(state=ActionState.CONFIRMED, reference=consent_id)
        case _:
            raise ConnectorError(f"{action.kind} is not an action of this connector")


async def trace(http: Http, action: Action) -> ActionOutcome | None:
    """Whether the customer has given a consent, or whether it has ended, by now."""
    ending = isinstance(action.input, RevokeConsent)
    consent_id = action.input.consent_id if isinstance(action.input, RevokeConsent) else action.reference
    if consent_id is None:
        return None
    answer = await http.get(_at(consent_id), headers=_headers(action), accept=(404,))
    if answer.status == 404:
        return None
    found = answer.decode(Answer).data
    if not ending:
        return _outcome(found)
    if found.status != "REJECTED":
        return None
    return ActionOutcome(state=ActionState.CONFIRMED, reference=consent_id)


def _body(wanted: RequestConsent) -> Mapping[str, Any]:
    company = wanted.company_document
    data: dict[str, Any] = {
        "loggedUser": {"document": {"identification": wanted.document, "rel": "CPF"}},
        "permissions": _permissions(wanted),
        "expirationDateTime": f"{wanted.expires_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    if company is not None:
        data["businessEntity"] = {"document": {"identification": company, "rel": "CNPJ"}}
    return {"data": data}


def _permissions(wanted: RequestConsent) -> list[str]:
    """What a consent has to allow for what the connector reads."""
    holder = "PERSONAL" if wanted.company_document is None else "BUSINESS"
    found = ["RESOURCES_READ"]
    for part in dict.fromkeys(wanted.parts):
        if part is ConsentPart.IDENTIFICATION:
            found.append(f"CUSTOMERS_{holder}_IDENTIFICATIONS_READ")
        else:
            of = f"DAMAGES_AND_PEOPLE_{_APIS[part]}"
            found += [f"{of}_READ", f"{of}_POLICYINFO_READ", f"{of}_PREMIUM_READ", f"{of}_CLAIM_READ"]
    return found


def _outcome(found: Consent) -> ActionOutcome:
    state = _STATES.get(found.status, ActionState.PENDING)
    refused = RejectionCode.NOT_ALLOWED if state is ActionState.REJECTED else None
    return ActionOutcome(state=state, reference=found.consent_id, rejection=refused)


def _why(answer: Response) -> RejectionCode:
    if answer.status == 404:
        return RejectionCode.NOT_FOUND
    if answer.status == 422 and b"ERRO_IDEMPOTENCIA" not in answer.content:
        return (
            RejectionCode.CONFLICT if answer.url.rpartition("/")[2] != "consents" else RejectionCode.INVALID
        )
    return RejectionCode.CONFLICT if answer.status == 422 else RejectionCode.INVALID


def _rejected(why: RejectionCode) -> ActionOutcome:
    return ActionOutcome(state=ActionState.REJECTED, rejection=why)


def _at(consent_id: str) -> str:
    return f"{PATH}/{quote(consent_id, safe='')}"


def _headers(action: Action) -> Mapping[str, str]:
    """One interaction for each action: what is sent again is the same to the byte."""
    return {"x-fapi-interaction-id": str(uuid5(NAMESPACE_URL, action.idempotency_key))}
