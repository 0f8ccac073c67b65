"""What a model makes of the groups of protected attributes, which it does not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.metrics import roc_auc_score

from resolvers.training.binning import Floats, Labels
from resolvers.training.cards import Group, Protection
from resolvers.training.fairness import impact_ratios, proxy_auc


def protection(
    features: Mapping[str, Floats],
    favourable: Labels,
    protected: Mapping[str, Sequence[str | None]],
    *,
    probability: Floats,
    came: Floats,
) -> Protection:
    """The report for a model's card.

    Args:
        features: what the model reads.
        favourable: who gets the favourable answer.
        protected: groups of each attribute.
        probability: foretold by the model.
        came: what became of them, 0 or 1.
    """
    proxies: dict[str, float] = {}
    groups: list[Group] = []
    for attribute, words in sorted(protected.items()):
        named = np.array([str(word) for word in words])
        proxies |= {f"{attribute}: {group}": auc for group, auc in proxy_auc(features, words).items()}
        for group, ratio in impact_ratios(favourable, words).items():
            rows = named == group
            two = 0 < came[rows].sum() < rows.sum()
            groups.append(
                Group(
                    attribute=attribute,
                    group=group,
                    customers=int(rows.sum()),
                    favourable=float(favourable[rows].mean()),
                    impact_ratio=ratio,
                    auc=float(roc_auc_score(came[rows], probability[rows])) if two else None,
                )
            )
    return Protection(proxy_auc=proxies, groups=tuple(groups))
