"""The connector and the sandbox's custodian, every exchange compared with the published API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from c360.contract import Context, Fetched, Need, Ref
from c360.errors import ConnectorError, PartnerFault, Reconfigure, RetryLater, SkipCustomer
from c360.http import Http
from c360.records.brokerage import CustodyAccountKind, InstrumentKind, TradeKind
from c360.values import Secret
from plugins.brokerage.config import CustodyConfig
from plugins.brokerage.connector import OpenWealthCustody
from sandbox.framework import World
from sandbox.partners import brokerage
from sandbox.population import Population, ledger
from sandbox.population.model import EventKind, Presence

SPEC = "brokerage-openwealth-custody.yaml"
BASE = "http://custody.test"


@pytest.fixture(scope="session")
def investor(population: Population) -> Presence:
    """The customer with the most trades."""

    def trades(presence: Presence) -> int:
        events = population.life(presence.member_id).at("brokerage")
        return sum(event.kind is EventKind.TRADE for event in events)

    return max(population.presences("brokerage"), key=trades)


@pytest.fixture
def fetch(world: World, run: Any) -> Callable[..., Fetched]:
    def fetch_over(
        transport: Any,
        need: Need,
        party_id: str,
        credential: str = brokerage.CREDENTIALS["credential"],
        **settings: Any,
    ) -> Fetched:
        config = CustodyConfig(base_url=BASE, credential=Secret(credential), **settings)
        auth = OpenWealthCustody(config, None).auth()  # type: ignore[arg-type]  # only its credential
        http = Http(transport, base_url=BASE, auth=auth, timeout=5)
        connector = OpenWealthCustody(config, Context(instance="custody", http=http, now=world.now))

        async def only() -> Fetched:
            [fetched] = [item async for item in connector.fetch([need], [Ref(party_id=party_id)])]
            return fetched

        fetched: Fetched = run(only())
        return fetched

    return fetch_over


def answered(fetched: Fetched) -> Any:
    assert fetched.error is None
    return fetched.records


def test_accounts(world: World, spec_http: Any, fetch: Any, investor: Presence) -> None:
    transport = spec_http(SPEC, brokerage.app(world), BASE)
    records = answered(fetch(transport, Need(kind="brokerage.accounts"), investor.party_id))
    assert [record.kind for record in records] == [CustodyAccountKind.SAFEKEEPING, CustodyAccountKind.CASH]
    assert world.counters.as_dict() == {"GET /customers/{customer_id}/accounts": 1}


def test_positions_are_what_the_life_says(
    world: World, spec_http: Any, fetch: Any, investor: Presence
) -> None:
    transport = spec_http(SPEC, brokerage.app(world), BASE)
    records = answered(fetch(transport, Need(kind="brokerage.positions"), investor.party_id, page_size=2))
    life = world.population.life(investor.member_id)
    assert {record.isin for record in records if record.isin} == {
        security.isin for security, units in life.securities if units
    }
    [cash] = [record for record in records if record.instrument is InstrumentKind.CASH]
    assert cash.value.amount == life.custody_cash
    assert all(record.reference_value.currency == "CHF" for record in records)
    assert all(record.as_of == world.population.today and not record.end_of_day for record in records)
    assert len(transport.calls) == -(-len(records) // 2)


def test_positions_of_yesterday_are_confirmed(
    world: World, spec_http: Any, fetch: Any, investor: Presence
) -> None:
    transport = spec_http(SPEC, brokerage.app(world), BASE)
    records = answered(
        fetch(transport, Need(kind="brokerage.positions"), investor.party_id, position_lag_days=1)
    )
    assert records
    assert all(record.end_of_day for record in records)


def test_transactions_of_a_window_are_those_of_the_life(
    world: World, spec_http: Any, fetch: Any, investor: Presence
) -> None:
    life = world.population.life(investor.member_id)
    trades = [event for event in life.at("brokerage") if event.kind is EventKind.TRADE]
    last = max(event.at.date() for event in trades)
    window = Need(kind="brokerage.transactions", since=last - timedelta(days=45), until=last)
    transport = spec_http(SPEC, brokerage.app(world), BASE)
    records = answered(fetch(transport, window, investor.party_id))
    traded = [record for record in records if record.kind in {TradeKind.BUY, TradeKind.SELL}]
    expected = [event for event in trades if window.since <= event.at.date() <= last]  # type: ignore[operator]  # set
    assert sorted((record.transacted_on, record.isin) for record in traded) == sorted(
        (event.at.date(), event.holding) for event in expected
    )
    assert all((record.amount.amount < 0) == (record.kind is TradeKind.BUY) for record in traded)
    assert len(transport.calls) == 46


def test_what_was_posted_is_what_the_cash_account_changed_by(
    world: World, spec_http: Any, fetch: Any, investor: Presence
) -> None:
    today: date = world.population.today
    since = today - timedelta(days=60)
    window = Need(kind="brokerage.transactions", since=since, until=today)
    records = answered(fetch(spec_http(SPEC, brokerage.app(world), BASE), window, investor.party_id))
    life = world.population.life(investor.member_id)
    before = ledger.custody_cash(life, since - timedelta(days=1))
    posted = sum(record.amount.amount for record in records)
    assert before + posted == ledger.custody_cash(life, today)


def test_an_unknown_customer(world: World, spec_http: Any, fetch: Any) -> None:
    transport = spec_http(SPEC, brokerage.app(world), BASE)
    for kind in ("accounts", "positions"):
        assert isinstance(
            fetch(transport, Need(kind=f"brokerage.{kind}"), "no-such-customer").error, SkipCustomer
        )


def test_a_wrong_credential(world: World, spec_http: Any, fetch: Any, investor: Presence) -> None:
    transport = spec_http(SPEC, brokerage.app(world), BASE)
    fetched = fetch(transport, Need(kind="brokerage.accounts"), investor.party_id, credential="wrong")
    assert isinstance(fetched.error, Reconfigure)


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("down", RetryLater),
        ("rate_limited", RetryLater),
        ("truncated", ConnectorError),
        ("wrong", PartnerFault),
    ],
)
@pytest.mark.parametrize("kind", ["accounts", "positions", "transactions"])
def test_a_partner_in_trouble_ends_as_an_error(
    world: World,
    plain_http: Any,
    fetch: Any,
    investor: Presence,
    *,
    mode: str,
    error: type[ConnectorError],
    kind: str,
) -> None:
    world.behaviour.set(mode)
    transport = plain_http(brokerage.app(world), BASE)
    assert isinstance(fetch(transport, Need(kind=f"brokerage.{kind}"), investor.party_id).error, error)
