"""Square's webhooks: one subscription, told of each account that changed by a signed call.

``PUT /_sandbox/webhooks`` with ``{"url": "https://…"}`` subscribes an address, ``DELETE`` ends that. Square
itself has an API for it; how a call is made, signed and repeated is Square's.

Source: https://developer.squareup.com/docs/webhooks/step3validate
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from typing import Any

import httpx
import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World
from sandbox.framework.control import PREFIX
from sandbox.partners.loyalty.render import Json, stamp, uuid_of

SIGNATURE_KEY = "sandbox-loyalty-signature-key"
"""What the calls are signed with; the hub's setting ``webhook_signature_key``."""
SIGNATURE = "x-square-hmacsha256-signature"
_ATTEMPTS = 40
_PAUSE = 0.25
"""Seconds between two attempts; Square itself takes minutes to hours."""


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    url: str


class Hooks:
    """The subscription of a world, and the calls that are under way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls: set[asyncio.Task[None]] = set()
        self.url: str | None = None
        """Where to call; nowhere by default."""

    @classmethod
    def of(cls, world: World) -> Hooks:
        """The subscription of a world."""
        found: Hooks = world.state.setdefault("hooks", cls(world))
        return found

    def tell(self, kind: str, about: str, told: Json, *, cause: str) -> None:
        """Call the subscriber, in the background, again until it takes the call.

        Args:
            kind: type of the event.
            about: id of what it is about.
            told: what it tells.
            cause: what it tells of: the same cause has the same event.
        """
        if self.url is None:
            return
        event = {
            "merchant_id": "ML-SANDBOX",
            "type": kind,
            "event_id": uuid_of(f"webhook {cause}"),
            "created_at": stamp(self._world.now()),
            "data": {"type": kind.rpartition(".")[0], "id": about, "object": told},
        }
        call = asyncio.create_task(_call(self.url, msgspec.json.encode(event)), name="webhook")
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)


async def _call(url: str, body: bytes) -> None:
    signed = hmac.new(SIGNATURE_KEY.encode(), url.encode() + body, hashlib.sha256).digest()
    headers = {"content-type": "application/json", SIGNATURE: base64.b64encode(signed).decode()}
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        for _ in range(_ATTEMPTS):
            try:
                answer = await client.post(url, content=body, headers=headers)
            except httpx.HTTPError:
                pass
            else:
                if answer.is_success:
                    return
            await asyncio.sleep(_PAUSE)


def hook_routes(world: World) -> list[Route]:
    """The routes that subscribe and end that."""

    async def subscribe(request: Request) -> Response:
        try:
            told = msgspec.json.decode(await request.body(), type=_Told)
        except msgspec.DecodeError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        Hooks.of(world).url = told.url
        return Response(status_code=204)

    async def end(_: Any) -> Response:
        Hooks.of(world).url = None
        return Response(status_code=204)

    return [
        Route(f"{PREFIX}/webhooks", subscribe, methods=["PUT"]),
        Route(f"{PREFIX}/webhooks", end, methods=["DELETE"]),
    ]
