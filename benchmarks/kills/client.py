"""An outside client: sends each mutation until somebody acknowledges it, and keeps what was acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

PATIENCE = 15.0
"""Seconds until a request counts as lost."""
_AGAIN = 0.03
"""Seconds until a mutation is sent again."""

CONTEST = """
mutation Contest($input: ContestScoreInput!) {
  contestScore(input: $input) { contest { id } problems { code message } }
}
"""
ADJUST = """
mutation Adjust($input: AdjustPointsInput!) {
  adjustPoints(input: $input) { action { id state } problems { code message } }
}
"""
ORDER = """
mutation Order($input: RequestPolicyValuationInput!) {
  requestPolicyValuation(input: $input) { action { id state } problems { code message } }
}
"""
WHO = """
query Who($after: String) {
  customers(first: 50, after: $after) {
    pageInfo { endCursor hasNextPage }
    edges { node { id identities { connector } loyalty { memberships { membershipId } } } }
  }
}
"""


class RefusedError(Exception):
    """A mutation was answered in a way that a client cannot mend by sending it again."""


@dataclass(frozen=True)
class Mutation:
    """One mutation with its key, as it is sent however often."""

    key: str
    kind: str
    document: str
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Acknowledged:
    """What the client was told."""

    key: str
    kind: str
    id: str
    state: str | None
    attempts: int


@dataclass
class Client:
    """Sends mutations to several servers, and to the next one where one does not answer."""

    addresses: Sequence[str]
    headers: Mapping[str, str]
    acknowledged: dict[str, Acknowledged] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    """Keys of the mutations that were sent at least once."""
    resent: int = 0
    """Requests beyond the first of each mutation."""

    async def members(self) -> list[tuple[str, str]]:
        """Customers whom the back office knows, each with a membership of theirs."""
        found: list[tuple[str, str]] = []
        after: str | None = None
        async with self._http() as http:
            while True:
                answer = await self._post(http, 0, WHO, {"after": after})
                page = answer["data"]["customers"]
                for edge in page["edges"]:
                    node = edge["node"]
                    known = {each["connector"] for each in node["identities"]}
                    members = (node["loyalty"] or {}).get("memberships") or []
                    if members and "workorders" in known:
                        found.append((node["id"], members[0]["membershipId"]))
                after = page["pageInfo"]["endCursor"]
                if not page["pageInfo"]["hasNextPage"]:
                    return found

    async def run(self, mutations: Sequence[Mutation], *, at_once: int, enough: asyncio.Event) -> None:
        """Send mutations, so many at once, until all are acknowledged or it is enough.

        Raises:
            RefusedError: one was refused for good.
        """
        waiting = iter(mutations)
        async with self._http() as http, asyncio.TaskGroup() as group:
            for place in range(at_once):
                group.create_task(self._worker(http, place, waiting, enough))

    async def _worker(self, http: httpx.AsyncClient, place: int, waiting: Any, enough: asyncio.Event) -> None:
        for mutation in waiting:
            if enough.is_set():
                return
            self.sent.add(mutation.key)
            for attempt in itertools.count():
                told = await self._attempt(http, place + attempt, mutation, attempt)
                if told is not None:
                    self.acknowledged[mutation.key] = told
                    break
                self.resent += 1
                await asyncio.sleep(_AGAIN * random.uniform(0.5, 2))  # no secret

    async def _attempt(
        self, http: httpx.AsyncClient, server: int, mutation: Mutation, attempt: int
    ) -> Acknowledged | None:
        """What one request was answered; none where it is to be sent again."""
        try:
            answer = await self._post(http, server, mutation.document, mutation.variables)
        except (httpx.HTTPError, ValueError):
            return None
        errors = answer.get("errors") or []
        if errors:
            if any(each["extensions"]["code"] in _PASSING for each in errors):
                return None
            message = f"{mutation.kind} was refused: {errors}"
            raise RefusedError(message)
        (payload,) = answer["data"].values()
        if payload["problems"]:
            message = f"{mutation.kind} was refused: {payload['problems']}"
            raise RefusedError(message)
        thing = payload.get("action") or payload.get("contest")
        return Acknowledged(mutation.key, mutation.kind, thing["id"], thing.get("state"), attempt + 1)

    async def _post(
        self, http: httpx.AsyncClient, server: int, document: str, variables: Mapping[str, Any]
    ) -> Any:
        address = self.addresses[server % len(self.addresses)]
        answer = await http.post(f"{address}/graphql", json={"query": document, "variables": dict(variables)})
        if answer.status_code in _BUSY:
            message = "busy"
            raise ValueError(message)
        return answer.json()

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(trust_env=False, timeout=PATIENCE, headers=self.headers)


_PASSING = frozenset({"UNAVAILABLE"})
_BUSY = frozenset({429, 502, 503, 504})


def mutations(members: Sequence[tuple[str, str]], count: int, seed: int) -> list[Mutation]:
    """So many mutations: of what is the hub's own, and of two partners, in turn."""
    chosen = random.Random(seed)  # no secret
    made: list[Mutation] = []
    for number in range(count):
        customer, membership = chosen.choice(members)
        key = f"kills-{seed}-{number}"
        given: dict[str, Any] = {"customerId": customer, "idempotencyKey": key}
        if number % 5 in {0, 1}:
            made.append(Mutation(key, "contest", CONTEST, {"input": {**given, "reason": key}}))
        elif number % 5 in {2, 3}:
            points = {"membershipId": membership, "points": 1, "reason": "load"}
            made.append(Mutation(key, "adjust", ADJUST, {"input": {**given, **points}}))
        else:
            made.append(Mutation(key, "order", ORDER, {"input": {**given, "policyId": f"P-{number}"}}))
    return made
