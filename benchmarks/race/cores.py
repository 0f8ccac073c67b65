"""Who runs on which processor core, and what a process has used of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@cache
def cores() -> tuple[int, int]:
    """The core of whoever answers, and that of all others; the same one where there is but one.

    As they were when it was first asked: who keeps to one of them meanwhile has that one alone.
    """
    usable = sorted(os.sched_getaffinity(0))
    return usable[-1], usable[0]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep to a core, with every process that is started meanwhile, which stays there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def family(process: int) -> list[int]:
    """A process and all that it started, themselves or through others."""
    found = [process]
    for each in found:
        try:
            tasks = list(Path(f"/proc/{each}/task").iterdir())
        except FileNotFoundError:
            continue
        for task in tasks:
            try:
                found += [int(child) for child in (task / "children").read_text("ascii").split()]
            except FileNotFoundError:  # it ended meanwhile
                continue
    return found


def processor_time(process: int) -> float:
    """Seconds of processor time, in user and system mode, of a process and all that it started."""
    return sum(map(_processor_time, family(process)))


def resident(process: int) -> float:
    """MiB that a process and all that it started hold; pages that several share count for each."""
    return sum(map(_resident, family(process)))


def _processor_time(process: int) -> float:
    try:
        text = Path(f"/proc/{process}/stat").read_text("ascii")
    except FileNotFoundError:
        return 0.0
    # What stands in brackets is a name, which may hold anything.
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text("ascii")
    except FileNotFoundError:
        return 0.0
    return sum(float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024
