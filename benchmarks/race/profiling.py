"""Where a process spends its time, by py-spy: it watches from outside, without a change to it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.stage.partners import StageError

SHOWN = 40


@contextmanager
def profiled(process: int, file: Path | None) -> Iterator[None]:
    """Sample a process for the length of the block and print where it was; nothing without a file.

    Args:
        process: its id.
        file: gets all stacks, collapsed, as flame graphs are made of.

    Raises:
        StageError: py-spy is not installed.
    """
    if file is None:
        yield
        return
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if program is None:
        message = "py-spy is not installed: pip install py-spy"
        raise StageError(message)
    file.parent.mkdir(parents=True, exist_ok=True)
    asked = [
        "record",
        "--pid",
        str(process),
        "--rate",
        "100",
        "--gil",
        "--format",
        "raw",
        "--output",
        str(file),
    ]
    watcher = subprocess.Popen(  # noqa: S603  # a program that was looked for
        [program, *asked], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        watcher.send_signal(signal.SIGINT)
        watcher.wait(30)
    print(_summary(file))


def _summary(file: Path) -> str:
    """The functions in which most samples were: themselves, and with all that they called."""
    alone: Counter[str] = Counter()
    within: Counter[str] = Counter()
    total = 0
    for line in file.read_text("utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        total += int(count)
        alone[frames[-1]] += int(count)
        within.update(dict.fromkeys(frames, int(count)))
    lines = [f"{total} samples; share in the function itself, share with all that it calls"]
    lines += [
        f"  {n / total:>6.1%} {within[name] / total:>6.1%}  {name}" for name, n in alone.most_common(SHOWN)
    ]
    return "\n".join(lines)
