"""A connector over whatever answers it, and what it fetched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest

from c360.contract import Connector, Fetched, Need, Ref, connect
from c360.http import Request, Response, Transport
from c360.values import Secret
from plugins.banking.config import CdsAuBankingConfig
from plugins.banking.connector import CdsAuBanking

BASE_URL = "http://bank.test/cds-au/v1"

Reply = Callable[[Request], tuple[int, Any]]


@dataclass
class Bank:
    """A transport that answers from a script: path to a status and a body, or to a function of them."""

    script: Mapping[str, Reply | tuple[int, Any]]
    requests: list[Request] = field(default_factory=list)

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        await asyncio.sleep(0)
        found = self.script[request.url.removeprefix(BASE_URL)]
        status, body = found(request) if callable(found) else found
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Response(status=status, headers={"content-type": "application/json"}, content=content)

    def paths(self) -> list[str]:
        return [request.url.removeprefix(BASE_URL) for request in self.requests]


@pytest.fixture
def bank() -> Callable[[Mapping[str, Any]], Bank]:
    """Factory: a bank that answers from a script."""
    return Bank


@pytest.fixture
def connector() -> Callable[..., Connector[CdsAuBankingConfig]]:
    """Factory: the connector over a transport."""

    def build(transport: Transport, **settings: Any) -> Connector[CdsAuBankingConfig]:
        config = CdsAuBankingConfig(base_url=BASE_URL, **settings)
        return connect(
            CdsAuBanking,
            config,
            transport,
            instance="bank",
            now=lambda: datetime(2026, 6, 15, 12, tzinfo=UTC),
        )

    return build


@pytest.fixture
def fetched(connector: Callable[..., Connector[Any]]) -> Callable[..., Mapping[str, Fetched]]:
    """Factory: what the connector yields for one customer, by kind."""

    def fetch(
        transport: Transport,
        *kinds: str,
        token: str | None = "t0ps3cret",
        window: tuple[date | None, date | None] = (date(2026, 3, 1), date(2026, 6, 15)),
        **settings: Any,
    ) -> Mapping[str, Fetched]:
        needs = [
            Need(kind=kind, since=window[0], until=window[1])
            if kind == "banking.transactions"
            else Need(kind=kind)
            for kind in kinds
        ]
        ref = Ref(party_id="party-1", grant=None if token is None else Secret(token))

        async def collect(found: Connector[Any]) -> Sequence[Fetched]:
            return [each async for each in found.fetch(needs, [ref])]

        answers = asyncio.run(collect(connector(transport, **settings)))
        assert sorted(each.kind for each in answers) == sorted(kinds), "exactly one answer a kind"
        assert all(each.ref == ref for each in answers)
        return {each.kind: each for each in answers}

    return fetch
