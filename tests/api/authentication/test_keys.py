"""An issuer's keys: read when they are needed, again when they change, and kept while it is down."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import Key

from api.authentication.keys import IssuerKeys, KeysUnavailable, from_file, from_url, read_keys
from tests.fixtures.issuer import ec, ed, key_set, published, rsa

FIRST, SECOND, CURVE = ec("first"), ec("second"), ed("third")
ES256 = ("ES256",)


class Issuer:
    """Gives its keys at once, late, or not at all."""

    def __init__(self, *keys: Key) -> None:
        self.keys: Sequence[Key] = keys
        self.down = False
        self.asked = 0
        self.now = 1000.0
        self.answers = asyncio.Event()
        self.answers.set()

    async def load(self) -> bytes:
        self.asked += 1
        await self.answers.wait()
        if self.down:
            raise KeysUnavailable("it is down")
        return json.dumps(key_set(*self.keys)).encode()

    def read(self, **more: Any) -> IssuerKeys:
        settings = {"max_age": 300.0, "min_interval": 10.0, **more}
        return IssuerKeys("company", self.load, ES256, monotonic=lambda: self.now, **settings)


def kids(found: Sequence[Key]) -> list[str | None]:
    return [key.kid for key in found]


def test_they_are_read_once_and_kept(run: Callable[..., Any]) -> None:
    async def scene() -> None:
        issuer = Issuer(FIRST)
        keys = issuer.read()
        found = await asyncio.gather(*(keys.find("ES256", "first") for _ in range(20)))
        assert [kids(each) for each in found] == [["first"]] * 20
        issuer.now += 200
        assert kids(await keys.find("ES256", "first")) == ["first"]
        assert issuer.asked == 1

    run(scene())


def test_a_new_key_is_found_by_reading_once_more(run: Callable[..., Any]) -> None:
    async def scene() -> None:
        issuer = Issuer(FIRST)
        keys = issuer.read()
        await keys.find("ES256", "first")
        before = keys.generation
        issuer.keys = [SECOND]
        issuer.now += 11
        assert kids(await keys.find("ES256", "second")) == ["second"]
        assert kids(await keys.find("ES256", "first")) == []
        assert keys.generation == before + 1

    run(scene())


def test_unknown_key_ids_do_not_make_the_hub_ask_more_often(run: Callable[..., Any]) -> None:
    async def scene() -> None:
        issuer = Issuer(FIRST)
        keys = issuer.read()
        for number in range(1000):
            assert await keys.find("ES256", f"made-up-{number}") == []
            issuer.now += 0.1  # 100 s in all
        assert issuer.asked <= 11
        assert await keys.find("HS256", "first") == ()
        assert kids(await keys.find("ES256", "first")) == ["first"]

    run(scene())


def test_the_last_keys_count_while_the_issuer_is_down(run: Callable[..., Any], caplog: Any) -> None:
    async def scene() -> None:
        issuer = Issuer(FIRST)
        keys = issuer.read()
        await keys.find("ES256", "first")
        issuer.down = True
        for _ in range(10):
            issuer.now += 400
            assert kids(await keys.find("ES256", "first")) == ["first"]
            await asyncio.sleep(0)
        assert keys.generation == 1
        issuer.down, issuer.keys = False, [FIRST, SECOND]
        issuer.now += 11
        assert kids(await keys.find("ES256", "second")) == ["second"]

    run(scene())
    assert "those read before go on counting" in caplog.text


def test_an_issuer_that_hangs_holds_nobody_who_has_a_known_key(run: Callable[..., Any]) -> None:
    async def scene() -> None:
        issuer = Issuer(FIRST)
        keys = issuer.read()
        await keys.find("ES256", "first")
        issuer.answers.clear()
        issuer.now += 301
        async with asyncio.timeout(1):
            assert kids(await keys.find("ES256", "first")) == ["first"]
        await asyncio.sleep(0)
        assert issuer.asked == 2, "it is read behind the requests"
        await keys.close()

    run(scene())


def test_who_waits_and_leaves_does_not_end_it_for_the_others(run: Callable[..., Any]) -> None:
    async def scene() -> None:
        issuer = Issuer(FIRST)
        issuer.answers.clear()
        keys = issuer.read()
        leaving, staying = (asyncio.ensure_future(keys.find("ES256", "first")) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        issuer.answers.set()
        assert kids(await staying) == ["first"]
        assert issuer.asked == 1

    run(scene())


def test_a_key_that_is_withdrawn_no_longer_counts(run: Callable[..., Any]) -> None:
    async def scene() -> None:
        issuer = Issuer(FIRST, SECOND)
        keys = issuer.read()
        await keys.find("ES256", "second")
        issuer.keys = [FIRST]
        issuer.now += 301
        keys.refresh_old()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert keys.generation == 2
        assert await keys.find("ES256", "second") == []

    run(scene())


def test_a_token_without_a_key_id_needs_the_only_key(run: Callable[..., Any]) -> None:
    async def scene(*of: Key) -> list[str | None]:
        return kids(await Issuer(*of).read().find("ES256", None))

    assert run(scene(FIRST)) == ["first"]
    assert run(scene(FIRST, SECOND)) == []


def test_the_same_keys_in_another_order_change_nothing(run: Callable[..., Any]) -> None:
    async def scene() -> int:
        issuer = Issuer(FIRST, SECOND)
        keys = issuer.read()
        await keys.find("ES256", "first")
        issuer.keys = [SECOND, FIRST]
        issuer.now += 301
        keys.refresh_old()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert issuer.asked == 2
        return keys.generation

    assert run(scene()) == 1


def entry(key: Key, **more: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **more}


@pytest.mark.parametrize(
    "entries",
    [
        [],
        ["x", 7, None],
        [{"kty": "oct", "k": "c2VjcmV0"}],
        [{"kty": "EC"}],
        [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}],
        [entry(FIRST, use="enc")],
        [entry(FIRST, key_ops=["deriveBits"])],
        [entry(FIRST, alg="ES512")],
        [entry(CURVE)],
        [entry(rsa("small", 1024))],
        [{"kty": "RSA", "n": 5, "e": "AQAB"}],
    ],
    ids=lambda entries: f"{len(entries)} entries",
)
def test_what_is_no_key_for_this_is_passed_over(entries: list[Any]) -> None:
    with pytest.raises(KeysUnavailable):
        read_keys(json.dumps({"keys": entries}).encode(), frozenset({"ES256", "RS256"}))
    both = json.dumps({"keys": [*entries, entry(FIRST)]}).encode()
    assert kids(read_keys(both, frozenset({"ES256", "RS256"}))) == ["first"]


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"keys": null}', b"{" * 100_000, b"\xff"])
def test_what_is_no_set_is_unavailable(content: bytes) -> None:
    with pytest.raises(KeysUnavailable):
        read_keys(content, frozenset(ES256))


def test_a_private_key_that_was_published_is_taken_in_without_its_private_half() -> None:
    (key,) = read_keys(json.dumps({"keys": [FIRST.as_dict(private=True)]}).encode(), frozenset(ES256))
    assert key.is_private is False


def test_keys_at_an_address(run: Callable[..., Any]) -> None:
    with published(FIRST) as site:
        load = from_url(site.url)
        assert kids(read_keys(run(load()), frozenset(ES256))) == ["first"]
        site.status = 302
        with pytest.raises(KeysUnavailable, match="HTTP 302"):
            run(load())
        site.status, site.body = 200, b" " * 300_000
        with pytest.raises(KeysUnavailable, match="too large"):
            run(load())
    with pytest.raises(KeysUnavailable, match="ConnectError"):
        run(load())


def test_keys_in_a_file(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    with pytest.raises(KeysUnavailable, match="FileNotFoundError"):
        run(from_file(file)())
    file.write_text(json.dumps(key_set(FIRST)), encoding="ascii")
    assert kids(read_keys(run(from_file(file)()), frozenset(ES256))) == ["first"]
