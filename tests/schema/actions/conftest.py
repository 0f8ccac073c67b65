"""The desk at which partners are asked to do things, on each kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from c360.contract import Effect
from c360.records.insurance import Policy, PolicyLine
from c360.records.party import PartyKind
from resolvers.actions.machine import ActionRules
from resolvers.actions.performing import Performer
from schema import ids
from schema.build import Schema
from schema.engine import GraphEngine
from schema.execution.context import EngineSettings
from store.data import EnrolCustomer, EnrolLink
from store.database import Database
from store.keyring import Keyring
from tests.schema.actions.desk import TENANT, Desk, confirming


@pytest.fixture
def desk(database_url: str, schema: Schema, make_world: Callable[..., Any]) -> Iterator[Desk]:
    host = make_world().host
    host.instances = {"points": "loyalty", "other": "loyalty", "office": "workorders", "insurer": "insurance"}
    host.records["insurer", "I1", "insurance.policies"] = (Policy(policy_id="P-1", line=PolicyLine.LIFE),)
    host.performs = {
        "points": {"loyalty.adjust_points": Effect.KEYED},
        "office": {"workorders.request_policy_loan": Effect.KEYED},
    }
    host.acting = confirming
    with asyncio.Runner() as runner:
        holder: list[Desk] = []

        def clock() -> datetime:
            return holder[0].now if holder else datetime(2026, 1, 1, tzinfo=UTC)

        database = Database(database_url, keyring=Keyring(master=b"m" * 32, pepper=b"p" * 32), clock=clock)
        performer = Performer(database, host, clock, ActionRules(timeout=5))

        async def enrol() -> str:
            async with database.unit(TENANT) as unit:
                links = (
                    EnrolLink(connector="points", party_id="P1"),
                    EnrolLink(connector="office", party_id="O1"),
                    EnrolLink(connector="insurer", party_id="I1"),
                )
                ada = EnrolCustomer(external_id="ada", kind=PartyKind.PERSON, display_name="Ada", links=links)
                await unit.customers.enrol([ada])
                return (await unit.customers.by_party_refs([("points", "P1")]))["points", "P1"]

        ada = ids.encode("Customer", runner.run(enrol()))
        engine = GraphEngine(
            schema,
            database,
            host,
            clock,
            settings=EngineSettings(deadline=timedelta(seconds=20)),
            performer=performer,
        )
        holder.append(Desk(runner, engine, database, performer, host, ada))
        yield holder[0]
        runner.run(performer.close(5))
        runner.run(database.dispose())
