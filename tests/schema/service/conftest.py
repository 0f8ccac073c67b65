"""An engine over a real store in which there are Ada and Bob, and a bank that knows both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from c360.access import TenantId
from c360.records.party import PartyKind
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from store.data import EnrolCustomer, EnrolLink, StatedValue
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
"""A Monday."""
_SAID = {
    "ada": (("given_name", "Ada"), ("family_name", "Byron"), ("email", "ada@old.example")),
    "bob": (("given_name", "Bob"), ("family_name", "Boole"), ("phone", "+41443334455")),
}


class Desk:
    """Asks the graph as somebody, and runs what a test does in the store."""

    def __init__(self, runner: asyncio.Runner, engine: GraphEngine, database: Database) -> None:
        self.run = runner.run
        self.engine = engine
        self.database = database
        self.now = START
        self.ids: dict[str, str] = {}

    def ask(self, query: str, *, subject: str = "agent", **variables: Any) -> Any:
        """The first root field of an answer without errors."""
        response = self.run(self.engine.execute(query, variables, access=access_of(subject)))
        assert not response.errors, response.errors
        assert response.data
        return next(iter(response.data.values()))

    def errors(self, query: str, **variables: Any) -> list[Any]:
        """Codes of the errors of an answer."""
        response = self.run(self.engine.execute(query, variables, access=access_of("agent")))
        return [error["extensions"]["code"] for error in response.body()["errors"]]

    def change(self, name: str, fields: str, **given: Any) -> Any:
        """What a mutation answers: its fields and problems."""
        kind = f"{name[0].upper()}{name[1:]}Input"
        query = f"""mutation M($input: {kind}!) {{ {name}(input: $input) {{
            {fields} problems {{ __typename code path message
              ... on VersionProblem {{ expectedVersion currentVersion }}
              ... on StateProblem {{ state allowed }}
              ... on DuplicateProblem {{ probably {{ customerId probability certain }} }} }} }} }}"""
        return self.ask(query, input=given)

    def done(self, name: str, fields: str, **given: Any) -> Any:
        """The same of one that has no problems."""
        answer = self.change(name, fields, **given)
        assert answer["problems"] == []
        return answer

    def of(self, who: str, fields: str) -> Any:
        """Fields of a customer."""
        query = f"query Q($id: ID!) {{ customer(by: {{id: $id}}) {{ {fields} }} }}"
        return self.ask(query, id=self.ids[who])


@pytest.fixture
def desk(database_url: str, schema: Schema, make_world: Callable[..., Any]) -> Iterator[Desk]:
    """A desk at which an agent sits."""
    host = make_world().host
    host.instances = {"bank": "banking"}
    with asyncio.Runner() as runner:

        def clock() -> datetime:
            made.now += timedelta(milliseconds=1)
            return made.now

        database = Database(database_url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32), clock=clock)
        made = Desk(runner, GraphEngine(schema, database, host, clock), database)

        async def enrol() -> None:
            async with database.unit(TENANT) as unit:
                await unit.customers.enrol(
                    [
                        EnrolCustomer(
                            external_id=name,
                            kind=PartyKind.PERSON,
                            display_name=name.title(),
                            links=(
                                EnrolLink(
                                    connector="bank",
                                    party_id=name,
                                    values=tuple(StatedValue(attribute=a, value=v) for a, v in said),
                                    observed_at=START - timedelta(days=30),
                                ),
                            ),
                        )
                        for name, said in _SAID.items()
                    ]
                )
                found = await unit.customers.by_party_refs([("bank", name) for name in _SAID])
                made.ids = {name: ids.encode("Customer", found["bank", name]) for name in _SAID}

        runner.run(enrol())
        yield made
        runner.run(database.dispose())


def problem(answer: Any) -> tuple[str, str, tuple[str, ...]]:
    """Type, code and path of the one problem of an answer."""
    (found,) = answer["problems"]
    return found["__typename"], found["code"], tuple(found["path"])
