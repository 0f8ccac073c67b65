"""Figures of several parties become one of each."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from c360.kinds import domains
from resolvers.summaries.customer import DOMAINS, Summaries, combined, summarise
from resolvers.summaries.keeping import figures_of, kept_of
from resolvers.summaries.measures import Combine, Figure, Line, Measure, Unit
from store.data import FigureData, PartyFigures

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


def _key(figure: Figure) -> tuple[Line, Measure, str | None]:
    return figure.line, figure.measure, figure.currency


@given(st.lists(figures(), max_size=30, unique_by=_key))
def test_the_store_gives_back_what_it_was_given(found: list[Figure]) -> None:
    kept = kept_of(found)
    assert sorted(map(repr, figures_of(kept))) == sorted(map(repr, found))
    assert kept == kept_of(reversed(found))


def test_what_an_older_version_kept_is_passed_over() -> None:
    known = FigureData("CARDS", "SPENT", 1.0, "AUD")
    kept = (known, FigureData("CARDS", "LUCK", 1.0), FigureData("TELEPHONES", "SPENT", 1.0, "AUD"))
    assert kept_of(figures_of(kept)) == (known,)


def party(connector: str, day: int | None, value: float = 0.0) -> PartyFigures:
    figures = (FigureData("CARDS", "CONTRACTS", value),) if day is not None else ()
    as_of = None if day is None else datetime(2026, 3, day, 23, tzinfo=UTC)
    return PartyFigures(customer_id="c", connector=connector, party_id="p", as_of=as_of, figures=figures)


def test_what_was_never_reckoned_is_missing_and_not_zero() -> None:
    found = summarise(
        [party("bank", 3, 2), party("second_bank", 2, 1), party("broker", 4), party("inn", None)],
        linked=["bank", "second_bank", "broker", "inn", "wheels", "lists", "sold"],
        domains={
            "bank": "banking",
            "second_bank": "banking",
            "broker": "brokerage",
            "inn": "hotel",
            "wheels": "rental",
            "lists": "workorders",
            "stranger": "insurance",
        },
        currency="AUD",
        convert=convert,
        today=date(2026, 3, 5),
    )
    # The back office holds no behaviour, and nobody knows what the one that is not configured any more held.
    assert found.missing == ("inn", "sold", "wheels")
    assert found.lines == {Line.CARDS: {Measure.CONTRACTS: 3.0}}
    assert (found.day, found.as_of) == (date(2026, 3, 2), datetime(2026, 3, 2, 23, tzinfo=UTC))


def test_a_party_that_waits_makes_its_connector_missing() -> None:
    one = party("bank", 3, 2)
    found = summarise(
        [one, party("bank", None)],
        linked=["bank", "bank"],
        domains={"bank": "banking"},
        currency="AUD",
        convert=convert,
        today=date(2026, 3, 5),
    )
    assert found.missing == ("bank",)
    assert found.get(Line.CARDS, Measure.CONTRACTS) == 2.0


def test_nothing_kept_is_nothing_known() -> None:
    found = summarise([], linked=[], domains={}, currency="AUD", convert=convert, today=date(2026, 3, 5))
    assert (found.day, found.as_of, found.lines, found.missing) == (date(2026, 3, 5), None, {}, ())


def test_figures_are_kept_of_domains_that_there_are() -> None:
    assert set(domains()) >= DOMAINS
