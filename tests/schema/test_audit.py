"""Operations leave their trace: who read which fields of whom, who changed what, and auditors find it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.auditing import Recorder
from c360.access import Purpose, TenantId
from c360.records.party import PartyKind
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from schema.execution.auditing import AuditBehind
from store.data import EnrolCustomer, EnrolLink
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")
LIST = """
query Audit($filter: AuditEntriesFilter, $first: Int, $after: String) {
  auditEntries(filter: $filter, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node {
      kind principal client purpose customerIds action fields sealed
      sources { connector status } details { name value }
    } }
  }
}
"""
CONTEST = """
mutation Contest($input: ContestScoreInput!) { contestScore(input: $input) { problems { code } } }
"""


class Asked:
    """An engine with an audit, over a real store in which there is Ada."""

    def __init__(self, url: str, schema: Schema, host: Any, runner: asyncio.Runner) -> None:
        self._runner = runner
        present = datetime(2026, 1, 1, tzinfo=UTC)

        def clock() -> datetime:
            nonlocal present
            present += timedelta(milliseconds=1)
            return present

        self.database = Database(url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32), clock=clock)
        self.recorder = Recorder(self.database, clock)
        self.engine = GraphEngine(schema, self.database, host, clock, audit=self.recorder)
        self.ada = ids.encode("Customer", runner.run(self._enrol()))

    async def _enrol(self) -> str:
        async with self.database.unit(TENANT) as unit:
            link = EnrolLink(connector="bank", party_id="B1")
            ada = EnrolCustomer(external_id="ada", kind=PartyKind.PERSON, display_name="Ada", links=(link,))
            await unit.customers.enrol([ada])
            return (await unit.customers.by_party_refs([("bank", "B1")]))["bank", "B1"]

    def ask(self, query: str, who: str = "agent", **variables: Any) -> Any:
        access = access_of(who, purpose=Purpose.RISK, client="portal")
        response = self._runner.run(self.engine.execute(query, variables, access=access))
        self._runner.run(self.recorder.flush())
        assert not response.errors, response.errors
        return response.data

    def entries(self, **variables: Any) -> list[Any]:
        found = self.ask(LIST, who="auditor", **variables)["auditEntries"]
        return [edge["node"] for edge in found["edges"]]


@pytest.fixture
def asked(database_url: str, schema: Schema, make_world: Callable[..., Any]) -> Iterator[Asked]:
    host = make_world().host
    host.instances = {"bank": "banking"}
    with asyncio.Runner() as runner:
        made = Asked(database_url, schema, host, runner)
        yield made
        runner.run(made.database.dispose())


def test_a_reading_is_found_with_its_fields_and_the_partners_that_were_asked(asked: Asked) -> None:
    query = """
    query Q($id: ID!) { customer(by: {id: $id}) { ...Who banking { accounts { id } } } }
    fragment Who on Customer { profile { name: displayName } }
    """
    asked.ask(query, id=asked.ada)
    (entry,) = asked.entries(filter={"customerId": asked.ada})
    assert entry["fields"] == [
        "Account.id",
        "Banking.accounts",
        "Customer.banking",
        "Customer.profile",
        "Profile.displayName",
        "Query.customer",
    ]
    assert (entry["kind"], entry["principal"], entry["client"], entry["purpose"]) == (
        "READ",
        "agent",
        "portal",
        "RISK",
    )
    assert entry["customerIds"] == [asked.ada]
    assert [source["connector"] for source in entry["sources"]] == ["bank"]


def test_a_change_is_audited_in_its_transaction_and_a_refused_one_is_not(asked: Asked) -> None:
    asked.ask(CONTEST, input={"customerId": asked.ada, "reason": "No.", "idempotencyKey": "k"})
    asked.ask(CONTEST, input={"customerId": asked.ada, "reason": "No.", "idempotencyKey": "k"})
    asked.ask(CONTEST, input={"customerId": "x", "reason": "No."})
    (entry,) = asked.entries(filter={"kind": "WRITE"})
    assert (entry["action"], entry["customerIds"], entry["sealed"]) == ("contestScore", [asked.ada], True)


def test_what_reads_nobody_leaves_no_trace(asked: Asked) -> None:
    asked.ask("{ connectors { id } products { edges { cursor } } }")
    asked.ask("query Q($id: ID!) { node(id: $id) { id } }", id=ids.encode("Customer", "nobody"))
    assert asked.entries() == []


def test_pages_of_the_audit_follow_each_other(asked: Asked) -> None:
    for number in range(3):
        asked.ask("query Q($id: ID!) { node(id: $id) { id } }", who=f"agent {number}", id=asked.ada)
    seen, after = [], None
    while True:
        found = asked.ask(LIST, who="auditor", first=2, after=after)["auditEntries"]
        seen += [edge["node"]["principal"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["agent 2", "agent 1", "agent 0"]


def test_nothing_personal_is_read_while_the_audit_cannot_be_written(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def behind() -> None:
        raise AuditBehind("the audit cannot be written")

    monkeypatch.setattr(asked.recorder, "check", behind)
    for query in ("query Q($id: ID!) { node(id: $id) { id } }", CONTEST):
        variables: dict[str, Any] = {"id": asked.ada}
        if query is CONTEST:
            variables = {"input": {"customerId": asked.ada, "reason": "No."}}
        access = access_of("agent")
        response = asked._runner.run(asked.engine.execute(query, variables, access=access))
        assert [error["extensions"]["code"] for error in response.errors] == ["UNAVAILABLE"]
    monkeypatch.undo()
    assert asked.entries() == []


ACCESS_LOG = """
query Log($id: ID!, $first: Int, $after: String) {
  accessLog(customerId: $id, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { by application purpose kind action fields } }
  }
}
"""


def test_who_looked_at_me_is_told_newest_first_and_page_by_page(asked: Asked) -> None:
    asked.ask("query Q($id: ID!) { customer(by: {id: $id}) { displayName } }", id=asked.ada)
    asked.ask(CONTEST, who="clerk", input={"customerId": asked.ada, "reason": "No."})
    first = asked.ask(ACCESS_LOG, who="officer", id=asked.ada, first=1)["accessLog"]
    (newest,) = [edge["node"] for edge in first["edges"]]
    assert newest["by"] == "clerk"
    assert first["pageInfo"]["hasNextPage"]
    rest = asked.ask(ACCESS_LOG, who="officer", id=asked.ada, after=first["pageInfo"]["endCursor"])
    seen = [edge["node"] for edge in rest["accessLog"]["edges"]]
    everything = asked.ask(ACCESS_LOG, who="officer", id=asked.ada)["accessLog"]["edges"]
    assert "contestScore" in {edge["node"]["action"] for edge in everything}
    reading = next(one for one in seen if "Customer.displayName" in one["fields"])
    assert (reading["by"], reading["application"], reading["purpose"], reading["kind"]) == (
        "agent",
        "portal",
        "RISK",
        "READ",
    )
    nobody = ids.encode("Customer", "0190a6c0-0000-7000-8000-000000000000")
    assert asked.ask(ACCESS_LOG, who="officer", id=nobody)["accessLog"] is None
