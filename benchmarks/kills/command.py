"""``python -m benchmarks kills``: kill processes under load, and count what was lost and what came twice."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.kills.nursery import Nursery
from benchmarks.kills.scene import SERVERS, Plan, Reckoning, Stage, play
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
        print(told(reckoning), flush=True)
        held = held and reckoning.held
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


def told(reckoning: Reckoning) -> str:
    """What became of everything, for a terminal."""
    of = ", ".join(f"{count} of {name}" for name, count in sorted(reckoning.kills_of.items()))
    counts = ", ".join(f"{kind} {found}/{wanted}" for kind, (found, wanted) in reckoning.effects.items())
    sent = f"{reckoning.acknowledged:,} of {reckoning.sent:,} mutations acknowledged"
    lines = [
        f"{reckoning.backend}: {'held' if reckoning.held else 'BROKEN'}",
        f"  {sent} in {reckoning.seconds:,.0f} s, {reckoning.resent:,} requests sent again",
        f"  {reckoning.kills} kills ({of})",
        f"  {len(reckoning.lost)} lost, {len(reckoning.twice)} twice, {reckoning.open} still open",
        f"  took effect / told: {counts}",
    ]
    if not reckoning.held:
        lines.append(f"  {msgspec.json.encode(reckoning).decode()}")
    return "\n".join(lines)
