"""A consent is asked for at the insurer, given by the customer there, and ended when that is withdrawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from api.sections import GatherSettings
from benchmarks.stage.graph import Graph, Stage, StageClock, fill, make_settings, open_graph
from benchmarks.stage.partners import Partners
from sandbox.partners.insurance import CLIENT_TOKEN
from sandbox.partners.insurance.spelling import digits
from sandbox.population import Population

REQUEST = """
mutation ($input: RequestConsentInput!) { requestConsent(input: $input) {
  action { id state reference acceptedAt } problems { code path } } }
"""
REVOKE_CONSENT = """
mutation ($input: RevokeConsentInput!) { revokeConsent(input: $input) {
  action { state } problems { code path } } }
"""
REVOKE_GRANT = "mutation ($input: RevokeGrantInput!) { revokeGrant(input: $input) { problems { code } } }"
ACTIONS = """
query ($by: CustomerKey!) { customer(by: $by) { id
  actions { edges { node { kind state reference rejection requestedBy } } } } }
"""


async def ask(graph: Graph, query: str, **variables: Any) -> Any:
    answer = await graph.execute(query, variables)
    assert not answer.errors, answer.errors
    assert answer.data
    return next(iter(answer.data.values()))


async def at_insurer(origin: str, consent_id: str) -> str:
    """How a consent stands, as the insurer tells its own clients."""
    headers = {
        "authorization": f"Bearer {CLIENT_TOKEN}",
        "x-fapi-interaction-id": "d78fc4e5-37ca-4da3-adf2-9b082bf92280",
    }
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        path = f"{origin}/open-insurance/consents/v3/consents/{consent_id}"
        return str((await client.get(path, headers=headers)).json()["data"]["status"])


def test_a_consent_is_asked_for_given_and_withdrawn(
    empty: Callable[[], str], partners: Partners, truth: Population, customers_file: Path
) -> None:
    settings = make_settings(empty(), {"insurance": partners.connectors["insurance"]})
    settings = msgspec.structs.replace(settings, gather=GatherSettings(deadline=20))
    asyncio.run(fill(settings, customers_file))
    stage = Stage(partners, truth, settings, StageClock(truth.today))
    members = [each for each in truth.presences("insurance") if not each.organization][:2]
    keys = [{"partnerRef": {"connector": "insurance", "partyId": each.party_id}} for each in members]
    base = urlsplit(partners.connectors["insurance"]["base_url"])
    origin = f"{base.scheme}://{base.netloc}"

    async def scenario() -> None:
        async with (
            open_graph(settings, stage.clock) as graph,
            httpx.AsyncClient(trust_env=False, timeout=30) as customer,
        ):
            mine, other = [(await ask(graph, ACTIONS, by=key))["id"] for key in keys]
            wanted = {
                "customerId": mine,
                "idempotencyKey": "c1",
                "document": digits(members[0].tax_id),
                "parts": ["IDENTIFICATION", "MOTOR"],
                "expiresAt": (stage.clock() + timedelta(days=90)).isoformat(),
            }
            asked = await ask(graph, REQUEST, input=wanted)
            assert asked["problems"] == []
            consent = asked["action"]["reference"]
            assert (asked["action"]["state"], bool(asked["action"]["acceptedAt"])) == ("SENT", True)
            assert await at_insurer(origin, consent) == "AWAITING_AUTHORISATION"
            assert (await ask(graph, REQUEST, input=wanted))["action"]["id"] == asked["action"]["id"]
            foreign = {"customerId": other, "idempotencyKey": "r0", "consentId": consent}
            refused = await ask(graph, REVOKE_CONSENT, input=foreign)
            assert refused["problems"] == [{"code": "NOT_FOUND", "path": ["input", "consentId"]}]
            (
                await customer.post(f"{origin}/_sandbox/consents", json={"consentId": consent})
            ).raise_for_status()
            stage.clock.advance(timedelta(hours=5))
            await graph.hub.performer.drain(graph.hub.tenant)
            (given,) = await kept(graph, keys[0])
            assert (given["kind"], given["state"], given["reference"]) == (
                "insurance.request_consent",
                "CONFIRMED",
                consent,
            )
            ended = await ask(graph, REVOKE_GRANT, input={"customerId": mine, "connector": "insurance"})
            assert ended["problems"] == []
            await ask(graph, REVOKE_GRANT, input={"customerId": mine, "connector": "insurance"})
            await graph.hub.performer.drain(graph.hub.tenant)
            ending, _ = await kept(graph, keys[0])
            assert (ending["kind"], ending["state"], ending["reference"], ending["requestedBy"]) == (
                "insurance.revoke_consent",
                "CONFIRMED",
                consent,
                "c360",
            )
            assert await at_insurer(origin, consent) == "REJECTED"

    asyncio.run(scenario())


async def kept(graph: Graph, key: Any) -> list[Any]:
    found = await ask(graph, ACTIONS, by=key)
    return [edge["node"] for edge in found["actions"]["edges"]]
