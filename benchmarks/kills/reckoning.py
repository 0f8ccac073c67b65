"""What became of everything that was sent: of one run, and of several together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from benchmarks.kills.settling import Open


class Reckoning(msgspec.Struct, frozen=True, kw_only=True):
    """What became of everything that was sent in a run."""

    backend: str
    seeds: tuple[int, ...]
    """What was random, one for each run."""
    seconds: float
    """For how long mutations were sent."""
    sent: int
    """Mutations, each under a key of its own."""
    acknowledged: int
    resent: int
    """Requests beyond the first of each."""
    kills: int
    kills_of: dict[str, int]
    lost: tuple[str, ...]
    """Keys of what was acknowledged and is not there, or not as it was said."""
    twice: tuple[str, ...]
    """Keys of what is there more than once."""
    settling: float
    """Seconds after the last acknowledgement until all actions were at their end, or nothing more was
    expected."""
    open: tuple[Open, ...]
    """Actions that are not at their end although everybody had time."""
    effects: dict[str, tuple[int, int]]
    """By kind: how often it took effect, at the partner or in the hub, and how often the client was told."""

    @property
    def held(self) -> bool:
        """Whether nothing acknowledged was lost, nothing happened twice, and everything came to its end."""
        return not (self.lost or self.twice or self.open) and all(
            found == wanted for found, wanted in self.effects.values()
        )

    def told(self) -> str:
        """The same for a terminal."""
        of = ", ".join(f"{count} of {name}" for name, count in sorted(self.kills_of.items()))
        counts = ", ".join(f"{kind} {found}/{wanted}" for kind, (found, wanted) in self.effects.items())
        sent = f"{self.acknowledged:,} of {self.sent:,} mutations acknowledged"
        runs = "" if len(self.seeds) == 1 else f", {len(self.seeds)} runs together"
        still = sum(each.count for each in self.open)
        lines = [
            f"{self.backend}: {'held' if self.held else 'BROKEN'}{runs}",
            f"  {sent} in {self.seconds:,.0f} s, {self.resent:,} requests sent again",
            f"  {self.kills} kills ({of})",
            f"  {len(self.lost)} lost, {len(self.twice)} twice, {still} still open",
            f"  settled {self.settling:,.0f} s after the last acknowledgement",
            f"  took effect / told: {counts}",
        ]
        lines += [f"  open: {msgspec.json.encode(each).decode()}" for each in self.open]
        lines += [f"  lost: {key}" for key in self.lost] + [f"  twice: {key}" for key in self.twice]
        return "\n".join(lines)


def together(runs: Iterable[Reckoning]) -> Reckoning:
    """Several runs on the same kind of database as one; each had a database and partners of its own."""
    first, *rest = runs
    for each in rest:
        effects = {
            kind: (found + each.effects[kind][0], wanted + each.effects[kind][1])
            for kind, (found, wanted) in first.effects.items()
        }
        first = Reckoning(
            backend=first.backend,
            seeds=(*first.seeds, *each.seeds),
            seconds=first.seconds + each.seconds,
            sent=first.sent + each.sent,
            acknowledged=first.acknowledged + each.acknowledged,
            resent=first.resent + each.resent,
            kills=first.kills + each.kills,
            kills_of=dict(Counter(first.kills_of) + Counter(each.kills_of)),
            lost=(*first.lost, *each.lost),
            twice=(*first.twice, *each.twice),
            settling=max(first.settling, each.settling),
            open=(*first.open, *each.open),
            effects=effects,
        )
    return first


def keep(file: Path, reckoning: Reckoning) -> None:
    """Add a run to a file, as a line of JSON; its folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as lines:
        lines.write(msgspec.json.encode(reckoning) + b"\n")


def kept(file: Path, backend: str) -> list[Reckoning]:
    """The runs of a file on a kind of database, the first one first."""
    runs = msgspec.json.Decoder(Reckoning).decode_lines(file.read_bytes()) if file.exists() else []
    return [each for each in runs if each.backend == backend]
