"""A person is forgotten through the graph: what is left is what may not go, for as long as it may not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from api.duties.retention import Retention
from c360.access import TenantId
from c360.records.party import PartyKind
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from store.data import EnrolCustomer, EnrolLink
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")
START = datetime(2026, 1, 1, tzinfo=UTC)


class Office:
    """A privacy officer before an engine over a real store in which there are Ada and Bob."""

    def __init__(self, url: str, schema: Schema, host: Any, runner: asyncio.Runner) -> None:
        self.run = runner.run
        self.now = START
        self.database = Database(
            url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32), clock=lambda: self.now
        )
        self.engine = GraphEngine(schema, self.database, host, lambda: self.now)
        self.ada, self.bob = (ids.encode("Customer", one) for one in self.run(self._enrol()))

    async def _enrol(self) -> list[str]:
        parties = [("bank", "ada"), ("bank", "bob")]
        async with self.database.unit(TENANT) as unit:
            await unit.customers.enrol(
                [
                    EnrolCustomer(
                        external_id=name,
                        kind=PartyKind.PERSON,
                        display_name=name.title(),
                        links=(EnrolLink(connector=connector, party_id=name),),
                    )
                    for connector, name in parties
                ]
            )
            found = await unit.customers.by_party_refs(parties)
        return [found[party] for party in parties]

    def ask(self, query: str, **variables: Any) -> Any:
        response = self.run(self.engine.execute(query, variables, access=access_of("officer")))
        assert not response.errors, response.errors
        return response.data

    def change(self, name: str, fields: str, **given: Any) -> Any:
        kind = f"{name[0].upper()}{name[1:]}Input"
        return self.ask(
            f"mutation($input: {kind}!) {{ {name}(input: $input) {{ problems {{ code path }} {fields} }} }}",
            input=given,
        )[name]

    def names(self) -> set[str]:
        edges = self.ask("{ customers { edges { node { displayName } } } }")["customers"]["edges"]
        return {edge["node"]["displayName"] for edge in edges}

    def noted(self, text: str) -> None:
        assert not self.change("addNote", "", customerId=self.ada, text=text)["problems"]

    def notes(self) -> list[str]:
        found = self.ask(
            "query($id: ID!) { customer(by: {id: $id}) { notes { edges { node { text } } } } }", id=self.ada
        )["customer"]
        return [edge["node"]["text"] for edge in found["notes"]["edges"]]

    def retire(self) -> None:
        """What the worker does every hour."""
        hub: Any = SimpleNamespace(store=SimpleNamespace(database=self.database), tenant=TENANT)
        self.run(Retention(hub).round())


@pytest.fixture
def office(database_url: str, schema: Schema, make_world: Callable[..., Any]) -> Iterator[Office]:
    host = make_world().host
    host.instances = {"bank": "banking"}
    with asyncio.Runner() as runner:
        made = Office(database_url, schema, host, runner)
        yield made
        runner.run(made.database.dispose())


ERASE = """
preview { customerId erases { table rows } holdsBack { kind basis rows } parties { connector partyId } }
certificate { id customerId genuine heldBack { kind rows } }
"""


def test_a_dry_run_says_what_would_go_and_nothing_goes(office: Office) -> None:
    said = office.change("eraseCustomer", ERASE, customerId=office.ada, reason="REQUESTED")
    assert said["problems"] == []
    assert said["certificate"] is None
    assert said["preview"]["customerId"] == office.ada
    assert said["preview"]["parties"] == [{"connector": "bank", "partyId": "ada"}]
    assert sum(one["rows"] for one in said["preview"]["erases"]) > 0
    assert office.names() == {"Ada", "Bob"}


def test_who_is_erased_is_nobody_any_more(office: Office) -> None:
    done = office.change("eraseCustomer", ERASE, customerId=office.ada, reason="REQUESTED", dryRun=False)
    assert (done["problems"], done["preview"]) == ([], None)
    assert done["certificate"]["genuine"]
    assert office.names() == {"Bob"}
    again = office.change("eraseCustomer", ERASE, customerId=office.ada, reason="REQUESTED", dryRun=False)
    assert again["problems"] == [{"code": "NOT_FOUND", "path": ["input", "customerId"]}]


def test_a_hold_on_everything_stops_an_erasure_until_it_is_lifted(office: Office) -> None:
    placed = office.change("placeHold", "hold { id kind basis }", customerId=office.ada, basis="AUTHORITY")
    assert (placed["hold"]["kind"], placed["hold"]["basis"]) == (None, "AUTHORITY")
    erase = {"customerId": office.ada, "reason": "REQUESTED", "dryRun": False}
    refused = office.change("eraseCustomer", ERASE, **erase)
    assert refused["problems"] == [{"code": "HELD", "path": ["input", "customerId"]}]
    assert office.names() == {"Ada", "Bob"}
    lifted = office.change("liftHold", "hold { liftedBy }", holdId=placed["hold"]["id"])
    assert lifted["hold"]["liftedBy"] == "officer"
    assert office.change("eraseCustomer", ERASE, **erase)["problems"] == []
    assert office.names() == {"Bob"}


def test_what_one_kind_is_held_for_is_left_and_goes_with_the_worker(office: Office) -> None:
    office.noted("She is in court.")
    hold = {"customerId": office.ada, "kind": "NOTE", "basis": "LEGAL_CLAIM"}
    placed = office.change("placeHold", "hold { id }", **hold)["hold"]["id"]
    done = office.change("eraseCustomer", ERASE, customerId=office.ada, reason="REQUESTED", dryRun=False)
    assert done["certificate"]["heldBack"] == [{"kind": "NOTE", "rows": 1}]
    assert office.names() == {"Bob"}

    async def waiting() -> int:
        async with office.database.read(TENANT) as unit:
            return len(await unit.erasures.unfinished(after=""))

    office.retire()
    assert office.run(waiting()) == 1, "the hold stands"
    assert office.change("liftHold", "hold { id }", holdId=placed)["problems"] == []
    office.retire()
    assert office.run(waiting()) == 0


def test_the_worker_deletes_what_a_rule_lets_nobody_keep(office: Office) -> None:
    office.noted("old")
    office.now = START + timedelta(days=20)
    office.noted("new")
    rule = office.change("setRetention", "rule { kind days }", kind="NOTE", days=30)
    assert rule["rule"] == {"kind": "NOTE", "days": 30}
    office.retire()
    assert sorted(office.notes()) == ["new", "old"]
    office.now = START + timedelta(days=31)
    office.retire()
    assert office.notes() == ["new"]
