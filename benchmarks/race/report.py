"""``python -m benchmarks report``: writes ``docs/performance.md`` and its picture from what was measured."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.figures import Figure
from benchmarks.race.contenders import NAMES
from benchmarks.race.gates import Gate, gates, slow_peer
from benchmarks.race.outcomes import Memory, Outcome, RaceReport
from benchmarks.race.workloads import WORKLOADS
from benchmarks.stage.partners import CHECKOUT

RACE, BENCH = CHECKOUT / "var" / "race.json", CHECKOUT / "var" / "bench.json"
DOCS = CHECKOUT / "docs"
PREAMBLE = Path(__file__).with_name("performance.md")
"""What is said before the figures: how they come about."""
ONE_RUN = timedelta(minutes=5)
"""Contenders of one run are done with a workload within seconds."""
SHOWN = ("A", "B", "C")
"""Workloads of the picture."""
INK, FAINT, OWN, OTHER = "#23272e", "#b9bfc8", "#c8553d", "#1f6f8b"


class _Bench(msgspec.Struct, frozen=True):
    figures: list[Figure]


def main(arguments: Sequence[str]) -> int:
    """Write both files; see the module."""
    parser = argparse.ArgumentParser(prog="benchmarks report", description="Write docs/performance.md.")
    parser.add_argument("--race", type=Path, default=RACE, help="what the race left (var/race.json)")
    parser.add_argument("--bench", type=Path, default=BENCH, help="what the rest left (var/bench.json)")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder to write to (docs)")
    options = parser.parse_args(arguments)
    report = msgspec.json.decode(options.race.read_bytes(), type=RaceReport)
    figures = (
        msgspec.json.decode(options.bench.read_bytes(), type=_Bench).figures if options.bench.exists() else []
    )
    (options.docs / "performance.svg").write_bytes(picture(report.outcomes))
    (options.docs / "performance.md").write_text(page(report, figures), encoding="utf-8")
    return 0


def page(report: RaceReport, figures: Sequence[Figure]) -> str:
    """The page as Markdown."""
    database = "PostgreSQL" if report.backend == "postgresql" else "SQLite"
    python = f", by Python {report.python}" if report.python else ""
    lines = [
        PREAMBLE.read_text("utf-8").rstrip(),
        "",
        f"Measured on {report.at:%Y-%m-%d} on {report.processors} processor cores, over {database}{python}.",
        "",
        "![Processor time of a request, by workload and contender](performance.svg)",
        "",
        "## What is promised",
        "",
        *_promises(gates(report)),
    ]
    lines += [f"\n{said}" for said in (slow_peer(report), _absent(report)) if said]
    if report.load > report.processors / 2:
        lines += ["", *_busy(report)]
    lines += ["", "## What was measured"]
    for name in WORKLOADS:
        rows = sorted((each for each in report.outcomes if each.workload == name), key=_turn)
        if rows:
            lines += ["", *_outcomes(name, rows)]
    if report.memory:
        lines += ["", *_memory(report.memory)]
    fan_out = [each for each in figures if each.workload == "sockets at once"]
    lines += ["", *_sockets(fan_out)]
    return "\n".join(lines) + "\n"


def _busy(report: RaceReport) -> Iterator[str]:
    yield (
        "The machine had other work when this was measured: a load average of "
        f"{report.load:.1f} on {report.processors} cores."
    )
    yield "Latencies (D, E1) and the first answer of a new process are those of so busy a machine, and say"
    yield "little of a quiet one; processor time is higher, too, for all contenders."


def _promises(found: Sequence[Gate]) -> Iterator[str]:
    yield "| promise | gate | goal | measured | |"
    yield "|---|---:|---:|---:|---|"
    for each in found:
        sign = "≥" if each.least else "≤"
        goal = "" if each.goal is None else f"{sign} {each.goal:g}"
        value = "" if each.value is None else f"{each.value:.2f} {each.unit}"
        yield f"| {each.name} | {sign} {each.gate:g} | {goal} | {value} | {each.said} |"


def _turn(outcome: Outcome) -> int:
    """Where a contender stands in a table: c360 first, larger ones of itself last."""
    return NAMES.index(outcome.contender) if outcome.contender in NAMES else len(NAMES)


def _outcomes(name: str, rows: Sequence[Outcome]) -> Iterator[str]:
    own = next((each.processor for each in rows if each.contender == NAMES[0]), None)
    yield f"### {name}: {WORKLOADS[name].title}"
    yield ""
    yield f"{rows[0].concurrency} at the same time."
    yield ""
    yield "| contender | CPU ms | times c360 | requests/s and core | p50 ms | p99 ms | upstream calls | MiB |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for each in rows:
        times = "" if own is None else f"{each.processor / own:.2f}"
        yield (
            f"| {each.contender} | {each.processor:.3f} | {times} "
            f"| {each.rate_per_core:,.0f} | {each.p50:.1f} | {each.p99:.1f} | {each.calls:.2f} "
            f"| {each.memory:.0f} |"
        )
    taken = [each.at for each in rows if each.at is not None]
    if taken and max(taken) - min(taken) > ONE_RUN:
        yield ""
        yield "Not all of these rows come from one run: they were not measured in turns with each other."


def _memory(held: Memory) -> Iterator[str]:
    yield "### Memory of a worker"
    yield ""
    yield f"What it held while it answered {held.requests:,} requests, mixed of A, B, F and G."
    yield ""
    after = (held.requests * (step + 1) // len(held.after) for step in range(len(held.after)))
    steps = ["before", *(f"after {each:,}" for each in after)]
    yield f"| {' | '.join(steps)} |"
    yield f"|{'---:|' * len(steps)}"
    yield f"| {' | '.join(f'{each:.0f} MiB' for each in (held.before, *held.after))} |"


def _sockets(figures: Sequence[Figure]) -> Iterator[str]:
    yield "### H: subscriptions"
    yield ""
    if not figures:
        yield "Not measured: `python -m benchmarks sockets` does."
        return
    yield "Every socket follows the same; what happens is committed by another process."
    yield ""
    yield "| figure | value |"
    yield "|---|---:|"
    for each in figures:
        yield f"| {each.name} | {each.value:,.1f} {each.unit} |"


def _absent(report: RaceReport) -> str | None:
    return f"Servers of Node.js did not take part: {report.left_out}." if report.left_out else None


def picture(outcomes: Sequence[Outcome]) -> bytes:
    """Bars of processor time on a logarithmic scale, as SVG: the same outcomes, the same bytes."""
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    style: Any = {
        "svg.hashsalt": "c360",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.color": INK,
    }
    with mpl.rc_context(style):
        figure = Canvas(figsize=(11, 3.2), layout="constrained")
        rows = [each for each in outcomes if each.workload in SHOWN and "+" not in each.contender]
        names = list(dict.fromkeys(each.workload for each in rows))
        grid = figure.subplots(1, max(1, len(names)), squeeze=False)
        for axes, name in zip(grid.flat, names, strict=False):
            _bars(axes, name, [each for each in rows if each.workload == name])
        written = io.BytesIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(written, metadata={"Date": None, "Creator": None})
    return written.getvalue()


def _bars(axes: Any, name: str, rows: Sequence[Outcome]) -> None:
    names = [each.contender for each in reversed(rows)]
    values = [each.processor for each in reversed(rows)]
    colours = [OWN if each == "c360" else OTHER for each in names]
    bars = axes.barh(names, values, color=colours)
    axes.bar_label(bars, labels=[f"{float(f'{value:.3g}'):,g}" for value in values], padding=3, fontsize=8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.xaxis.set_minor_formatter("")
    axes.margins(x=0.15)
    axes.set_title(f"{name}: {WORKLOADS[name].title}", loc="left", fontsize=9)
    axes.set_xlabel("CPU ms a request, logarithmic")
