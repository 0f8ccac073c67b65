"""Measures what is promised and prints it: ``python -m benchmarks`` (``make bench``).

All figures of a run come from one machine in one go, so that they can be compared with each other; how
they compare with those of another machine says little. What is promised in absolute terms has its
bound beside it. The figures are also written to ``var/bench.json``.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.figures import Figure, table
from benchmarks.kills import command as kills
from benchmarks.population import command as population
from benchmarks.race import command as race
from benchmarks.race import report
from benchmarks.stage.databases import Databases, SqliteFiles, postgres
from benchmarks.stage.graph import Stage, StageClock, filled, make_settings
from benchmarks.stage.partners import CHECKOUT, People, start_partners
from benchmarks.uploads import command as uploads
from benchmarks.workloads import (
    answering,
    audit,
    bulk,
    copies,
    deadline,
    fifty,
    full_view,
    host,
    identity,
    lookups,
    matching,
    million,
    models,
    planning,
    risk,
    screen_pop,
    sockets,
)

REPORT = CHECKOUT / "var" / "bench.json"
STAGED: dict[str, Callable[[Stage], list[Figure]]] = {
    "full_view": full_view.run,
    "fifty": fifty.run,
    "deadline": deadline.run,
    "copies": copies.run,
    "screen_pop": screen_pop.run,
    "answering": answering.run,
}
"""Workloads between a store and the six partners."""
ALONE: dict[str, Callable[[], list[Figure]]] = {
    "audit": audit.run,
    "planning": planning.run,
    "host": host.run,
    "matching": matching.run,
    "models": models.run,
    "risk": risk.run,
}
"""Workloads that need nothing beside them."""
STORED: dict[str, Callable[[str, Databases, Path], list[Figure]]] = {
    "lookups": lookups.run,
    "sockets": sockets.run,
    "million": lambda backend, databases, _: million.run(backend, databases),
    "bulk": lambda backend, databases, _: bulk.run(backend, databases),
}
"""Workloads over each kind of database."""
ALL = (*STAGED, "identity", *STORED, *ALONE)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to the file."""

    at: datetime
    python: str
    processors: int
    seconds: float
    figures: list[Figure]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the workloads; exit code 1 where a promise is missed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["population"]:
        return population.main(given[1:])
    if given[:1] == ["kills"]:
        return kills.main(given[1:])
    if given[:1] == ["race"]:
        return race.main(given[1:])
    if given[:1] == ["uploads"]:
        return uploads.main(given[1:])
    if given[:1] == ["report"]:
        return report.main(given[1:])
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure what is promised.")
    parser.add_argument("workloads", nargs="*", help=f"which of {', '.join(ALL)}; all by default")
    parser.add_argument("--sqlite-only", action="store_true", help="leave PostgreSQL out")
    parser.add_argument("--json", type=Path, default=REPORT, help="file to write (default var/bench.json)")
    options = parser.parse_args(given)
    if unknown := set(options.workloads) - set(ALL):
        parser.error(f"there is no workload {', '.join(sorted(unknown))}; use one of {', '.join(ALL)}")
    started = time.monotonic()
    figures = _run(options.workloads or list(ALL), sqlite_only=options.sqlite_only)
    seconds = round(time.monotonic() - started, 1)
    print(table(figures))
    missed = [figure for figure in figures if figure.held is False]
    print(f"\n{len(figures)} figures in {seconds:.0f} s, {len(missed)} promises missed; see {options.json}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    kept = Report(
        at=datetime.now(UTC),
        python=platform.python_version(),
        processors=os.cpu_count() or 1,
        seconds=seconds,
        figures=figures,
    )
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
    return 1 if missed else 0


def _run(workloads: Sequence[str], *, sqlite_only: bool) -> list[Figure]:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="c360-bench-") as name:
        folder = Path(name)
        for workload, run in ALONE.items():
            if workload in workloads:
                figures += _told(workload, run)
        if "identity" in workloads:
            figures += _told("identity", partial(identity.run, folder))
        staged = [workload for workload in workloads if workload in STAGED]
        if staged:
            with _stage(folder) as stage:
                for workload in staged:
                    stage.partners.all_behave()
                    figures += _told(workload, partial(STAGED[workload], stage))
        stored = [workload for workload in workloads if workload in STORED]
        if stored:
            with _databases(folder, sqlite_only=sqlite_only) as backends:
                for workload, (backend, databases) in itertools.product(stored, backends.items()):
                    figures += _told(
                        f"{workload} on {backend}", partial(STORED[workload], backend, databases, folder)
                    )
    return figures


def _told(name: str, run: Callable[[], list[Figure]]) -> list[Figure]:
    sys.stderr.write(f"{name} …\n")
    return run()


@contextmanager
def _stage(folder: Path) -> Iterator[Stage]:
    who = People()
    with start_partners(who) as partners:
        url = asyncio.run(filled(SqliteFiles(folder), partners, who, folder))
        yield Stage(
            partners, who.population(), make_settings(url, partners.connectors), StageClock(who.today)
        )


@contextmanager
def _databases(folder: Path, *, sqlite_only: bool) -> Iterator[dict[str, Databases]]:
    with ExitStack() as stack:
        found: dict[str, Databases] = {"sqlite": SqliteFiles(folder)}
        if not sqlite_only:
            try:
                found["postgresql"] = stack.enter_context(postgres())
            except Exception as error:  # noqa: BLE001  # without it the rest is still worth measuring
                sys.stderr.write(f"PostgreSQL did not come up ({type(error).__name__}); left out\n")
        yield found


if __name__ == "__main__":
    sys.exit(main())
