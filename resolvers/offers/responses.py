"""What became of presentations: each with its outcome, and from these lift and calibration by product.

A presentation is followed until the customer answers, is presented the product again, or a window is over.
An acceptance within that time makes it a success; without one it is a failure once the time is over, and is
left out before: nobody knows yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from resolvers.artefacts import CalibrationBin
from resolvers.offers.features import FEATURES, UNKNOWN
from store.data_offers import OfferEvent, OfferEventKind

WINDOW = timedelta(days=90)
"""For how long an acceptance is put down to a presentation."""
_Z = 1.959963984540054
"""Of the normal distribution, for intervals that hold 95 of 100 times."""
_BINS = 5


class Presented(msgspec.Struct, frozen=True, kw_only=True):
    """A presentation whose outcome is known."""

    product: str
    features: tuple[float, ...]
    """As they were then, in the order of every vector; not a number where one was not known."""
    propensity: float | None
    """What the model said then; none where the product was rejected and presented all the same."""
    explored: bool
    accepted: bool


class _Parts(msgspec.Struct, frozen=True):
    features: Mapping[str, float] = {}
    unknown: tuple[str, ...] = ()


def outcomes(events: Iterable[OfferEvent], now: datetime, *, window: timedelta = WINDOW) -> list[Presented]:
    """Presentations with known outcomes.

    Args:
        events: of all customers, the oldest first.
        now: up to when events are known.
        window: how long an acceptance is waited for.
    """
    open_: dict[tuple[str, str], OfferEvent] = {}
    found: list[Presented] = []
    for event in events:
        key = (event.customer_id, event.product_id)
        before = open_.pop(key, None)
        if before is not None:
            in_time = event.at - before.at <= window
            accepted = in_time and event.event is OfferEventKind.ACCEPTED
            found.append(_presented(before, accepted=accepted))
        if event.event is OfferEventKind.PRESENTED:
            open_[key] = event
    found += [_presented(event, accepted=False) for event in open_.values() if now - event.at > window]
    return found


def _presented(event: OfferEvent, *, accepted: bool) -> Presented:
    parts = msgspec.json.decode(event.parts, type=_Parts)
    unknown = frozenset(parts.unknown)
    features = tuple(
        UNKNOWN if feature.line.value in unknown else parts.features.get(feature.name, 0.0)
        for feature in FEATURES
    )
    return Presented(
        product=event.product_id,
        features=features,
        propensity=event.propensity,
        explored=event.explored,
        accepted=accepted,
    )


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A share with the interval that holds it 95 of 100 times."""

    count: int
    successes: int
    rate: float
    low: float
    high: float


class ProductReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a product's offers went."""

    product: str
    all: Rate
    """Of all presentations."""
    explored: Rate | None
    """Of those that came in random order: what it does without being chosen."""
    chosen: Rate | None
    """Of those that came by priority."""
    lift: float | None
    """The chosen ones' rate by the explored ones'."""
    lift_low: float | None
    lift_high: float | None
    """Between which the lift lies 95 of 100 times (Katz's interval of a ratio of shares)."""
    predicted: float | None
    """What the model said on average."""
    ece: float | None
    """Expected calibration error over bins of equally many presentations."""
    calibration: tuple[CalibrationBin, ...]


def reports(presented: Iterable[Presented]) -> list[ProductReport]:
    """How the offers of each product went, by product."""
    by_product: dict[str, list[Presented]] = {}
    for each in presented:
        by_product.setdefault(each.product, []).append(each)
    return [_report(product, mine) for product, mine in sorted(by_product.items())]


def _report(product: str, presented: Sequence[Presented]) -> ProductReport:
    explored = rate([each.accepted for each in presented if each.explored])
    chosen = rate([each.accepted for each in presented if not each.explored])
    every = rate([each.accepted for each in presented])
    assert every is not None  # noqa: S101  # a product is reported because it was presented
    foretold = sorted(
        ((each.propensity, each.accepted) for each in presented if each.propensity is not None),
        key=lambda pair: pair[0],
    )
    bins = tuple(_bins(foretold))
    lift, low, high = _lift(chosen, explored)
    return ProductReport(
        product=product,
        all=every,
        explored=explored,
        chosen=chosen,
        lift=lift,
        lift_low=low,
        lift_high=high,
        predicted=sum(p for p, _ in foretold) / len(foretold) if foretold else None,
        ece=sum(each.count * abs(each.predicted - each.observed) for each in bins) / len(foretold)
        if foretold
        else None,
        calibration=bins,
    )


def rate(accepted: Sequence[bool]) -> Rate | None:
    """A share with Wilson's interval; none of nothing.

    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927).
    """
    count, successes = len(accepted), sum(accepted)
    if not count:
        return None
    share = successes / count
    spread = 1 + _Z**2 / count
    middle = (share + _Z**2 / (2 * count)) / spread
    half = _Z / spread * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    return Rate(
        count=count,
        successes=successes,
        rate=share,
        low=max(0.0, middle - half),
        high=min(1.0, middle + half),
    )


def _lift(chosen: Rate | None, explored: Rate | None) -> tuple[float | None, float | None, float | None]:
    """The ratio of two shares with its interval; none where either has no success."""
    if chosen is None or explored is None or not chosen.successes or not explored.successes:
        return None, None, None
    lift = chosen.rate / explored.rate
    deviation = math.sqrt(
        1 / chosen.successes - 1 / chosen.count + 1 / explored.successes - 1 / explored.count
    )
    return lift, lift * math.exp(-_Z * deviation), lift * math.exp(_Z * deviation)


def _bins(foretold: Sequence[tuple[float, bool]]) -> Iterator[CalibrationBin]:
    """Bins of about equally many; equal predictions always share one."""
    least = max(1, len(foretold) // _BINS)
    mine: list[tuple[float, bool]] = []
    for place, pair in enumerate(foretold):
        mine.append(pair)
        last = place + 1 == len(foretold)
        if last or (len(mine) >= least and foretold[place + 1][0] != pair[0]):
            yield CalibrationBin(
                predicted=sum(p for p, _ in mine) / len(mine),
                observed=sum(accepted for _, accepted in mine) / len(mine),
                count=len(mine),
            )
            mine = []
