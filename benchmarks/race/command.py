"""``python -m benchmarks race``: c360 over HTTP, alone or next to other servers.

The first run of a day prepares a store and records the partners, which takes some minutes; later ones
start in seconds. ``--fresh`` prepares anew: for a change that makes c360 ask partners for something else.

.. code-block:: sh

    python -m benchmarks race --workloads A,B,C --seconds 5
    python -m benchmarks race --workloads A --profile var/a.txt

The second prints where the gateway's time goes; what watches it slows it down, so that the figures beside
that are none. Processor time is the figure to go by: it hardly moves where the machine has more to do.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import inspect
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.race import documents
from benchmarks.race.profiling import profiled
from benchmarks.race.running import Contender, Outcome, Race, record
from benchmarks.race.scene import PEOPLE, Cache, Scene, scene, today
from benchmarks.race.table import text
from benchmarks.race.workloads import WORKLOADS
from benchmarks.stage.partners import CHECKOUT, People

CACHE = CHECKOUT / "var" / "race"
REPORT = CHECKOUT / "var" / "race.json"


class RaceReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to the file."""

    at: datetime
    backend: str
    outcomes: list[Outcome]


def main(arguments: Sequence[str]) -> int:
    """Run the command; see the module."""
    options = _parser().parse_args(arguments)
    names = options.workloads.split(",")
    if unknown := set(names) - set(WORKLOADS):
        _parser().error(f"there is no workload {', '.join(sorted(unknown))}; use {', '.join(WORKLOADS)}")
    chosen = [WORKLOADS[name] for name in names]
    who = People(people=options.people, companies=8, today=today())
    cache = Cache(options.cache, who, fresh=options.fresh)

    def recorded(place: Scene) -> None:
        asyncio.run(record(place, list(WORKLOADS.values())))

    with scene(cache, who, backend=options.store, record=recorded, documents=_digest()) as place:
        contenders = [Contender(name="c360", url=place.gateway, process=place.process)]
        race = Race(place, contenders, seconds=options.seconds, slices=options.slices)
        with profiled(place.process, options.profile):
            outcomes = asyncio.run(race.run(chosen))
    print(text(outcomes))
    report = RaceReport(at=datetime.now(UTC), backend=options.store, outcomes=outcomes)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks race", description="Race c360 over HTTP.")
    parser.add_argument(
        "--workloads", default="A,B,C", help=f"some of {','.join(WORKLOADS)}; A,B,C by default"
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="length of a slice (3)")
    parser.add_argument("--slices", type=int, default=3, help="turns of each contender in a workload (3)")
    parser.add_argument("--store", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--people", type=int, default=PEOPLE, help=f"people in the sandbox ({PEOPLE})")
    parser.add_argument("--profile", type=Path, help="write where the gateway's time goes, by py-spy")
    parser.add_argument("--json", type=Path, default=REPORT, help="file to write (var/race.json)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="what is prepared (var/race)")
    parser.add_argument("--fresh", action="store_true", help="prepare and record anew")
    return parser


def _digest() -> str:
    """Changes with what the race asks for."""
    return hashlib.sha256(inspect.getsource(documents).encode()).hexdigest()[:12]
