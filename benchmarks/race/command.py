"""``python -m benchmarks race``: c360 over HTTP, alone or next to other servers.

The first run of a day prepares a store and records the partners, which takes some minutes; later ones
start in seconds. ``--fresh`` prepares anew: for a change that makes c360 ask partners for something else.
What a workload comes to is written as soon as it is known, over what the file has of the same workload and
contender: a race may be run in parts, and ``--resume`` goes on after one that was cut short.

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
import os
import platform
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.race import documents, interpreters
from benchmarks.race.contenders import NAMES, NODE, OWN, compare, missing, started
from benchmarks.race.cores import cores, on_core
from benchmarks.race.endurance import cold_start, memory
from benchmarks.race.facts import facts, hub_knows, types
from benchmarks.race.load import Shot, ask, opened
from benchmarks.race.outcomes import RaceReport
from benchmarks.race.profiling import profiled
from benchmarks.race.running import Contender, Race, people, record
from benchmarks.race.scene import PEOPLE, Cache, Scene, scene, today
from benchmarks.race.table import text
from benchmarks.race.workloads import WORKLOADS, Customers, Workload, recorded
from benchmarks.stage.partners import CHECKOUT, People

CACHE = CHECKOUT / "var" / "race"
COMPARED = 24
"""Requests of each workload whose answers are compared before anything is timed."""
REPORT = CHECKOUT / "var" / "race.json"
RESUMED = timedelta(hours=3)
"""How old a measurement may be that a run is resumed after."""


def main(arguments: Sequence[str]) -> int:
    """Run the command; see the module."""
    options = _parser().parse_args(arguments)
    interpreter = options.python or interpreters.fastest()
    if interpreter.absolute() != Path(sys.executable).absolute():
        again = [str(interpreter), "-m", "benchmarks", "race", *arguments, "--python", str(interpreter)]
        os.execve(interpreter, again, dict(interpreters.environment()))  # noqa: S606  # itself once more
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    wanted = [name for name in options.workloads.split(",") if name]
    if unknown := set(wanted) - set(WORKLOADS):
        _parser().error(f"there is no workload {', '.join(sorted(unknown))}; use {', '.join(WORKLOADS)}")
    who = People(people=options.people, companies=8, today=today())
    cache = Cache(options.cache, who, fresh=options.fresh)
    names, reason = _contenders(options.contenders)
    chosen = [WORKLOADS[name] for name in wanted if not (options.resume and _known(options, name, names))]
    everybody = any(each.everybody for each in chosen)
    recording = _recording(cache, everybody=everybody)
    blank = RaceReport(
        at=datetime.now(UTC),
        backend=options.store,
        processors=os.cpu_count() or 1,
        load=os.getloadavg()[0],
        python=platform.python_version(),
        left_out=reason,
    )

    def keep(**found: Any) -> None:
        _keep(options.json, msgspec.structs.replace(blank, **found))

    with ExitStack() as stack:
        place = stack.enter_context(
            scene(
                cache,
                who,
                backend=options.store,
                record=lambda found: asyncio.run(_record(found, everybody=everybody)),
                recording=recording,
            )
        )
        own = Contender(name=OWN, url=place.gateway, process=place.process)
        others = _others(stack, place, names, recording=recording, day=who.today, chosen=chosen)
        others += _variants(stack, place, options)
        race = Race(place, [own, *others], seconds=options.seconds, slices=options.slices)
        with profiled(place.process, options.profile):
            outcomes = asyncio.run(race.run(chosen, lambda found: keep(outcomes=found)))
        if outcomes:
            print(text(outcomes))
        if options.cold:
            seconds = cold_start(place, cache / "bytecode")
            keep(cold_start=seconds)
            print(f"\nfirst answer of a new process after {seconds:.2f} s")
        if options.memory:
            found = asyncio.run(memory(place, options.memory))
            keep(memory=found)
            held = ", ".join(f"{each:.0f}" for each in found.after)
            print(f"\n{found.before:.0f} MiB before {found.requests:,} requests, then {held}")
    return 0


def _known(options: argparse.Namespace, workload: str, names: Sequence[str]) -> bool:
    """Whether a run of the last hours measured a workload already, and all contenders in it."""
    if not options.json.exists():
        return False
    kept = msgspec.json.decode(options.json.read_bytes(), type=RaceReport)
    since = datetime.now(UTC) - RESUMED
    asked = WORKLOADS[workload]
    running = [OWN, *(name for name in names if asked.compared and name not in asked.without)]
    return kept.backend == options.store and all(kept.has(workload, name, since) for name in running)


def _keep(file: Path, found: RaceReport) -> None:
    """Write a report over what earlier runs left of the same; what this one did not measure stays."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        found = found.over(msgspec.json.decode(file.read_bytes(), type=RaceReport))
    half = file.with_suffix(".half")
    half.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    half.replace(file)


def _recording(cache: Cache, *, everybody: bool) -> Path:
    """The file of what partners answer to all that is ever asked of them in a race.

    One holds what is asked of the customers whom all partners know; a longer one, of everybody, is made
    where a workload needs it, and serves for all others from then on.
    """
    digest = hashlib.sha256(inspect.getsource(documents).encode()).hexdigest()[:12]
    longer = cache / f"recording-{digest}-everybody"
    return longer if everybody or longer.exists() else cache / f"recording-{digest}"


async def _record(place: Scene, *, everybody: bool) -> None:
    """Ask for everything once that is asked in a race, also beside what is timed."""
    await record(place, recorded(everybody=everybody))
    async with opened().build() as client:
        known = await people(client, place)
        await hub_knows(client, place, known.everybody if everybody else known.known_to_six)


def _contenders(given: str) -> tuple[list[str], str]:
    """The names of those who take part beside c360, without those who cannot, and why they cannot."""
    reason = ""
    names = list(NAMES) if given == "all" else given.split(",")
    if unknown := set(names) - set(NAMES):
        _parser().error(f"there is no contender {', '.join(sorted(unknown))}; use {', '.join(NAMES)} or all")
    if set(names) & set(NODE) and (reason := missing() or ""):
        sys.stderr.write(f"left out {', '.join(name for name in names if name in NODE)}: {reason}\n")
        names = [name for name in names if name not in NODE]
    return [name for name in names if name != OWN], reason


def _others(
    stack: ExitStack,
    place: Scene,
    names: Sequence[str],
    *,
    recording: Path,
    day: date,
    chosen: Sequence[Workload],
) -> list[Contender]:
    """The other contenders, started, and compared with c360 in everything that they are asked."""
    if not names:
        return []

    compared = [each for each in chosen if each.compared]

    async def told() -> Any:
        async with opened().build() as client:
            known = await people(client, place)
            shots = [shot for each in compared for shot in _different(each.shots(known, place.callers))]
            expected = [(shot, await ask(client, place.gateway, shot)) for shot in shots]
            return expected, await facts(client, place, _meant(known, compared), recording, day)

    expected, known = asyncio.run(told())
    known["sdl"] = types(each.document for each in WORKLOADS.values() if each.compared)
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


def _meant(known: Customers, workloads: Sequence[Workload]) -> Sequence[str]:
    """All customers of these workloads."""
    return known.everybody if any(each.everybody for each in workloads) else known.known_to_six


def _variants(stack: ExitStack, place: Scene, options: argparse.Namespace) -> list[Contender]:
    """c360 itself with more customers in its store, or more connectors: what grows and what does not."""
    found = []
    for customers, connectors in ((options.crowd, 0), (0, options.connectors)):
        if customers or connectors:
            url, process = stack.enter_context(place.variant(customers, connectors))
            name = f"c360 +{customers:,}" if customers else f"c360 +{connectors}c"
            found.append(Contender(name=name, url=url, process=process, grown=True))
    return found


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
    parser.add_argument("--crowd", type=int, default=0, help="also c360 with so many more customers")
    parser.add_argument("--connectors", type=int, default=0, help="also c360 with so many more connectors")
    parser.add_argument("--cold", action="store_true", help="also the first answer of a new process")
    parser.add_argument("--memory", type=int, default=0, help="also memory over so many mixed requests")
    parser.add_argument("--profile", type=Path, help="write where the gateway's time goes, by py-spy")
    parser.add_argument("--json", type=Path, default=REPORT, help="file to write (var/race.json)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="what is prepared (var/race)")
    parser.add_argument(
        "--resume", action="store_true", help="leave out what the file has of the last hours already"
    )
    parser.add_argument(
        "--python", type=Path, help="runs all servers of Python; by default the fastest build of its version"
    )
    parser.add_argument("--fresh", action="store_true", help="prepare and record anew")
    return parser
