"""Model cards: what a fitted model is, what it rests on and how good it is, for people.

After Mitchell et al., "Model Cards for Model Reporting" (2019).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from resolvers.artefacts import CalibrationBin, Origin
from resolvers.training.fairness import FOUR_FIFTHS

UNAVAILABLE = "UNAVAILABLE"
"""Source of a feature that no published API tells: it stays neutral."""


class FeatureSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a feature comes from."""

    feature: str
    source: str
    """Path in a partner's published API, or :data:`UNAVAILABLE`."""
    meaning: str = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """How a model treats one group of a protected attribute, which it does not see."""

    attribute: str
    group: str
    customers: int
    favourable: float
    """Share of the group that the model favours."""
    impact_ratio: float
    """That share by the best-favoured group's: below .8 it calls for a reason (the four-fifths rule)."""
    auc: float | None = None
    """Area under the curve within the group."""


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """What the features give away of protected attributes, and what the model makes of it."""

    proxy_auc: Mapping[str, float]
    """By attribute: how well it could be guessed from the model's features; .5 is not at all."""
    groups: tuple[Group, ...]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a card says beyond the model's papers."""

    purpose: str
    features: tuple[FeatureSource, ...] = ()
    assumptions: tuple[str, ...] = ()
    protection: Protection | None = None
    notes: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    """File names, beside the card."""


def written(origin: Origin, card: Card) -> str:
    """The card as Markdown."""
    return "\n".join(_lines(origin, card)) + "\n"


def _lines(origin: Origin, card: Card) -> Iterator[str]:
    yield f"# {origin.model}, version {origin.version}"
    yield ""
    yield card.purpose
    yield ""
    if origin.made_up:
        yield (
            "> **The outcomes it was fitted to are made up.** Its figures show how the model works; they say "
            "nothing about real customers, and every answer that rests on it says so."
        )
        yield ""
    yield from _table(
        ("what", "value"),
        [
            ("fitted", f"{origin.fitted_at:%Y-%m-%d %H:%M} UTC"),
            ("to", origin.trained_on),
            ("customers", f"{origin.customers:,}"),
            ("outcomes", "made up" if origin.made_up else "seen"),
            ("digest of the data", f"`{origin.fingerprint}`"),
        ],
    )
    yield from _metrics(origin)
    yield from _calibrated(origin.calibration)
    for picture in card.pictures:
        yield f"![{picture.rsplit('-', 1)[-1].removesuffix('.svg')}]({picture})"
        yield ""
    yield from _features(card.features)
    yield from _protected(card.protection)
    yield from _listed("Assumptions", card.assumptions)
    yield from _listed("To be kept in mind", card.notes)


def _metrics(origin: Origin) -> Iterator[str]:
    if not origin.metrics:
        return
    yield "## How good it is, on customers kept aside"
    yield ""
    before = origin.compared
    if before is None:
        rows = [(name, _number(value)) for name, value in sorted(origin.metrics.items())]
        yield from _table(("metric", "value"), rows)
        return
    yield from _table(
        ("metric", "value", f"{before.champion}, same customers"),
        [
            (name, _number(value), _number(before.metrics.get(name)))
            for name, value in sorted(origin.metrics.items())
        ],
    )


def _calibrated(bins: Sequence[CalibrationBin]) -> Iterator[str]:
    if not bins:
        return
    yield "## Calibration"
    yield ""
    yield from _table(
        ("foretold", "seen", "customers"),
        [(_number(each.predicted), _number(each.observed), f"{each.count:,}") for each in bins],
    )


def _features(features: Sequence[FeatureSource]) -> Iterator[str]:
    if not features:
        return
    yield "## Features, and where each comes from"
    yield ""
    yield from _table(
        ("feature", "source", "meaning"),
        [
            (
                f"`{each.feature}`",
                _source(each.source),
                each.meaning,
            )
            for each in features
        ],
    )
    if any(each.source == UNAVAILABLE for each in features):
        yield f"What is {UNAVAILABLE} is told by no published API; it takes the neutral bin."
        yield ""


def _source(source: str) -> str:
    """As code, unless it is marked up already, or no path."""
    return source if source == UNAVAILABLE or "`" in source else f"`{source}`"


def _protected(protection: Protection | None) -> Iterator[str]:
    if protection is None:
        return
    yield "## Protected attributes"
    yield ""
    yield "The model sees none of them. How well each could be guessed from its features (.5: not at all):"
    yield ""
    yield from _table(
        ("attribute", "proxy AUC"),
        [(name, _number(value)) for name, value in sorted(protection.proxy_auc.items())],
    )
    yield from _table(
        ("attribute", "group", "customers", "favoured", "impact ratio", "AUC within"),
        [
            (
                each.attribute,
                each.group,
                f"{each.customers:,}",
                f"{100 * each.favourable:.1f} %",
                f"{each.impact_ratio:.3f}"
                + (" (below four fifths)" if each.impact_ratio < FOUR_FIFTHS else ""),
                _number(each.auc),
            )
            for each in protection.groups
        ],
    )


def _listed(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"## {title}"
        yield ""
        yield from (f"- {line}" for line in lines)
        yield ""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
