"""``GET /exports/{id}``: an export is downloaded, piece by piece, by whom the customer is in reach of."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.authentication.errors import RefusedAccess
from api.http import turned_away
from api.wiring import Hub
from c360.access import Access
from schema import ids
from schema.errors import InputError
from schema.permissions.reaching import sight_of
from schema.permissions.scopes import Scope
from schema.privacy.shapes import EXPORT
from store.data_audit import WriteEntry
from store.data_privacy import ExportData, ExportState
from store.errors import StoreError

_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-disposition": 'attachment; filename="export.json"',
}


async def download(request: Request) -> Response:
    """Send an export. What is not there, not ready or out of reach is not found, and not told apart."""
    hub: Hub = request.app.state.hub
    try:
        access = await request.app.state.authenticator.authenticate(request.headers)
    except RefusedAccess as refused:
        return turned_away(refused)
    if Scope.PRIVACY_WRITE.value not in access.principal.scopes:
        return _error(403, "the token does not allow to download exports", "FORBIDDEN")
    try:
        found = await _find(hub, access, request.path_params["id"])
    except StoreError as error:  # its message names no data
        return _error(503, str(error), "UNAVAILABLE")
    if found is None:
        return _error(404, "there is no such export that is ready; ask dataExport", "NOT_FOUND")
    headers = {**_HEADERS, "content-length": str(found.size)}
    return StreamingResponse(_pieces(hub, found), headers=headers, media_type="application/json")


async def _find(hub: Hub, access: Access, gid: str) -> ExportData | None:
    """An export that may be sent; that it is sent is kept in the audit before the first byte."""
    try:
        local = ids.decode_as(EXPORT, gid, argument="id")
    except InputError:
        return None
    async with hub.store.database.unit(access.tenant, sight_of(access.principal)) as unit:
        found = (await unit.exports.get([local])).get(local)
        if found is None or found.state is not ExportState.READY or not found.expires_at:
            return None
        if found.expires_at <= hub.clock() or not await unit.customers.resolve([found.customer_id]):
            return None
        kept = await unit.audit.append(
            WriteEntry(
                at=hub.clock(),
                principal=access.principal.subject,
                client=access.principal.client,
                purpose=access.purpose.value,
                action="downloadExport",
                customers=(found.customer_id,),
                detail={"export": found.id},
            )
        )
    hub.audit.seal(access.tenant, kept)
    return found


async def _pieces(hub: Hub, export: ExportData) -> AsyncIterator[bytes]:
    """Each piece in a transaction of its own: a slow client holds none open."""
    place = 0
    while True:
        async with hub.store.database.read(hub.tenant) as unit:
            piece = await unit.exports.piece(export, place)
        if piece is None:
            return
        yield piece
        place += 1


def _error(status: int, message: str, code: str) -> Response:
    content = msgspec.json.encode({"errors": [{"message": message, "extensions": {"code": code}}]})
    return Response(content, status, media_type="application/json")
