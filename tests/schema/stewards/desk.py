"""A steward before an engine over a real store, and those of whom it knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from c360.access import TenantId
from c360.contract import KeyKind
from c360.records.party import PartyKind
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from store.data import EnrolCustomer, EnrolKey, EnrolLink, StatedValue
from store.data_identity import EvidenceData, LinkDecision, PartyRef
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")

BANK_ADA, INN_ADA, BANK_EVE = PartyRef("bank", "B1"), PartyRef("inn", "I1"), PartyRef("bank", "B2")

WHY = LinkDecision(
    actor="worker",
    rule="PROBABILITY",
    probability=0.7,
    model_version="7",
    evidence=(EvidenceData(field="email", agreement="exact", weight=9.0),),
)


def person(name: str, *parties: PartyRef, kind: PartyKind = PartyKind.PERSON) -> EnrolCustomer:
    return EnrolCustomer(
        external_id=name,
        kind=kind,
        display_name=name,
        links=tuple(
            EnrolLink(
                connector=one.connector,
                party_id=one.party_id,
                keys=(EnrolKey(kind=KeyKind.EMAIL, value=f"{one.party_id.lower()}@example.org"),),
                values=(
                    StatedValue(attribute="email", value=f"{one.party_id.lower()}@example.org"),
                    StatedValue(attribute="full_name", value=f"{name} of {one.party_id}"),
                ),
            )
            for one in parties
        ),
    )


one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""For what is refused before a database could make a difference."""


class Desk:
    """A steward before an engine over a real store."""

    def __init__(
        self,
        runner: asyncio.Runner,
        engine: GraphEngine,
        database: Database,
        host: Any,
        clock: Callable[[], datetime],
    ) -> None:
        self.clock = clock
        self.runner = runner
        self.engine = engine
        self.database = database
        self.host = host
        self.access = access_of("steward")
        self.ids: dict[str, str] = {}

    def ask(self, query: str, **variables: Any) -> Any:
        return self.runner.run(self._ask(query, variables))

    def both(self, query: str, *asked: Mapping[str, Any]) -> list[Any]:
        """The same operation several times at once."""

        async def together() -> list[Any]:
            return await asyncio.gather(*(self._ask(query, one) for one in asked))

        return self.runner.run(together())

    async def _ask(self, query: str, variables: Mapping[str, Any]) -> Any:
        response = await self.engine.execute(query, variables, access=self.access)
        assert not response.errors, response.errors
        return response.data

    def change(self, field: str, fields: str, **given: Any) -> Any:
        """Ask one mutation for some fields and its problems."""
        kind = field[0].upper() + field[1:]
        query = f"mutation($input: {kind}Input!) {{ {field}(input: $input) {{ {fields} {PROBLEMS} }} }}"
        return self.ask(query, input=given)[field]

    def told(self) -> list[tuple[str, set[str]]]:
        """What those who follow the hub were told, in order, with whom it concerns."""

        async def read() -> list[tuple[str, set[str]]]:
            async with self.database.read(TENANT) as unit:
                events = await unit.outbox.after(0)
            return [(one.kind, {ids.encode("Customer", who) for who in one.customer_ids}) for one in events]

        return self.runner.run(read())

    def customer(self, name: str) -> Any:
        """All that the graph says of somebody whom it was told of."""
        return self.ask(SEEN, id=self.ids[name])["customer"]

    def versions(self, *names: str) -> list[dict[str, str]]:
        return [{"id": self.ids[name], "expectedVersion": self.customer(name)["version"]} for name in names]


PROBLEMS = """
problems {
  __typename code path message
  ... on VersionProblem { expectedVersion currentVersion }
  ... on IdentityTakenProblem { customerId }
  ... on KeptApartProblem { pairs { left { partyId } right { partyId } } }
}
"""

SEEN = """
query($id: ID!) {
  customer(by: {id: $id}) {
    id version kind displayName country createdAt updatedAt
    profile { displayName email { value rule losing { value } } fullName { value } }
    identities { connector partyId linkedAt rule }
    mergedFrom { id }
  }
}
"""


@pytest.fixture
def desk(database_url: str, schema: Schema, make_world: Callable[..., Any], tmp_path: Any) -> Iterator[Desk]:
    """Ada at a bank and an inn, Eve at the bank, a company, and nobody else."""
    host = make_world().host
    host.instances = {"bank": "banking", "inn": "hotel", "points": "loyalty"}
    present = datetime(2026, 1, 1, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal present
        present += timedelta(milliseconds=1)
        return present

    async def people(database: Database) -> Mapping[str, str]:
        async with database.unit(TENANT) as unit:
            await unit.customers.enrol(
                [
                    person("Ada", BANK_ADA, INN_ADA),
                    person("Eve", BANK_EVE),
                    person("Shop", PartyRef("bank", "B9"), kind=PartyKind.ORGANIZATION),
                ]
            )
            found = await unit.customers.by_party_refs([("bank", "B1"), ("bank", "B2"), ("bank", "B9")])
        return dict(zip(("Ada", "Eve", "Shop"), found.values(), strict=True))

    with asyncio.Runner() as runner:
        keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
        database = Database(database_url, keyring=keyring, clock=clock)
        made = Desk(runner, GraphEngine(schema, database, host, clock), database, host, clock)
        for name, local in runner.run(people(database)).items():
            made.ids[name] = ids.encode("Customer", local)
        yield made
        runner.run(database.dispose())


MERGED = """
dryRun mergedIds moved { connector partyId } movedFacts { kind count } keptApart { left { partyId } }
moot: mootReviewIds
customer {
  id displayName mergedFrom { id entryId }
  identities { partyId decidedBy decisions { kind reason } }
}
entry { id kind decidedBy rule reason customerId otherCustomerIds parties { partyId } }
"""


def merge(desk: Desk, survivor: str = "Ada", other: str = "Eve", fields: str = MERGED, **more: Any) -> Any:
    given = {"survivor": {"id": desk.ids[survivor]}, "others": [{"id": desk.ids[other]}], **more}
    return desk.change("mergeCustomers", fields, **given)


SPLIT = "customer { ...who } created { ...who } moved { partyId } entry { id kind }"

WHO = "fragment who on Customer { id displayName identities { partyId } }"


def split(desk: Desk, field: str = "splitCustomer", **given: Any) -> Any:
    kind = field[0].upper() + field[1:]
    query = f"mutation($input: {kind}Input!) {{ {field}(input: $input) {{ {SPLIT} {PROBLEMS} }} }} {WHO}"
    return desk.ask(query, input={"customer": {"id": desk.ids["Ada"]}, **given})[field]
