"""Tables of docs/risk.md, from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from resolvers.risk.bands import RiskBand
from resolvers.risk.combined import ReviewCause
from resolvers.risk.credit_line import CreditReasonCode
from resolvers.risk.features import FEATURES, Worse
from resolvers.risk.lending import LendingRules
from resolvers.risk.markets import VOLATILITY, AssetClass, MarketAssumptions
from resolvers.summaries.measures import Unit
from schema.docs import member_descriptions
from tests.docs.cells import NONE, code, ended

Markdown = Callable[[tuple[str, ...], Iterable[tuple[str, ...]]], str]


def features(markdown: Markdown) -> str:
    rows = [
        (
            code(each.name),
            ended(each.title),
            each.unit.value.lower() if isinstance(each.unit, Unit) else each.unit,
            "more" if each.worse is Worse.HIGHER else "less",
            "; ".join(map(str, each.sources)) or "UNAVAILABLE: neutral",
            each.adverse,
        )
        for each in FEATURES
    ]
    return markdown(("feature", "meaning", "unit", "worse", "told by", "reason in a notice"), rows)


def members(markdown: Markdown, kind: Any, header: str) -> str:
    texts = member_descriptions(kind)
    return markdown((header, "meaning"), [(code(each.name), ended(texts[each.name])) for each in kind])


def volatilities(markdown: Markdown) -> str:
    texts = member_descriptions(AssetClass)
    rows = [
        (code(each.name), ended(texts[each.name]), f"{100 * VOLATILITY[each]:g} %") for each in AssetClass
    ]
    return markdown(("class", "meaning", "volatility, a year"), rows)


def market(markdown: Markdown) -> str:
    found = MarketAssumptions()
    rows = [
        (code(name), f"{getattr(found, name):g}", ended(text))
        for name, text in MarketAssumptions.descriptions().items()
    ]
    return markdown(("assumption", "default", "meaning"), rows)


def lending(markdown: Markdown) -> str:
    rules = LendingRules()
    rows = []
    for band in RiskBand:
        terms = rules.unsecured.get(band)
        rows.append(
            (code(band.name), NONE, NONE, NONE)
            if terms is None
            else (
                code(band.name),
                f"{100 * terms.rate:g} %",
                f"{100 * terms.burden:g} %",
                f"{terms.months_of_income:g}",
            )
        )
    return markdown(
        ("band", "interest a year", "share of income for all instalments", "months of income for all debts"),
        rows,
    )


def risk_tables(markdown: Markdown) -> dict[str, Callable[[], str]]:
    """By the name of their marks."""
    return {
        "risk-features": lambda: features(markdown),
        "risk-bands": lambda: members(markdown, RiskBand, "band"),
        "risk-volatilities": lambda: volatilities(markdown),
        "risk-market": lambda: market(markdown),
        "risk-review": lambda: members(markdown, ReviewCause, "cause"),
        "risk-lending": lambda: lending(markdown),
        "risk-credit-reasons": lambda: members(markdown, CreditReasonCode, "code"),
    }
