"""Consents at the insurer: asked for once, given by the customer there, ended."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from c360.access import IdempotencyKey
from c360.contract import Action, ActionOutcome, ActionState, Ref, RejectionCode, connect
from c360.records.insurance import ConsentPart, RequestConsent, RevokeConsent
from c360.values import Secret, Value
from plugins.insurance.config import OpinConfig
from plugins.insurance.connector import OpinBrInsurance
from sandbox.framework import World
from sandbox.partners import insurance
from sandbox.partners.insurance.spelling import digits
from sandbox.population import Population
from tests.conftest import InProcess
from tests.plugins.insurance.conftest import BASE_URL

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
WORLD = World(Population(people=8, companies=1, seed=360, today=date(2026, 6, 15)))
PRESENCE = next(each for each in WORLD.population.presences("insurance") if not each.organization)
WANTED = RequestConsent(
    document=digits(PRESENCE.tax_id),
    parts=(ConsentPart.IDENTIFICATION, ConsentPart.MOTOR),
    expires_at=NOW + timedelta(days=90),
)
CREDENTIALS = {
    name: value.replace("{origin}", "http://insurer.test") for name, value in insurance.CREDENTIALS.items()
}


class Insurer:
    def __init__(self) -> None:
        self.app = insurance.app(World(WORLD.population))
        secret = Secret(CREDENTIALS["client_secret"])
        config = OpinConfig(base_url=BASE_URL, **{**CREDENTIALS, "client_secret": secret})  # type: ignore[arg-type]  # texts but for the secret
        self.connector = connect(
            OpinBrInsurance, config, InProcess(self.app, BASE_URL), instance="insurance", now=lambda: NOW
        )

    def _action(self, given: Value, key: str, reference: str | None) -> Action:
        kind = "request_consent" if isinstance(given, RequestConsent) else "revoke_consent"
        return Action(
            kind=f"insurance.{kind}",
            ref=Ref(party_id=PRESENCE.party_id),
            input=given,
            idempotency_key=IdempotencyKey(key),
            requested_at=NOW,
            reference=reference,
        )

    def act(self, given: Value, key: str = "k") -> ActionOutcome:
        return asyncio.run(self.connector.act(self._action(given, key, None)))

    def trace(self, given: Value, reference: str | None = None) -> ActionOutcome | None:
        return asyncio.run(self.connector.trace(self._action(given, "k", reference)))

    def gives(self, consent_id: str) -> None:
        """The customer says yes on the insurer's pages."""

        async def go() -> None:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=self.app), base_url="http://insurer.test"
            ) as client:
                answer = await client.post("/_sandbox/consents", json={"consentId": consent_id})
                answer.raise_for_status()

        asyncio.run(go())


@pytest.fixture
def insurer() -> Insurer:
    return Insurer()


def test_a_consent_waits_for_its_customer_and_ends_once(insurer: Insurer) -> None:
    asked = insurer.act(WANTED)
    assert asked.state is ActionState.PENDING
    assert asked.reference is not None
    assert insurer.act(WANTED) == asked, "the same key asks for the same consent"
    assert insurer.trace(WANTED, asked.reference) == asked
    insurer.gives(asked.reference)
    given = insurer.trace(WANTED, asked.reference)
    assert given == ActionOutcome(state=ActionState.CONFIRMED, reference=asked.reference)
    ending = RevokeConsent(consent_id=asked.reference)
    assert insurer.trace(ending) is None, "it has not ended"
    ended = ActionOutcome(state=ActionState.CONFIRMED, reference=asked.reference)
    assert insurer.act(ending) == ended
    assert insurer.trace(ending) == ended
    assert insurer.act(ending).rejection is RejectionCode.CONFLICT, "it has ended already"
    refused = insurer.trace(WANTED, asked.reference)
    assert refused is not None
    assert refused.state is ActionState.REJECTED


def test_the_insurers_refusals_are_told_apart(insurer: Insurer) -> None:
    company = RequestConsent(
        document="1" * 11,
        company_document="A" * 12 + "00",
        parts=(ConsentPart.HOME, ConsentPart.PERSON, ConsentPart.IDENTIFICATION),
        expires_at=NOW + timedelta(days=1),
    )
    assert insurer.act(company, "c").state is ActionState.PENDING
    assert insurer.act(WANTED, "c").rejection is RejectionCode.CONFLICT, "the key stands for another"
    late = RequestConsent(
        document=WANTED.document, parts=WANTED.parts, expires_at=NOW + timedelta(days=1_000)
    )
    assert insurer.act(late, "l").rejection is RejectionCode.INVALID
    past = RequestConsent(document=WANTED.document, parts=WANTED.parts, expires_at=NOW)
    assert insurer.act(past, "p").rejection is RejectionCode.INVALID
    unknown = RevokeConsent(consent_id="urn:other:nothing/../..")
    assert insurer.act(unknown).rejection is RejectionCode.NOT_FOUND
    assert insurer.trace(unknown) is None
    assert insurer.trace(WANTED) is None, "no answer ever told its id"


def test_without_a_client_it_asks_for_no_consents() -> None:
    config: Any = OpinConfig(base_url=BASE_URL)
    assert OpinBrInsurance.configured(config).actions == ()
