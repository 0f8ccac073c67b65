"""Both methods as one: a probability, a band, how far the two disagree, and whether a person has to look.

The probabilities are averaged as log-odds, each weighted by how sure it is:

    weight = 1 / (1 + width of its interval in log-odds)

so that the one with the smaller gaps counts for more, and one that knows nothing for next to nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator

import msgspec

from resolvers.risk.bands import Interval, RiskBand, band_of, log_odds, probability_of
from resolvers.risk.behavioural import BehaviouralScore
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


def combined(behaviour: BehaviouralScore, price: OptionPrice) -> Combined:
    """Put both together."""
    one = behaviour.probability if behaviour.known else None
    other = price.probability
    share = _share(behaviour.probabilities, price.interval, one, other)
    interval = Interval(
        _mean(behaviour.probabilities.low, price.interval.low, share),
        _mean(behaviour.probabilities.high, price.interval.high, share),
    )
    probability = _both(one, other, share)
    return Combined(
        probability=probability,
        band=None if probability is None else band_of(probability),
        interval=interval,
        behavioural_weight=share,
        disagreement=None if one is None or other is None else abs(log_odds(one) - log_odds(other)),
        review=tuple(_causes(behaviour, price, probability, interval)),
    )


def _share(here: Interval, there: Interval, one: float | None, other: float | None) -> float:
    if one is None or other is None:
        return 1.0 if other is None and one is not None else 0.0 if one is None and other is not None else 0.5
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
