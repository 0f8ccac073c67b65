"""Two instances of one plugin: their records stay apart, their totals add up, a gap has a name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from benchmarks.stage.graph import Graph, Stage, StageClock, fill, make_settings
from benchmarks.stage.partners import Partners, People, start_partners
from benchmarks.stage.truth import posted
from c360.enrolment import GrantLine, LinkLine
from sandbox.export import lines, party
from sandbox.population import Population
from sandbox.population.model import Presence

OTHERS = People(people=40, companies=2, seed=77)
BANK, OTHER = "banking", "other-bank"

VIEW = """
query View($by: CustomerKey!, $gather: Gather) {
  customer(by: $by, gather: $gather) {
    complete
    identities { connector partyId }
    sources { connector status problem { code } }
    banking {
      partial
      missing { connector status records problem { code } }
      accounts { connector accountId balance { connector accountId current { amount currency } } }
      totals { deposits { amount currency } debts { amount currency } }
      transactions(first: 100) { totalCount edges { node { connector accountId postedAt } } }
    }
  }
}
"""

Held = Mapping[str, Decimal]
"""Posted balances by account id."""
Build = Callable[[Mapping[str, str], Presence], Stage]


@pytest.fixture(scope="module")
def others() -> Iterator[Partners]:
    """The partners of other people."""
    with start_partners(OTHERS) as partners:
        yield partners


@pytest.fixture(scope="module")
def stranger() -> tuple[Population, Presence]:
    """Somebody else's population, and one of its people who has accounts at its bank."""
    truth = OTHERS.population()
    presence = next(
        one
        for one in truth.presences("banking")
        if not one.organization and len(truth.life(one.member_id).accounts) > 1
    )
    return truth, presence


@pytest.fixture
def beside(empty: Callable[[], str], partners: Partners, truth: Population, tmp_path: Path) -> Build:
    """Factory: a hub with a second bank, where the first member of all partners is a customer too."""

    def build(connector: Mapping[str, str], presence: Presence) -> Stage:
        settings = make_settings(empty(), {**partners.connectors, OTHER: connector})
        stage = Stage(partners, truth, settings, StageClock(truth.today))
        file = tmp_path / "customers.jsonl"
        file.write_bytes(b"\n".join(imported(stage, presence)))
        asyncio.run(fill(settings, file))
        return stage

    return build


def imported(stage: Stage, presence: Presence) -> Iterator[bytes]:
    """The customers of the population, one of them with a link to the second bank."""
    member = stage.member()
    assert presence.token is not None
    link = LinkLine(connector=OTHER, party=party(presence), grant=GrantLine(token=presence.token))
    for line in lines(stage.truth):
        more = (link,) if line.external_id == member.id else ()
        yield msgspec.json.encode(msgspec.structs.replace(line, links=(*line.links, *more)))


def held(truth: Population, member_id: str) -> Held:
    life = truth.life(member_id)
    return {
        account.id: posted(truth, life, account) for account in life.accounts if account.opened <= truth.today
    }


def shown(customer: Any) -> dict[str, dict[str, Decimal]]:
    """Balances by connector and account, as the answer has them."""
    found: dict[str, dict[str, Decimal]] = {}
    for account in customer["banking"]["accounts"]:
        balance = account["balance"]
        assert (balance["connector"], balance["accountId"]) == (account["connector"], account["accountId"])
        amount = Decimal(balance["current"]["amount"])
        assert found.setdefault(account["connector"], {}).setdefault(account["accountId"], amount) == amount
    return found


def totals(customer: Any) -> dict[str, Decimal]:
    every = customer["banking"]["totals"]
    assert all(money["currency"] == "AUD" for sums in every.values() for money in sums)
    return {
        name: sum((Decimal(money["amount"]) for money in sums), Decimal(0)) for name, sums in every.items()
    }


def summed(*banks: Held) -> dict[str, Decimal]:
    balances = [balance for bank in banks for balance in bank.values()]
    return {
        "deposits": sum((one for one in balances if one > 0), Decimal(0)),
        "debts": -sum((one for one in balances if one < 0), Decimal(0)),
    }


def states(customer: Any) -> dict[str, str]:
    banks = {BANK, OTHER}
    return {each["connector"]: each["status"] for each in customer["sources"] if each["connector"] in banks}


def test_two_banks_of_different_people(
    beside: Build, others: Partners, stranger: tuple[Population, Presence]
) -> None:
    other_truth, presence = stranger
    stage = beside(others.connectors["banking"], presence)
    member = stage.member()
    mine = {BANK: held(stage.truth, member.id), OTHER: held(other_truth, presence.member_id)}
    variables = {"by": stage.key(member), "gather": {"deadline": "PT10S"}}
    down = {BANK: stage.partners, OTHER: others}

    async def scene(graph: Graph) -> None:
        async def view() -> Any:
            return (await graph.ask(VIEW, variables))["customer"]

        both = await view()
        assert shown(both) == mine
        assert totals(both) == summed(*mine.values())
        assert both["complete"] is True
        assert both["banking"]["partial"] is False
        assert both["banking"]["missing"] == []
        moved = [edge["node"] for edge in both["banking"]["transactions"]["edges"]]
        assert {each["connector"] for each in moved} == {BANK, OTHER}
        assert all(each["accountId"] in mine[each["connector"]] for each in moved)
        posted_at = [each["postedAt"] for each in moved if each["postedAt"]]
        assert posted_at == sorted(posted_at, reverse=True)

        await graph.settle()
        for gone, there in ((BANK, OTHER), (OTHER, BANK)):
            with down[gone].behaving(["banking"], "down"):
                stale = await view()
            assert states(stale) == {gone: "STALE", there: "FRESH"}
            assert shown(stale) == mine
            assert totals(stale) == summed(*mine.values())
            assert stale["banking"]["missing"] == []
            assert stale["complete"] is False

    stage.play(scene)


@pytest.mark.parametrize(("gone", "there"), [(BANK, OTHER), (OTHER, BANK)])
def test_the_one_that_is_down_is_named(
    beside: Build, others: Partners, stranger: tuple[Population, Presence], gone: str, there: str
) -> None:
    other_truth, presence = stranger
    stage = beside(others.connectors["banking"], presence)
    member = stage.member()
    mine = {BANK: held(stage.truth, member.id), OTHER: held(other_truth, presence.member_id)}
    variables = {"by": stage.key(member), "gather": {"deadline": "PT10S"}}

    async def scene(graph: Graph) -> Any:
        with {BANK: stage.partners, OTHER: others}[gone].behaving(["banking"], "down"):
            return (await graph.ask(VIEW, variables))["customer"]

    customer = stage.play(scene)
    assert states(customer) == {gone: "UNAVAILABLE", there: "FRESH"}
    assert shown(customer) == {there: mine[there]}
    assert totals(customer) == summed(mine[there])
    assert customer["banking"]["partial"] is True
    (gap,) = customer["banking"]["missing"]
    assert (gap["connector"], gap["status"]) == (gone, "UNAVAILABLE")
    assert gap["problem"] == {"code": "PARTNER_UNAVAILABLE"}
    assert set(gap["records"]) == {"banking.accounts", "banking.balances", "banking.transactions"}
    assert customer["complete"] is False


def test_the_same_ids_at_two_banks_are_not_one(beside: Build, partners: Partners, truth: Population) -> None:
    """Both instances speak to the same bank, so that every id there is comes twice."""
    member = next(one for one in truth.members if len(truth.member_presences(one.id)) == 6)
    stage = beside(partners.connectors["banking"], truth.member_presences(member.id)["banking"])
    mine = held(truth, member.id)
    variables = {"by": stage.key(member), "gather": {"deadline": "PT10S"}}
    stage.partners.forget()

    async def scene(graph: Graph) -> Any:
        return (await graph.ask(VIEW, variables))["customer"]

    customer = stage.play(scene)
    assert shown(customer) == {BANK: mine, OTHER: mine}
    assert len(customer["banking"]["accounts"]) == 2 * len(mine)
    assert totals(customer) == summed(mine, mine)
    assert stage.partners.calls("banking")["GET /cds-au/v1/banking/accounts"] == 2
