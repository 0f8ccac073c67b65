"""The suite over the sandbox's custodian, and payloads generated from the published API."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime

import pytest

from c360.http import Transport
from c360.testing import ConnectorSuite, Known
from plugins.brokerage.connector import OpenWealthCustody
from sandbox.framework import World
from sandbox.partners import brokerage
from sandbox.population import Population, ledger
from sandbox.population.model import Presence
from sandbox.population.securities import universe
from tests.conftest import InProcess
from tests.fixtures.specifications import SPECIFICATIONS
from tests.fixtures.standings import missing
from tests.plugins.brokerage.conftest import BASE

TODAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 11, 12, tzinfo=UTC)
"""Some days before the custodian's own day: of the future it shows nothing."""
WINDOW = (date(2026, 3, 8), date(2026, 3, 13))
"""Few days, each of which is a request, on which both customers have transactions."""


@functools.cache
def population() -> Population:
    return Population(people=5, companies=1, seed=360, today=TODAY)


def known(customer: Presence) -> Known:
    """A customer with what they hold and did at the custodian."""
    life, (first, last) = population().life(customer.member_id), WINDOW
    securities = sum(ledger.units(life, listed.isin, NOW.date()) != 0 for listed in universe())
    return Known(
        party_id=customer.party_id,
        records={
            "brokerage.accounts": 2,  # one for securities, one for money
            "brokerage.positions": securities + 1,  # the money
            "brokerage.transactions": sum(first <= event.at.date() <= last for event in life.at("brokerage")),
        },
    )


class TestOpenWealthCustodyConformance(ConnectorSuite):
    connector = OpenWealthCustody
    config = {"base_url": BASE, "page_size": 2, **brokerage.CREDENTIALS}  # noqa: RUF012  # the suite's own way
    now = NOW
    window = WINDOW
    unknown = "nobody"
    customers = tuple(known(each) for each in population().presences("brokerage"))
    openapi = SPECIFICATIONS / "brokerage-openwealth-custody.yaml"

    def partner(self) -> Transport:
        """The custodian of a world of its own."""
        return InProcess(brokerage.app(World(population())), BASE)


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    assert not missing(TestOpenWealthCustodyConformance)
