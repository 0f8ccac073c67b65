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
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.race import documents
from benchmarks.race.contenders import NAMES, NODE, OWN, compare, missing, started
from benchmarks.race.cores import cores, on_core
from benchmarks.race.facts import facts, types
from benchmarks.race.load import Shot, ask, opened
from benchmarks.race.profiling import profiled
from benchmarks.race.running import Contender, Outcome, Race, everybody, record
from benchmarks.race.scene import PEOPLE, Cache, Scene, scene, today
from benchmarks.race.table import text
from benchmarks.race.workloads import WORKLOADS
from benchmarks.stage.partners import CHECKOUT, People

CACHE = CHECKOUT / "var" / "race"
COMPARED = 24
"""Requests of each workload whose answers are compared before anything is timed."""
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

    names = _contenders(options.contenders)
    with ExitStack() as stack:
        place = stack.enter_context(
            scene(cache, who, backend=options.store, record=recorded, documents=_digest())
        )
        own = Contender(name=OWN, url=place.gateway, process=place.process)
        recording = cache / f"recording-{_digest()}"
        others = _others(stack, place, names, recording, who.today)
        race = Race(place, [own, *others], seconds=options.seconds, slices=options.slices)
        with profiled(place.process, options.profile):
            outcomes = asyncio.run(race.run(chosen))
    print(text(outcomes))
    report = RaceReport(at=datetime.now(UTC), backend=options.store, outcomes=outcomes)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return 0


def _contenders(given: str) -> list[str]:
    """The names of those who take part, c360 first, without those who cannot."""
    names = list(NAMES) if given == "all" else given.split(",")
    if unknown := set(names) - set(NAMES):
        _parser().error(f"there is no contender {', '.join(sorted(unknown))}; use {', '.join(NAMES)} or all")
    if set(names) & set(NODE) and (reason := missing()):
        sys.stderr.write(f"left out {', '.join(name for name in names if name in NODE)}: {reason}\n")
        names = [name for name in names if name not in NODE]
    return [name for name in names if name != OWN]


def _others(
    stack: ExitStack, place: Scene, names: Sequence[str], recording: Path, day: date
) -> list[Contender]:
    """The other contenders, started, and compared with c360 in everything that they are asked."""
    if not names:
        return []

    compared = [each for each in WORKLOADS.values() if each.compared]

    async def told() -> Any:
        async with opened().build() as client:
            customers = await everybody(client, place)
            shots = [shot for each in compared for shot in _different(each.shots(customers, place.callers))]
            expected = [(shot, await ask(client, place.gateway, shot)) for shot in shots]
            return expected, await facts(client, place, customers, recording, day)

    expected, known = asyncio.run(told())
    known["sdl"] = types(each.document for each in compared)
    file = place.folder / "facts.json"
    file.write_bytes(msgspec.json.encode(known))
    others = []
    for name in names:
        with on_core(cores()[0]):
            others.append(stack.enter_context(started(name, file)))
        asyncio.run(_compared(others[-1], expected))
    return others


def _different(shots: Sequence[Shot]) -> list[Shot]:
    return list({shot.body: shot for shot in shots}.values())[:COMPARED]


async def _compared(other: Contender, expected: Sequence[tuple[Shot, Any]]) -> None:
    async with opened().build() as client:
        await compare(client, other, expected)
    sys.stderr.write(f"{other.name} answers {len(expected)} requests as {OWN} does\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks race", description="Race c360 over HTTP.")
    parser.add_argument(
        "--workloads", default="A,B,C", help=f"some of {','.join(WORKLOADS)}; A,B,C by default"
    )
    parser.add_argument(
        "--contenders", default=OWN, help=f"some of {','.join(NAMES)}, or all; c360 by default"
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
