"""The features are what the published APIs tell, mean the same for one and for many, and read no person."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.risk.features import BY_NAME, FEATURES, PROTECTED, columns_of, values_of
from resolvers.summaries.measures import Line, Measure
from resolvers.summaries.population import gathered
from tests.resolvers.risk.customers import ANY_LINES, TODAY, summaries

FILES = {
    "banking": "banking-cds-au.json",
    "insurance": "insurance-opin-bundle.yaml",
    "hotel": "hotel-cloudbeds-pms-v1.3.yaml",
    "rental": "rental-tomp-v1.6.1.yaml",
    "loyalty": "loyalty-square.json",
}


def test_every_feature_is_told_by_somebody_or_unavailable() -> None:
    for feature in FEATURES:
        assert bool(feature.sources) == feature.available, feature.name
    assert {feature.name for feature in FEATURES if not feature.available} == {
        "credit_enquiries",
        "hardship",
        "employment",
    }
    assert BY_NAME["utilisation"].domains == {"banking"}
    assert BY_NAME["debt_to_income"].domains == {"banking", "brokerage"}


def test_no_feature_is_of_the_person() -> None:
    assert not PROTECTED & set(BY_NAME)
    words = {word for feature in FEATURES for word in re.findall(r"[a-z]+", feature.title.lower())}
    assert not words & {"age", "sex", "gender", "nationality", "married", "religion", "postcode", "name"}


@pytest.mark.parametrize("domain", FILES)
def test_sources_are_of_the_published_api(domain: str, partner_specs: Path) -> None:
    text = (partner_specs / FILES[domain]).read_text()
    sources = {source for feature in FEATURES for source in feature.sources if source.domain == domain}
    assert sources
    for source in sources:
        named = re.findall(r"`([^`]+)`", source.fields)
        assert named, source
        for name in named:
            last = re.findall(r"\w+", name)[-1]
            assert re.search(rf"\b{last}\b", text, re.IGNORECASE), (source, last)


def test_what_a_ratio_of_nothing_is() -> None:
    utilisation = BY_NAME["utilisation"]
    card = {Line.LENDING: {Measure.CREDIT_USED: 50.0, Measure.CREDIT_LIMIT: 200.0}}
    assert utilisation.value(summaries(card)) == 0.25
    assert utilisation.value(summaries({Line.LENDING: {Measure.CREDIT_USED: 50.0}})) is None
    assert (
        utilisation.value(summaries({Line.LENDING: {**card[Line.LENDING], Measure.CREDIT_LIMIT: 0.0}}))
        is None
    )


def test_tenure_is_since_the_first_of_all_lines() -> None:
    lines = {
        Line.HOTEL: {Measure.FIRST_ON: float(date(2020, 11, 1).toordinal())},
        Line.MOTOR: {Measure.FIRST_ON: float(date(2016, 11, 1).toordinal())},
    }
    assert BY_NAME["tenure"].value(summaries(lines)) == pytest.approx(10.0, abs=0.01)


@settings(max_examples=30)
@given(st.lists(ANY_LINES, min_size=1, max_size=5))
def test_one_customer_and_a_population_have_the_same_features(
    customers: list[dict[Line, dict[Measure, float]]],
) -> None:
    found = {str(place): summaries(lines) for place, lines in enumerate(customers)}
    columns = columns_of(gathered(found, currency="AUD"))
    for place, one in enumerate(found.values()):
        for name, value in values_of(one).items():
            many = columns[name][place]
            assert np.isnan(many) if value is None else many == value, name
    assert next(iter(found.values())).day == TODAY
