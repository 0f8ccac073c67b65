"""Everything that is known of a person of the sandbox, exported, and held against what the graph says."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx
import msgspec
import pytest

from api.app import create_app
from api.privacy.exporting import Exporter
from benchmarks.stage.graph import Graph, Stage
from c360.access import Reach
from schema import ids
from store.data_privacy import ExportState
from tests.fixtures.access import access

LOOK = """
query($by: CustomerKey!) {
  customer(by: $by) {
    id displayName
    profile { displayName email { value } }
    identities { connector partyId }
    banking { accounts { accountId } }
    lifetimeValue { total { amount currency } }
  }
}
"""
REQUEST = """
mutation($input: RequestExportInput!) {
  requestExport(input: $input) { export { id state path } problems { code } }
}
"""
STATE = "query($id: ID!) { dataExport(id: $id) { state size digest path } }"
DECIDE = """
mutation($input: RecordConsentInput!) { recordConsent(input: $input) { decision { id } problems { code } } }
"""


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """One database will do: what each keeps is tested where it is kept."""
    return str(request.param)


def test_an_export_tells_what_the_graph_tells_and_what_is_kept(stage: Stage) -> None:
    member = stage.member()
    by = {"by": stage.key(member)}

    async def scene(graph: Graph) -> Any:
        seen = (await graph.ask(LOOK, by))["customer"]
        proof = {"reference": "call 17", "text": "Yes, do write to me."}
        consent = {
            "customerId": seen["id"],
            "purpose": "MARKETING",
            "given": True,
            "source": "AGENT_CALL",
            "proof": proof,
        }
        assert (await graph.ask(DECIDE, {"input": consent}))["recordConsent"]["problems"] == []
        await graph.settle()
        made = (await graph.ask(REQUEST, {"input": {"customerId": seen["id"]}}))["requestExport"]
        again = (await graph.ask(REQUEST, {"input": {"customerId": seen["id"]}}))["requestExport"]
        assert again["export"]["id"] == made["export"]["id"], "what waits is not asked for twice"
        assert made["export"]["state"] == "REQUESTED"
        assert await Exporter(graph.hub, stage.settings).round() == 1
        state = (await graph.ask(STATE, {"id": made["export"]["id"]}))["dataExport"]
        local = ids.decode_as("DataExport", made["export"]["id"], argument="id")
        async with graph.hub.store.database.read(graph.hub.tenant) as unit:
            found = (await unit.exports.get([local]))[local]
            pieces: list[bytes] = []
            while (piece := await unit.exports.piece(found, len(pieces))) is not None:
                pieces.append(piece)
        assert found.state is ExportState.READY
        return seen, state, b"".join(pieces)

    seen, state, content = stage.play(scene)
    assert state["state"] == "READY"
    assert (state["size"], state["digest"]) == (len(content), hashlib.sha256(content).hexdigest())
    told = json.loads(content)
    assert told["customer"] == seen["id"]
    tables = {one["table"]: one for one in told["kept"]}
    assert all(one["source"] and one["purposes"] and one["legalBases"] for one in told["kept"])
    linked = {(one["connector"], one["party_id"]) for one in tables["identity_link"]["rows"]}
    assert linked == {(one["connector"], one["partyId"]) for one in seen["identities"]}
    (decided,) = tables["consent_decision"]["rows"]
    assert decided["proof"] == {"reference": "call 17", "text": "Yes, do write to me."}
    # The copies are told opened.
    copies = {one["kind"] for one in tables["snapshot"]["rows"] if one["ciphertext"]}
    assert "banking.accounts" in copies
    # What partners said just now.
    partners = {one["connector"]: one for one in told["partners"]}
    accounts = {one["account_id"] for one in partners["banking"]["records"]["banking.accounts"]}
    assert accounts == {one["accountId"] for one in seen["banking"]["accounts"]}
    # What is worked out, with its explanation.
    answers = {one["field"]: one for one in told["answers"]}
    assert [one for one in told["answers"] if one["problems"]] == []
    assert answers["profile"]["value"]["displayName"] == seen["profile"]["displayName"]
    assert answers["lifetimeValue"]["value"]["total"] == seen["lifetimeValue"]["total"]
    assert answers["risk"]["value"]["behavioural"]["model"]
    assert "token" not in json.dumps(tables.get("grant", {}))
    assert told["missing"] == []


def test_an_export_is_downloaded_by_whoever_may_and_by_nobody_else(stage: Stage) -> None:
    member = stage.member()
    officer = access("officer")
    scopes = {"now": officer}

    class Door:
        async def authenticate(self, _headers: object) -> Any:
            return scopes["now"]

    async def scene(graph: Graph) -> Any:
        customer = (await graph.ask(LOOK, {"by": stage.key(member)}))["customer"]
        made = (await graph.ask(REQUEST, {"input": {"customerId": customer["id"]}}))["requestExport"]
        gid = made["export"]["id"]
        app = create_app(graph.hub, stage.settings)
        app.state.authenticator = Door()
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://hub.test"
        ) as client:
            waiting = await client.get(f"/exports/{gid}")
            await Exporter(graph.hub, stage.settings).round()
            ready = await client.get(f"/exports/{gid}")
            unknown = await client.get("/exports/nonsense")
            narrow = officer.principal.scopes - {"privacy:write"}
            scopes["now"] = replaced(officer, scopes=narrow)
            forbidden = await client.get(f"/exports/{gid}")
            scopes["now"] = replaced(officer, customer_id="somebody-else", reach=Reach.SELF)
            away = await client.get(f"/exports/{gid}")
        return waiting, ready, unknown, forbidden, away

    waiting, ready, unknown, forbidden, away = stage.play(scene)
    assert away.status_code == 404, away.text
    assert [one.status_code for one in (waiting, ready, unknown, forbidden, away)] == [
        404,
        200,
        404,
        403,
        404,
    ]
    assert ready.headers["cache-control"] == "no-store"
    assert ready.json()["format"] == "c360-export"


def replaced(of: Any, **changes: Any) -> Any:
    """The same access with another principal."""
    return msgspec.structs.replace(of, principal=msgspec.structs.replace(of.principal, **changes))
