"""Which build of Python the servers run on: one that was built for speed, as that of the image is.

Python that was compiled without profiles (``--enable-optimizations``), as version managers do unless told,
takes a third more processor time for everything. Nothing in it says so for sure, so that it is timed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from benchmarks.stage.partners import CHECKOUT

PLACES = (Path("/usr/bin"), Path("/usr/local/bin"))
"""Where systems and images have theirs."""
WORTH = 0.9
"""Share of the time of one's own that another one takes at the most to be taken."""
_LOOP = """
import sys, time
class Thing:
    def __init__(self, number):
        self.number = number
    def more(self, by):
        return self.number + by
def work():
    kept = {}
    for number in range(60_000):
        thing = Thing(number)
        kept[number & 255] = (thing, thing.more(1), f"{number}", [each for each in (1, 2, 3)])
def timed():
    started = time.process_time()
    work()
    return time.process_time() - started
print(min(timed() for _ in range(5)), *sys.version_info[:2])
"""


def fastest() -> Path:
    """The interpreter of this version that is fastest by far; else the one that runs."""
    own = Path(sys.executable)
    mine = _seconds(own)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    others = [place / name for place in PLACES if (place / name).exists()]
    timed = {each: found for each in others if (found := _seconds(each)) is not None}
    if mine is None or not timed:
        return own
    best = min(timed, key=timed.__getitem__)
    return best if timed[best] <= mine * WORTH else own


def environment() -> Mapping[str, str]:
    """What another interpreter needs to find what is installed for this one."""
    found = [str(CHECKOUT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    programs = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))
    return {**os.environ, "PATH": programs, "PYTHONPATH": os.pathsep.join(dict.fromkeys(found))}


def _seconds(interpreter: Path) -> float | None:
    """What a short loop takes; ``None`` where it does not run, or is of another version."""
    try:
        done = subprocess.run(  # noqa: S603  # a program that was looked for
            [interpreter, "-I", "-S", "-c", _LOOP], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = done.stdout.split()
    if done.returncode or words[1:] != [str(part) for part in sys.version_info[:2]]:
        return None
    return float(words[0])
