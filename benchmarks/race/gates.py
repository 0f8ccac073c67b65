"""What is promised of the race, and what of it was kept."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from benchmarks.race.outcomes import Outcome, RaceReport

CHAIN = 40.0
"""Milliseconds that the slowest partner takes in E1: two answers that build on each other, 20 ms each."""
FLAT = 1.1
"""What stays the same may differ by a tenth from one measurement to the next."""
OWN, PEER, STOCK, BOUND = "c360", "mercurius", "strawberry", "bare"


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table of promises."""

    name: str
    unit: str
    gate: float
    goal: float | None = None
    value: float | None
    """``None`` where it was not measured."""
    least: bool
    """Whether the bounds are the least it may be; else the most."""

    @property
    def said(self) -> str:
        """What became of it."""
        if self.value is None:
            return "not measured"
        if self.goal is not None and self._holds(self.goal):
            return "goal reached"
        return "gate held" if self._holds(self.gate) else "**missed**"

    def _holds(self, bound: float) -> bool:
        assert self.value is not None  # noqa: S101  # asked for by who calls
        return self.value >= bound if self.least else self.value <= bound


def gates(report: RaceReport) -> list[Gate]:
    """All promises, in the order in which they are told."""
    return [*_against_others(report), *_alone(report), *_lasting(report)]


def slow_peer(report: RaceReport) -> str | None:
    """What is to be said where Mercurius was not as fast as it can be."""
    peer, bound = _find(report, "A", PEER), _find(report, "A", BOUND)
    if peer is None or bound is None or peer.processor <= 3 * bound.processor:
        return None
    return (
        f"In this run Mercurius took {peer.processor / bound.processor:.1f} times what bare node:http with "
        "graphql-jit takes on A: it was not as fast as its users can make it, and ratios to it say little."
    )


def _against_others(report: RaceReport) -> Iterator[Gate]:
    for other, title, bounds in (
        (PEER, "Mercurius", {"A": (1.3, 3.0), "B": (1.0, 2.0), "C": (3.0, 4.0)}),
        (STOCK, "stock Strawberry", {"A": (40.0, 100.0), "B": (30.0, 60.0), "C": (25.0, 45.0)}),
    ):
        for workload, (gate, goal) in bounds.items():
            own, found = _find(report, workload, OWN), _find(report, workload, other)
            yield Gate(
                name=f"{workload}: processor time of {title}, against c360's",
                unit="times",
                gate=gate,
                goal=goal,
                value=found.processor / own.processor if own and found else None,
                least=True,
            )
    own, peer = _find(report, "E", OWN), _find(report, "E", PEER)
    yield Gate(
        name="E: requests a core answers, against Mercurius",
        unit="times",
        gate=1.5,
        goal=3.0,
        value=own.rate_per_core / peer.rate_per_core if own and peer else None,
        least=True,
    )


def _alone(report: RaceReport) -> Iterator[Gate]:
    listed, slow = _find(report, "D", OWN), _find(report, "E1", OWN)
    live, hot, many = _find(report, "A", OWN), _find(report, "F", OWN), _find(report, "A64", OWN)
    yield Gate(
        name="D: 5,000 objects, p50",
        unit="ms",
        gate=150,
        goal=60,
        value=listed.p50 if listed else None,
        least=False,
    )
    yield Gate(
        name="E1: p50 beyond the slowest partner",
        unit="ms",
        gate=5,
        goal=3,
        value=slow.p50 - CHAIN if slow else None,
        least=False,
    )
    yield Gate(
        name="F: requests a core answers, against A",
        unit="times",
        gate=2,
        goal=4,
        value=hot.rate_per_core / live.rate_per_core if hot and live else None,
        least=True,
    )
    yield Gate(
        name="F: calls of partners for a request",
        unit="calls",
        gate=0,
        value=hot.calls if hot else None,
        least=False,
    )
    yield Gate(
        name="calls of the partner with batches for a profile, 64 at the same time",
        unit="calls",
        gate=1,
        goal=0.3,
        value=many.calls_by_partner.get("loyalty", 0.0) if many else None,
        least=False,
    )


def _lasting(report: RaceReport) -> Iterator[Gate]:
    for workload in ("A", "B"):
        yield from _grown(report, workload)
    fifty, ten = _find(report, "C", OWN), _find(report, "C10", OWN)
    yield Gate(
        name="C: processor time of a listed customer, of fifty against of ten",
        unit="times",
        gate=FLAT,
        value=(fifty.processor / 50) / (ten.processor / 10) if fifty and ten else None,
        least=False,
    )
    held = report.memory
    after = f"{held.requests:,} mixed requests" if held else "mixed requests"
    yield Gate(
        name=f"memory after {after}",
        unit="MiB",
        gate=150,
        value=held.after[-1] if held else None,
        least=False,
    )
    yield Gate(
        name="growth of memory after the first tenth of them",
        unit="MiB",
        gate=1,
        value=held.after[-1] - held.after[0] if held else None,
        least=False,
    )
    yield Gate(name="first answer of a new process", unit="s", gate=1.5, value=report.cold_start, least=False)


def _grown(report: RaceReport, workload: str) -> Iterator[Gate]:
    """What more customers or connectors cost; a line of its own for each size there was."""
    own = _find(report, workload, OWN)
    sizes = [
        each.contender.removeprefix(f"{OWN} +")
        for each in report.outcomes
        if each.workload == workload and each.contender.startswith(f"{OWN} +")
    ]
    for size in sizes or ("1,000,000", "54c"):
        found = _find(report, workload, f"{OWN} +{size}")
        what = f"{size[:-1]} more connectors" if size.endswith("c") else f"{size} more customers"
        yield Gate(
            name=f"{workload} with {what}, against without",
            unit="times",
            gate=FLAT,
            value=found.processor / own.processor if own and found else None,
            least=False,
        )


def _find(report: RaceReport, workload: str, contender: str) -> Outcome | None:
    return next(
        (each for each in report.outcomes if (each.workload, each.contender) == (workload, contender)), None
    )
