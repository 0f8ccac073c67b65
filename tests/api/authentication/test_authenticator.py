"""A token that was proven is remembered until it ends or the keys change, and then costs next to nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import Key

from api.authentication import authenticator as module
from api.authentication import tokens
from api.authentication.authenticator import Authenticator, Trusted
from api.authentication.errors import InvalidToken
from api.authentication.keys import IssuerKeys
from api.authentication.settings import Issuer
from c360.access import Purpose, TenantId
from tests.fixtures.issuer import ISSUER, ec, key_set, token

FIRST, SECOND = ec("first"), ec("second")


class World:
    """One issuer whose keys and clocks a test moves."""

    def __init__(self, *keys: Key, leeway: float = 30.0) -> None:
        self.keys = keys
        self.at = datetime.now(UTC)
        issuer = Issuer(issuer=ISSUER, audience=("c360",), algorithms=("ES256",), jwks_file="x")
        self.issuer_keys = IssuerKeys(
            "company",
            self.load,
            ("ES256",),
            max_age=300,
            min_interval=10,
            monotonic=self.seconds,
        )
        trusted = {"company": Trusted(issuer=issuer, keys=self.issuer_keys)}
        self.authenticator = Authenticator(TenantId("default"), trusted, leeway=leeway, clock=lambda: self.at)

    def seconds(self) -> float:
        return self.at.timestamp()

    async def load(self) -> bytes:
        return json.dumps(key_set(*self.keys)).encode()

    async def ask(self, credential: str, **more: str) -> Any:
        return await self.authenticator.authenticate({"authorization": f"Bearer {credential}", **more})


@pytest.fixture
def proven(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    seen: list[str] = []

    def verify(parsed: Any, keys: Any) -> None:
        seen.append(parsed.token)
        tokens.verify(parsed, keys)

    monkeypatch.setattr(module, "verify", verify)
    return seen


def test_a_signature_is_checked_once(run: Callable[..., Any], proven: list[str]) -> None:
    async def scene() -> None:
        world = World(FIRST)
        good = token(FIRST, "ES256")
        first = await world.ask(good)
        second = await world.ask(good, **{"c360-purpose": "RISK"})
        assert first.principal is second.principal
        assert (first.purpose, second.purpose) == (Purpose.SERVICE, Purpose.RISK)
        assert proven == [good]

    run(scene())


def test_it_is_forgotten_when_it_ends(run: Callable[..., Any]) -> None:
    async def scene() -> None:
        world = World(FIRST)
        good = token(FIRST, "ES256")
        await world.ask(good)
        world.at += timedelta(seconds=625)
        await world.ask(good)  # within the leeway
        world.at += timedelta(seconds=10)
        with pytest.raises(InvalidToken, match="expired"):
            await world.ask(good)

    run(scene())


def test_it_is_proven_anew_when_the_keys_change(run: Callable[..., Any], proven: list[str]) -> None:
    async def scene() -> None:
        world = World(FIRST, SECOND)
        lasting, withdrawn = token(FIRST, "ES256"), token(SECOND, "ES256")
        await world.ask(lasting)
        await world.ask(withdrawn)
        world.keys = (FIRST,)
        world.at += timedelta(seconds=301)
        await world.ask(lasting)  # has the keys read behind it
        await world.issuer_keys.settled()
        with pytest.raises(InvalidToken, match="key that the issuer does not have"):
            await world.ask(withdrawn)
        await world.ask(lasting)
        assert proven == [lasting, withdrawn, lasting]

    run(scene())


def test_a_refused_token_is_not_remembered(run: Callable[..., Any]) -> None:
    async def scene() -> None:
        world = World(FIRST)
        early = token(FIRST, "ES256", nbf=int(time.time()) + 100)
        with pytest.raises(InvalidToken, match="not valid yet"):
            await world.ask(early)
        world.at += timedelta(seconds=100)
        await world.ask(early)

    run(scene())


def test_memory_is_bounded(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        monkeypatch.setattr(module, "_REMEMBERED", 10)
        world = World(FIRST)
        for number in range(30):
            await world.ask(token(FIRST, "ES256", sub=f"s{number}"))
        assert len(world.authenticator._seen) == 10

    run(scene())


@pytest.mark.alone
def test_a_token_that_was_seen_costs_at_most_thirty_microseconds(run: Callable[..., Any]) -> None:
    async def scene() -> float:
        world = World(FIRST)
        headers = {"authorization": f"Bearer {token(FIRST, 'ES256')}", "c360-purpose": "RISK"}
        await world.authenticator.authenticate(headers)
        took = []
        for _ in range(20):
            started = time.process_time()
            for _ in range(500):
                await world.authenticator.authenticate(headers)
            took.append((time.process_time() - started) / 500)
        return min(took)

    assert run(scene()) < 30e-6
