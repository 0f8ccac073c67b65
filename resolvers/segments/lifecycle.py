"""Where a customer stands between coming and leaving, from what is kept of their behaviour.

Recency alone says little: a month of silence is much for somebody who bought every day, and nothing for who
travels once a year. So silence is told in the customer's own rhythm, the mean time between their purchases,
of all lines together. For somebody who buys at random at that pace, a silence of two rhythms comes to pass by
chance once in seven times (e⁻² = 14 %), one of three once in twenty (e⁻³ = 5 %).
"""

from __future__ import annotations

import msgspec

from c360.errors import ConfigError
from resolvers.segments.dimensions import Dimension, Finding, Lifecycle
from resolvers.segments.scores import Subject
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure

BOUGHT = (Line.CARDS, Line.HOTEL, Line.RENTAL, Line.LOYALTY)
"""Lines of single purchases, which nobody is bound to repeat."""
BINDING = tuple(line for line in Line if line not in {Line.HOTEL, Line.RENTAL, Line.LOYALTY})
"""Lines whose contracts last until somebody ends them. A membership binds nobody."""
YEAR = 365.0


class LifecycleRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cuts. The first rule that holds decides, in the order lapsed, new, declining, growing, mature."""

    new_days: float = 365.0
    """Days since the first purchase or contract, below which somebody is new."""
    lapsed_days: float = 365.0
    """Days of silence that it takes at least to be lapsed, whatever one's rhythm."""
    lapsed_rhythms: float = 3.0
    lapsed_alive: float = 0.1
    """Probability of still buying, below which somebody silent is lapsed."""
    lapsed_once_days: float = 730.0
    """Days of silence after which somebody who bought on one day alone is lapsed."""
    declining_days: float = 90.0
    """Days of silence that it takes at least to be declining by silence."""
    declining_rhythms: float = 2.0
    declining_spend: float = 0.7
    """Spent in the last year, as a multiple of a year before, below which somebody is declining."""
    growing_spend: float = 1.3
    """The same, from which somebody is growing."""
    compared_days: float = 180.0
    """Days before the last year that it takes at least to compare with."""


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """The figures that the rules look at; none where they are not known."""

    contracts: float
    """In force."""
    ended: float
    """Contracts that ended in the last three years."""
    bought: bool
    """Whether there was ever a purchase."""
    tenure: float | None
    """Days since the first purchase, or the first day of the oldest contract."""
    silent: float | None
    """Days since the last purchase."""
    rhythm: float | None
    """Mean days between purchases, at least 1; none for who bought on one day alone."""
    change: float | None
    """Spent in the last year, as a multiple of what was spent in a year before it."""

    @property
    def rhythms(self) -> float | None:
        """Days of silence, in the customer's own rhythm."""
        return None if self.silent is None or self.rhythm is None else self.silent / self.rhythm


def check(rules: LifecycleRules, where: str) -> None:
    """Make sure that every label can be met.

    Raises:
        ConfigError: cuts contradict each other.
    """
    if rules.declining_spend >= rules.growing_spend:
        raise ConfigError(f"{where}.declining_spend", f"{rules.declining_spend:g}", "be below growing_spend")
    if rules.declining_rhythms > rules.lapsed_rhythms or rules.declining_days > rules.lapsed_days:
        raise ConfigError(f"{where}.lapsed_rhythms", f"{rules.lapsed_rhythms:g}", "decline before you lapse")


def behaviour(summaries: Summaries, rules: LifecycleRules) -> Behaviour:
    """The figures of a customer. A day with purchases in two lines counts twice, as two purchases."""
    contracts = ended = days = spent = spent_lately = 0.0
    began: list[float] = []
    first: float | None = None
    last: float | None = None
    for line, figures in summaries.lines.items():
        start = figures.get(Measure.FIRST_ON)
        if start is not None:
            began.append(start)
        if line in BINDING:
            contracts += figures.get(Measure.CONTRACTS, 0.0)
            ended += figures.get(Measure.CONTRACTS_ENDED, 0.0)
        latest = figures.get(Measure.LAST_ON)
        if line not in BOUGHT or latest is None:
            continue
        days += figures.get(Measure.PURCHASE_DAYS, 1.0)
        spent += figures.get(Measure.SPENT, 0.0)
        spent_lately += figures.get(Measure.SPENT_12M, 0.0)
        last = latest if last is None else max(last, latest)
        if start is not None:
            first = start if first is None else min(first, start)
    repeated = first is not None and last is not None and days > 1 and last > first
    return Behaviour(
        contracts=contracts,
        ended=ended,
        bought=last is not None,
        tenure=summaries.age(min(began)) if began else None,
        silent=None if last is None else summaries.age(last),
        rhythm=max(1.0, (last - first) / (days - 1)) if repeated else None,  # type: ignore[operator]  # both are known then
        change=None
        if first is None
        else _change(spent, spent_lately, summaries.age(first) - YEAR, rules.compared_days),
    )


def find(subject: Subject, rules: LifecycleRules) -> tuple[Lifecycle, Finding]:
    """A customer's label and why."""
    known = behaviour(subject.summaries, rules)
    found = (
        _nobody(known, subject.summaries)
        or _lapsed(known, rules, subject.scores.alive)
        or _new(known, rules)
        or _declining(known, rules)
        or _steady(known, rules)
    )
    return Lifecycle(found.label), found


def _change(spent: float, lately: float, days_before: float, needed: float) -> float | None:
    before = spent - lately
    return lately / (before * YEAR / days_before) if before > 0 and days_before >= needed else None


def _nobody(known: Behaviour, summaries: Summaries) -> Finding | None:
    if known.bought or known.contracts > 0 or known.ended > 0:
        return None
    if summaries.missing:
        note = f"nothing is known yet of what {', '.join(summaries.missing)} may hold"
        return _finding(Lifecycle.UNKNOWN, "CONTRACTS_AND_PURCHASES", None, note=note)
    return _finding(Lifecycle.PROSPECT, "CONTRACTS_AND_PURCHASES", 0.0, (None, 1.0))


def _lapsed(known: Behaviour, rules: LifecycleRules, alive: float | None) -> Finding | None:
    label = Lifecycle.LAPSED
    if known.contracts > 0:
        return None
    if known.silent is None:
        return _below(label, "CONTRACTS", known.contracts, 1.0)
    if known.rhythms is None:
        return _from(label, "SILENT_DAYS", known.silent, rules.lapsed_once_days)
    if known.silent < rules.lapsed_days:
        return None
    return _from(label, "SILENT_RHYTHMS", known.rhythms, rules.lapsed_rhythms) or _below(
        label, "ALIVE", alive, rules.lapsed_alive
    )


def _new(known: Behaviour, rules: LifecycleRules) -> Finding | None:
    return _below(Lifecycle.NEW, "TENURE_DAYS", known.tenure, rules.new_days)


def _declining(known: Behaviour, rules: LifecycleRules) -> Finding | None:
    label = Lifecycle.DECLINING
    found = _below(label, "SPEND_CHANGE", known.change, rules.declining_spend) or _from(
        label, "CONTRACTS_ENDED", known.ended, known.contracts + 1
    )
    if found is None and known.silent is not None and known.silent >= rules.declining_days:
        return _from(label, "SILENT_RHYTHMS", known.rhythms, rules.declining_rhythms)
    return found


def _steady(known: Behaviour, rules: LifecycleRules) -> Finding:
    growing = _from(Lifecycle.GROWING, "SPEND_CHANGE", known.change, rules.growing_spend)
    if growing is not None:
        return growing
    if known.change is not None:
        cuts = (rules.declining_spend, rules.growing_spend)
        return _finding(Lifecycle.MATURE, "SPEND_CHANGE", known.change, cuts)
    if known.tenure is not None:
        return _finding(Lifecycle.MATURE, "TENURE_DAYS", known.tenure, (rules.new_days, None))
    return _finding(Lifecycle.MATURE, "TENURE_DAYS", None, note="since when is not known")


def _from(label: Lifecycle, figure: str, value: float | None, least: float) -> Finding | None:
    """The finding that a figure reaches a cut; none where it does not, or is not known."""
    return None if value is None or value < least else _finding(label, figure, value, (least, None))


def _below(label: Lifecycle, figure: str, value: float | None, limit: float) -> Finding | None:
    """The finding that a figure lies below a cut."""
    return None if value is None or value >= limit else _finding(label, figure, value, (None, limit))


def _finding(
    label: Lifecycle,
    figure: str,
    value: float | None,
    cuts: tuple[float | None, float | None] = (None, None),
    *,
    note: str | None = None,
) -> Finding:
    at_least, below = cuts
    return Finding(
        dimension=Dimension.LIFECYCLE,
        label=label.value,
        figure=figure,
        value=value,
        at_least=at_least,
        below=below,
        note=note,
    )
