"""Whether a score that reads no protected attribute works like one that does.

Two figures, reported beside a model and never fed to it: how well the attribute could be guessed from the
features (proxy), and how often each group gets the favourable answer beside the most favoured one (impact).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from resolvers.training.binning import Floats, Labels
from resolvers.training.tables import Column, Frame
from resolvers.training.weights import CannotJudgeError, cross_validated

FOUR_FIFTHS = 0.8
"""An impact ratio below it is taken as a sign of adverse impact (29 CFR 1607.4(D))."""
_FOLDS = 3
_FEWEST = 30
"""Members of a group of whom anything can be said."""


def proxy_auc(features: Mapping[str, Floats], attribute: Sequence[str | None]) -> dict[str, float]:
    """How well membership of each group can be guessed from the features, by cross-validation.

    Returns:
        The area under the curve by group; .5 is no better than by lot. Groups too small are left out.
    """
    groups = np.array([str(each) for each in attribute])
    known = np.array([each is not None for each in attribute])
    columns: dict[str, Column] = {name: column[known] for name, column in features.items()}
    frame = Frame(columns=columns, rows=int(known.sum()))
    found: dict[str, float] = {}
    for group in sorted(set(groups[known].tolist())):
        member = groups[known] == group
        if min(member.sum(), (~member).sum()) < _FEWEST:
            continue
        try:
            guessed, _ = cross_validated(frame, member, folds=_FOLDS)
        except CannotJudgeError:
            found[group] = 0.5
            continue
        found[group] = float(roc_auc_score(member, guessed))
    return found


def impact_ratios(favourable: Labels, attribute: Sequence[str | None]) -> dict[str, float]:
    """How often each group gets the favourable answer, by the share of the group that gets it most often."""
    groups = np.array([str(each) for each in attribute])
    known = np.array([each is not None for each in attribute])
    rates = {
        group: float(favourable[known & (groups == group)].mean())
        for group in sorted(set(groups[known].tolist()))
        if int((known & (groups == group)).sum()) >= _FEWEST
    }
    most = max(rates.values(), default=0.0)
    return {group: rate / most if most else 1.0 for group, rate in rates.items()}


def fairness(
    features: Mapping[str, Floats], favourable: Labels, protected: Mapping[str, Sequence[str | None]]
) -> dict[str, float]:
    """Both, as metrics of a model's papers.

    Returns:
        ``proxy_auc.<attribute>``, that of the group which can be guessed best, and
        ``impact_ratio.<attribute>``, that of the group which is favoured least.
    """
    found: dict[str, float] = {}
    for name, attribute in sorted(protected.items()):
        guessed = proxy_auc(features, attribute)
        impact = impact_ratios(favourable, attribute)
        if guessed:
            found[f"proxy_auc.{name}"] = max(max(each, 1 - each) for each in guessed.values())
        if impact:
            found[f"impact_ratio.{name}"] = min(impact.values())
    return found
