"""The worker fills the figures of everybody from the partners, and keeps them up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from api.worker import Worker
from benchmarks.population.records import Moment, records_of
from benchmarks.stage.graph import Graph, Stage
from resolvers.summaries.figures import THREE_YEARS
from resolvers.summaries.keeping import kept_of
from resolvers.summaries.reckoning import reckon
from sandbox.partners.banking.books import POSTING_DELAY
from sandbox.population import Population
from sandbox.population.model import EventKind
from sandbox.population.numbers import DOMAINS
from store.data import FigureData, PartyFigures

FEW = 12
"""Customers of a test: the others are not due."""
Kept = dict[tuple[str, str], PartyFigures]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


async def kept(graph: Graph) -> Kept:
    async with graph.hub.store.database.read(graph.hub.tenant) as unit:
        page = await unit.summaries.everybody(None, 10_000)
    return {(each.connector, each.party_id): each for mine in page.values() for each in mine}


async def only(graph: Graph, truth: Population) -> set[tuple[str, str]]:
    """Let the parties of a few members alone be due; theirs."""
    every = await kept(graph)
    mine = {
        (presence.domain, presence.party_id)
        for member in truth.members[:FEW]
        for presence in truth.member_presences(member.id).values()
    } & every.keys()
    now = graph.hub.clock()
    async with graph.hub.store.database.unit(graph.hub.tenant) as unit:
        for connector in {connector for connector, _ in every}:
            there = {party for at, party in every if at == connector}
            await unit.summaries.put_off(connector, there, now + timedelta(days=30))
            await unit.summaries.put_off(connector, {party for at, party in mine if at == connector}, now)
    return mine


def expected(truth: Population) -> Iterator[tuple[tuple[str, str], tuple[FigureData, ...]]]:
    """Figures of what the partners hold, without asking them."""
    today = truth.today
    for member in truth.members[:FEW]:
        life = truth.life(member.id)
        for domain, presence in truth.member_presences(member.id).items():
            records = records_of(presence, life, Moment.noon(today, today - timedelta(THREE_YEARS - 1)))
            # The custodian is asked day by day, so nobody asks it for a year.
            asked = {kind: found for kind, found in records.items() if kind != "brokerage.transactions"}
            yield (domain, presence.party_id), kept_of(reckon(asked, today))


def test_the_worker_reckons_what_the_partners_hold(stage: Stage) -> None:
    async def scene(graph: Graph) -> tuple[set[tuple[str, str]], Kept]:
        mine = await only(graph, stage.truth)
        assert await Worker(graph.hub, stage.settings).summarise()
        return mine, await kept(graph)

    mine, found = stage.play(scene)
    truth = dict(expected(stage.truth))
    for party in mine:
        assert found[party].figures == truth[party], party
    assert sum(len(truth[party]) for party in mine) > 200
    assert {connector for connector, _ in mine} == set(DOMAINS)
    assert {party for party, each in found.items() if each.as_of is not None} == mine
    assert not any("transactions" in route for route in stage.partners.calls("brokerage"))


QUERY = """
query($by: CustomerKey!) {
  customer(by: $by) {
    summaries { asOf missing lines { line figures { measure value day currency } } }
    sources { status }
  }
}
"""


def test_a_customer_shows_what_they_really_spent(stage: Stage) -> None:
    member = stage.member("banking")
    presence = stage.truth.member_presences(member.id)["banking"]
    by = {"by": {"partnerRef": {"connector": "banking", "partyId": presence.party_id}}}

    async def scene(graph: Graph) -> tuple[Any, Any]:
        await only(graph, stage.truth)
        before = await graph.ask(QUERY, by)
        async with graph.hub.store.database.unit(graph.hub.tenant) as unit:
            await unit.summaries.mark("banking", [presence.party_id])
        assert await Worker(graph.hub, stage.settings).summarise()
        return before["customer"], (await graph.ask(QUERY, by))["customer"]

    before, after = stage.play(scene)
    assert (before["summaries"]["asOf"], before["summaries"]["lines"]) == (None, [])
    assert "banking" in before["summaries"]["missing"]
    assert "banking" not in after["summaries"]["missing"]
    assert {source["status"] for source in after["sources"]} <= {"NOT_REQUESTED", "NOT_LINKED"}
    lines = {each["line"]: each["figures"] for each in after["summaries"]["lines"]}
    figures = {each["measure"]: each for each in lines["CARDS"]}
    noon = datetime.combine(stage.truth.today, time(12), tzinfo=UTC)
    bought = [
        event
        for event in stage.truth.life(member.id).events
        if event.kind is EventKind.CARD_PURCHASE
        and event.at.date() > stage.truth.today - timedelta(365)
        and event.at + POSTING_DELAY <= noon
    ]
    assert bought
    assert figures["SPENT_12M"]["currency"] == "AUD"
    assert figures["SPENT_12M"]["value"] == pytest.approx(float(sum(each.amount or 0 for each in bought)))
    assert figures["PURCHASE_DAYS_12M"]["value"] == len({each.at.date() for each in bought})
    assert figures["LAST_ON"]["day"] == max(each.at for each in bought).date().isoformat()
