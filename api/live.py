"""How the connectors of a running server do, as it says itself at the address of the settings."""

from __future__ import annotations

import os
from collections.abc import Mapping

import httpx
import msgspec

from api.authentication.development import DevelopmentIssuer
from api.settings import TOKEN, Settings

PATIENCE = 1.0
"""Seconds that a server gets to answer."""

_QUERY = """{ connectors {
  instance breaker leftAlone { operation state }
  health { calls errors blocked lastProblem latencyP50 latencyP95 }
} }"""


class _Health(msgspec.Struct, frozen=True, rename="camel"):
    calls: int
    errors: int
    blocked: int
    last_problem: str | None
    latency_p50: str | None = msgspec.field(name="latencyP50")
    latency_p95: str | None = msgspec.field(name="latencyP95")


class _Operation(msgspec.Struct, frozen=True):
    operation: str
    state: str


class LiveHealth(msgspec.Struct, frozen=True, rename="camel"):
    """What a server says of one of its instances."""

    instance: str
    breaker: str
    left_alone: tuple[_Operation, ...]
    health: _Health

    def __str__(self) -> str:
        found = self.health
        parts = [
            f"breaker {self.breaker}",
            f"{found.calls} calls",
            f"{found.errors} errors",
            f"p50 {found.latency_p50 or 'none'}",
            f"p95 {found.latency_p95 or 'none'}",
            f"last problem {found.last_problem or 'none'}",
        ]
        if found.blocked:
            parts.append(f"blocked the event loop {found.blocked} times")
        parts += [f"{each.operation} is {each.state}" for each in self.left_alone]
        return ", ".join(parts)


class _Data(msgspec.Struct, frozen=True):
    connectors: tuple[LiveHealth, ...]


class _Answer(msgspec.Struct, frozen=True):
    data: _Data


async def live_health(
    settings: Settings, environ: Mapping[str, str] | None = None
) -> Mapping[str, LiveHealth]:
    """By instance id; empty where no server answers there, or where it does not take the token.

    Args:
        settings: where the server listens.
        environ: may hold a token of an operator as ``C360_TOKEN``; by default the process's own environment.
            Without one the development issuer makes it, where it is on.
    """
    token = (os.environ if environ is None else environ).get(TOKEN, "")
    if not token and settings.authentication.development:
        token = DevelopmentIssuer(settings.authentication, settings.folder).token("operator", hours=0.1)
    if not token:
        return {}
    server = settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
            answer = await client.post(
                f"http://{host}:{server.port}/graphql",
                json={"query": _QUERY},
                headers={"authorization": f"Bearer {token}"},
            )
            told = msgspec.json.decode(answer.content, type=_Answer)
    except (httpx.HTTPError, msgspec.MsgspecError):
        return {}
    return {each.instance: each for each in told.data.connectors}
