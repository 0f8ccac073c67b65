"""A scorecard learnt from a file, judged by cross-validation, and written out as points."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

from resolvers.risk.scorecard import Bin, CategoryFeature, NumberFeature, Scale, Scorecard
from resolvers.training.binning import Edges, Labels
from resolvers.training.files import FileError
from resolvers.training.tables import Frame, read_frame
from resolvers.training.weights import Coded, Fitted, cross_validated, fit, places, without


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """How a scorecard does on customers it has not seen, and its points on all."""

    customers: int
    bad_rate: float
    folds: int
    auc: float
    """Mean over the folds of the area under the receiver operating characteristic."""
    auc_deviation: float
    """Standard deviation over the folds."""
    ks: float
    """Kolmogorov–Smirnov distance between the scores of good and bad, over all folds."""
    scorecard: Scorecard


def evaluate(
    file: Path,
    *,
    target: str,
    good: str,
    exclude: tuple[str, ...] = (),
    folds: int = 10,
    scale: Scale | None = None,
    report: Callable[[str], None],
) -> Evaluation:
    """Judge and learn a scorecard.

    Raises:
        FileError: the file or a column cannot be used.
        CannotJudgeError: the file does not allow a model.
    """
    frame = read_frame(file, exclude=exclude)
    bad = _bad(frame, target, good, file)
    frame = without(frame, {target})
    report(f"{folds}-fold cross-validation on {frame.rows:,} customers, {len(frame.columns)} features")
    found, fold = cross_validated(frame, bad, folds=folds)
    areas = [float(roc_auc_score(bad[fold == each], found[fold == each])) for each in range(folds)]
    false, true, _ = roc_curve(bad, found)
    return Evaluation(
        customers=frame.rows,
        bad_rate=float(bad.mean()),
        folds=folds,
        auc=float(np.mean(areas)),
        auc_deviation=float(np.std(areas)),
        ks=float(np.max(true - false)),
        scorecard=card(fit(frame, bad), frame, bad, scale or Scale()),
    )


def card(model: Fitted, frame: Frame, bad: Labels, scale: Scale) -> Scorecard:
    """A model of turning out bad as a table of points; each bin with its share and its rate of bad."""
    even = scale.offset - model.intercept * scale.factor
    features: list[NumberFeature | CategoryFeature] = []
    for feature in model.features:
        bins = _bins_of(feature, frame, bad, factor=scale.factor, base=even / len(model.features))
        if isinstance(feature.bins, Edges):
            features.append(
                NumberFeature(
                    name=feature.name, edges=feature.bins.edges, bins=tuple(bins[:-1]), missing=bins[-1]
                )
            )
        else:
            bin_of = {name: place for place, names in enumerate(feature.bins.groups) for name in names}
            features.append(
                CategoryFeature(name=feature.name, places=bin_of, bins=tuple(bins[:-1]), missing=bins[-1])
            )
    return Scorecard(scale=scale, features=tuple(features))


def _bins_of(feature: Coded, frame: Frame, bad: Labels, *, factor: float, base: float) -> list[Bin]:
    where = places(feature.bins, frame.columns[feature.name])
    found = []
    for place, (label, woe) in enumerate(zip(_labels(feature), feature.woe, strict=True)):
        inside = where == (place if place < feature.bins.size else -1)
        found.append(
            Bin(
                label=label,
                woe=-woe,  # the table speaks for the good
                points=base - feature.coefficient * woe * factor,
                share=float(inside.mean()),
                bad_rate=float(bad[inside].mean()) if inside.any() else 0.0,
            )
        )
    return found


def _labels(feature: Coded) -> list[str]:
    if isinstance(feature.bins, Edges):
        edges = [f"{edge:.6g}" for edge in feature.bins.edges]
        return [
            f"below {edges[0]}",
            *(f"{low} to {high}" for low, high in pairwise(edges)),
            f"{edges[-1]} and more",
            "not known",
        ]
    return [*(" | ".join(group) for group in feature.bins.groups), "not known"]


def _bad(frame: Frame, target: str, good: str, file: Path) -> Labels:
    column = frame.columns.get(target)
    if column is None:
        raise FileError(f"{file}: there is no column {target!r}; there are {', '.join(frame.columns)}")
    texts = [_text(value) for value in column]
    values = sorted(set(texts))
    if good not in values or len(values) < 2:
        raise FileError(f"{file}: column {target!r} holds {', '.join(values[:8])}; name the good one of two")
    return np.array([text != good for text in texts])


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
