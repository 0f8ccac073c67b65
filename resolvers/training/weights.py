"""Logistic regression on weights of evidence: what scorecards and propensities have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from c360.errors import C360Error
from resolvers.training.binning import Edges, Floats, Groups, Labels, bin_category, bin_number, evidence
from resolvers.training.tables import Column, Frame

_PENALTY = 0.1
"""Inverse strength of the ridge: weights of evidence are alike in scale, so one value fits all."""


class CannotJudgeError(C360Error):
    """A file does not allow a model; the message says why."""


class Coded(msgspec.Struct, frozen=True, kw_only=True):
    """A feature as it was learnt: its bins, their weights of evidence, its coefficient."""

    name: str
    bins: Edges | Groups
    woe: tuple[float, ...]
    """Of each bin, and last of what is not known."""
    coefficient: float


class Fitted(msgspec.Struct, frozen=True, kw_only=True):
    """A model: log-odds = intercept + Σ coefficient · weight of evidence."""

    intercept: float
    features: tuple[Coded, ...]

    def log_odds(self, frame: Frame) -> Floats:
        """Log-odds of the event for every row."""
        found = np.full(frame.rows, self.intercept)
        for contribution in self.contributions(frame).values():
            found += contribution
        return found

    def contributions(self, frame: Frame) -> dict[str, Floats]:
        """What each feature adds to the log-odds, for every row."""
        return {
            feature.name: feature.coefficient * _coded(feature.bins, feature.woe, frame.columns[feature.name])
            for feature in self.features
        }

    def probability(self, frame: Frame) -> Floats:
        """Probability of the event for every row."""
        found: Floats = 1 / (1 + np.exp(-self.log_odds(frame)))
        return found


def fit(
    frame: Frame,
    event: Labels,
    *,
    bins_of: Callable[[str, Column, Labels], Edges | Groups] | None = None,
    neutral: bool = False,
) -> Fitted:
    """Learn bins, weights and coefficients. The weight of evidence here speaks for the event.

    Args:
        frame: what is known of each customer.
        event: to whom it happened.
        bins_of: makes the bins of a column, in place of a small tree.
        neutral: whether what is not known says nothing, whatever became of those of whom it is not known.
    """
    learnt: list[tuple[str, Edges | Groups, Floats]] = []
    for name, column in frame.columns.items():
        bins = _bins(column, event) if bins_of is None else bins_of(name, column, event)
        if bins.size > 1:
            weights = -evidence(places(bins, column), event, bins.size)
            if neutral:
                weights[-1] = 0.0
            learnt.append((name, bins, weights))
    if not learnt:
        raise CannotJudgeError("no column tells the two outcomes apart; give more columns or more rows")
    matrix = np.column_stack([_coded(bins, tuple(woe), frame.columns[name]) for name, bins, woe in learnt])
    model = LogisticRegression(C=_PENALTY, max_iter=1_000).fit(matrix, event)
    return Fitted(
        intercept=float(model.intercept_[0]),
        features=tuple(
            Coded(
                name=name, bins=bins, woe=tuple(float(each) for each in woe), coefficient=float(coefficient)
            )
            for (name, bins, woe), coefficient in zip(learnt, model.coef_[0], strict=True)
        ),
    )


def cross_validated(frame: Frame, event: Labels, *, folds: int) -> tuple[Floats, NDArray[np.intp]]:
    """Log-odds of every row by a model that did not see it, bins and all, and the fold of each row.

    Raises:
        CannotJudgeError: one outcome is rarer than there are folds.
    """
    rarer = int(min(event.sum(), (~event).sum()))
    if folds < 2 or rarer < folds:
        raise CannotJudgeError(
            f"{folds} folds need two outcomes of {folds} rows each; the rarer one has {rarer}"
        )
    found = np.zeros(frame.rows)
    fold = np.zeros(frame.rows, dtype=np.intp)
    splits = StratifiedKFold(folds, shuffle=True, random_state=0).split(np.zeros(frame.rows), event)
    for number, (seen, unseen) in enumerate(splits):
        found[unseen] = fit(frame.take(seen), event[seen]).log_odds(frame.take(unseen))
        fold[unseen] = number
    return found, fold


def without(frame: Frame, names: Collection[str]) -> Frame:
    """A frame without some columns."""
    columns = {name: column for name, column in frame.columns.items() if name not in names}
    return Frame(columns=columns, rows=frame.rows)


def _bins(column: Column, event: Labels) -> Edges | Groups:
    if isinstance(column, np.ndarray):
        return bin_number(column, event) if (~np.isnan(column)).any() else Edges(edges=())
    return bin_category(column, event)


def places(bins: Edges | Groups, column: Column) -> NDArray[np.intp]:
    """The bin of each value of a column; −1 for one that is not known."""
    if isinstance(bins, Edges):
        return bins.places(np.asarray(column, dtype=np.float64))
    return bins.places([None if value is None else str(value) for value in column])


def _coded(bins: Edges | Groups, woe: tuple[float, ...], column: Column) -> Floats:
    found = places(bins, column)
    coded: Floats = np.asarray(woe)[np.where(found < 0, bins.size, found)]
    return coded
