"""What browsers are told with every answer: whose pages may read it, and what must not be done with it.

Pages of other origins read nothing unless the settings name their origin. A page cannot ask in a user's name
either: only a bearer token says who asks, no browser adds one by itself, a GET changes nothing, and a POST
has to be JSON, which a page of another origin cannot send without being allowed first.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from c360.errors import ConfigError

ALLOWED = ("authorization", "c360-purpose", "content-type", "last-event-id")
"""Headers that a page may send."""
EXPOSED = ("retry-after", "www-authenticate", "x-request-id")
"""Headers of an answer that a page may read."""
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
_HSTS = (b"strict-transport-security", b"max-age=31536000")


class Browsers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What pages in browsers may do."""

    origins: Annotated[
        tuple[str, ...],
        Meta(description="Origins such as https://desk.example whose pages may ask and read answers (CORS)."),
    ] = ()
    preflight_age: Annotated[
        int, Meta(description="Seconds for which browsers remember what a page may send.", ge=0, le=86_400)
    ] = 600
    tls: Annotated[
        bool,
        Meta(
            description="Whether browsers come by TLS, at a proxy, and are told to use nothing else (HSTS)."
        ),
    ] = False


Headers = tuple[tuple[bytes, bytes], ...]


def browser_middleware(settings: Browsers) -> list[Middleware]:
    """What stands before the routes, outermost first."""
    found = [Middleware(SafeHeaders, tls=settings.tls)]
    if settings.origins:
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=settings.origins,
                allow_methods=("GET", "POST"),
                allow_headers=ALLOWED,
                expose_headers=EXPOSED,
                max_age=settings.preflight_age,
            )
        )
    return found


def check_origins(setting: str, origins: Collection[str]) -> None:
    """Whether browsers could name such origins: any other setting lets nobody in, without a word.

    Raises:
        ConfigError: one is none, such as one with a path or without a scheme.
    """
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise ConfigError(setting, repr(origin), "write it as browsers do, such as https://desk.example")


class BrowserHeaders:
    """The same headers for what answers without that, made once.

    Args:
        settings: what pages may do.
    """

    def __init__(self, settings: Browsers) -> None:
        vary = b"accept, Origin" if settings.origins else b"accept"
        self._plain: Headers = ((b"vary", vary), *safe_headers(tls=settings.tls))
        told: Headers = (*self._plain, (b"access-control-expose-headers", ", ".join(EXPOSED).encode()))
        self._shared: dict[bytes, Headers] = {}
        if "*" in settings.origins:
            self._others: Headers = (*told, (b"access-control-allow-origin", b"*"))
            return
        for origin in settings.origins:
            self._shared[origin.encode()] = (*told, (b"access-control-allow-origin", origin.encode()))
        self._others = told if settings.origins else self._plain

    def of(self, origin: bytes | None) -> Headers:
        """In an answer that differs by ``Accept``.

        Args:
            origin: of the page that asks; none where no page does.
        """
        return self._plain if origin is None else self._shared.get(origin, self._others)


def safe_headers(*, tls: bool) -> Headers:
    """What every answer says to browsers.

    Args:
        tls: whether they come by TLS.
    """
    return (*_ALWAYS, _HSTS) if tls else _ALWAYS


class SafeHeaders:
    """Adds to every answer what it does not say itself.

    Args:
        app: what answers.
        tls: whether browsers come by TLS.
    """

    def __init__(self, app: ASGIApp, *, tls: bool) -> None:
        self._app = app
        self._headers = safe_headers(tls=tls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = message.get("headers", [])
                names = {name for name, _ in said}
                message = {
                    **message,
                    "headers": [*said, *(each for each in self._headers if each[0] not in names)],
                }
            await send(message)

        await self._app(scope, receive, told)
