"""The hub between a store and the partners, opened as the server opens it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, TypeVar

from api.engine import build_engine
from api.sections import ConnectorSettings, DatabaseSettings, GatherSettings, Security
from api.seeding import seed
from api.settings import Settings
from api.wiring import Hub, open_hub
from api.worker import Worker
from benchmarks.stage.databases import Databases
from benchmarks.stage.partners import Partners, People
from c360.access import Access, Principal, Purpose, Reach
from c360.values import Secret
from connectors.resilience import BreakerPolicy, Resilience
from sandbox.export import export
from sandbox.population import Population
from sandbox.population.model import Member
from sandbox.population.numbers import DOMAINS
from schema.engine import GraphEngine
from schema.permissions.scopes import Scope
from schema.response import GraphResponse
from store import migrate

T = TypeVar("T")

HURRIED = Resilience(breaker=BreakerPolicy(pause=0.1, longest=0.2))
"""As it is by default, but that a partner is given another chance after a moment."""

ACCESS = Access(
    principal=Principal(
        subject="stage",
        purposes=frozenset(Purpose),
        scopes=frozenset(scope.value for scope in Scope),
        reach=Reach.EVERYBODY,
    )
)


class AnswerError(Exception):
    """An operation that was expected to go well did not."""


class StageClock:
    """A clock that runs as fast as any, but starts at noon of the population's day."""

    def __init__(self, today: date) -> None:
        self._noon = datetime.combine(today, time_of_day(12), tzinfo=UTC)
        self._started = time.monotonic()
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """The present."""
        return self._noon + timedelta(seconds=time.monotonic() - self._started) + self._ahead

    def advance(self, by: timedelta) -> None:
        """Let time pass at once."""
        self._ahead += by


@dataclass(frozen=True)
class Graph:
    """An open hub and its engine."""

    hub: Hub
    engine: GraphEngine

    async def execute(
        self, document: str, variables: Mapping[str, Any] | None = None, *, purpose: Purpose = Purpose.SERVICE
    ) -> GraphResponse:
        """Execute an operation as the HTTP endpoint does."""
        access = Access(principal=ACCESS.principal, purpose=purpose)
        return await self.engine.execute(document, variables, access=access)

    async def ask(
        self, document: str, variables: Mapping[str, Any] | None = None, *, purpose: Purpose = Purpose.SERVICE
    ) -> Any:
        """The data of an operation for a purpose.

        Raises:
            AnswerError: it has errors.
        """
        answer = await self.execute(document, variables, purpose=purpose)
        if answer.errors or answer.data is None:
            message = f"the operation failed: {answer.errors}"
            raise AnswerError(message)
        return answer.data

    async def settle(self) -> None:
        """Wait until the last-known copies of what was answered are written."""
        await self.hub.host.settle()


def make_settings(url: str, connectors: Mapping[str, Mapping[str, Any]]) -> Settings:
    """Settings as a file would give them.

    Args:
        url: address of the database.
        connectors: a table per connector instance, with its plugin.
    """
    return Settings(
        gather=GatherSettings(memory=0),  # what is measured and tested here is what partners are asked
        database=DatabaseSettings(url=url),
        security=Security(
            master_key=Secret("5a" * 32),
            lookup_pepper=Secret("a5" * 32),
            allowed_partner_networks=("127.0.0.0/8",),
        ),
        connectors={
            name: ConnectorSettings(
                plugin=table["plugin"],
                config={key: value for key, value in table.items() if key != "plugin"},
            )
            for name, table in connectors.items()
        },
    )


@asynccontextmanager
async def open_graph(settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[Graph]:
    """The graph over the store and the partners that the settings name."""
    async with open_hub(settings, clock=clock, resilience=HURRIED) as hub:
        yield Graph(hub, build_engine(hub, settings))


def export_people(who: People, folder: Path) -> Path:
    """The file of true links that an operator would bring."""
    file = folder / f"customers-{who.people}-{who.companies}-{who.seed}.jsonl"
    if not file.exists():
        export(who.population(), file)
    return file


@dataclass(frozen=True)
class Stage:
    """Everything that a scene needs."""

    partners: Partners
    truth: Population
    settings: Settings
    clock: StageClock

    def play(self, scene: Callable[[Graph], Coroutine[Any, Any, T]]) -> T:
        """Run a scene to its end with the graph open, in an event loop of its own."""

        async def run() -> T:
            async with open_graph(self.settings, self.clock) as graph:
                return await scene(graph)

        return asyncio.run(run())

    def member(self, *domains: str, place: int = 0) -> Member:
        """A person who is known at (at least) these partners.

        Args:
            domains: the partners; all six by default.
            place: which one of them, from 0.
        """
        wanted = set(domains or DOMAINS)
        found = (
            member
            for member in self.truth.members
            if not member.organization and wanted <= self.truth.member_presences(member.id).keys()
        )
        return next(itertools.islice(found, place, None))

    def key(self, member: Member) -> dict[str, Any]:
        """A ``CustomerKey`` that leads to this member alone."""
        domain, presence = next(iter(self.truth.member_presences(member.id).items()))
        return {"partnerRef": {"connector": domain, "partyId": presence.party_id}}


async def fill(settings: Settings, customers: Path, clock: Callable[[], datetime] | None = None) -> None:
    """Import customers; with a clock, also let the worker index what it has to.

    Raises:
        AnswerError: a feed failed.
    """
    await seed(settings, customers, report=lambda _: None)
    if clock is None:
        return
    async with open_hub(settings, clock=clock) as hub:
        if not await Worker(hub, settings).round():
            message = "a feed failed"
            raise AnswerError(message)


async def filled(databases: Databases, partners: Partners, who: People, folder: Path) -> str:
    """The address of a new database with all customers and what the worker indexes."""
    url = databases.create()
    migrate.upgrade(url)
    settings = make_settings(url, partners.connectors)
    await fill(settings, export_people(who, folder), StageClock(who.today))
    return url
