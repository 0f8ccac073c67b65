"""Killed in the middle of something long: the next start goes on, and ends where it would have ended."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, func, select

from api.worker import Worker
from benchmarks.stage.graph import Graph, Stage, StageClock, export_people, fill, make_settings
from benchmarks.stage.partners import Partners, People
from benchmarks.stage.processes import install
from benchmarks.stage.truth import indexed_rentals
from sandbox.population import Population
from store import migrate
from store.models import Base
from tests.e2e.scanning import WINDOWS, scanned
from tests.fixtures.command import call

BOOKINGS = "rental.bookings"
Empty = Callable[[], str]
Index = Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]


@pytest.fixture
def seeded(empty: Empty, partners: Partners, truth: Population, customers_file: Path) -> Stage:
    """A hub that knows its customers, but whose worker has not run yet."""
    settings = make_settings(empty(), scanned(partners.connectors))
    asyncio.run(fill(settings, customers_file))
    return Stage(partners, truth, settings, StageClock(truth.today))


async def index(graph: Graph, truth: Population) -> Index:
    """Which bookings the hub knows of whom."""
    parties = [("rental", presence.party_id) for presence in truth.presences("rental")]
    async with graph.hub.store.database.read(graph.hub.tenant) as unit:
        found = await unit.index.of(parties)
    return {party: {BOOKINGS: kinds[BOOKINGS]} for party, kinds in found.items() if kinds.get(BOOKINGS)}


async def cursor(graph: Graph) -> str | None:
    """How far the scan of bookings came."""
    async with graph.hub.store.database.read(graph.hub.tenant) as unit:
        feed = await unit.feeds.get("rental", BOOKINGS)
    return feed.cursor if feed else None


def expected(truth: Population) -> Index:
    """Every booking within the days that the first scan covers."""
    found = {}
    for presence in truth.presences("rental"):
        events = indexed_rentals(truth, truth.life(presence.member_id))
        ids = tuple(sorted(f"{presence.party_id}.{event.id}" for event in events))
        if ids:
            found["rental", presence.party_id] = {BOOKINGS: ids}
    return found


def windows(stage: Stage) -> int:
    return stage.partners.calls("rental").get("GET /bookings", 0)


# --- the worker --------------------------------------------------------------------------------


def test_a_round_fills_the_index(stage: Stage) -> None:
    """The stage's store is one on which the worker has run once."""
    assert stage.play(lambda graph: index(graph, stage.truth)) == expected(stage.truth)
    assert '"done"' in str(stage.play(cursor))


def test_a_cancelled_scan_goes_on_from_its_checkpoint(seeded: Stage) -> None:
    async def cancelled(graph: Graph) -> Index:
        scan = asyncio.ensure_future(Worker(graph.hub, seeded.settings).round())
        await poll(graph, lambda found: found is not None)
        scan.cancel()
        await asyncio.gather(scan, return_exceptions=True)
        return await index(graph, seeded.truth)

    async def resumed(graph: Graph) -> Index:
        assert await Worker(graph.hub, seeded.settings).round()
        return await index(graph, seeded.truth)

    whole = expected(seeded.truth)
    assert seeded.play(cancelled) != whole, "it was cancelled too late to show anything"
    seeded.partners.forget()
    assert seeded.play(resumed) == whole
    # Two feeds walk through the same windows; at least one of them did not begin anew.
    assert windows(seeded) < 2 * WINDOWS


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_scan_stopped_by_its_partner_goes_on(seeded: Stage) -> None:
    """The operator goes down half-way: the round says so and loses nothing."""

    async def scene(graph: Graph) -> None:
        worker = Worker(graph.hub, seeded.settings)
        scan = asyncio.ensure_future(worker.round())
        await poll(graph, lambda found: found is not None)
        with seeded.partners.behaving(["rental"], "down"):
            assert await scan is False
        assert await worker.round() is True
        assert await index(graph, seeded.truth) == expected(seeded.truth)

    seeded.play(scene)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_killed_worker_process_is_taken_over_from(seeded: Stage, tmp_path: Path) -> None:
    """The real process, killed without warning; another one waits for its lease and ends the scan."""
    url = seeded.settings.database.url
    # Figures would share the processor with the scan that is looked at.
    lease = {"lease": 1.5, "interval": 600, "summaries": False}
    installation = install(tmp_path, url, scanned(seeded.partners.connectors), worker=lease)

    first = installation.start("worker")
    seeded.play(lambda graph: poll(graph, lambda found: found is not None))
    kill(first)
    part = seeded.play(lambda graph: index(graph, seeded.truth))
    stopped = seeded.play(cursor)
    assert '"run"' in str(stopped), "it was killed too late to show anything"
    seeded.partners.forget()

    second = installation.start("worker")
    try:
        seeded.play(lambda graph: poll(graph, lambda found: '"done"' in str(found)))
        found = seeded.play(lambda graph: index(graph, seeded.truth))
    finally:
        second.terminate()
        said, _ = second.communicate(timeout=10)
    assert second.returncode == 0, said
    # The processes live in the machine's own today, so that they look back less far than the stage does.
    assert found != part
    assert all(set(ids) <= set(expected(seeded.truth)[party][BOOKINGS]) for party, [ids] in flat(found))
    assert windows(seeded) < 2 * WINDOWS


def flat(found: Index) -> list[tuple[tuple[str, str], list[tuple[str, ...]]]]:
    return [(party, list(kinds.values())) for party, kinds in found.items()]


async def poll(graph: Graph, until: Callable[[str | None], bool]) -> None:
    """Wait until the scan has come so far."""
    async with asyncio.timeout(30):
        while not until(await cursor(graph)):  # noqa: ASYNC110  # nothing tells of what others commit
            await asyncio.sleep(0.01)


def kill(process: subprocess.Popen[str]) -> None:
    """End a process without warning and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
    assert process.returncode == -signal.SIGKILL


# --- seeding -----------------------------------------------------------------------------------

MANY = People(people=290, companies=10, seed=5)


def rows(url: str) -> dict[str, int]:
    """How many rows each table holds, but for what says when."""
    engine: Engine = create_engine(url.replace("+aiosqlite", ""))
    try:
        with engine.connect() as connection:
            return {
                name: connection.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
            }
    finally:
        engine.dispose()


def test_a_killed_import_goes_on_without_doubles(
    empty: Empty, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = export_people(MANY, tmp_path_factory.getbasetemp())
    whole, url = empty(), empty()
    asyncio.run(fill(make_settings(whole, {}), file))

    installation = install(tmp_path, url, {})
    first = installation.start("seed", str(file))
    assert first.stdout is not None
    assert "loaded 250 of 300 customers" in first.stdout.readline()
    kill(first)
    part = rows(url)["customer"]
    assert 250 <= part < 300

    config = ("--config", str(installation.file))
    second = call(*config, "seed", str(file))
    assert second.returncode == 0, second.stderr
    assert f"going on after customer {part:,}" in second.stdout
    assert rows(url) == rows(whole)

    third = call(*config, "seed", str(file))
    assert (third.returncode, "loaded already" in third.stdout) == (0, True)
    assert rows(url) == rows(whole)


# --- migrating ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after",
    [pytest.param(0.0, marks=pytest.mark.thorough), 0.01, pytest.param(0.03, marks=pytest.mark.thorough)],
)
def test_a_killed_migration_can_be_run_again(tmp_path: Path, after: float) -> None:
    file = tmp_path / "c360.db"
    installation = install(tmp_path, f"sqlite+aiosqlite:///{file}", {})
    process = installation.start("migrate")
    until = time.monotonic() + 30
    while not file.exists() and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(after)
    kill_if_running(process)

    again = call("--config", str(installation.file), "migrate")
    assert again.returncode == 0, again.stderr
    assert migrate.drift(f"sqlite:///{file}") == ()
    assert call("--config", str(installation.file), "connectors").returncode == 0


def test_without_a_migration_every_command_says_what_to_do(tmp_path: Path) -> None:
    installation = install(tmp_path, f"sqlite+aiosqlite:///{tmp_path / 'none.db'}", {})
    for command in ("serve", "worker"):
        done = call("--config", str(installation.file), command)
        assert done.returncode == 1
        said = done.stdout + done.stderr
        assert "python -m api migrate" in said
        assert len(said.splitlines()) == 1


def kill_if_running(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=10)
