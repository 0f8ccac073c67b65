"""The suite over the sandbox's bank, and payloads generated from the published standard."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from c360.http import Transport
from c360.testing import ConnectorSuite, Known
from plugins.banking.connector import CdsAuBanking
from sandbox.framework import World
from sandbox.partners import banking
from sandbox.population import Population
from sandbox.population.model import BankAccount, Presence
from tests.conftest import InProcess
from tests.fixtures.specifications import SPECIFICATIONS
from tests.fixtures.standings import missing
from tests.plugins.banking.conftest import BASE_URL

TODAY = date(2026, 6, 15)
WINDOW = (date(2026, 6, 9), TODAY)
"""Days on which both customers have transactions, after days on which nothing waited to be posted."""


@functools.cache
def population() -> Population:
    return Population(people=12, companies=2, seed=360, today=TODAY)


def chosen() -> tuple[Presence, Presence]:
    """A person and a company with two accounts each, since every account costs requests."""
    few = [each for each in population().presences("banking") if len(accounts(each)) == 2]
    return next(each for each in few if not each.organization), next(
        each for each in few if each.organization
    )


def accounts(customer: Presence) -> Sequence[BankAccount]:
    return population().life(customer.member_id).accounts


def known(customer: Presence) -> Known:
    """A customer with what they hold and did at the bank."""
    held, (first, last) = len(accounts(customer)), WINDOW
    events = population().life(customer.member_id).at("banking")
    return Known(
        party_id=customer.party_id,
        grant=customer.token,
        records={
            "party.profile": 1,
            "banking.accounts": held,
            "banking.balances": held,
            "banking.account_terms": held,
            "banking.transactions": sum(
                # What goes from one account of the customer's to another is a movement of each.
                (event.holding is not None) + (event.counter_holding is not None)
                for event in events
                if first <= event.at.date() <= last
            ),
        },
    )


class TestCdsAuBankingConformance(ConnectorSuite):
    connector = CdsAuBanking
    config = {"base_url": BASE_URL, "page_size": 2}  # noqa: RUF012  # the suite's own way
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    window = WINDOW
    unknown = "nobody"
    customers = tuple(known(each) for each in chosen())
    openapi = tuple(SPECIFICATIONS / name for name in ("banking-cds-au.json", "banking-cds-au-common.json"))

    def partner(self) -> Transport:
        """The bank of a world of its own."""
        return InProcess(banking.app(World(population())), BASE_URL)


@pytest.mark.thorough  # each of its checks has run, and the kept standing is held to the code
def test_it_is_gold() -> None:
    assert not missing(TestCdsAuBankingConformance)
