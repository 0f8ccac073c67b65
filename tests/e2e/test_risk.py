"""The balance sheet of the option price is what the partners tell over real HTTP, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.stage.graph import Graph, Stage
from c360.access import Purpose

RISK = """
query Risk($by: CustomerKey!) {
  customer(by: $by) {
    risk {
      behavioural { points missing interval { low high } }
      optionPricing {
        position distance probability volatility missing unconverted
        assets { amount currency } shortTerm { amount } longTerm { amount } defaultPoint { amount }
        items { amount { amount } }
      }
      combined { probability interval { low high } }
    }
    banking {
      accounts { kind balance { current { amount currency } } terms { loan { endsOn } } }
    }
    brokerage { positions { value { amount currency } } }
    insurance { policies { reserve { amount currency } endsOn } }
  }
}
"""
LATER = {"LOAN", "MORTGAGE", "BUSINESS_LOAN", "LEASE"}


def seen(stage: Stage, place: int) -> Any:
    async def scene(graph: Graph) -> Any:
        return (await graph.ask(RISK, {"by": stage.key(stage.member(place=place))}, purpose=Purpose.RISK))[
            "customer"
        ]

    return stage.play(scene)


def aud(money: Mapping[str, str] | None) -> float:
    return float(money["amount"]) if money is not None and money["currency"] == "AUD" else 0.0


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("place", range(2))
def test_the_balance_sheet_is_what_the_partners_tell(stage: Stage, place: int) -> None:
    customer = seen(stage, place)
    price, today = customer["risk"]["optionPricing"], stage.truth.today.isoformat()
    assert price["missing"] == []
    accounts = customer["banking"]["accounts"]
    balances = [(each, aud(each["balance"]["current"])) for each in accounts]
    held = [aud(each["value"]) for each in customer["brokerage"]["positions"]]
    saved = [
        aud(each["reserve"])
        for each in customer["insurance"]["policies"]
        if each["endsOn"] is None or each["endsOn"] >= today
    ]
    assets = sum(max(amount, 0.0) for amount in (*(amount for _, amount in balances), *held, *saved))
    later = -sum(min(amount, 0.0) for each, amount in balances if each["kind"] in LATER)
    due = -sum(min(amount, 0.0) for each, amount in balances if each["kind"] not in LATER)
    assert float(price["assets"]["amount"]) == pytest.approx(assets, abs=0.01)
    assert float(price["shortTerm"]["amount"]) + float(price["longTerm"]["amount"]) == pytest.approx(
        later + due - sum(min(amount, 0.0) for amount in held), abs=0.01
    )
    debt = float(price["defaultPoint"]["amount"])
    if debt and assets:
        spread = price["volatility"]
        expected = (math.log(assets / debt) + 0.04 - spread**2 / 2) / spread
        assert price["distance"] == pytest.approx(expected, abs=1e-3)
    # No round of the worker has reckoned figures here: conduct is not known, and says so.
    conduct, both = customer["risk"]["behavioural"], customer["risk"]["combined"]
    assert conduct["points"] is None
    assert set(conduct["missing"]) == set(stage.partners.connectors)
    assert both["interval"]["low"] < both["probability"] < both["interval"]["high"]
