"""The partners' authorization server: a code once, a refresh token once, and an end that holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from c360.auth.grants import challenge
from sandbox.framework import World
from sandbox.framework.authorization import CLIENT_ID, CLIENT_SECRET
from sandbox.partners.banking import app

BACK = "http://127.0.0.1:9/grants/callback"
VERIFIER = "v" * 50
ACCOUNTS = "/cds-au/v1/banking/accounts"
HEADERS = {"x-v": "3", "x-fapi-auth-date": "Mon, 15 Jun 2026 12:00:00 GMT"}


class Bank:
    """A bank with a customer, asked as the hub asks it."""

    def __init__(self, world: World) -> None:
        transport = httpx.ASGITransport(app(world))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://bank")
        self.party_id = world.population.presences("banking")[0].party_id

    async def decide(self, **differing: str) -> httpx.Response:
        asked = {
            "client_id": CLIENT_ID,
            "redirect_uri": BACK,
            "response_type": "code",
            "state": "s",
            "scope": "openid bank:accounts.basic:read",
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
            "customer": self.party_id,
            "decision": "approve",
        }
        return await self.client.post("/oauth/authorize", data={**asked, **differing})

    async def code(self) -> str:
        location = (await self.decide()).headers["location"]
        return parse_qs(urlsplit(location).query)["code"][0]

    async def token(self, secret: str = CLIENT_SECRET, **form: str) -> httpx.Response:
        return await self.client.post("/oauth/token", data=form, auth=(CLIENT_ID, secret))

    async def exchange(self, code: str, **differing: str) -> httpx.Response:
        form = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER, **differing}
        return await self.token(grant_type="authorization_code", **form)

    async def refresh(self, token: str) -> httpx.Response:
        return await self.token(grant_type="refresh_token", refresh_token=token)

    async def reads(self, token: str) -> bool:
        answer = await self.client.get(ACCOUNTS, headers={**HEADERS, "authorization": f"Bearer {token}"})
        return answer.status_code == 200


@pytest.fixture
def play(world: World) -> Callable[[Callable[[Bank], Coroutine[Any, Any, None]]], None]:
    def play(scene: Callable[[Bank], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            bank = Bank(world)
            async with bank.client:
                await scene(bank)

        asyncio.run(go())

    return play


def test_a_code_is_exchanged_once_with_its_verifier(play: Callable[..., None]) -> None:
    async def scene(bank: Bank) -> None:
        code = await bank.code()
        for wrong in ({"code_verifier": "w" * 50}, {"redirect_uri": BACK + "/x"}, {"code": "x"}):
            answer = await bank.exchange(**{"code": code, **wrong})
            assert (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
        given = (await bank.exchange(code)).json()
        assert given["token_type"] == "Bearer"
        assert await bank.reads(given["access_token"])
        assert (await bank.exchange(code)).status_code == 400
        assert not await bank.reads(given["access_token"]), "a code that comes twice ends what came of it"

    play(scene)


def test_a_refresh_token_that_comes_twice_ends_the_grant(play: Callable[..., None]) -> None:
    async def scene(bank: Bank) -> None:
        first = (await bank.exchange(await bank.code())).json()
        second = (await bank.refresh(first["refresh_token"])).json()
        assert second["refresh_token"] != first["refresh_token"]
        assert await bank.reads(second["access_token"])
        assert (await bank.refresh(first["refresh_token"])).json() == {"error": "invalid_grant"}
        assert (await bank.refresh(second["refresh_token"])).json() == {"error": "invalid_grant"}
        assert not await bank.reads(second["access_token"])

    play(scene)


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_a_revocation_ends_it(play: Callable[..., None], which: str) -> None:
    async def scene(bank: Bank) -> None:
        given = (await bank.exchange(await bank.code())).json()
        form = {"token": given[which]}
        assert (await bank.client.post("/oauth/revoke", data=form, auth=(CLIENT_ID, "x"))).status_code == 401
        assert await bank.reads(given["access_token"])
        for _ in range(2):
            answer = await bank.client.post("/oauth/revoke", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
            assert answer.status_code == 200
        assert not await bank.reads(given["access_token"])
        assert (await bank.refresh(given["refresh_token"])).status_code == 400

    play(scene)


def test_nobody_is_sent_where_the_hub_is_not(play: Callable[..., None]) -> None:
    async def scene(bank: Bank) -> None:
        for wrong in (
            {"client_id": "other"},
            {"redirect_uri": "https://evil.example/"},
            {"response_type": "token"},
            {"code_challenge_method": "plain"},
            {"code_challenge": ""},
            {"customer": "nobody"},
        ):
            answer = await bank.decide(**wrong)
            assert answer.status_code == 400
            assert "location" not in answer.headers
        denied = parse_qs(urlsplit((await bank.decide(decision="deny")).headers["location"]).query)
        assert denied["error"] == ["access_denied"]
        assert "code" not in denied
        assert (await bank.token(secret="x", grant_type="refresh_token")).status_code == 401
        assert (await bank.token(grant_type="password")).json() == {"error": "unsupported_grant_type"}

    play(scene)
