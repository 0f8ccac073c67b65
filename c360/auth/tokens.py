"""Access tokens that an instance has fetched: kept until shortly before they end, fetched once for all."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable

import msgspec

from c360.values import Secret

EARLY = 30.0
"""Seconds before its end at which a token is renewed; for a short-lived one a tenth of its life."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a token endpoint gave (RFC 6749, section 5.1)."""

    access_token: Secret
    expires_in: float | None = None
    """Seconds it is valid from now; ``None``: the partner does not say."""
    refresh_token: Secret | None = None
    scopes: tuple[str, ...] = ()
    """What it allows; empty where the partner does not say."""
    subject: str | None = None
    """Who granted it, by the partner's own id, where an ID token says so (OpenID Connect Core)."""


class _Kept:
    __slots__ = ("renew_at", "token")

    def __init__(self, token: Token, now: float) -> None:
        self.token = token
        life = token.expires_in
        self.renew_at = None if life is None else now + life - min(EARLY, life / 10)


class Tokens:
    """The tokens of one instance by the fingerprint of what they were fetched with.

    However many requests wait for a token, it is fetched once. The fetch belongs to none of them: it
    goes on when the one that began it is cancelled, and no operation's deadline cuts it short.
    """

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._under_way: dict[str, asyncio.Task[Token]] = {}

    async def get(self, key: str, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """The token of a key, fetched where there is none or its end is near.

        Raises:
            ConnectorError: what ``fetch`` raises. Nothing is kept then: the next one asks again.
        """
        kept = self._kept.get(key)
        if kept is not None and (kept.renew_at is None or _time() < kept.renew_at):
            return kept.token
        task = self._under_way.get(key)
        if task is None:
            # An empty context: the fetch is nobody's, so no caller's deadline or trace is in it.
            task = asyncio.create_task(self._fetch(key, fetch), context=contextvars.Context())
            self._under_way[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)

    @property
    def under_way(self) -> frozenset[asyncio.Task[Token]]:
        """Fetches that have not ended. They are nobody's: no caller has to end them."""
        return frozenset(self._under_way.values())

    def drop(self, key: str, refused: Secret) -> None:
        """Forget a token that the partner refused; one that was fetched meanwhile stays."""
        kept = self._kept.get(key)
        if kept is not None and kept.token.access_token == refused:
            del self._kept[key]

    async def _fetch(self, key: str, fetch: Callable[[], Awaitable[Token]]) -> Token:
        token = await fetch()
        self._kept[key] = _Kept(token, _time())
        return token

    def _ended(self, key: str, task: asyncio.Task[Token]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # seen by the waiters, or nobody is left to see it


def _time() -> float:
    return asyncio.get_running_loop().time()
