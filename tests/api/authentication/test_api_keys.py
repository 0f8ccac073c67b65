"""Keys of programs: from the command line to the graph and back, on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from api.authentication.api_keys import ApiKeyError, ApiKeys, Made, draft, secret_of, successor
from api.authentication.errors import InvalidToken
from api.commands import main
from api.settings import Settings
from c360.access import Purpose, Reach, TenantId
from c360.values import Secret
from store.data_credentials import ApiKeyKind
from store.database import Database
from store.keyring import Keyring

TENANT = TenantId("default")
AT = datetime(2026, 11, 27, 12, tzinfo=UTC)


class World:
    """A database with its clock, and what lets programs in."""

    def __init__(self, url: str) -> None:
        self.at = AT
        self.database = Database(url, keyring=Keyring(b"m" * 32, b"p" * 32), clock=lambda: self.at)
        self.keys = ApiKeys(self.database, TENANT, lambda: self.at)

    async def add(self, made: Made) -> str:
        async with self.database.unit(TENANT) as unit:
            await unit.api_keys.add(made.key, secret_of(made.text))
        return made.text.reveal()

    def draft(self, **differing: Any) -> Made:
        given: dict[str, Any] = {
            "kind": ApiKeyKind.SERVICE,
            "name": "till",
            "roles": ("integrator",),
            "life": timedelta(days=30),
            "at": self.at,
        }
        return draft(**{**given, **differing})


@pytest.fixture
def play(database_url: str, run: Callable[..., Any]) -> Callable[..., None]:
    """Runs a scene in a world of its own."""

    def play(scene: Callable[[World], Any]) -> None:
        async def go() -> None:
            world = World(database_url)
            try:
                await scene(world)
            finally:
                await world.database.dispose()

        run(go())

    return play


def test_a_key_lets_in_what_it_says(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        text = await world.add(world.draft(scopes=("bulk:write", "customers:read")))
        assert re.fullmatch(r"c360_service_[0-9a-z]{12}[0-9A-Za-z]{46}", text)
        assert world.keys.takes(text)
        assert not world.keys.takes("ey.ab.cd")
        found = await world.keys.principal(text)
        assert (found.subject, found.client, found.reach) == ("key:till", "till", Reach.EVERYBODY)
        assert found.scopes == {"bulk:write", "customers:read"}
        assert found.purposes == {Purpose.SERVICE}
        assert found.expires_at == AT + timedelta(days=30)
        async with world.database.read(TENANT) as unit:
            (kept,) = await unit.api_keys.all()
        assert kept.used_on == AT.date()
        world.at += timedelta(days=1)
        await world.keys.principal(text)
        async with world.database.read(TENANT) as unit:
            assert [key.used_on for key in await unit.api_keys.all("till")] == [world.at.date()]
            assert await unit.api_keys.all("other") == []

    play(scene)


def test_what_is_no_key_lets_nobody_in(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        text = await world.add(world.draft())
        other = world.draft().text.reveal()  # made, and never kept
        for wrong in (
            "c360_",
            text[:-1],
            text + "x",
            text.swapcase(),
            text.replace("service", "webhook"),
            other,
        ):
            with pytest.raises(InvalidToken):
                await world.keys.principal(wrong)
        stranger = ApiKeys(world.database, TenantId("acme"), lambda: world.at)
        with pytest.raises(InvalidToken, match="none that the hub made"):
            await stranger.principal(text)
        await world.keys.principal(text)

    play(scene)


def test_it_ends_when_it_is_taken_back_or_over(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        text = await world.add(world.draft())
        await world.keys.principal(text)
        async with world.database.unit(TENANT) as unit:
            (key,) = await unit.api_keys.all()
            assert await unit.api_keys.revoke(key.id, world.at)
            assert not await unit.api_keys.revoke(key.id, world.at)
            assert not await unit.api_keys.end(key.id, world.at)
        world.at += timedelta(seconds=31)
        with pytest.raises(InvalidToken, match="ended"):
            await world.keys.principal(text)
        short = await world.add(world.draft(life=timedelta(minutes=1)))
        await world.keys.principal(short)
        world.at += timedelta(seconds=61)
        with pytest.raises(InvalidToken, match="ended"):
            await world.keys.principal(short)

    play(scene)


def test_two_are_good_while_one_is_rotated(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        old = await world.add(world.draft(scopes=("bulk:write",)))
        async with world.database.unit(TENANT) as unit:
            (key,) = await unit.api_keys.all()
            assert await unit.api_keys.end(key.id, world.at + timedelta(hours=1))
        new = await world.add(successor(key, life=timedelta(days=30), at=world.at))
        first, second = await world.keys.principal(old), await world.keys.principal(new)
        assert (first.subject, first.scopes) == (second.subject, second.scopes)
        world.at += timedelta(hours=1)
        with pytest.raises(InvalidToken, match="ended"):
            await world.keys.principal(old)
        await world.keys.principal(new)

    play(scene)


def test_a_key_for_a_partners_calls_opens_no_graph(play: Callable[..., None]) -> None:
    async def scene(world: World) -> None:
        text = await world.add(world.draft(kind=ApiKeyKind.WEBHOOK, roles=(), connectors=("loyalty",)))
        assert text.startswith("c360_webhook_")
        assert (await world.keys.key(text)).connectors == ("loyalty",)
        with pytest.raises(InvalidToken, match="and nothing else"):
            await world.keys.principal(text)

    play(scene)


@pytest.mark.parametrize(
    ("differing", "words"),
    [
        ({"name": "Till"}, "lower-case"),
        ({"name": ""}, "lower-case"),
        ({"roles": ("admin",)}, "no role"),
        ({"roles": ()}, "has a role"),
        ({"kind": ApiKeyKind.WEBHOOK}, "has none"),
        ({"scopes": ("all",)}, "no scope"),
        ({"purposes": ("ALL",)}, "no purpose"),
        ({"life": timedelta(days=400)}, "366 days"),
        ({"life": timedelta(0)}, "366 days"),
    ],
    ids=lambda value: None,
)
def test_what_cannot_be_made(differing: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"kind": ApiKeyKind.SERVICE, "name": "till", "roles": ("integrator",)}
    given |= {"life": timedelta(days=1), "at": AT}
    with pytest.raises(ApiKeyError, match=words):
        draft(**{**given, **differing})
    with pytest.raises(ApiKeyError):
        secret_of(Secret("c360_service_x"))


def test_the_command_line_makes_lists_rotates_and_revokes(served: str, settings: Settings) -> None:
    def asked(key: str) -> int:
        headers = {"authorization": f"Bearer {key}"}
        answer = httpx.post(
            f"{served}/graphql", json={"query": "{ __typename }"}, headers=headers, trust_env=False
        )
        return answer.status_code

    def say(*arguments: str) -> str:
        config = str(settings.folder / "c360.toml")
        done = CliRunner().invoke(main, ["--config", config, "keys", *arguments], standalone_mode=False)
        if done.exception is not None:
            raise done.exception
        return done.stdout

    first = say("create", "till", "--role", "integrator", "--scope", "bulk:write").strip()
    assert asked(first) == 200
    assert asked(first[:-1] + ("y" if first.endswith("x") else "x")) == 401
    with pytest.raises(ApiKeyError, match="rotate it"):
        say("create", "till", "--role", "integrator")
    second = say("rotate", "till", "--overlap", "1").strip()
    assert (asked(first), asked(second)) == (200, 200)
    listed = say("list")
    assert listed.count("till") == 2
    assert "bulk:write" in listed
    for key in (first, second):
        assert key not in listed
        assert key[25:65] not in listed
    assert "2 keys taken back" in say("revoke", "till")
    third = say("create", "till", "--role", "integrator").strip()
    assert asked(third) == 200
    with pytest.raises(ApiKeyError, match="no key that is good"):
        say("rotate", "nobody")
