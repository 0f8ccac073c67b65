"""A store and a host in memory, an engine over them, and a short way to ask it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from c360.access import Access
from c360.contract import KeyKind
from c360.records.party import PartyKind
from c360.values import CurrencyCode, Money
from resolvers.serving import Models
from schema.build import Schema, built_schema
from schema.engine import GraphEngine
from schema.execution.context import EngineSettings
from schema.response import GraphResponse
from store.data import CustomerData, LinkData, ProfileValueData
from tests.fixtures.access import access as access_of
from tests.schema.memory.clock import NOW
from tests.schema.memory.host import FakeHost
from tests.schema.memory.store import FakeStore


@dataclass
class World:
    """Everything a test asks and sets."""

    store: FakeStore
    host: FakeHost
    engine: GraphEngine
    schema: Schema
    access: Access

    def customer(
        self,
        number: int,
        *,
        links: Mapping[str, str] | None = None,
        keys: Mapping[KeyKind, str] | None = None,
        values: Sequence[ProfileValueData] = (),
        name: str | None = None,
        kind: PartyKind = PartyKind.PERSON,
    ) -> str:
        customer_id = f"0190a6c0-0000-7000-8000-{number:012d}"
        self.store.customers[customer_id] = CustomerData(
            id=customer_id,
            kind=kind,
            display_name=name or f"Customer {number:03d}",
            country="CH",
            created_at=NOW,
            updated_at=NOW,
            links=tuple(
                LinkData(
                    connector=connector,
                    party_id=party,
                    method="import",
                    confidence=1.0,
                    evidence="e-mail and birth date agree",
                    linked_at=NOW,
                )
                for connector, party in (links or {}).items()
            ),
            values=tuple(values),
        )
        for key, value in (keys or {}).items():
            self.store.keys.setdefault((key, value), []).append(customer_id)
        return customer_id

    def ask(self, query: str, variables: Mapping[str, Any] | None = None, **options: Any) -> GraphResponse:
        return asyncio.run(self.engine.execute(query, variables, access=self.access, **options))

    def data(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        response = self.ask(query, variables)
        assert not response.errors, response.errors
        return response.data


@pytest.fixture(scope="session")
def schema() -> Schema:
    return built_schema()


@pytest.fixture(scope="session")
def make_world(schema: Schema) -> Callable[..., World]:
    def make(other: Schema = schema, *, models: Models | None = None) -> World:
        store, host = FakeStore(), FakeHost()
        database: Any = store  # has what reading asks for, and no ledger to write into
        settings = EngineSettings(compiled_from=1)
        engine = GraphEngine(other, database, host, lambda: NOW, models=models, settings=settings)
        return World(store, host, engine, other, access_of("agent"))

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """Six partners, one of each domain, and a second bank."""
    made = make_world()
    made.host.instances = {
        "bank": "banking",
        "other_bank": "banking",
        "insurer": "insurance",
        "broker": "brokerage",
        "points": "loyalty",
        "inn": "hotel",
        "wheels": "rental",
    }
    return made


@pytest.fixture(scope="session")
def money() -> Callable[..., Money]:
    return lambda amount, currency="AUD": Money(amount=Decimal(amount), currency=CurrencyCode(currency))


@pytest.fixture(scope="session")
def today() -> date:
    return NOW.date()
