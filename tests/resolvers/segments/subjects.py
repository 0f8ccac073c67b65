"""Customers to tell apart: made up by hand, or by hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from c360.records.party import PartyKind
from c360.values import CurrencyCode
from resolvers.artefacts import Origin
from resolvers.segments.ranks import Quantiles, Ranked, Ranks
from resolvers.segments.scores import Scores, Subject
from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure

DAY = date(2026, 11, 1)
ORIGIN = Origin(
    model="ranks",
    version="1",
    fitted_at=datetime(2026, 11, 1, tzinfo=UTC),
    trained_on="test",
    made_up=True,
    fingerprint="",
    customers=0,
)
HUNDRED = Quantiles(cuts=tuple(float(each) for each in range(101)), customers=101)
"""A population in which every figure from 0 to 100 is its own percentile."""
RANKS = Ranks(
    origin=ORIGIN,
    currency=CurrencyCode("AUD"),
    figures={figure: {PartyKind.PERSON: HUNDRED} for figure in Ranked},
)


def ago(days: float) -> float:
    """A day so many days ago, as summaries keep it."""
    return DAY.toordinal() - days


def subject(
    lines: Mapping[Line, Mapping[Measure, float]] | None = None,
    *,
    missing: tuple[str, ...] = (),
    kind: PartyKind = PartyKind.PERSON,
    **scores: float,
) -> Subject:
    """A customer of these figures."""
    summaries = Summaries(day=DAY, currency="AUD", lines=lines or {}, missing=missing)
    return Subject(kind=kind, summaries=summaries, scores=Scores(**scores))


def bought(*, first: float, last: float, days: float, **more: float) -> dict[Measure, float]:
    """Purchases of a line: days since the first and the last, different days, other measures by name."""
    return {
        Measure.FIRST_ON: ago(first),
        Measure.LAST_ON: ago(last),
        Measure.PURCHASE_DAYS: days,
        **{Measure(name.upper()): value for name, value in more.items()},
    }


def subjects() -> st.SearchStrategy[Subject]:
    """Any customer: whatever lines, figures and scores are known."""
    numbers = st.floats(-1e4, 1e6) | st.sampled_from((0.0, 1.0, 90.0))
    days = st.integers(0, 4_000).map(ago)

    def figures(measures: Mapping[Any, float]) -> dict[Measure, float]:
        return dict(measures)

    line = st.fixed_dictionaries(
        {},
        optional={
            Measure.FIRST_ON: days,
            Measure.LAST_ON: days,
            Measure.PURCHASE_DAYS: st.integers(1, 500).map(float),
            Measure.PURCHASE_DAYS_12M: st.integers(0, 200).map(float),
            Measure.SPENT: st.floats(0, 1e6),
            Measure.SPENT_12M: st.floats(0, 1e6),
            Measure.CONTRACTS: st.integers(0, 3).map(float),
            Measure.CONTRACTS_ENDED: st.integers(0, 3).map(float),
        },
    ).map(figures)
    unknown = st.none() | numbers
    return st.builds(
        lambda lines, missing, kind, scores: Subject(
            kind=kind,
            summaries=Summaries(day=DAY, currency="AUD", lines=lines, missing=missing),
            scores=scores,
        ),
        st.dictionaries(st.sampled_from(Line), line, max_size=4),
        st.sampled_from(((), ("bank-a",))),
        st.sampled_from(PartyKind),
        st.builds(
            Scores,
            lifetime_value=unknown,
            profit=unknown,
            points=unknown,
            alive=st.none() | st.floats(0, 1),
        ),
    )
