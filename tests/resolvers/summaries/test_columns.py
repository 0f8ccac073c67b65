from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.summaries.customer import Summaries
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import gathered, joined

LINES = st.sampled_from([Line.CARDS, Line.HOTEL, Line.LENDING])
MEASURES = st.sampled_from([Measure.SPENT, Measure.FIRST_ON, Measure.ARREARS_DAYS, Measure.CONTRACTS])
FIGURES = st.dictionaries(
    LINES,
    st.dictionaries(MEASURES, st.floats(-1e9, 1e9, allow_subnormal=False), min_size=1, max_size=4),
    max_size=3,
)
CUSTOMERS = st.dictionaries(
    st.text("abc", min_size=1),
    st.builds(
        lambda day, lines: Summaries(day=day, currency="AUD", lines=lines),
        st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        FIGURES,
    ),
    max_size=6,
)


@given(found=CUSTOMERS)
def test_columns_say_what_each_customers_own_figures_say(found: dict[str, Summaries]) -> None:
    population = gathered(found, currency="AUD")
    assert list(population.customers) == list(found)
    for row, summaries in enumerate(found.values()):
        assert population.one(row) == summaries
        for measure in Measure:
            one = summaries.total(measure)
            assert population.total(measure)[row] == pytest.approx(
                np.nan if one is None else one, nan_ok=True, rel=1e-12, abs=1e-6
            )
        for line in Line:
            assert population.holds(line)[row] == (line in summaries.lines)
            one = summaries.get(line, Measure.SPENT)
            assert population.get(line, Measure.SPENT)[row] == pytest.approx(
                np.nan if one is None else one, nan_ok=True
            )


@given(found=CUSTOMERS, data=st.data())
def test_some_customers_keep_their_figures(found: dict[str, Summaries], data: st.DataObject) -> None:
    population = gathered(found, currency="AUD")
    start = data.draw(st.integers(0, len(found)))
    part = population.take(slice(start, None))
    assert [part.one(row) for row in range(len(part))] == list(found.values())[start:]
    both = joined([population.take(slice(0, start)), part])
    assert [both.one(row) for row in range(len(both))] == list(found.values())
    rows = np.array(data.draw(st.permutations(range(len(found)))), dtype=np.intp)
    shuffled = population.take(rows)
    assert [shuffled.customers[place] for place in np.argsort(rows)] == list(found)


def test_ages_are_reckoned_to_each_ones_own_day() -> None:
    days = {"a": date(2026, 1, 1), "b": date(2026, 1, 11)}
    found = {name: Summaries(day=day, currency="AUD", lines={}) for name, day in days.items()}
    population = gathered(found, currency="AUD")
    first = float(date(2025, 12, 31).toordinal())
    assert population.age(np.array([first, first])).tolist() == [1.0, 11.0]
    assert [each.age(first) for each in found.values()] == [1.0, 11.0]
