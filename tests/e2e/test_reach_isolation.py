"""Nobody sees what is not theirs to see: 100,000 generated cases of two tenants and many principals at once.

All principals ask at the same time, over one store, one host and all that these share: answers of a moment
ago, requests under way, last-known copies, idempotency keys. They ask by ids, cursors and keys that others
were given, of their own tenant and of the other one, where the same subjects work. A case is one principal
meeting one object that it may or may not see. Books change while it goes on.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from c360.access import Principal, Reach
from schema.build import Schema, built_schema
from store.database import Database
from store.keyring import Keyring
from tests.fixtures.reach import AGENTS, Hub, acting, populated, principals, text_of
from tests.fixtures.sizes import size

CASES = size(20_000, 100_000)
AT_ONCE = 8
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NODES = """query($a: [ID!]!, $b: [ID!]!, $c: [ID!]!, $d: [ID!]!) {
  a: nodes(ids: $a) { id } b: nodes(ids: $b) { id } c: nodes(ids: $c) { id } d: nodes(ids: $d) { id } }"""
VIEW = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { id displayName sources { connector }
  identities { connector partyId } profile { displayName email { value losing { value } } }
  banking { accounts { id accountId } } } ... on Account { accountId } } }"""
PAGE = """query($after: String) { customers(first: 20, after: $after, orderBy: {field: CREATED_AT})
  { totalCount edges { cursor node { id displayName } } } contests(first: 5) { edges { node {
  contest { reason } customer { id } } } } }"""
CONTEST = """mutation($input: ContestScoreInput!) { contestScore(input: $input) {
  problems { code message } contest { id reason } customer { id displayName } } }"""


@pytest.fixture(scope="module")
def schema() -> Schema:
    return built_schema()


@pytest.fixture
def hub(database_url: str, schema: Schema) -> Callable[[], Coroutine[Any, Any, Hub]]:
    """Opens the hub, within the loop that asks it."""

    async def start() -> Hub:
        keyring = Keyring(master=b"m" * 32, pepper=b"p" * 32)
        database = Database(database_url, keyring=keyring, clock=lambda: NOW)
        return await populated(database, lambda: NOW, schema, people=60)

    return start


class Trial:
    """Asks much at once, and checks every answer against who may see what."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.chance = random.Random(360)
        self.cases: Counter[str] = Counter()
        self.principals = principals(hub)
        self.everybody = sorted(hub.people)
        self.cursors: list[str] = []
        self.accounts: dict[str, str] = {}
        """Ids of accounts that somebody was shown, and whose they are."""

    async def wave(self) -> None:
        """Move somebody in or out of a book, then ask much at once."""
        await self._move()
        often, seldom = (self._nodes, self._view), (self._page, self._contest, self._keys)
        asks = (*often, *often, *often, *seldom)
        await asyncio.gather(
            *(self.chance.choice(asks)(self.chance.choice(self.principals)) for _ in range(AT_ONCE))
        )

    async def _move(self) -> None:
        who, agent = self.chance.choice(self.everybody), self.chance.choice(AGENTS)
        tenant = next(one.tenant for one in self.principals if one.tenant == who[0])
        book = self.hub.books[tenant, agent]
        async with self.hub.database.unit(tenant) as unit:
            change = unit.books.unassign if who in book else unit.books.assign
            await change(agent, [self.hub.people[who]], by="chief")
        book.symmetric_difference_update({who})

    async def _ask(self, principal: Principal, kind: str, query: str, given: dict[str, Any]) -> Any:
        answer = await self.hub.ask(acting(principal), query, given)
        assert not answer.errors, answer.errors
        leaked = self.hub.leaks(principal, text_of(answer))
        assert not leaked, f"{principal.subject} of {principal.tenant} saw {sorted(leaked)} by {kind}"
        return answer.data

    async def _nodes(self, principal: Principal) -> None:
        asked = {field: self.chance.sample(self.everybody, 100) for field in "abcd"}
        given = {field: [self.hub.node(who) for who in mine] for field, mine in asked.items()}
        found = await self._ask(principal, "ids", NODES, given)
        seen = self.hub.visible(principal)
        for field, mine in asked.items():
            assert [node is not None for node in found[field]] == [who in seen for who in mine]
            self.cases["ids"] += len(mine)

    async def _view(self, principal: Principal) -> None:
        asked = self.chance.sample(self.everybody, 12)
        accounts = self.chance.sample(sorted(self.accounts), min(8, len(self.accounts)))
        wanted = [*(self.hub.node(who) for who in asked), *accounts]
        found = (await self._ask(principal, "records", VIEW, {"ids": wanted}))["nodes"]
        for who, node in zip(asked, found, strict=False):
            for account in ((node or {}).get("banking") or {}).get("accounts", ()):
                self.accounts[account["id"]] = who
        seen = self.hub.visible(principal) if principal.reach is not Reach.PARTNER else set()
        shown = [node is not None for node in found[len(asked) :]]
        assert shown == [self.accounts[account] in seen for account in accounts]
        self.cases["records"] += len(wanted)

    async def _page(self, principal: Principal) -> None:
        after = self.chance.choice([None, *self.cursors[-40:]])
        found = (await self._ask(principal, "lists", PAGE, {"after": after}))["customers"]
        assert found["totalCount"] == len(self.hub.visible(principal))
        self.cursors += [edge["cursor"] for edge in found["edges"]]
        self.cases["lists"] += len(self.everybody)

    async def _contest(self, principal: Principal) -> None:
        who = self.chance.choice(self.everybody)
        key = f"key-{self.chance.randint(0, 30)}"
        given = {"customerId": self.hub.node(who), "reason": f"{who}hub", "idempotencyKey": key}
        found = (await self._ask(principal, "mutations", CONTEST, {"input": given}))["contestScore"]
        codes = {problem["code"] for problem in found["problems"]}
        if who not in self.hub.visible(principal):
            assert codes in ({"NOT_FOUND"}, {"IDEMPOTENCY_KEY_REUSED"})
            assert found["customer"] is found["contest"] is None
        elif "IDEMPOTENCY_KEY_REUSED" not in codes:
            assert found["customer"]["id"] == self.hub.node(who)
        self.cases["mutations"] += 1

    async def _keys(self, principal: Principal) -> None:
        asked = self.chance.sample(self.everybody, 20)
        fields = " ".join(
            f'{who}: customer(by: {{email: "{who}bank@mail.example"}}) {{ id displayName }}' for who in asked
        )
        found = await self._ask(principal, "keys", f"{{ {fields} }}", {})
        seen = self.hub.visible(principal) if principal.reach is not Reach.PARTNER else set()
        assert {who for who, customer in found.items() if customer} == seen & set(asked)
        self.cases["keys"] += len(asked)


@pytest.mark.timeout(300)
def test_nobody_sees_what_is_not_theirs(
    hub: Callable[[], Coroutine[Any, Any, Hub]], backend: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> Counter[str]:
        opened = await hub()
        try:
            trial = Trial(opened)
            while trial.cases.total() < CASES // 2:
                await trial.wave()
            return trial.cases
        finally:
            await opened.host.close()
            await opened.database.dispose()

    cases = asyncio.run(scenario())
    with capsys.disabled():
        sys.stdout.write(f"\n{cases.total():,} cases on {backend}, no leak: {dict(cases)}\n")
    assert min(cases.values()) > size(4, 20), "every way was tried"
    assert set(cases) == {"ids", "records", "lists", "mutations", "keys"}
