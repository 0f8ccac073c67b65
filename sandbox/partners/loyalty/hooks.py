"""Square's webhooks: subscriptions, each told of each account that changed by a signed call.

Clients subscribe through Square's own API. For tests without a client ``PUT /_sandbox/webhooks`` with
``{"url": "https://…"}`` subscribes an address under :data:`SIGNATURE_KEY`; ``DELETE`` ends that.

Source: https://developer.squareup.com/docs/webhooks/step3validate
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World
from sandbox.framework.control import PREFIX
from sandbox.framework.effects import KeyReusedError
from sandbox.partners.loyalty import requests
from sandbox.partners.loyalty.problems import Refused, read
from sandbox.partners.loyalty.render import Json, stamp, uuid_of

SIGNATURE_KEY = "sandbox-loyalty-signature-key"
"""What the calls to an address subscribed by the control route are signed with; the hub's setting
``webhook_signature_key``."""
SIGNATURE = "x-square-hmacsha256-signature"
_BY_HAND = "by-hand"
_ATTEMPTS = 40
_PAUSE = 0.25
"""Seconds between two attempts; Square itself takes minutes to hours."""
_MOST = 100


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    url: str


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """An address that is told."""

    id: str
    url: str
    key: str
    at: datetime
    name: str = "c360"
    events: tuple[str, ...] = ()
    """Types of event; empty: all."""
    enabled: bool = True
    version: str = "2025-08-20"

    def shown(self, *, made: bool = False) -> Json:
        """The subscription as the API shows it; its key only when it is made."""
        return {
            "id": self.id,
            "name": self.name,
            "enabled": self.enabled,
            "event_types": list(self.events),
            "notification_url": self.url,
            "api_version": self.version,
            "created_at": stamp(self.at),
            "updated_at": stamp(self.at),
            **({"signature_key": self.key} if made else {}),
        }


class Hooks:
    """The subscriptions of a world, and the calls that are under way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls: set[asyncio.Task[None]] = set()
        self._subscriptions: dict[str, Subscription] = {}

    @classmethod
    def of(cls, world: World) -> Hooks:
        """The subscriptions of a world."""
        found: Hooks = world.state.setdefault("hooks", cls(world))
        return found

    @property
    def anybody(self) -> bool:
        """Whether anybody is told of anything."""
        return bool(self._subscriptions)

    def all(self) -> Iterable[Subscription]:
        """Those that clients made, the oldest first."""
        return [each for each in self._subscriptions.values() if each.id != _BY_HAND]

    def by_hand(self, url: str | None) -> None:
        """Tell an address without a client, or stop that."""
        self._subscriptions.pop(_BY_HAND, None)
        if url is not None:
            self._subscriptions[_BY_HAND] = Subscription(
                id=_BY_HAND, url=url, key=SIGNATURE_KEY, at=self._world.now()
            )

    def subscribe(self, body: requests.CreateWebhookSubscription) -> Json:
        """Tell an address from now on."""
        wanted = body.subscription

        def effect() -> Json:
            if len(self._subscriptions) >= _MOST:
                raise Refused("BAD_REQUEST", "There are too many subscriptions.", field="subscription")
            made = Subscription(
                id=f"wbhk_{secrets.token_hex(16)}",
                url=wanted.notification_url,
                key=secrets.token_urlsafe(16),
                at=self._world.now(),
                name=wanted.name,
                events=tuple(wanted.event_types),
                enabled=wanted.enabled,
                version=wanted.api_version or "2025-08-20",
            )
            self._subscriptions[made.id] = made
            return made.shown(made=True)

        try:
            return self._world.effects.once("subscribe", body.idempotency_key, wanted, effect)
        except KeyReusedError:
            raise Refused(
                "IDEMPOTENCY_KEY_REUSED", "The key was used for another request.", field="idempotency_key"
            ) from None

    def unsubscribe(self, subscription_id: str) -> None:
        """Tell no more.

        Raises:
            Refused: there is no such subscription.
        """
        if subscription_id == _BY_HAND or self._subscriptions.pop(subscription_id, None) is None:
            raise Refused("NOT_FOUND", "Subscription not found.", status=404)
        self._world.effects.count("unsubscribe")

    def tell(self, kind: str, about: str, told: Json, *, cause: str) -> None:
        """Call the subscribers, in the background, again until they take the call.

        Args:
            kind: type of the event.
            about: id of what it is about.
            told: what it tells.
            cause: what it tells of: the same cause has the same event.
        """
        event = {
            "merchant_id": "ML-SANDBOX",
            "type": kind,
            "event_id": uuid_of(f"webhook {cause}"),
            "created_at": stamp(self._world.now()),
            "data": {"type": kind.rpartition(".")[0], "id": about, "object": told},
        }
        body = msgspec.json.encode(event)
        for each in self._subscriptions.values():
            if each.enabled and kind in (each.events or (kind,)):
                call = asyncio.create_task(_call(each, body), name="webhook")
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)


async def _call(subscription: Subscription, body: bytes) -> None:
    url = subscription.url
    signed = hmac.new(subscription.key.encode(), url.encode() + body, hashlib.sha256).digest()
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


async def list_subscriptions(world: World, _request: Request) -> Json:
    """``GET /v2/webhooks/subscriptions``."""
    found = [each.shown() for each in Hooks.of(world).all()]
    return {"subscriptions": found} if found else {}


async def create_subscription(world: World, request: Request) -> Json:
    """``POST /v2/webhooks/subscriptions``."""
    body = read(await request.body(), requests.CreateWebhookSubscription)
    return {"subscription": Hooks.of(world).subscribe(body)}


async def delete_subscription(world: World, request: Request) -> Json:
    """``DELETE /v2/webhooks/subscriptions/{subscription_id}``."""
    Hooks.of(world).unsubscribe(request.path_params["subscription_id"])
    return {}


def hook_routes(world: World) -> list[Route]:
    """The control routes that subscribe an address by hand and end that."""

    async def subscribe(request: Request) -> Response:
        try:
            told = msgspec.json.decode(await request.body(), type=_Told)
        except msgspec.DecodeError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        Hooks.of(world).by_hand(told.url)
        return Response(status_code=204)

    async def end(_: Any) -> Response:
        Hooks.of(world).by_hand(None)
        return Response(status_code=204)

    return [
        Route(f"{PREFIX}/webhooks", subscribe, methods=["PUT"]),
        Route(f"{PREFIX}/webhooks", end, methods=["DELETE"]),
    ]
