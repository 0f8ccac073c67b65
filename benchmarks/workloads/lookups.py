"""Lists and look-ups as the store grows: a thousand customers, then ten thousand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, Sample, milliseconds
from benchmarks.punctual import quiet_collector
from benchmarks.stage.databases import Databases
from benchmarks.stage.graph import Graph, StageClock, export_people, fill, make_settings, open_graph
from benchmarks.stage.partners import People
from store import migrate

NAME = "look-ups as the store grows"
SMALL, LARGE = 1_000, 10_000
RUNS = 60
FLAT = 3.0
"""How much slower ten times as many customers may make it."""

PAGE = "{ customers(first: 20) { totalCount edges { node { displayName } } } }"
UNCOUNTED = "{ customers(first: 20) { edges { node { displayName } } } }"
BY_EMAIL = (
    "query ($email: String!) { customer(by: {email: $email}) { displayName identities { connector } } }"
)


@dataclass(frozen=True)
class Times:
    """What one store took."""

    seeding: float
    """Seconds for each customer."""
    page: Sample
    uncounted: Sample
    by_email: Sample


def run(backend: str, databases: Databases, folder: Path) -> list[Figure]:
    """The same operations on a small and on a large store of one kind of database."""
    small, large = (_times(databases, size, folder) for size in (SMALL, LARGE))
    figures = [
        Figure(
            workload=NAME,
            name=f"{backend}: seeding",
            value=round(1 / large.seeding),
            unit="per s",
            note=f"{LARGE:,} customers",
        )
    ]
    for name in ("page", "uncounted", "by_email"):
        few, many = getattr(small, name).p50, getattr(large, name).p50
        label = {"page": "customers(first: 20), counted", "uncounted": "customers(first: 20)"}.get(
            name, "customer(by: {email})"
        )
        figures += [
            milliseconds(NAME, f"{backend}: {label}, {SMALL:,}: p50", few),
            milliseconds(NAME, f"{backend}: {label}, {LARGE:,}: p50", many),
            Figure(
                workload=NAME,
                name=f"{backend}: {label}: ratio",
                value=round(many / few, 2),
                unit="times",
                bound=FLAT,
            ),
        ]
    return figures


def _times(databases: Databases, size: int, folder: Path) -> Times:
    who = People(people=size - size // 20, companies=size // 20)
    file = export_people(who, folder)
    url = databases.create()
    migrate.upgrade(url)
    settings = make_settings(url, {})
    started = time.perf_counter()
    asyncio.run(fill(settings, file))
    seeding = (time.perf_counter() - started) / size
    emails = _emails(who)

    async def measure() -> Times:
        async with open_graph(settings, StageClock(who.today)) as graph:
            return Times(
                seeding,
                await _timed(graph, PAGE, [{}] * RUNS),
                await _timed(graph, UNCOUNTED, [{}] * RUNS),
                await _timed(graph, BY_EMAIL, [{"email": email} for email in emails]),
            )

    return asyncio.run(measure())


def _emails(who: People) -> list[str]:
    """Addresses that lead to one customer each."""
    owners: dict[str, set[str]] = {}
    truth = who.population()
    for member in truth.members:
        for presence in truth.member_presences(member.id).values():
            if presence.email:
                owners.setdefault(presence.email.casefold(), set()).add(member.id)
    alone = [email for email, found in owners.items() if len(found) == 1]
    step = len(alone) // RUNS
    return alone[::step][:RUNS]


async def _timed(graph: Graph, document: str, variables: Sequence[dict[str, str]]) -> Sample:
    for given in variables[:5]:
        await graph.ask(document, given)
    took = []
    with quiet_collector():
        for given in variables:
            started = time.perf_counter()
            await graph.ask(document, given)
            took.append(time.perf_counter() - started)
    return Sample.of(took)
