"""What a customer decides about the use of their data, over the graph, on real databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from api.bus import opened
from c360.access import Access, Purpose, TenantId
from c360.records.party import PartyKind
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from store.data import EnrolCustomer, EnrolLink, StatedValue, Statement
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")
RECORD = """
mutation Record($input: RecordConsentInput!) {
  recordConsent(input: $input) {
    decision { id kind state purpose channel connector source wording { wordingId version language } proven }
    customer { consents { purpose channel connector status allowed ground } }
    problems { __typename code path }
  }
}
"""
WITHDRAW = """
mutation Withdraw($input: WithdrawConsentInput!) {
  withdrawConsent(input: $input) { decision { id state } problems { code path } }
}
"""
OBJECT = """
mutation Object($input: RecordObjectionInput!) {
  recordObjection(input: $input) { decision { id state } problems { code path } }
}
"""
RESTRICT = """
mutation Restrict($input: RestrictProcessingInput!) {
  restrictProcessing(input: $input) { decision { id state } problems { code path } }
}
"""
PUBLISH = """
mutation Publish($input: PublishWordingInput!) {
  publishWording(input: $input) { wordings { wordingId version language text } problems { code path } }
}
"""
WORDINGS = "{ consentWordings { totalCount edges { node { wordingId version language } } } }"
CONSENTS = """
query Consents($by: CustomerKey!) {
  customer(by: $by) {
    consents { purpose channel connector status allowed ground legalBasis heldBy }
    consentHistory(first: 2) {
      edges { node { state recordedBy proof { reference text } } } pageInfo { hasNextPage endCursor }
    }
  }
}
"""
SOURCES = """
query Sources($by: CustomerKey!) {
  customer(by: $by) { profile { displayName } sources { connector status problem { code } } }
}
"""


class Desk:
    """An engine over a real store in which there is Ada, at a bank and at a hotel."""

    def __init__(
        self, runner: asyncio.Runner, make: Callable[..., GraphEngine], database: Database, url: str, ada: str
    ) -> None:
        self.run, self.make, self.database, self.url, self.local = runner.run, make, database, url, ada
        self.engine = make()
        self.ada = ids.encode("Customer", ada)

    def ask(self, query: str, *, purpose: Purpose = Purpose.SERVICE, **variables: Any) -> Any:
        access = access_of("agent", purpose=purpose)
        response = self.run(self.engine.execute(query, variables, access=access))
        assert not response.errors, response.errors
        assert response.data
        return next(iter(response.data.values()))

    def decide(self, query: str, **given: Any) -> Any:
        made = self.ask(query, input={"customerId": self.ada, "source": "AGENT_CALL", **given})
        assert made["problems"] == []
        return made

    def state(self, **values: str) -> None:
        """Let the bank say something of Ada."""

        async def go() -> None:
            said = Statement(
                connector="bank",
                party_id="bank-1",
                values=tuple(StatedValue(attribute=name, value=value) for name, value in values.items()),
                observed_at=None,
            )
            async with self.database.unit(TENANT) as unit:
                await unit.profiles.observe({self.local: [said]})

        self.run(go())

    def look(self, query: str, *, purpose: Purpose = Purpose.SERVICE) -> Any:
        return self.ask(query, purpose=purpose, by={"id": self.ada})


@pytest.fixture
def desk(database_url: str, schema: Schema, make_world: Callable[..., Any]) -> Iterator[Desk]:
    """The desk of an agent."""
    host = make_world().host
    host.instances = {"bank": "banking", "inn": "hotel"}
    present = datetime(2026, 1, 1, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal present
        present += timedelta(milliseconds=1)
        return present

    with asyncio.Runner() as runner:
        database = Database(database_url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32), clock=clock)
        make = partial(GraphEngine, schema, database, host, clock)

        async def enrol() -> str:
            links = tuple(EnrolLink(connector=one, party_id=f"{one}-1") for one in ("bank", "inn"))
            ada = EnrolCustomer(external_id="ada", kind=PartyKind.PERSON, display_name="Ada", links=links)
            async with database.unit(TENANT) as unit:
                await unit.customers.enrol([ada])
                return (await unit.customers.by_party_refs([("bank", "bank-1")]))["bank", "bank-1"]

        yield Desk(runner, make, database, database_url, runner.run(enrol()))
        runner.run(database.dispose())


def standing(found: Any, purpose: str, channel: str | None = None, connector: str | None = None) -> Any:
    """How one cell of the consents stands."""
    (cell,) = (
        one
        for one in found["consents"]
        if (one["purpose"], one["channel"], one["connector"]) == (purpose, channel, connector)
    )
    return cell["status"], cell["allowed"], cell["ground"]


def test_a_consent_is_given_on_a_wording_with_its_proof_and_taken_back(desk: Desk) -> None:
    texts = [{"language": "en", "text": "May we write?"}, {"language": "de", "text": "Dürfen wir?"}]
    for version in (1, 2):
        made = desk.ask(PUBLISH, input={"wordingId": "letters", "texts": texts})
        assert [(one["version"], one["language"]) for one in made["wordings"]] == [
            (version, "de"),
            (version, "en"),
        ]
    listed = desk.ask(WORDINGS)
    assert listed["totalCount"] == 4
    assert [one["node"]["version"] for one in listed["edges"]] == [2, 2, 1, 1]

    wording = {"wordingId": "letters", "version": 2, "language": "de"}
    proof = {"reference": "call 17", "text": "She said yes."}
    made = desk.decide(RECORD, purpose="MARKETING", channel="EMAIL", given=True, wording=wording, proof=proof)
    assert made["decision"]["wording"] == wording
    assert made["decision"]["proven"]
    assert standing(made["customer"], "MARKETING", "EMAIL") == ("GIVEN", True, "CONSENT")
    assert standing(made["customer"], "MARKETING") == ("NOT_RECORDED", False, "NOT_RECORDED")
    desk.decide(WITHDRAW, purpose="MARKETING")
    found = desk.look(CONSENTS)
    assert standing(found, "MARKETING", "EMAIL") == ("WITHDRAWN", False, "WITHDRAWN")
    assert standing(found, "MARKETING") == ("WITHDRAWN", False, "WITHDRAWN")
    assert standing(found, "SERVICE") == ("NOT_RECORDED", True, "NOT_NEEDED")
    history = [one["node"] for one in found["consentHistory"]["edges"]]
    assert history == [
        {"state": "WITHDRAWN", "recordedBy": "agent", "proof": None},
        {"state": "GIVEN", "recordedBy": "agent", "proof": proof},
    ]


def test_mistakes_are_problems(desk: Desk) -> None:
    def problems(query: str, **given: Any) -> Any:
        return desk.ask(
            query, input={"customerId": desk.ada, "source": "PAPER", "purpose": "MARKETING", **given}
        )["problems"]

    wording = {"wordingId": "letters", "version": 9, "language": "en"}
    (unknown,) = problems(RECORD, given=True, wording=wording)
    assert (unknown["code"], unknown["path"]) == ("NOT_FOUND", ["input", "wording"])
    (ahead,) = problems(RECORD, given=True, at="2031-01-01T00:00:00Z")
    assert (ahead["code"], ahead["path"]) == ("BAD_USER_INPUT", ["input", "at"])
    (over,) = problems(RECORD, given=True, expiresAt="2020-01-01T00:00:00Z")
    assert over["path"] == ["input", "expiresAt"]
    (nowhere,) = problems(WITHDRAW, connector="elsewhere")
    assert nowhere["path"] == ["input", "connector"]
    (nobody,) = desk.ask(
        WITHDRAW,
        input={
            "customerId": ids.encode("Customer", "00000000-0000-7000-8000-000000000000"),
            "source": "PAPER",
            "purpose": "MARKETING",
        },
    )["problems"]
    assert nobody == {"code": "NOT_FOUND", "path": ["input", "customerId"]}


def test_a_partner_that_the_customer_withdrew_is_not_asked_for_that_purpose(desk: Desk) -> None:
    desk.decide(WITHDRAW, purpose="SERVICE", connector="bank")
    found = {one["connector"]: one for one in desk.look(SOURCES)["sources"]}
    assert found["bank"] == {
        "connector": "bank",
        "status": "WITHHELD",
        "problem": {"code": "CONSENT_WITHDRAWN"},
    }
    assert found["inn"]["status"] != "WITHHELD"
    for purpose in (Purpose.CLAIMS, Purpose.FRAUD):
        found = {one["connector"]: one for one in desk.look(SOURCES, purpose=purpose)["sources"]}
        assert found["bank"]["status"] != "WITHHELD"
    desk.decide(RECORD, purpose="SERVICE", connector="bank", given=True)
    found = {one["connector"]: one for one in desk.look(SOURCES)["sources"]}
    assert found["bank"]["status"] != "WITHHELD"


def test_objections_and_restrictions_stop_what_needs_no_consent_until_they_are_lifted(desk: Desk) -> None:
    desk.decide(OBJECT, purpose="RISK")
    assert standing(desk.look(CONSENTS), "RISK") == ("NOT_RECORDED", False, "OBJECTED")
    desk.decide(OBJECT, purpose="RISK", lifted=True)
    assert standing(desk.look(CONSENTS), "RISK") == ("NOT_RECORDED", True, "NOT_NEEDED")
    desk.decide(RESTRICT)
    found = desk.look(CONSENTS)
    assert standing(found, "ANALYTICS")[1:] == (False, "RESTRICTED")
    assert standing(found, "CLAIMS")[1:] == (True, "NOT_NEEDED")
    statuses = {one["status"] for one in desk.look(SOURCES, purpose=Purpose.ANALYTICS)["sources"]}
    assert statuses == {"WITHHELD"}
    desk.decide(RESTRICT, lifted=True)
    assert standing(desk.look(CONSENTS), "ANALYTICS")[1:] == (True, "NOT_NEEDED")


POINTS = """
query Points($by: CustomerKey!) {
  customer(by: $by) { profile { contactPoints { kind value purposes } } }
}
"""


def test_for_marketing_only_the_contact_points_are_shown_that_may_be_used(desk: Desk) -> None:
    desk.state(email="ada@example.org", phone="+61255501234")

    def points(purpose: Purpose) -> dict[str, Any]:
        found = desk.look(POINTS, purpose=purpose)["profile"]["contactPoints"]
        return {one["kind"]: one["purposes"] for one in found}

    assert points(Purpose.MARKETING) == {}
    assert "MARKETING" not in points(Purpose.SERVICE)["EMAIL"]
    desk.decide(RECORD, purpose="MARKETING", channel="EMAIL", given=True)
    assert points(Purpose.MARKETING).keys() == {"EMAIL"}
    assert "MARKETING" in points(Purpose.SERVICE)["EMAIL"]
    assert "MARKETING" not in points(Purpose.SERVICE)["PHONE"]
    # What a closed partner said is not shown either, though the hub keeps it.
    desk.decide(WITHDRAW, purpose="SERVICE", connector="bank")
    assert points(Purpose.SERVICE) == {}
    assert points(Purpose.CLAIMS).keys() == {"EMAIL", "PHONE"}


def test_no_answer_begun_after_a_withdrawal_shows_what_was_withdrawn(desk: Desk) -> None:
    """Many readers at once while a consent is given and withdrawn again and again."""
    desk.state(email="ada@example.org", phone="+61255501234")
    seen: list[tuple[int, bool, int]] = []
    withdrawn_before = given_before = given_begun = 0
    over = False
    answered = asyncio.Event()

    async def read() -> None:
        access = access_of("reader", purpose=Purpose.MARKETING)
        while not over:
            given, gone = given_before, withdrawn_before
            answer = await desk.engine.execute(POINTS, {"by": {"id": desk.ada}}, access=access)
            assert answer.data
            shown = bool(answer.data["customer"]["profile"]["contactPoints"])
            seen.append((given - gone, shown, given_begun - given))
            answered.set()

    async def reads(more: int) -> None:
        """Wait for more answers than there are readers, so that one at least was begun meanwhile."""
        enough = len(seen) + more
        while len(seen) < enough:
            answered.clear()
            await answered.wait()

    async def write() -> None:
        nonlocal withdrawn_before, given_before, given_begun, over
        base = {"customerId": desk.ada, "source": "CUSTOMER_PORTAL", "purpose": "MARKETING"}
        for _ in range(6):
            given_begun += 1
            given = await desk.engine.execute(
                RECORD, {"input": {**base, "given": True}}, access=access_of("ada")
            )
            assert not given.errors
            given_before += 1
            await reads(3)
            gone = await desk.engine.execute(WITHDRAW, {"input": base}, access=access_of("ada"))
            assert not gone.errors
            withdrawn_before += 1
            await reads(6)
        over = True

    async def go() -> None:
        await asyncio.gather(write(), *(read() for _ in range(3)))

    desk.run(go())
    # Begun with every consent withdrawn, and none given until it ended: nothing may be shown.
    closed = [shown for balance, shown, since in seen if balance == 0 and since == 0]
    assert closed
    assert not any(closed)
    assert any(shown for _, shown, _ in seen)


FOLLOWED = """
subscription ($id: ID!) {
  customerChanged(customerId: $id, initial: true) { customer { profile { contactPoints { kind } } } }
}
"""


def test_a_subscription_shows_nothing_more_of_what_was_withdrawn(desk: Desk) -> None:
    """Withdrawing is itself what the subscription is answered for, and the answer heeds it."""
    desk.state(email="ada@example.org")
    desk.decide(RECORD, purpose="MARKETING", channel="EMAIL", given=True)
    decision = {
        "customerId": desk.ada,
        "source": "CUSTOMER_PORTAL",
        "purpose": "MARKETING",
        "channel": "EMAIL",
    }

    async def reader() -> Access:
        return access_of("reader", purpose=Purpose.MARKETING)

    async def go() -> list[Any]:
        async with opened(desk.database, TENANT, desk.url) as bus:
            engine = desk.make(bus=bus)
            answers = engine.stream(FOLLOWED, {"id": desk.ada}, access=reader)
            async with aclosing(answers), asyncio.timeout(20):
                first = await anext(answers)
                withdrawn = await engine.execute(WITHDRAW, {"input": decision}, access=access_of("ada"))
                assert not withdrawn.errors
                return [first, await anext(answers)]

    found = [answer.data["customerChanged"]["customer"]["profile"] for answer in desk.run(go())]
    assert found == [{"contactPoints": [{"kind": "EMAIL"}]}, {"contactPoints": []}]
