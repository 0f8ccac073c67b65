"""``python -m benchmarks population``: the population that models are fitted and judged on, as Parquet."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.population.making import Progress, Refused, Task, make

DAY = date(2024, 7, 1)
"""The first day whose following year the sandbox has: customers come to each partner in that year, while
nobody new is registered after 2025-06-30."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the population; exit code 2 where it cannot be made, 130 where it was interrupted."""
    parser = argparse.ArgumentParser(
        prog="benchmarks population",
        description="Write what the hub would have kept of every customer of the sandbox on a day "
        "(figures.parquet), and what became of them in the year after it (outcomes.parquet).",
        epilog="What was begun and interrupted goes on where it ended.",
    )
    parser.add_argument("--people", type=int, default=20_000, help="how many people (default 20000)")
    parser.add_argument("--companies", type=int, default=1_000, help="how many companies (default 1000)")
    parser.add_argument("--day", type=date.fromisoformat, default=DAY, help=f"the day (default {DAY})")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--processes", type=int, default=1, help="how many processes (default 1)")
    options = parser.parse_args(arguments)
    if options.processes < 1:
        parser.error("--processes is 1 at least")
    task = Task(people=options.people, companies=options.companies, day=options.day)
    started = time.monotonic()
    try:
        made = make(task, options.out, processes=options.processes, told=_told)
    except Refused as refused:
        sys.stderr.write(f"\n{refused}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the same command goes on from here.\n")
        return 130
    sys.stderr.write("\n")
    seconds = time.monotonic() - started
    print(f"{made.customers:,} customers, {made.figures:,} figures in {seconds:.0f} s; see {options.out}")
    return 0


def _told(progress: Progress) -> None:
    minutes, seconds = divmod(round(progress.seconds_left), 60)
    line = f"{progress.done:,} of {progress.total:,} members, {minutes}:{seconds:02d} left"
    sys.stderr.write(f"\r{line:<50}")
    sys.stderr.flush()
