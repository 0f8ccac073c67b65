"""Making the population's files: part by part in several processes, going on where it was interrupted."""

from __future__ import annotations

import functools
import gc
import hashlib
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from datetime import date
from pathlib import Path

import msgspec

from benchmarks.population import tables
from benchmarks.population.customers import SEED, customer_of, town
from c360.errors import C360Error
from resolvers.training.learning import About
from sandbox.population import Population

CHECKOUT = Path(__file__).resolve().parents[2]
SOURCES = ("benchmarks/population", "resolvers/summaries", "c360/records", "plugins", "sandbox")
"""Folders whose code makes the figures."""
PART = 100
"""Members of a part: a few seconds of work, which is what an interruption loses."""


class Refused(C360Error):
    """It cannot be made so; the message says what would do."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be made. The same task gives the same files, however many processes make it."""

    people: int
    companies: int
    day: date


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder's parts are of, as it says itself."""

    task: Task
    seed: int
    code: str
    """Mark of the code that makes the figures: parts of different code are never joined."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What there is now."""

    customers: int
    figures: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is."""

    done: int
    total: int
    seconds_left: float


def make(task: Task, folder: Path, *, processes: int, told: Callable[[Progress], None]) -> Made:
    """Write ``figures.parquet``, ``outcomes.parquet`` and what they are of into a folder.

    Args:
        task: what is to be made.
        folder: made where it is not there; what an interrupted run of the same task left is used.
        processes: how many make parts at a time.
        told: hears how far it is.

    Raises:
        Refused: the task cannot be made, or the folder holds something else.
    """
    try:
        members = len(_town(task).members)
    except ValueError as error:
        raise Refused(f"{error}; choose another day or other numbers") from None
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    plan = Plan(task=task, seed=SEED, code=_code())
    _claim(parts / "plan.json", plan)
    starts = range(0, members, PART)
    missing = [start for start in starts if not _file(parts, "outcomes", start).is_file()]
    _make_parts(task, parts, missing, members=members, processes=processes, told=told)

    def all_of(name: str) -> list[Path]:
        return [_file(parts, name, start) for start in starts]

    made = Made(
        figures=tables.joined(all_of("figures"), tables.FIGURES, folder / "figures.parquet"),
        customers=tables.joined(all_of("outcomes"), tables.OUTCOMES, folder / "outcomes.parquet"),
    )
    _write_json(folder / "population.json", _about(task, made))
    return made


def _claim(file: Path, plan: Plan) -> None:
    """Write down what the folder is for.

    Raises:
        Refused: it is for something else.
    """
    if file.is_file():
        try:
            before = msgspec.json.decode(file.read_bytes(), type=Plan)
        except msgspec.DecodeError:
            before = None
        if before != plan:
            raise Refused(
                f"{file.parent.parent}: it holds another population, or one made by other code; "
                "remove it or name another folder"
            )
        return
    _write_json(file, plan)


def _about(task: Task, made: Made) -> About:
    return About(
        day=task.day,
        currency=tables.CURRENCY,
        source=f"sandbox population, {made.customers:,} customers among {task.people:,} people and "
        f"{task.companies:,} companies",
        made_up=True,
    )


def _write_json(file: Path, content: msgspec.Struct) -> None:
    partial = file.with_suffix(".partial")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    partial.replace(file)


def _make_parts(
    task: Task,
    parts: Path,
    missing: Sequence[int],
    *,
    members: int,
    processes: int,
    told: Callable[[Progress], None],
) -> None:
    started = time.monotonic()
    before = done = members - sum(min(PART, members - start) for start in missing)
    for size in _finished(task, parts, missing, processes):
        done += size
        each = (time.monotonic() - started) / (done - before)
        told(Progress(done=done, total=members, seconds_left=each * (members - done)))


def _finished(task: Task, parts: Path, missing: Sequence[int], processes: int) -> Iterator[int]:
    """Make parts; gives the number of members of each as it is there."""
    if processes == 1:
        for start in missing:
            yield _make_part(task, parts, start)
        return
    # Forked processes have the population already, and share it as long as no collector goes through it.
    gc.freeze()
    way = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context(way), initializer=_ignore_interrupts)
    try:
        futures: list[Future[int]] = [pool.submit(_make_part, task, parts, start) for start in missing]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        gc.unfreeze()


def _ignore_interrupts() -> None:
    # Ctrl-C reaches every process of the terminal; the first one tells the others to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _make_part(task: Task, parts: Path, start: int) -> int:
    population = _town(task)
    members = population.members[start : start + PART]
    found = (customer_of(population, member.id, task.day) for member in members)
    customers = [customer for customer in found if customer is not None]
    tables.write(tables.figures_table(customers), _file(parts, "figures", start))
    # The part is there once its second file is.
    tables.write(tables.outcomes_table(customers, task.day), _file(parts, "outcomes", start))
    return len(members)


@functools.lru_cache(maxsize=1)
def _town(task: Task) -> Population:
    return town(task.people, task.companies, task.day)


def _file(parts: Path, name: str, start: int) -> Path:
    return parts / f"{name}-{start:06d}.parquet"


def _code() -> str:
    mark = hashlib.sha256()
    for name in SOURCES:
        for file in sorted((CHECKOUT / name).rglob("*")):
            if file.suffix in {".py", ".toml"}:
                mark.update(str(file.relative_to(CHECKOUT)).encode() + b"\0" + file.read_bytes())
    return mark.hexdigest()[:16]
