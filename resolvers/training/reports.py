"""What evaluations print for people."""

from __future__ import annotations

from collections.abc import Iterator

from resolvers.risk.merton import Default
from resolvers.training import lifetime_value as value
from resolvers.training import propensity as likely
from resolvers.training import scorecard as card


def lifetime_value(found: value.Evaluation) -> str:
    """Parameters, likelihoods, values, and the hold-out."""
    return "\n".join(_lifetime_value(found))


def _lifetime_value(found: value.Evaluation) -> Iterator[str]:
    purchases, amounts = found.purchases, found.amounts
    yield f"customers           {found.customers:,}, of whom {found.repeaters:,} came back"
    if found.dropped:
        yield f"rows left out       {found.dropped:,} without a day or an amount"
    yield (
        f"BG/NBD (weeks)      r {purchases.r:.4f}  alpha {purchases.alpha:.4f}  a {purchases.a:.4f}  "
        f"b {purchases.b:.4f}"
    )
    yield f"log-likelihood      {found.purchases_fit.log_likelihood:.2f}"
    yield f"Gamma-Gamma         p {amounts.p:.4f}  q {amounts.q:.4f}  gamma {amounts.gamma:.4f}"
    yield f"log-likelihood      {found.amounts_fit.log_likelihood:.2f}"
    for fit in (found.purchases_fit, found.amounts_fit):
        if fit.at_bound:
            yield f"not determined      {', '.join(fit.at_bound)}: the customers do not tell"
    yield f"value of {value.MONTHS} months, discounted at {100 * value.MONTHLY_DISCOUNT:g} % a month:"
    for each in found.values:
        yield (
            f"  {each.customer:<17} {each.value:.3f}   P(alive) {each.p_alive:.4f}   "
            f"purchases {each.purchases:.4f}"
        )
    if found.holdout is not None:
        held = found.holdout
        yield (
            f"hold-out            {held.weeks:.1f} weeks: {held.purchases_actual:,.0f} purchases, "
            f"{held.purchases_expected:,.1f} expected"
        )
        yield (
            f"correlation with what was spent: model {held.model:.4f}  past spend {held.past_spend:.4f}  "
            f"frequency {held.frequency:.4f}  recency {held.recency:.4f}"
        )


def option_pricing(found: Default) -> str:
    """Assets, volatility, distance and probability."""
    distance = "none" if found.distance is None else f"{found.distance:.4f}"
    return "\n".join(
        (
            f"assets                        {found.assets:.4f}",
            f"volatility of the assets      {found.volatility:.4f}",
            f"distance to default           {distance}",
            f"probability (risk-neutral)    {100 * found.probability:.2f} %",
            f"expected loss                 {found.expected_loss:.4f}",
        )
    )


def scorecard(found: card.Evaluation) -> str:
    """Figures, then the table of points."""
    return "\n".join(_scorecard(found))


def _scorecard(found: card.Evaluation) -> Iterator[str]:
    scale = found.scorecard.scale
    yield f"customers           {found.customers:,}, {100 * found.bad_rate:.1f} % of them bad"
    yield f"{found.folds}-fold AUC         {found.auc:.4f} (standard deviation {found.auc_deviation:.4f})"
    yield f"KS                  {found.ks:.4f}"
    yield (
        f"scale               {scale.score:g} points at {scale.odds:g}:1, {scale.pdo:g} double the odds "
        f"(factor {scale.factor:.4f}, offset {scale.offset:.3f})"
    )
    for feature in found.scorecard.features:
        yield feature.name
        for each in (*feature.bins, feature.missing):
            yield (
                f"  {each.points:8.2f}  WoE {each.woe:+.4f}  {100 * each.share:5.1f} %  "
                f"bad {100 * each.bad_rate:5.1f} %  {each.label}"
            )


def propensity(found: likely.Evaluation) -> str:
    """Figures of the cross-validation, of the second file, and what drives the model."""
    return "\n".join(_propensity(found))


def _propensity(found: likely.Evaluation) -> Iterator[str]:
    yield f"{found.folds}-fold AUC         {found.auc:.4f}"
    yield _top("cross-validated", found.top)
    if found.second is not None:
        yield _top("second file", found.second)
        if found.second_auc is not None:
            yield f"second file's AUC   {found.second_auc:.4f}"
    yield "what moves the log-odds most (standard deviation of the contribution):"
    for name, spread in found.drivers:
        yield f"  {spread:.3f}  {name}"


def _top(what: str, top: likely.Top) -> str:
    if top.hits is None or top.owners is None:
        return f"{what:<19} {top.customers:,} customers scored, {top.addressed:,} in the top share"
    lift = "none" if top.lift is None else f"{top.lift:.2f}"
    return f"{what:<19} {top.hits:.1f} of {top.owners:,} owners in the top {top.addressed:,}, lift {lift}"
