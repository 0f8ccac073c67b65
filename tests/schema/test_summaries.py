"""What the hub keeps of behaviour, on the graph: read at once, in one currency, without asking anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from c360.values import CurrencyCode
from resolvers.rates import Rates
from resolvers.serving import shipped
from schema import ids
from store.data import FigureData, PartyFigures

ASKED = datetime(2025, 6, 14, 3, tzinfo=UTC)
QUERY = """
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Customer {
      summaries {
        asOf currency missing unconverted
        lines { line figures { measure unit value day currency } }
      }
    }
  }
}
"""


def kept(customer: str, connector: str, *figures: FigureData, at: datetime | None = ASKED) -> PartyFigures:
    return PartyFigures(customer_id=customer, connector=connector, party_id="1", as_of=at, figures=figures)


def asked(world: Any, *customers: str) -> list[Any]:
    found = world.data(QUERY, {"ids": [ids.encode("Customer", each) for each in customers]})["nodes"]
    return [each["summaries"] for each in found]


def test_figures_of_all_partners_are_one_of_each(world: Any) -> None:
    ada = world.customer(1, links={"bank": "B1", "other_bank": "B2", "inn": "I1", "wheels": "W1"})
    later = datetime(2025, 6, 15, 3, tzinfo=UTC)
    world.store.figures += [
        kept(
            ada,
            "bank",
            FigureData("DEPOSITS", "BALANCE", 100.25, "AUD"),
            FigureData("DEPOSITS", "BALANCE", 7.0, "CHF"),
            FigureData("DEPOSITS", "CONTRACTS", 2.0),
            FigureData("DEPOSITS", "FIRST_ON", 736_000.0),
            at=later,
        ),
        kept(
            ada,
            "other_bank",
            FigureData("DEPOSITS", "BALANCE", 0.75, "AUD"),
            FigureData("DEPOSITS", "CONTRACTS", 1.0),
            FigureData("DEPOSITS", "FIRST_ON", 737_000.0),
        ),
        kept(ada, "inn", FigureData("HOTEL", "SPENT_12M", 0.0), at=later),
        kept(ada, "wheels", at=None),
    ]
    (found,) = asked(world, ada)
    assert found == {
        "asOf": "2025-06-14T03:00:00+00:00",
        "currency": "AUD",
        "missing": ["wheels"],
        "unconverted": ["CHF"],
        "lines": [
            {
                "line": "DEPOSITS",
                "figures": [
                    {
                        "measure": "FIRST_ON",
                        "unit": "DAY",
                        "value": None,
                        "day": "2016-02-06",
                        "currency": None,
                    },
                    {"measure": "CONTRACTS", "unit": "COUNT", "value": 3.0, "day": None, "currency": None},
                    {"measure": "BALANCE", "unit": "MONEY", "value": 101.0, "day": None, "currency": "AUD"},
                ],
            },
            {
                "line": "HOTEL",
                "figures": [
                    {"measure": "SPENT_12M", "unit": "MONEY", "value": 0.0, "day": None, "currency": "AUD"}
                ],
            },
        ],
    }
    assert world.host.requests == []


def test_many_customers_are_one_read(world: Any) -> None:
    every = [world.customer(number, links={"inn": f"I{number}"}) for number in range(5)]
    world.store.figures += [kept(each, "inn", FigureData("HOTEL", "TRIPS_36M", 1.0)) for each in every[:4]]
    found = asked(world, *every)
    assert [each["missing"] for each in found] == [[], [], [], [], ["inn"]]
    assert found[4] == {"asOf": None, "currency": "AUD", "missing": ["inn"], "unconverted": [], "lines": []}
    assert world.store.calls.count("summaries.of") == 1
    assert world.store.units == 1


def test_amounts_are_converted_by_the_rates_of_the_hub(make_world: Callable[..., Any]) -> None:
    rates = Rates(base=CurrencyCode("CHF"), source="s", rates={"AUD": 0.5})
    world = make_world(models=msgspec.structs.replace(shipped(), rates=rates))
    world.host.instances = {"bank": "banking"}
    ada = world.customer(1, links={"bank": "B1"})
    figures = [FigureData("CARDS", "SPENT", 8.0, currency) for currency in ("AUD", "CHF", "EUR")]
    world.store.figures += [kept(ada, "bank", *figures)]
    (found,) = asked(world, ada)
    assert (found["currency"], found["unconverted"]) == ("CHF", ["EUR"])
    assert found["lines"][0]["figures"][0]["value"] == pytest.approx(12.0)
