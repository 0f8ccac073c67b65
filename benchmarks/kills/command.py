"""``python -m benchmarks kills``: kill processes under load, and count what was lost and what came twice."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.kills.nursery import Nursery
from benchmarks.kills.reckoning import Reckoning, keep, kept, together
from benchmarks.kills.scene import SERVERS, Plan, Stage, play
from benchmarks.stage.databases import BACKENDS, Databases, SqliteFiles, postgres
from benchmarks.stage.partners import People, start_partners

WHO = People(people=60, companies=5)


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the scene on each database; exit code 1 where something was lost or happened twice."""
    parser = argparse.ArgumentParser(
        prog="benchmarks kills",
        description="Send mutations of the hub's own data and of partners to two servers and a worker, kill "
        "them with SIGKILL again and again, and compare what is there with what the client was told and what "
        "the partners counted.",
    )
    parser.add_argument("--mutations", type=int, default=10_000, help="how many (default 10000)")
    parser.add_argument("--kills", type=int, default=50, help="how often at the least (default 50)")
    parser.add_argument(
        "--seconds", type=float, default=1_800, help="nothing new is sent after these (default 1800)"
    )
    parser.add_argument("--at-once", type=int, default=16, help="mutations under way (default 16)")
    parser.add_argument("--seed", type=int, default=360, help="of what is random (default 360)")
    parser.add_argument(
        "--database", choices=BACKENDS, action="append", help="on this one; on both by default"
    )
    parser.add_argument(
        "--record",
        type=Path,
        help="a file that what became of each run is added to; the sum of its runs is told as well, so that "
        "a long run can be made in parts, each with a --seed of its own",
    )
    options = parser.parse_args(arguments)
    plan = Plan(
        mutations=options.mutations,
        kills=options.kills,
        seconds=options.seconds,
        at_once=options.at_once,
        seed=options.seed,
    )
    held = True
    for backend in options.database or BACKENDS:
        sys.stderr.write(f"{plan.mutations:,} mutations and {plan.kills} kills on {backend} …\n")
        reckoning = reckon(backend, plan)
        print(reckoning.told(), flush=True)
        held = held and reckoning.held
        if options.record is not None:
            keep(options.record, reckoning)
            runs = kept(options.record, backend)
            if len(runs) > 1:
                print(together(runs).told(), flush=True)
    return 0 if held else 1


def reckon(backend: str, plan: Plan) -> Reckoning:
    """Play the scene once, on a database and between partners of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="c360-kills-") as name,
        _databases(backend, Path(name)) as databases,
        start_partners(WHO, office=True) as partners,
    ):
        stage = Stage(backend=backend, url=databases.create(), folder=Path(name), partners=partners, who=WHO)
        nursery = Nursery.start(SERVERS, Path(name) / "processes.log")
        try:
            return asyncio.run(play(stage, plan, nursery))
        finally:
            nursery.stop()


@contextmanager
def _databases(backend: str, folder: Path) -> Iterator[Databases]:
    if backend == "sqlite":
        yield SqliteFiles(folder)
        return
    with postgres() as server:
        yield server
