"""Both methods as one: a probability, a band, how far the two disagree, and whether a person has to look.

The probabilities are averaged as log-odds, each weighted by how sure it is:

    weight = 1 / (1 + width of its interval in log-odds)

so that the one with the smaller gaps counts for more, and one that knows nothing for next to nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import msgspec

from resolvers.risk.bands import Interval, RiskBand, band_of, log_odds, probability_of, span
from resolvers.risk.behavioural import MOST_REASONS, BehaviouralScore
from resolvers.risk.merton import Position
from resolvers.risk.option_pricing import OptionPrice


class ReviewCause(enum.Enum):
    """Why a person has to look before anybody decides by it."""

    METHODS_DISAGREE = "METHODS_DISAGREE"
    """The two methods lie two bands apart or more, and nothing that is missing explains it."""
    BAND_UNCERTAIN = "BAND_UNCERTAIN"
    """What is missing could move the customer by two bands or more."""
    ADVERSE = "ADVERSE"
    """The band is high or very high: nobody is refused by a program alone (GDPR, article 22)."""
    NOTHING_KNOWN = "NOTHING_KNOWN"
    """Neither method knows anything of the customer."""
    CONTESTED = "CONTESTED"
    """Somebody contests the score, and nobody has decided that yet."""


class Combined(msgspec.Struct, frozen=True, kw_only=True):
    """What both methods say together."""

    probability: float | None
    """None where neither knows anything."""
    band: RiskBand | None
    interval: Interval
    """Between which probabilities of default it lies, whatever is not known."""
    behavioural_weight: float
    """Share of the behavioural score in it, from 0 to 1."""
    disagreement: float | None
    """How far the methods are apart, in log-odds: 0.69 is twice the odds. None where one knows nothing."""
    review: tuple[ReviewCause, ...]


_APART = 2
"""Bands."""


def combined(behaviour: BehaviouralScore, price: OptionPrice, *, contested: bool = False) -> Combined:
    """Put both together.

    Args:
        behaviour: by conduct.
        price: by means.
        contested: whether somebody contests the score.
    """
    one = behaviour.probability if behaviour.known else None
    other = price.probability
    here, there = behaviour.probabilities, price.interval
    share = _share(here, there, one is not None, other is not None)
    probability = _both(one, other, share)
    # A method whose partners are missing would count, could they be asked.
    open_share = _share(here, there, one is not None or here.width > 0, other is not None or price.is_open)
    ends = (_mean(here.low, there.low, open_share), _mean(here.high, there.high, open_share))
    interval = span(*ends) if probability is None else span(*ends, probability)
    causes = list(_causes(behaviour, price, probability, interval))
    if contested:
        causes.append(ReviewCause.CONTESTED)
    return Combined(
        probability=probability,
        band=None if probability is None else band_of(probability),
        interval=interval,
        behavioural_weight=share,
        disagreement=None if one is None or other is None else abs(log_odds(one) - log_odds(other)),
        review=tuple(causes),
    )


def _share(here: Interval, there: Interval, one: bool, other: bool) -> float:
    """The weight of the first method, where one of them or both count."""
    if one != other:
        return float(one)
    mine, theirs = (1 / (1 + log_odds(each.high) - log_odds(each.low)) for each in (here, there))
    return mine / (mine + theirs)


def _both(one: float | None, other: float | None, share: float) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return _mean(one, other, share)


def _mean(one: float, other: float, share: float) -> float:
    return probability_of(share * log_odds(one) + (1 - share) * log_odds(other))


def _causes(
    behaviour: BehaviouralScore, price: OptionPrice, probability: float | None, interval: Interval
) -> Iterator[ReviewCause]:
    if probability is None:
        yield ReviewCause.NOTHING_KNOWN
        return
    if behaviour.known and price.band is not None:
        apart = abs(behaviour.band.rank - price.band.rank) >= _APART
        if apart and not behaviour.probabilities.meets(price.interval):
            yield ReviewCause.METHODS_DISAGREE
    if band_of(interval.high).rank - band_of(interval.low).rank >= _APART:
        yield ReviewCause.BAND_UNCERTAIN
    if band_of(probability).rank >= RiskBand.HIGH.rank:
        yield ReviewCause.ADVERSE


def notice(behaviour: BehaviouralScore, price: OptionPrice, found: Combined) -> tuple[str, ...]:
    """The principal reasons for an adverse band, at most four (Regulation B, 12 CFR 1002.9(b)(2)).

    Those of the balance sheet come first where that is the worse of the two. Empty where the band is not
    adverse.
    """
    if found.band is None or not found.band.is_adverse:
        return ()
    of_conduct = [reason.feature.adverse for reason in behaviour.reasons]
    of_means = []
    if price.band is not None and price.band.is_adverse and price.position in _MEANS:
        of_means = [_MEANS[price.position]]
    means_first = price.probability is not None and price.probability > behaviour.probability
    of_conduct = of_conduct[: MOST_REASONS - len(of_means)]
    return tuple(of_means + of_conduct if means_first else of_conduct + of_means) or (_TOO_LITTLE,)


_MEANS: Mapping[Position | None, str] = MappingProxyType(
    {
        Position.NO_ASSETS: "No assets are known that could cover the debts",
        Position.UNDER_WATER: "Obligations exceed the assets that are known",
        Position.SOLVENT: "The assets that are known exceed obligations by too little",
    }
)
_TOO_LITTLE = "Too little is known of accounts, policies and bookings to judge the risk as lower"
