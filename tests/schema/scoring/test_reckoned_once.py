"""Every figure of a customer is reckoned once in an operation, whichever fields show it, and none unasked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from c360.access import Purpose
from resolvers.lifetime_value.value import Valuer
from resolvers.risk.behavioural import BehaviouralModel
from resolvers.risk.behavioural import BehaviouralScore as Score
from schema import ids
from store.data import FigureData, PartyFigures
from tests.fixtures.access import access as access_of

NOW = datetime(2025, 6, 15, 12, tzinfo=UTC)
TODAY = NOW.date().toordinal()
CARDS = (
    FigureData("CARDS", "PURCHASE_DAYS", 40.0),
    FigureData("CARDS", "FIRST_ON", TODAY - 900.0),
    FigureData("CARDS", "LAST_ON", TODAY - 9.0),
    FigureData("CARDS", "SPENT_AFTER_FIRST", 5_200.0, "AUD"),
)
EVERYTHING = """
lifetimeValue { value versus { percentile } } again: lifetimeValue { lines { value } } profit { value decile }
segments { name why { value } } standing { value risk lifecycle } lifecycle
risk { behavioural { points } } offers { product { productId } parts { value } }
"""


@pytest.fixture
def reckoned(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the models were asked."""
    found: Counter[str] = Counter()

    def counted(owner: type, name: str) -> None:
        true: Callable[..., Any] = getattr(owner, name)

        def counting(*given: Any, **named: Any) -> Any:
            found[f"{owner.__name__}.{name}"] += 1
            return true(*given, **named)

        monkeypatch.setattr(owner, name, counting)

    counted(Valuer, "value")
    counted(Valuer, "profit")
    counted(BehaviouralModel, "values")
    counted(Score, "__init__")
    return found


def ask(world: Any, fields: str) -> Any:
    world.access = access_of("underwriter", purpose=Purpose.RISK)
    customer = world.customer(1, links={"bank": "B1"})
    world.store.figures = [
        PartyFigures(customer_id=customer, connector="bank", party_id="B1", as_of=NOW, figures=CARDS)
    ]
    query = f"query ($id: ID!) {{ customer(by: {{id: $id}}) {{ {fields} }} }}"
    return world.data(query, {"id": ids.encode("Customer", customer)})["customer"]


def test_each_model_is_asked_once(make_world: Callable[[], Any], reckoned: Counter[str]) -> None:
    found = ask(make_world(), EVERYTHING)
    assert found["lifetimeValue"]["value"] == pytest.approx(found["again"]["lines"][0]["value"])
    assert reckoned == {
        "Valuer.value": 1,
        "Valuer.profit": 1,
        "BehaviouralModel.values": 1,
        "BehaviouralScore.__init__": 1,
    }


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ("displayName complete", {}),
        ("profit { value }", {"Valuer.profit": 1}),
        ("lifetimeValue(months: 12) { value }", {"Valuer.value": 1}),
        ("lifetimeValue(months: 12) { value versus { percentile } }", {"Valuer.value": 2}),
        ("risk { behavioural { points } }", {"BehaviouralModel.values": 1, "BehaviouralScore.__init__": 1}),
    ],
    ids=["none", "profit", "value", "value-beside-others", "risk"],
)
def test_none_is_asked_for_nothing(
    make_world: Callable[[], Any], reckoned: Counter[str], fields: str, asked: dict[str, int]
) -> None:
    ask(make_world(), fields)
    assert reckoned == asked
