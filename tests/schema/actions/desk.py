"""A desk at which partners are asked to do things, over a real store and partners that are played."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from c360.access import Purpose, TenantId
from c360.contract import Action, ActionOutcome, ActionState, Effect
from c360.errors import ProblemCode
from connectors.acting import Acted, Standing, following
from connectors.results import SourceProblem
from resolvers.actions.performing import Performer
from schema.engine import GraphEngine
from store.data_actions import ActionFilter
from store.data_service import TaskState
from store.database import Database
from tests.fixtures.access import access as access_of

TENANT = TenantId("default")

ACTION = """
  id kind domain connector state reference rejection problem attempts requestedBy humanAskedAt settledAt
  details { name value } history { state reason by note }
"""

ADJUST = f"""
mutation Adjust($input: AdjustPointsInput!) {{
  adjustPoints(input: $input) {{
    action {{ {ACTION} }}
    customer {{ displayName actions {{ edges {{ node {{ id state }} }} }} }}
    problems {{ __typename code path message ... on ActionProblem {{ parties {{ connector partyId }} }} }}
  }}
}}
"""

LOAN = """
mutation Loan($input: RequestPolicyLoanInput!) {
  requestPolicyLoan(input: $input) {
    action { state reference details { name value } } problems { code path message }
  }
}
"""

READ = f"query Read($id: ID!) {{ action(id: $id) {{ {ACTION} }} }}"

NODE = "query Node($id: ID!) { node(id: $id) { id ... on PartnerAction { state } } }"

LIST = """
query List($filter: PartnerActionFilter) {
  actions(filter: $filter) { totalCount edges { node { action { id } customer { displayName } } } }
}
"""


def decide(field: str) -> str:
    title = field[0].upper() + field[1:]
    return f"""
    mutation Decide($input: {title}Input!) {{
      {field}(input: $input) {{ action {{ {ACTION} }} problems {{ code path }} }}
    }}
    """


def acted(action: Action, standing: Standing, effect: Effect = Effect.KEYED, **more: Any) -> Acted:
    return Acted(
        connector="points",
        kind=action.kind,
        idempotency_key=action.idempotency_key,
        standing=standing,
        next=following(standing, effect),
        **more,
    )


async def confirming(_instance: str, action: Action) -> Acted:
    outcome = ActionOutcome(state=ActionState.CONFIRMED, reference="ev-1")
    return acted(action, Standing.CONFIRMED, outcome=outcome)


async def losing(_instance: str, action: Action) -> Acted:
    problem = SourceProblem(code=ProblemCode.DEADLINE_EXCEEDED, message="late")
    return acted(action, Standing.UNKNOWN, problem=problem)


@dataclass
class Desk:
    """An agent before a graph over a real store in which there is Ada, a member of one programme."""

    runner: asyncio.Runner
    engine: GraphEngine
    database: Database
    performer: Performer
    host: Any
    ada: str
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def ask(self, query: str, **variables: Any) -> Any:
        response = self.runner.run(self.engine.execute(query, variables, access=access_of("agent")))
        assert not response.errors, response.errors
        assert response.data
        return next(iter(response.data.values()))

    def answer(self, query: str, *, without: str, **variables: Any) -> Any:
        """What an agent is answered whose token lacks a scope."""
        access = access_of("agent")
        scopes = access.principal.scopes - {without}
        narrowed = msgspec.structs.replace(
            access, principal=msgspec.structs.replace(access.principal, scopes=scopes)
        )
        return self.runner.run(self.engine.execute(query, variables, access=narrowed))

    def acting_for(self, purpose: Purpose, query: str, **variables: Any) -> Any:
        """What an agent is answered who asks for a purpose."""
        access = access_of("agent", purpose=purpose)
        return self.runner.run(self.engine.execute(query, variables, access=access))

    def stored(self) -> bytes:
        """All that is kept of actions."""

        async def go() -> bytes:
            async with self.database.read(TENANT) as unit:
                page = await unit.actions.page(ActionFilter())
                contents = await unit.actions.contents(page.actions)
                return msgspec.json.encode(page) + b"".join(contents.values())

        return self.runner.run(go())

    def adjust(self, key: str = "k", **differing: Any) -> Any:
        given = {"customerId": self.ada, "idempotencyKey": key, "membershipId": "m1", "points": 50}
        return self.ask(ADJUST, input={**given, **differing})

    def wait(self, deadline: timedelta) -> None:
        """Let operations wait so long at the most."""
        services = self.engine._services
        settings = msgspec.structs.replace(services.settings, deadline=deadline)
        self.engine._services = dataclasses.replace(services, settings=settings)

    def round(self) -> None:
        async def go() -> None:
            await self.performer.round(TENANT)
            await self.performer.close(5)

        self.runner.run(go())

    def tasks(self, state: TaskState = TaskState.OPEN) -> int:
        async def go() -> int:
            async with self.database.read(TENANT) as unit:
                return await unit.tasks.count(state=state)

        return self.runner.run(go())


one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
