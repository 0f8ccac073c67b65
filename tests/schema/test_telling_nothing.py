"""The whole graph over people whose every value is marked: no mark is in traces, metrics, logs or errors."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import shutil
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest

from api.logs import JsonLines
from api.observing.lines import OperationLines
from api.observing.metrics import Metrics
from api.observing.observer import Observer
from api.observing.traces import Traces
from c360.access import TenantId
from schema.build import Schema
from schema.engine import GraphEngine
from schema.permissions.roles import ROLES, granted
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.access import access as access_of
from tests.fixtures.reach import Hub, populated
from tests.fixtures.sizes import size
from tests.schema.test_every_field import leaves

Run = Callable[[Coroutine[Any, Any, Any]], Any]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MARK = "a003"
_BY_CHANCE = re.compile(r"\b(?:0x)?[0-9a-f]{16,}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
"""Ids of requests and spans, in which anything may stand."""
"""Begins every text of the person, at every partner and here."""
WRONG = (
    '{ customer(by: {email: "a003bank@mail.example", phone: "a003"}) { id } }',
    "{ customer(by: {email: a003bank}) { id } }",
    'query a003bankgiven { search(text: "a003bankgiven", first: -1) { edges { node { id } } } }',
    '{ customer(by: {id: "a003bank"}) { displayName } }',
    '{ "a003bank',
)
SEEN = (
    "{ customers(first: 10) { edges { node { displayName identities { partyId } } } } }",
    '{ search(text: "a003bankgiven") { edges { node { customer { displayName } } } } }',
    """{ customer(by: {email: "a003bank@mail.example"}) {
      displayName
      profile { givenName { value } familyName { value } email { value } contactPoints { value } }
      banking { accounts { displayName maskedNumber } }
    } }""",
)
WRITTEN = (
    ("updateCustomer", {"names": {"givenName": "a003bankgiven"}, "customer": {"id": "{id}"}}),
    ("addNote", {"customerId": "{id}", "text": "a003bank@mail.example says a003bankfamily"}),
    ("verifyCaller", {"customerId": "{id}", "method": "VOICE", "session": "a003bank"}),
    ("checkAnswer", {"customerId": "{id}", "attribute": "EMAIL", "value": "a003bank@mail.example"}),
)


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def run() -> Iterator[Run]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler, root = Kept(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def hub(sqlite_template: Path, tmp_path: Path, run: Run, schema: Schema) -> Iterator[Hub]:
    file = tmp_path / "c360.db"
    shutil.copyfile(sqlite_template, file)
    keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
    database = Database(f"sqlite:///{file}", keyring=keyring, clock=lambda: NOW)
    made = run(populated(database, lambda: NOW, schema, people=4))
    yield made
    run(made.host.close())
    run(database.dispose())


def told(text: str) -> bool:
    """Whether something of the person stands in a text."""
    return MARK in _BY_CHANCE.sub("", text)


def test_no_value_of_a_person_is_told_by_the_way(hub: Hub, run: Run, kept: Kept, schema: Schema) -> None:
    spans, metrics = InMemorySpanExporter(), Metrics()
    traces = Traces.to(SimpleSpanProcessor(spans))
    written = OperationLines(kept.lines.append, json=True)
    observer = Observer(metrics, traces, written)
    hub.engine = GraphEngine(schema, hub.database, hub.host, lambda: NOW, observer=observer)
    scopes = frozenset().union(*(granted([role]) for role in ROLES))
    access = access_of("steward", tenant=TenantId("a"), scopes=scopes)
    errors: list[Any] = []
    shown = 0
    for query in (*SEEN, *(query for _, query in list(leaves(hub))[:: size(3, 1)])):
        answer = run(hub.ask(access, query))
        errors += answer.errors
        shown += MARK in json.dumps(answer.data, default=str)
    for query in WRONG:
        errors += run(hub.ask(access, query)).errors
    for name, given in WRITTEN:
        asked = json.loads(json.dumps(given).replace("{id}", hub.node(MARK)))
        kind = f"{name[0].upper()}{name[1:]}Input"
        query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ problems {{ code message }} }} }}"
        answer = run(hub.ask(access, query, {"input": asked}))
        errors += answer.errors
        assert not told(json.dumps(answer.data)), name
    traces.close()
    assert shown >= len(SEEN), "the marks are there to be found"
    assert errors
    assert not told(json.dumps(errors, default=str))
    finished = spans.get_finished_spans()
    assert len(finished) > 100
    assert not told("".join(one.to_json() for one in finished))
    text = generate_latest(metrics.registry).decode()
    assert "c360_" in text
    assert not told(text)
    written.flush()
    assert any('"api.operations"' in line for line in kept.lines)
    assert not [line for line in kept.lines if told(line) and '"logger":"aiosqlite' not in line]
