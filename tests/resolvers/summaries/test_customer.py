"""Figures of several parties become one of each."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from resolvers.summaries.customer import Summaries, combined
from resolvers.summaries.measures import Combine, Figure, Line, Measure, Unit

RATES = {"AUD": 1.0, "EUR": 1.6}


def convert(amount: float, currency: str) -> float | None:
    rate = RATES.get(currency)
    return None if rate is None else amount * rate


def figures() -> st.SearchStrategy[Figure]:
    def figure(line: Line, measure: Measure, value: int, currency: str) -> Figure:
        return Figure(
            line=line,
            measure=measure,
            value=float(value),
            currency=currency if measure.unit is Unit.MONEY else None,
        )

    return st.builds(
        figure,
        st.sampled_from(Line),
        st.sampled_from(Measure),
        st.integers(0, 1_000),
        st.sampled_from(("AUD", "EUR", "XTS")),
    )


@given(st.lists(figures(), max_size=30), st.randoms())
def test_the_order_of_the_parties_does_not_matter(found: list[Figure], random: object) -> None:
    other = found[:]
    random.shuffle(other)  # type: ignore[attr-defined]  # hypothesis' random.Random
    lines, unknown = combined(found, convert)
    again, unknown_again = combined(other, convert)
    assert unknown == unknown_again
    assert {line: {m: round(v, 6) for m, v in kept.items()} for line, kept in lines.items()} == {
        line: {m: round(v, 6) for m, v in kept.items()} for line, kept in again.items()
    }


def test_each_measure_combines_by_its_own_rule() -> None:
    found = [
        Figure(line=Line.CARDS, measure=Measure.SPENT, value=10, currency="AUD"),
        Figure(line=Line.CARDS, measure=Measure.SPENT, value=10, currency="EUR"),
        Figure(line=Line.CARDS, measure=Measure.SPENT, value=10, currency="XTS"),
        Figure(line=Line.CARDS, measure=Measure.FIRST_ON, value=700_000),
        Figure(line=Line.CARDS, measure=Measure.FIRST_ON, value=700_009),
        Figure(line=Line.LENDING, measure=Measure.ARREARS_DAYS, value=3),
        Figure(line=Line.LENDING, measure=Measure.ARREARS_DAYS, value=9),
    ]
    lines, unknown = combined(found, convert)
    assert lines == {
        Line.CARDS: {Measure.SPENT: 26.0, Measure.FIRST_ON: 700_000},
        Line.LENDING: {Measure.ARREARS_DAYS: 9},
    }
    assert unknown == ("XTS",)


def test_what_is_not_there_is_not_zero() -> None:
    summaries = Summaries(
        day=date.fromordinal(700_010),
        currency="AUD",
        lines={Line.HOTEL: {Measure.NO_SHOWS_36M: 2}, Line.RENTAL: {Measure.NO_SHOWS_36M: 1}},
    )
    assert summaries.get(Line.HOTEL, Measure.SPENT) is None
    assert summaries.get(Line.LIFE, Measure.CONTRACTS) is None
    assert summaries.total(Measure.NO_SHOWS_36M) == 3
    assert summaries.total(Measure.SPENT) is None
    assert summaries.age(700_000) == 10


def test_amounts_add_up_or_are_extremes() -> None:
    assert {each for each in Measure if each.unit is Unit.DAY} == {Measure.FIRST_ON, Measure.LAST_ON}
    assert all(each.combine is Combine.SUM for each in Measure if each.unit is Unit.MONEY)
