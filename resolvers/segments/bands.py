"""Value and risk as bands of a figure: by its amount, or by its place among customers of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from c360.errors import ConfigError
from resolvers.segments.dimensions import By, Dimension, Finding, Risk, Value
from resolvers.segments.ranks import Ranked, Ranks
from resolvers.segments.scores import Subject


class _Bands(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    figure: Ranked
    by: By


class ValueBands(_Bands, frozen=True, kw_only=True):
    """Where each label of value begins; below all of them it is low."""

    figure: Ranked = Ranked.PROFIT
    by: By = By.PERCENTILE
    top: float = 90.0
    high: float = 70.0
    middle: float = 30.0

    def find(self, subject: Subject, ranks: Ranks) -> tuple[Value, Finding]:
        """A customer's label and why."""
        return _find(self, self.cuts(), (Dimension.VALUE, Value.UNKNOWN), subject, ranks)

    def cuts(self) -> Sequence[tuple[Value, float | None]]:
        """Labels with their least figure, the greatest first."""
        return (
            (Value.TOP, self.top),
            (Value.HIGH, self.high),
            (Value.MIDDLE, self.middle),
            (Value.LOW, None),
        )


class RiskBands(_Bands, frozen=True, kw_only=True):
    """Where each label of risk begins, of a figure that is the greater the smaller the risk.

    600 points are odds of 50 to 1, a probability of default of 2 %; 572 are 19 to 1, of 5 %: where the bands
    of risk named ``MEDIUM`` and ``HIGH`` begin.
    """

    figure: Ranked = Ranked.BEHAVIOURAL_POINTS
    by: By = By.AMOUNT
    low: float = 600.0
    medium: float = 572.0

    def find(self, subject: Subject, ranks: Ranks) -> tuple[Risk, Finding]:
        """A customer's label and why."""
        return _find(self, self.cuts(), (Dimension.RISK, Risk.UNKNOWN), subject, ranks)

    def cuts(self) -> Sequence[tuple[Risk, float | None]]:
        """Labels with their least figure, the greatest figure first."""
        return ((Risk.LOW, self.low), (Risk.MEDIUM, self.medium), (Risk.HIGH, None))


def check(bands: ValueBands | RiskBands, where: str) -> None:
    """Make sure that every label can be met.

    Raises:
        ConfigError: the cuts do not fall.
    """
    cuts = [cut for _, cut in bands.cuts() if cut is not None]
    if any(later >= earlier for earlier, later in pairwise(cuts)):
        raise ConfigError(where, f"cuts {', '.join(map('{:g}'.format, cuts))}", "let each be below the last")


def measured(subject: Subject, figure: Ranked, by: By, ranks: Ranks) -> tuple[float | None, str | None]:
    """What of a customer is compared with the cuts, and why there is nothing where it is not known."""
    amount = subject.figure(figure)
    if amount is None:
        return None, "the figure is not known"
    if by is By.AMOUNT:
        return amount, None
    place = ranks.percentile(figure, subject.kind, amount)
    return place, ranks.why_not(figure, subject.kind) if place is None else None


def named(figure: Ranked, by: By) -> str:
    """The name of what is compared."""
    return f"{figure.value}_PERCENTILE" if by is By.PERCENTILE else figure.value


def _find(
    bands: _Bands,
    cuts: Sequence[tuple[Any, float | None]],
    otherwise: tuple[Dimension, Any],
    subject: Subject,
    ranks: Ranks,
) -> tuple[Any, Finding]:
    dimension, label = otherwise
    value, note = measured(subject, bands.figure, bands.by, ranks)
    least: float | None = None
    above: float | None = None
    if value is not None:
        for label, least in cuts:  # noqa: B007  # what the loop ended with is the answer
            if least is None or value >= least:
                break
            above = least
    finding = Finding(
        dimension=dimension,
        label=label.value,
        figure=named(bands.figure, bands.by),
        value=value,
        at_least=least,
        below=above,
        note=note,
    )
    return label, finding
