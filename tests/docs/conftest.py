"""What the tests of the documentation share: the documents, their code blocks, and a hub to try them on.

A test that takes ``document``, ``graphql_block``, ``toml_block`` or ``python_block`` runs once for each.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from api import offers, seeding
from api.auditing import Recorder
from api.bus import OutboxBus
from api.copies import StoredCopies
from api.engine import build_engine
from api.settings import Settings, database_url, load
from api.wiring import Hub, instance_settings, open_store
from c360.access import TenantId
from c360.enrolment import CustomerLine
from c360.records.party import PartyKind
from connectors.host import Host
from connectors.manager import PluginManager
from resolvers.actions.performing import Performer
from sandbox.export import lines
from sandbox.population import Population
from sandbox.server import Partner, partners
from schema.engine import GraphEngine
from store import migrate
from store.data import RecordRef
from store.data_identity import ReviewRequest
from store.grants import SqlGrants
from store.snapshots import SqlSnapshots
from tests.docs.generating import CHECKOUT, DOCUMENTS, MARKED
from tests.fixtures.access import access as access_of

KEYS = f'[security]\nmaster_key = "{"0f" * 32}"\nlookup_pepper = "{"f0" * 32}"\n'


_BLOCK = re.compile(
    r"^```(?P<kind>\w+)(?: (?P<note>\S[^\n]*))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced piece of code in a document."""

    document: str
    line: int
    kind: str
    note: str
    """What stands behind the kind: how the block is meant."""
    text: str

    @property
    def title(self) -> str:
        """The file that the block's first line, a comment, names; else nothing."""
        found = re.match(r"# (\S+)\n", self.text)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def _blocks() -> list[Block]:
    found = []
    for file in DOCUMENTS:
        text = file.read_text("utf-8")
        for match in _BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            name = str(file.relative_to(CHECKOUT))
            found.append(Block(name, line, match["kind"], match["note"] or "", match["text"]))
    return found


BOOKINGS = "rental.bookings"
BLOCKS = _blocks()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each document, or each block of a kind."""
    if "document" in metafunc.fixturenames:
        metafunc.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
    for kind in ("graphql", "toml", "python"):
        if f"{kind}_block" in metafunc.fixturenames:
            chosen = [block for block in BLOCKS if block.kind == kind]
            metafunc.parametrize(f"{kind}_block", chosen, ids=str)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Where the documents lie."""
    return CHECKOUT


@pytest.fixture(scope="session")
def blocks() -> list[Block]:
    """Every block of every document, in their order."""
    return BLOCKS


@pytest.fixture(scope="session")
def tables() -> dict[str, str]:
    """The generated tables in the documents, by name."""
    texts = (file.read_text("utf-8") for file in DOCUMENTS)
    return {match["name"]: match["text"] for text in texts for match in MARKED.finditer(text)}


@dataclass(frozen=True)
class Town:
    """The demo's partners and customers, on a day of one's choosing, without a socket."""

    day: date
    population: Population
    served: list[Partner]

    def settings(self) -> str:
        """The partners as the connectors of a settings file."""
        tables = [
            {"plugin": one.name, "base_url": f"http://{one.name}.example{one.base_path}", **one.credentials}
            for one in self.served
        ]
        return "\n".join(
            f"[connectors.{one.name}]\n" + "".join(f'{key} = "{value}"\n' for key, value in table.items())
            for one, table in zip(self.served, tables, strict=True)
        )

    def clock(self) -> datetime:
        """Noon of the day, in UTC, as the partners' own clocks say."""
        return datetime.combine(self.day, time(12), UTC)

    def line_of(self, email: str) -> CustomerLine:
        """The customer with an e-mail address, in the import format."""
        return next(
            line
            for line in lines(self.population, back_office=True)
            if any(email in link.party.emails for link in line.links)
        )

    def another(self, email: str) -> CustomerLine:
        """Somebody else, who has a bank and a hotel too."""
        return next(
            line
            for line in lines(self.population)
            if line.kind is PartyKind.PERSON
            and {"banking", "hotel"} <= {link.connector for link in line.links}
            and not any(email in link.party.emails for link in line.links)
        )

    def bookings(self, line: CustomerLine) -> list[RecordRef]:
        """What the worker's scan of bookings keeps of a customer."""
        rented = (link.party.party_id for link in line.links if link.connector == "rental")
        return [
            RecordRef(connector="rental", party_id=party, kind=BOOKINGS, object_id=f"{party}.{event.id}")
            for party in rented
            if (presence := self.population.presence("rental", party))
            for event in self.population.life(presence.member_id).at("rental")
        ]

    def network(self) -> httpx.AsyncBaseTransport:
        """What carries requests to the partners."""
        return _Network({f"{one.name}.example": httpx.ASGITransport(one.app) for one in self.served})


@dataclass
class _Network(httpx.AsyncBaseTransport):
    hosts: dict[str, httpx.ASGITransport]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.hosts[request.url.host].handle_async_request(request)


@pytest.fixture(scope="session")
def town() -> Callable[[date], Town]:
    """Factory: the demo's partners as they are on a day."""

    def build(day: date) -> Town:
        population = Population(people=1000, companies=50, seed=360, today=day)
        return Town(day, population, partners(population, live=False))

    return build


@dataclass
class Trial:
    """A hub in a folder of its own: settings, customers, and what it is connected to."""

    folder: Path
    settings: str = ""
    customers: list[CustomerLine] = field(default_factory=list)
    index: list[RecordRef] | None = None
    """What the worker has read of the feed of bookings; ``None``: it was not read."""
    reviews: list[ReviewRequest] = field(default_factory=list)
    """Pairs that are put before people."""
    base: httpx.AsyncBaseTransport | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    plugins: PluginManager | None = None

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[GraphEngine]:
        """The graph over the hub, as the server builds it."""
        settings = self._load()
        migrate.upgrade(database_url(settings))
        if self.customers:
            file = self.folder / "customers.jsonl"
            file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in self.customers))
            await seeding.seed(settings, file, report=lambda _: None)
            await offers.bring_in_shipped(settings)
        async with open_store(settings, clock=self.clock) as store:
            host = Host.open(
                instance_settings(settings),
                snapshots=StoredCopies(SqlSnapshots(store.database, store.keyring)),
                grants=SqlGrants(store.database, store.keyring),
                now=self.clock,
                plugins=self.plugins,
                base=self.base,
                strict=True,
            )
            tenant = TenantId(settings.tenant)
            if self.index is not None:
                async with store.database.unit(tenant) as unit:
                    await unit.index.add(self.index)
                    await unit.feeds.save("rental", BOOKINGS, "read", finished=True)
            if self.reviews:
                async with store.database.unit(tenant) as unit:
                    await unit.reviews.open(self.reviews)
            try:
                yield build_engine(
                    Hub(
                        tenant,
                        store,
                        host,
                        self.clock,
                        Recorder(store.database, self.clock),
                        Performer(store.database, host, self.clock),
                        OutboxBus(store.database, tenant, 0),
                    ),
                    settings,
                )
            finally:
                await host.close()

    def _load(self) -> Settings:
        file = self.folder / "c360.toml"
        database = '[database]\nurl = "sqlite+aiosqlite:///c360.db"\n'
        # A loaded machine must not make an example incomplete.
        patience = "[gather]\ndeadline = 30\n"
        file.write_text(f"{KEYS}{database}{patience}{self.settings}", encoding="utf-8")
        return load(file, {})


@pytest.fixture(scope="session")
def make_trial(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., AbstractAsyncContextManager[GraphEngine]]:
    """Factory: the graph's engine over a hub with these settings, customers and network."""
    return lambda **given: Trial(tmp_path_factory.mktemp("trial"), **given).engine()


@pytest.fixture(scope="session")
def ask() -> Callable[..., Any]:
    """Ask an engine as anybody, and get the whole answer as it is sent."""

    async def execute(engine: GraphEngine, query: str, variables: dict[str, Any] | None = None) -> Any:
        response = await engine.execute(query, variables, access=access_of("reader"))
        return msgspec.json.decode(msgspec.json.encode(response.body()))

    return execute
