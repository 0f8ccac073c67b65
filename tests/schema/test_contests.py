"""A score is contested and decided, on real databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from c360.access import Purpose, TenantId
from c360.records.party import PartyKind
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from store.data import EnrolCustomer, EnrolLink
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")
CONTEST = """
mutation Contest($input: ContestScoreInput!) {
  contestScore(input: $input) {
    contest { id state reason raisedBy customerId }
    customer { id risk { contests { id state } combined { humanReview reviewCauses } } }
    problems { __typename code path message }
  }
}
"""
DECIDE = """
mutation Decide($input: DecideContestInput!) {
  decideContest(input: $input) {
    contest { id state verdict note decidedBy decidedAt }
    customer { id risk { contests { verdict } } }
    problems { __typename code path }
  }
}
"""
QUEUE = """
query Queue($state: ContestState, $first: Int, $after: String) {
  contests(state: $state, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node { contest { id reason } customer { displayName } } }
  }
}
"""
Ask = Callable[..., Any]


@pytest.fixture
def ask(database_url: str, schema: Schema, make_world: Callable[..., Any]) -> Iterator[Ask]:
    """An engine over a real store in which there is Ada."""
    host = make_world().host
    host.instances = {"bank": "banking"}
    present = datetime(2026, 1, 1, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal present
        present += timedelta(milliseconds=1)
        return present

    with asyncio.Runner() as runner:
        database = Database(database_url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32), clock=clock)
        engine = GraphEngine(schema, database, host, clock)
        access = access_of("agent", purpose=Purpose.RISK)

        async def enrol() -> str:
            async with database.unit(TENANT) as unit:
                await unit.customers.enrol(
                    [
                        EnrolCustomer(
                            external_id="ada",
                            kind=PartyKind.PERSON,
                            display_name="Ada",
                            links=(EnrolLink(connector="bank", party_id="B1"),),
                        )
                    ]
                )
                return (await unit.customers.by_party_refs([("bank", "B1")]))["bank", "B1"]

        ada = ids.encode("Customer", runner.run(enrol()))

        def asked(query: str, **variables: Any) -> Any:
            if query is CONTEST:
                variables["input"] = {"customerId": ada, **variables["input"]}
            response = runner.run(engine.execute(query, variables, access=access))
            assert not response.errors, response.errors
            assert response.data
            return next(iter(response.data.values()))

        yield asked
        runner.run(database.dispose())


def test_a_contest_opens_a_review_that_a_person_decides(ask: Ask) -> None:
    made = ask(CONTEST, input={"reason": "I paid in March."})
    assert made["problems"] == []
    assert (made["contest"]["state"], made["contest"]["raisedBy"]) == ("OPEN", "agent")
    assert "CONTESTED" in made["customer"]["risk"]["combined"]["reviewCauses"]
    queue = ask(QUEUE)
    assert queue["totalCount"] == 1
    assert queue["edges"][0]["node"] == {
        "contest": {"id": made["contest"]["id"], "reason": "I paid in March."},
        "customer": {"displayName": "Ada"},
    }
    decided = ask(
        DECIDE,
        input={"contestId": made["contest"]["id"], "verdict": "OVERTURNED", "note": "The bank agrees."},
    )
    assert decided["contest"]["verdict"] == "OVERTURNED"
    assert decided["contest"]["note"] == "The bank agrees."
    assert decided["customer"]["risk"]["contests"] == [{"verdict": "OVERTURNED"}]
    again = ask(DECIDE, input={"contestId": made["contest"]["id"], "verdict": "UPHELD"})
    assert again["problems"] == [
        {"__typename": "ContestProblem", "code": "CONTEST_CLOSED", "path": ["input", "contestId"]}
    ]
    assert ask(QUEUE)["totalCount"] == 0
    assert ask(QUEUE, state="DECIDED")["totalCount"] == 1


one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@one_database
def test_the_queue_is_read_page_by_page(ask: Ask) -> None:
    for reason in "abc":
        ask(CONTEST, input={"reason": reason})
    first = ask(QUEUE, first=2)
    assert [edge["node"]["contest"]["reason"] for edge in first["edges"]] == ["a", "b"]
    rest = ask(QUEUE, first=2, after=first["pageInfo"]["endCursor"])
    assert [edge["node"]["contest"]["reason"] for edge in rest["edges"]] == ["c"]
    assert rest["pageInfo"]["hasNextPage"] is False


@one_database
def test_the_same_key_contests_once(ask: Ask) -> None:
    one = ask(CONTEST, input={"reason": "Wrong.", "idempotencyKey": "k"})
    other = ask(CONTEST, input={"reason": "Wrong.", "idempotencyKey": "k"})
    assert one["contest"]["id"] == other["contest"]["id"]
    assert ask(QUEUE)["totalCount"] == 1
    reused = ask(CONTEST, input={"reason": "Another.", "idempotencyKey": "k"})
    assert [one["code"] for one in reused["problems"]] == ["IDEMPOTENCY_KEY_REUSED"]


@one_database
@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"reason": "  "}, "BAD_USER_INPUT", ["input", "reason"]),
        ({"reason": "x" * 501}, "LIMIT_EXCEEDED", ["input", "reason"]),
        ({"reason": "r", "customerId": "rubbish"}, "INVALID_ID", ["input", "customerId"]),
        ({"reason": "r", "customerId": ids.encode("Customer", "x")}, "NOT_FOUND", ["input", "customerId"]),
    ],
)
def test_what_cannot_be_contested(ask: Ask, given: dict[str, str], code: str, path: list[str]) -> None:
    made = ask(CONTEST, input=given)
    assert made["contest"] is None
    assert [(one["code"], one["path"]) for one in made["problems"]] == [(code, path)]
    assert ask(QUEUE)["totalCount"] == 0


@one_database
def test_what_cannot_be_decided(ask: Ask) -> None:
    unknown = ask(DECIDE, input={"contestId": ids.encode("ScoreContest", "x"), "verdict": "UPHELD"})
    assert [one["code"] for one in unknown["problems"]] == ["NOT_FOUND"]
