"""Calibration, lift and gain as pictures: what a figure alone hides."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from resolvers.summaries.population import Floats
from resolvers.training.judging import Judged, calibration, gain, lift

INK, FAINT, MODEL, MARK = "#23272e", "#b9bfc8", "#1f6f8b", "#c8553d"
_ACROSS = 3

Panel = Callable[[Any, Judged], None]


def pictures(judged: Mapping[str, Judged]) -> dict[str, bytes]:
    """Three pictures as SVG, by name, with a panel for each thing foretold: the same data, the same bytes."""
    if not judged:
        return {}
    return {name: _picture(judged, panel) for name, panel in _PANELS.items()}


def _picture(judged: Mapping[str, Judged], panel: Panel) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    across = min(_ACROSS, len(judged))
    down = math.ceil(len(judged) / across)
    style: Any = {
        "svg.hashsalt": "c360",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.edgecolor": FAINT,
        "axes.labelcolor": INK,
        "axes.titlesize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": INK,
        "ytick.color": INK,
        "text.color": INK,
    }
    with mpl.rc_context(style):
        figure = Figure(figsize=(3.9 * across, 3.4 * down), layout="constrained")
        grid = figure.subplots(down, across, squeeze=False)
        for axes in grid.flat[len(judged) :]:
            axes.set_axis_off()
        for axes, (name, found) in zip(grid.flat, judged.items(), strict=False):
            axes.set_title(f"{name}  (n = {len(found.came):,})", loc="left")
            panel(axes, found)
        written = io.BytesIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(written, metadata={"Date": None, "Creator": None})
    return written.getvalue()


def _calibration(axes: Any, found: Judged) -> None:
    """Foretold against seen, each point as large as it holds customers."""
    bins = calibration(found.foretold, found.came)
    foretold = np.array([each.predicted for each in bins])
    seen = np.array([each.observed for each in bins])
    count = np.array([each.count for each in bins])
    top = float(max(foretold.max(), seen.max(), 1e-9)) * 1.05
    axes.plot([0, top], [0, top], color=FAINT, linewidth=1, linestyle="--", label="as foretold")
    if found.chance:
        # Nine tenths of samples as large would lie within, were each bin's probability right.
        spread = 1.645 * np.sqrt(np.maximum(foretold * (1 - foretold), 0) / count)
        axes.errorbar(foretold, seen, yerr=spread, fmt="none", ecolor=FAINT, elinewidth=1)
    axes.scatter(foretold, seen, s=8 + 60 * count / count.max(), color=MODEL, alpha=0.85, linewidth=0)
    axes.set(xlim=(0, top), ylim=(0, top))
    axes.locator_params(nbins=5)
    axes.set_xlabel("probability foretold" if found.chance else "amount foretold, mean of the bin")
    axes.set_ylabel("share seen" if found.chance else "amount seen, mean of the bin")


def _lift(axes: Any, found: Judged) -> None:
    """How many times the average each tenth of the ranked customers holds."""
    tenths = lift(found.foretold, found.came)
    places = np.arange(1, len(tenths) + 1)
    axes.bar(places, tenths, color=MODEL, width=0.75)
    axes.axhline(1, color=MARK, linewidth=1, linestyle="--")
    axes.annotate(f"{tenths[0]:.1f}", (1, tenths[0]), ha="center", va="bottom", fontsize=8)
    axes.set_xticks(places)
    axes.set_xlabel("tenth of the customers, the best first")
    axes.set_ylabel("times the average")


def _gain(axes: Any, found: Judged) -> None:
    """What share of all that came the best customers hold."""
    (addressed, held), best = (_thinned(*gain(by, found.came)) for by in (found.foretold, found.came))
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, linestyle="--", label="by lot")
    axes.plot(*best, color=MARK, linewidth=1, linestyle=":", label="the most possible")
    axes.plot(addressed, held, color=MODEL, linewidth=1.8, label="model")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.set_xlabel("share of the customers addressed")
    axes.set_ylabel("share of what came")
    axes.legend(frameon=False, loc="lower right", fontsize=8)


def _thinned(addressed: Floats, held: Floats) -> tuple[Floats, Floats]:
    """At a hundredth of the customers each: thousands of points would show no more, and weigh a lot."""
    shares = np.linspace(0, 1, 101)
    return shares, np.interp(shares, addressed, held)


_PANELS: Mapping[str, Panel] = {"calibration": _calibration, "lift": _lift, "gain": _gain}
