"""A customer lets the hub in at the bank: over real HTTP, by the bank's own page, and how it ends."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest

from api.granting.duties import GrantDuties
from api.seeding import seed
from api.wiring import open_hub
from benchmarks.stage.databases import Databases
from benchmarks.stage.partners import Partners
from benchmarks.stage.processes import Installation, free_port, install
from c360.enrolment import CustomerLine
from sandbox.export import lines
from sandbox.population import Population
from store import migrate

VIEW = """
query ($by: CustomerKey!) {
  customer(by: $by) {
    id
    grants { connector state scopes grantedAt grantedBy expiresAt renewable revokedAt revokedBy }
    banking { accounts { accountId } }
    sources { connector status problem { code } }
  }
}
"""
START = """
mutation ($input: StartGrantInput!) {
  startGrant(input: $input) { url expiresAt customer { id } problems { __typename code path message } }
}
"""
REVOKE = """
mutation ($input: RevokeGrantInput!) {
  revokeGrant(input: $input) { customer { grants { state revokedBy } } problems { code path } }
}
"""


class Desk:
    """A front end before the hub, and a customer's browser beside it."""

    def __init__(self, installation: Installation, address: str, line: CustomerLine, bank: str) -> None:
        self.installation = installation
        self.address = address
        self.bank = bank
        (self.party_id,) = [link.party.party_id for link in line.links]
        self.return_to = f"{address}/health/live"
        self._client = httpx.Client(
            base_url=address, headers=installation.bearer("supervisor"), trust_env=False, timeout=20
        )
        self.browser = self.new_browser()
        self._control = httpx.Client(trust_env=False)

    def new_browser(self) -> httpx.Client:
        return httpx.Client(trust_env=False, timeout=20)

    def close(self) -> None:
        for each in (self._client, self.browser, self._control):
            each.close()

    def ask(self, query: str, **variables: Any) -> Any:
        body = self._client.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in body, body
        return body["data"]

    def view(self) -> Any:
        return self.ask(VIEW, by={"partnerRef": {"connector": "banking", "partyId": self.party_id}})[
            "customer"
        ]

    def source(self) -> tuple[str, str | None]:
        (found,) = [one for one in self.view()["sources"] if one["connector"] == "banking"]
        return found["status"], found["problem"] and found["problem"]["code"]

    def start(self, **differing: Any) -> Any:
        given = {
            "customerId": self.view()["id"],
            "connector": "banking",
            "redirect": self.return_to,
            **differing,
        }
        return self.ask(START, input=given)["startGrant"]

    def revoke(self) -> Any:
        return self.ask(REVOKE, input={"customerId": self.view()["id"], "connector": "banking"})[
            "revokeGrant"
        ]

    def consent(self, url: str, browser: httpx.Client | None = None, **form: str) -> str:
        """Go to the bank and decide there: the address that the bank sends the browser back to."""
        browser = browser or self.browser
        at_bank = browser.get(url).headers["location"]
        page = browser.get(at_bank)
        assert page.status_code == 200
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        fields = {name: html.unescape(value) for name, value in fields.items()}
        answer = browser.post(
            f"{self.bank}/oauth/authorize",
            data={**fields, "customer": self.party_id, "decision": "approve", **form},
        )
        assert answer.status_code == 303, answer.text
        back: str = answer.headers["location"]
        return back

    def grant(self) -> None:
        page = self.browser.get(self.consent(self.start()["url"]))
        assert "Access granted" in page.text, page.text

    def sandbox(self, method: str, **body: Any) -> None:
        answer = self._control.request(method, f"{self.bank}/_sandbox/authorization", json=body or None)
        assert answer.status_code == 204

    def counted(self) -> dict[str, int]:
        counters: dict[str, int] = self._control.get(f"{self.bank}/_sandbox/counters").json()
        return counters

    def look_after(self) -> int:
        """One round of the worker's duty about grants, in a process of its own to the server."""

        async def round_() -> int:
            async with open_hub(self.installation.settings) as hub:
                return await GrantDuties(hub).round()

        return asyncio.run(round_())


@pytest.fixture(scope="module")
def customers(truth: Population) -> Iterator[CustomerLine]:
    """Customers of the bank who have granted nothing; each test takes one of its own."""

    def granting_nothing() -> Iterator[CustomerLine]:
        for whole in lines(truth):
            for link in whole.links:
                if link.connector == "banking":
                    yield msgspec.structs.replace(whole, links=(msgspec.structs.replace(link, grant=None),))

    return granting_nothing()


@pytest.fixture(scope="module", params=[pytest.param("sqlite", marks=pytest.mark.thorough), "postgresql"])
def installation(
    request: pytest.FixtureRequest, running: Partners, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """The hub's settings over a database of each kind."""
    made: Databases = request.getfixturevalue(request.param)
    url = made.create()
    migrate.upgrade(url)
    address = f"http://127.0.0.1:{free_port()}"
    grants = {"callback_url": f"{address}/grants/callback", "return_to": [f"{address}/health/live"]}
    bank = {"banking": running.connectors["banking"]}
    # What is asked for is asked live: the partner's own word is what is tried here.
    folder = tmp_path_factory.mktemp("grants")
    return install(folder, url, bank, grants=grants, gather={"memory": 0})


def _bank(partners: Partners) -> str:
    """Where the bank listens."""
    parts = urlsplit(str(partners.connectors["banking"]["base_url"]))
    return f"{parts.scheme}://{parts.netloc}"


def port_of(installation: Installation) -> int:
    port = urlsplit(installation.settings.grants.callback_url).port
    assert port is not None
    return port


@pytest.fixture(scope="module")
def address(installation: Installation) -> Iterator[str]:
    """The hub."""
    with installation.serving(port_of(installation)) as found:
        yield found


def known(installation: Installation, customers: Iterator[CustomerLine], folder: Path) -> CustomerLine:
    """A customer of the test's own, whom the hub knows."""
    line = next(customers)
    file = folder / "customers.jsonl"
    file.write_bytes(msgspec.json.encode(line))
    asyncio.run(seed(installation.settings, file, report=lambda _: None))
    return line


@pytest.fixture
def desk(
    installation: Installation,
    address: str,
    customers: Iterator[CustomerLine],
    partners: Partners,
    tmp_path: Path,
) -> Iterator[Desk]:
    desk = Desk(installation, address, known(installation, customers, tmp_path), _bank(partners))
    yield desk
    desk.sandbox("PUT", access_token_life=600)
    desk.close()


def test_from_the_question_to_the_end(desk: Desk) -> None:
    assert desk.view()["grants"] == []
    assert desk.source() == ("UNAVAILABLE", "GRANT_MISSING")

    begun = desk.start()
    assert begun["problems"] == []
    assert begun["url"].startswith(f"{desk.address}/grants/start?flow=")
    set_out = desk.browser.get(begun["url"])
    asked = parse_qs(urlsplit(set_out.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{desk.address}/grants/callback"]
    cookie = set_out.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/grants" in cookie

    desk.sandbox("PUT", access_token_life=4)
    page = desk.browser.get(desk.consent(begun["url"]))
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Access granted" in page.text
    assert f"{desk.return_to}?grant=granted&amp;connector=banking" in page.text
    assert "<script" not in page.text

    seen = desk.view()
    (grant,) = seen["grants"]
    assert (grant["state"], grant["renewable"], grant["grantedBy"]) == ("ACTIVE", True, "supervisor")
    assert "bank:accounts.basic:read" in grant["scopes"]
    assert seen["banking"]["accounts"]
    assert desk.source() == ("FRESH", None)

    before = desk.counted().get("POST /oauth/token", 0)
    time.sleep(3.2)  # two thirds of its life
    assert desk.look_after() == 1
    assert desk.counted()["POST /oauth/token"] == before + 1
    time.sleep(1.0)  # the first token has ended by now
    assert desk.source() == ("FRESH", None)
    assert desk.view()["grants"][0]["expiresAt"] > grant["expiresAt"]

    payload = desk.revoke()
    assert payload == {
        "customer": {"grants": [{"state": "REVOKED", "revokedBy": "CUSTOMER"}]},
        "problems": [],
    }
    seen = desk.view()
    assert seen["banking"] is None
    assert desk.source() == ("UNAVAILABLE", "REAUTHORISATION_REQUIRED")
    assert desk.look_after() == 1
    assert desk.counted()["POST /oauth/revoke"] == 1
    assert desk.revoke()["problems"] == [{"code": "NOT_FOUND", "path": ["input", "connector"]}]

    desk.sandbox("PUT", access_token_life=600)
    desk.grant()
    assert desk.source() == ("FRESH", None)


def test_an_answer_counts_once_from_the_same_browser_with_its_state(desk: Desk) -> None:
    url = desk.start()["url"]
    other = desk.new_browser()
    back = desk.consent(url)
    assert other.get(url).status_code == 400, "another browser cannot set out with the same address"
    assert other.get(back).status_code == 400, "nor come back"
    wrong = back.replace(parse_qs(urlsplit(back).query)["state"][0], "x" * 43)
    assert desk.browser.get(wrong).status_code == 400
    twice = f"{back}&code=other"
    assert desk.browser.get(twice).status_code == 400
    assert desk.view()["grants"] == []
    assert "Access granted" in desk.browser.get(back).text, "none of this used it up"
    again = desk.browser.get(back)
    assert again.status_code == 400
    assert desk.counted()["POST /oauth/token"] == 1
    assert desk.browser.get(url).status_code == 400
    assert desk.source() == ("FRESH", None)
    for rubbish in (
        "",
        "?state=",
        "?state=x&code=y",
        f"?state={'x' * 5000}",
        "?state=a&state=b",
        "?code=%00",
    ):
        assert desk.browser.get(f"{desk.address}/grants/callback{rubbish}").status_code == 400
    assert desk.browser.get(f"{desk.address}/grants/start").status_code == 400
    assert desk.browser.get(f"{desk.address}/grants/start?flow=%00").status_code == 400
    other.close()


def test_a_customer_who_says_no_or_is_somebody_else(desk: Desk, truth: Population) -> None:
    page = desk.browser.get(desk.consent(desk.start()["url"], decision="deny"))
    assert "Access not granted" in page.text
    assert "grant=denied" in page.text
    assert desk.view()["grants"] == []
    somebody = next(one.party_id for one in truth.presences("banking") if one.party_id != desk.party_id)
    page = desk.browser.get(desk.consent(desk.start()["url"], customer=somebody))
    assert "That did not work" in page.text
    assert desk.view()["grants"] == []
    assert desk.counted()["POST /oauth/revoke"] == 1, "what was granted for somebody else is given back"
    back = desk.consent(desk.start()["url"]).replace("iss=", "iss=x")
    assert "That did not work" in desk.browser.get(back).text, "the answer is from another server"


def test_what_cannot_be_begun(desk: Desk) -> None:
    def problem(**differing: Any) -> tuple[str, str]:
        (found,) = desk.start(**differing)["problems"]
        return found["code"], found["path"][-1]

    assert problem(redirect="https://evil.example/") == ("REDIRECT_NOT_ALLOWED", "redirect")
    assert problem(redirect=desk.return_to + "/../x") == ("REDIRECT_NOT_ALLOWED", "redirect")
    assert problem(connector="nothing") == ("NOT_FOUND", "connector")
    assert problem(partyId="nobody") == ("NOT_FOUND", "connector")
    assert problem(customerId="x") == ("INVALID_ID", "customerId")


def test_a_grant_that_the_partner_ended_is_not_sent_again(desk: Desk) -> None:
    desk.grant()
    assert desk.source() == ("FRESH", None)
    desk.sandbox("DELETE")
    assert desk.source() == ("UNAVAILABLE", "REAUTHORISATION_REQUIRED")
    deadline = time.monotonic() + 5
    while desk.view()["grants"][0]["state"] == "ACTIVE":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    asked = desk.counted()
    for _ in range(3):
        assert desk.source() == ("UNAVAILABLE", "REAUTHORISATION_REQUIRED")
    assert desk.counted() == asked, "the partner is not asked again"
    assert desk.look_after() == 1  # it might only have been renewed too late
    (grant,) = desk.view()["grants"]
    assert (grant["state"], grant["revokedBy"]) == ("REVOKED", "PARTNER")
    assert desk.look_after() == 0


@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
def test_killed_between_the_exchange_and_what_is_kept(
    installation: Installation,
    customers: Iterator[CustomerLine],
    partners: Partners,
    tmp_path: Path,
) -> None:
    """Last of the tests: the shared server holds the port until then."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    text = installation.file.read_text("utf-8")
    file = tmp_path / "c360.toml"
    file.write_text(text.replace(str(port_of(installation)), str(port)), encoding="utf-8")
    installation.bearer()  # makes the issuer's key, where nobody has yet
    shutil.copy(installation.file.with_name("issuer.json"), tmp_path)
    made = Installation(file)
    desk = Desk(made, address, known(made, customers, tmp_path), _bank(partners))
    with made.log.open("w", encoding="utf-8") as log:
        process = made.start("serve", "--port", str(port), output=log)
    try:
        made.await_ready(address, process)
        back = desk.consent(desk.start()["url"])
        with partners.behaving(["banking"], "slow", delay=1.2), ThreadPoolExecutor(1) as pool:
            coming = pool.submit(desk.browser.get, back)
            while "POST /oauth/token" not in desk.counted():
                time.sleep(0.02)
            process.kill()
            process.wait()
            assert isinstance(coming.exception(), httpx.HTTPError)
            time.sleep(1.4)  # the bank has exchanged the code by now, for nobody
    finally:
        process.kill()
        process.wait()
    with made.serving(port):
        assert desk.view()["grants"] == []
        assert desk.browser.get(back).status_code == 400, "the code is not exchanged a second time"
        assert desk.counted()["POST /oauth/token"] == 1
        desk.grant()
        assert desk.source() == ("FRESH", None)
    desk.close()
