"""Partners' calls: ``POST /webhooks/INSTANCE``, believed by the partner's own signature alone.

What a call tells is stored in one transaction with the note that its event was taken, and is answered with
2xx only once that is committed. So a call that was not answered may be sent again by the partner without
harm, whichever process gets it. Refusals say nothing of what was wrong: who forges learns nothing.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.keeping import keep, tell
from api.matching import Matching
from api.settings import Settings
from api.wiring import Hub
from c360.contract import Change, Checkpoint, Webhook
from c360.errors import ConnectorError, RefusalCode, WebhookRefused
from connectors.receiving import Received
from store.data_registrations import Address
from store.errors import StoreError
from store.unit import Unit

_STATUS = {RefusalCode.SIGNATURE: 401, RefusalCode.REPLAYED: 401, RefusalCode.MALFORMED: 400}
_LATER = {"retry-after": "30"}
_log = logging.getLogger(__name__)


class PartnerCalls:
    """Takes the calls of all partners.

    Args:
        hub: the open hub.
        settings: limits, and how parties that nobody has are matched.
    """

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._settings = settings.webhooks
        self._region = settings.phone_region
        self._matching = Matching(settings) if settings.identity.automatic else None

    async def answer(self, request: Request) -> Response:
        """Take one call."""
        instance = request.path_params["instance"]
        try:
            content = await self._body(request)
        except ClientDisconnect:
            return Response(status_code=499)
        if isinstance(content, Response):
            return content
        try:
            received = self._hub.host.receive(instance, await self._webhook(request, instance, content))
        except KeyError:
            return Response(status_code=404)
        except WebhookRefused as refused:
            _log.info("a call to %s was refused: %s", instance, refused.code.value)
            return Response(status_code=_STATUS[refused.code])
        except (ConnectorError, StoreError) as error:  # the partner tries again
            if isinstance(error, StoreError):  # of the other the host has logged why
                _log.warning("a call to %s could not be verified (%s)", instance, error)
            return Response(status_code=503, headers=_LATER)
        # Ends even where the partner has gone: what was begun is done or undone, never left open.
        return await asyncio.shield(self._deal_with(received))

    async def _webhook(self, request: Request, instance: str, content: bytes) -> Webhook:
        address = await self._address(instance)
        return Webhook(
            url=self._url(request, address),
            headers={name.lower(): value for name, value in request.headers.items()},
            content=content,
            received_at=self._hub.clock(),
            secrets=() if address is None or address.secret is None else (address.secret,),
        )

    async def _address(self, instance: str) -> Address | None:
        """Where the hub had the partner call, and what came of that; none where it did not."""
        infos = self._hub.host.outlines()
        if not any(info.id == instance and info.registers is not None for info in infos):
            return None
        async with self._hub.store.database.read(self._hub.tenant) as unit:
            return await unit.registrations.address(instance)

    def _url(self, request: Request, address: Address | None) -> str:
        """The address as the partner has it: some sign it."""
        if address is not None:
            return address.url
        if self._settings.public_url:
            return f"{self._settings.public_url.rstrip('/')}{request.url.path}"
        return str(request.url)

    async def _deal_with(self, received: Received) -> Response:
        try:
            await self._hub.store.database.retrying(self._hub.tenant, partial(self._take, received))
        except StoreError as error:
            _log.warning("a call to %s could not be kept (%s)", received.connector, error)
            return Response(status_code=503, headers=_LATER)
        parties = {
            change.party_id
            for change in received.changes
            if not isinstance(change, Checkpoint) and change.party_id
        }
        if parties:  # here at once; in the other processes when they hear of it
            await self._hub.host.forget(received.connector, parties)
        return Response(status_code=204)

    async def _take(self, received: Received, unit: Unit) -> None:
        """Keep what a call told, once."""
        instance = received.connector
        if not await unit.received.take(instance, received.event_id):
            return
        info = next(each for each in self._hub.host.infos() if each.id == instance)
        by_kind: dict[str, list[Change]] = {}
        for change in received.changes:
            if not isinstance(change, Checkpoint):
                by_kind.setdefault(change.kind, []).append(change)
        for kind, changes in by_kind.items():
            await keep(
                unit,
                instance,
                changes,
                region=self._region,
                matching=self._matching,
                indexed=kind in info.indexed,
            )
        await tell(unit, instance, received.changes)

    async def _body(self, request: Request) -> bytes | Response:
        """What was sent, or the refusal of it."""
        most = self._settings.body_limit
        declared = request.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared[:12]) > most:
            return _closing(413)
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.body_timeout):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > most:
                        return _closing(413)
        except TimeoutError:
            return _closing(408)
        return bytes(body)


def _closing(status: int) -> Response:
    return Response(status_code=status, headers={"connection": "close"})
