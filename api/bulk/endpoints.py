"""Uploads over HTTP: resumable by the rules of tus 1.0.0 (core, checksum and termination).

``POST /uploads`` announces one, ``PATCH /uploads/{id}`` sends bytes of it, ``HEAD`` tells how many are here,
``DELETE`` cancels it, ``GET`` says how it stands, ``GET /uploads/{id}/report`` what was wrong with its rows.
Each mebibyte is kept as it arrives: a connection that breaks costs what was under way.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import csv
import hashlib
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from api.authentication.errors import RefusedAccess
from api.bulk.settings import BulkSettings
from api.http import RefusedError, check_coding, error_answer, turned_away
from api.wiring import Hub
from c360.access import Access, Reach
from schema.bulk.jobs import job
from schema.permissions.scopes import Scope
from store.data_bulk import RowProblem, UploadData, UploadFormat, UploadKind, UploadState
from store.errors import DatabaseLocked, DatabaseUnavailable
from store.errors_bulk import OffsetDiffers, UploadClosed, UploadUnknown

VERSION = "1.0.0"
"""Of the tus protocol."""
BYTES = "application/offset+octet-stream"
_CHUNK = 1024 * 1024
"""Bytes that are kept at once."""
_CHECKED = 16 * 1024 * 1024
"""Bytes of a request whose checksum is told: it is kept in memory until it is seen to be right."""
_SOURCE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TUS = {"tus-resumable": VERSION, "cache-control": "no-store"}
_JSON = "application/json"


class Announced(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What ``POST /uploads`` says of an upload."""

    kind: UploadKind
    format: UploadFormat
    source: str
    """Name of the system whose records they are: small letters, digits, hyphens."""
    size: int
    """Bytes in all."""
    sha256: str
    """Of the whole, in hexadecimal digits."""


class UploadEndpoints:
    """The addresses of uploads.

    Args:
        hub: the store.
        settings: of uploads.
        patience: seconds a client may send nothing of a body.
    """

    def __init__(self, hub: Hub, settings: BulkSettings, *, patience: float) -> None:
        self._database = hub.store.database
        self._settings = settings
        self._patience = patience
        self._idle = timedelta(hours=settings.idle)

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/uploads", self._guarded(self._announce), methods=["POST"]),
            Route("/uploads", _options, methods=["OPTIONS"]),
            Route("/uploads/{id}", self._guarded(self._tell), methods=["HEAD"]),
            Route("/uploads/{id}", self._guarded(self._show), methods=["GET"]),
            Route("/uploads/{id}", self._guarded(self._receive), methods=["PATCH"]),
            Route("/uploads/{id}", self._guarded(self._cancel), methods=["DELETE"]),
            Route("/uploads/{id}/report", self._guarded(self._report), methods=["GET"]),
        ]

    def _guarded(
        self, answer: Callable[[Request, Access], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """An address for those alone who may upload."""

        async def guarded(request: Request) -> Response:
            try:
                access = await request.app.state.authenticator.authenticate(request.headers)
                _allowed(access)
                check_coding(dict(request.headers.raw))
                return await answer(request, access)
            except RefusedAccess as refused:
                return turned_away(refused)
            except RefusedError as refused:
                headers = {**_TUS, **refused.headers}
                return error_answer(refused.status, str(refused), refused.code, headers)
            except ClientDisconnect:
                return Response(status_code=499)
            except (DatabaseLocked, DatabaseUnavailable):
                return error_answer(
                    503, "send the same again in a moment", "UNAVAILABLE", {"retry-after": "1"}
                )

        return guarded

    async def _announce(self, request: Request, access: Access) -> Response:
        asked = await self._asked(request)
        by = access.principal.subject
        async with self._database.unit(access.tenant) as unit:
            if await unit.uploads.unfinished(by) >= self._settings.at_once:
                message = f"{self._settings.at_once} uploads are under way; finish or cancel one"
                raise RefusedError(429, message, "TOO_MANY_UPLOADS", retry_after="60")
            made = await unit.uploads.open(
                asked.kind,
                asked.format,
                source=asked.source,
                size=asked.size,
                digest=asked.sha256,
                by=by,
                kept=self._idle,
            )
        headers = {**_TUS, "location": f"/uploads/{made.id}", "upload-offset": "0"}
        return Response(_encoded(made), 201, headers, media_type=_JSON)

    async def _asked(self, request: Request) -> Announced:
        body = await self._body(request, 4096)
        try:
            asked = msgspec.json.decode(body, type=Announced)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            message = "send JSON with kind, format, source, size and sha256"
            if isinstance(error, msgspec.ValidationError):
                message = f"{message} ({error})"
            raise RefusedError(400, message, "BAD_REQUEST") from None
        if not _SOURCE.fullmatch(asked.source):
            raise RefusedError(400, "source: up to 40 small letters, digits, - and _", "BAD_REQUEST")
        if not _DIGEST.fullmatch(asked.sha256):
            raise RefusedError(400, "sha256: 64 hexadecimal digits in small letters", "BAD_REQUEST")
        if asked.size < 1:
            raise RefusedError(400, "size: the bytes of the file, at least 1", "BAD_REQUEST")
        if asked.size > self._settings.largest:
            message = f"an upload has at most {self._settings.largest} bytes"
            raise RefusedError(413, message, "PAYLOAD_TOO_LARGE")
        return asked

    async def _tell(self, request: Request, access: Access) -> Response:
        found = await self._mine(request, access)
        return Response(status_code=200, headers={**_TUS, **_standing(found)})

    async def _show(self, request: Request, access: Access) -> Response:
        found = await self._mine(request, access)
        return Response(_encoded(found), 200, {**_TUS, **_standing(found)}, media_type=_JSON)

    async def _receive(self, request: Request, access: Access) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != BYTES:
            raise RefusedError(415, f"send bytes as {BYTES}", "UNSUPPORTED_MEDIA_TYPE")
        given = request.headers.get("upload-offset", "")
        if not given.isdigit() or len(given) > 18:
            raise RefusedError(400, "Upload-Offset: the place of the first byte", "BAD_REQUEST")
        found = await self._mine(request, access)
        offset = int(given)
        checksum = request.headers.get("upload-checksum")
        pieces = self._pieces(request) if checksum is None else self._checked(request, checksum)
        if offset != found.received or found.state is not UploadState.RECEIVING:
            raise _conflict(found.received)
        async for piece in pieces:
            offset = await self._keep(access, found.id, offset, piece)
        return Response(status_code=204, headers={**_TUS, "upload-offset": str(offset)})

    async def _keep(self, access: Access, upload_id: str, offset: int, piece: bytes) -> int:
        try:
            async with self._database.unit(access.tenant) as unit:
                return await unit.uploads.append(upload_id, offset, piece, kept=self._idle)
        except OffsetDiffers as error:
            raise _conflict(error.received) from None
        except UploadClosed:
            raise RefusedError(410, "nothing more of this upload is taken", "UPLOAD_CLOSED") from None
        except UploadUnknown:
            raise _unknown() from None

    async def _pieces(self, request: Request) -> AsyncIterator[bytes]:
        """A body in pieces; the last one also where the client goes away in between."""
        waiting = bytearray()
        try:
            async for chunk in self._chunks(request):
                waiting += chunk
                while len(waiting) >= _CHUNK:
                    yield bytes(waiting[:_CHUNK])
                    del waiting[:_CHUNK]
        except ClientDisconnect:
            if waiting:
                yield bytes(waiting)
            raise
        if waiting:
            yield bytes(waiting)

    async def _checked(self, request: Request, checksum: str) -> AsyncIterator[bytes]:
        """A body whose checksum is right."""
        name, _, text = checksum.partition(" ")
        try:
            wanted = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            wanted = b""
        if name != "sha256" or len(wanted) != 32:
            raise RefusedError(400, "Upload-Checksum: sha256 and the digest in base64", "BAD_REQUEST")
        body = await self._body(request, _CHECKED)
        if hashlib.sha256(body).digest() != wanted:
            raise RefusedError(460, "the bytes are not those that were sent; send again", "CHECKSUM_DIFFERS")
        for start in range(0, len(body), _CHUNK):
            yield body[start : start + _CHUNK]

    async def _body(self, request: Request, most: int) -> bytes:
        body = bytearray()
        async for chunk in self._chunks(request):
            body += chunk
            if len(body) > most:
                raise RefusedError(413, f"the body is larger than {most} bytes", "PAYLOAD_TOO_LARGE")
        return bytes(body)

    async def _chunks(self, request: Request) -> AsyncIterator[bytes]:
        stream = aiter(request.stream())
        while True:
            try:
                async with asyncio.timeout(self._patience):
                    chunk = await anext(stream, None)
            except TimeoutError:
                message = f"nothing arrived for {self._patience:g} s; ask for the offset and go on"
                raise RefusedError(408, message, "REQUEST_TIMEOUT", connection="close") from None
            if chunk is None:
                return
            yield chunk

    async def _cancel(self, request: Request, access: Access) -> Response:
        found = await self._mine(request, access)
        try:
            async with self._database.unit(access.tenant) as unit:
                await unit.uploads.end(found.id, UploadState.CANCELLED)
        except UploadClosed:
            raise RefusedError(410, "the job has come to its end already", "UPLOAD_CLOSED") from None
        return Response(status_code=204, headers=_TUS)

    async def _report(self, request: Request, access: Access) -> Response:
        found = await self._mine(request, access)
        if found.finished_at is None:
            raise RefusedError(409, "the job has not come to its end", "NOT_FINISHED", retry_after="5")
        name = f'attachment; filename="{found.id}.csv"'
        headers = {"cache-control": "no-store", "content-disposition": name}
        return StreamingResponse(self._lines(access, found.id), 200, headers, media_type="text/csv")

    async def _lines(self, access: Access, upload_id: str) -> AsyncIterator[str]:
        yield "row,field,code,message\r\n"
        async with self._database.read(access.tenant) as unit:
            async for problem in unit.uploads.every_problem(upload_id):
                yield _line(problem)

    async def _mine(self, request: Request, access: Access) -> UploadData:
        """The upload that the address names, where it is the caller's own."""
        upload_id = request.path_params["id"]
        async with self._database.read(access.tenant) as unit:
            found = (await unit.uploads.get([upload_id])).get(upload_id)
        if found is None or found.created_by != access.principal.subject:
            raise _unknown()
        return found


async def _options(_: Request) -> Response:
    """What is offered, as tus asks for it."""
    headers = {
        "tus-resumable": VERSION,
        "tus-version": VERSION,
        "tus-extension": "creation,checksum,termination,expiration",
        "tus-checksum-algorithm": "sha256",
    }
    return Response(status_code=204, headers=headers)


def _allowed(access: Access) -> None:
    """Let those alone upload who may write, of any customer."""
    if Scope.BULK_WRITE.value not in access.principal.scopes:
        raise RefusedError(403, f"a token with the scope {Scope.BULK_WRITE.value} is needed", "FORBIDDEN")
    if access.principal.reach is not Reach.EVERYBODY:
        raise RefusedError(403, "a token that reaches every customer is needed", "FORBIDDEN")


def _standing(found: UploadData) -> dict[str, str]:
    return {
        "upload-offset": str(found.received),
        "upload-length": str(found.size),
        "upload-expires": found.expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }


def _encoded(found: UploadData) -> bytes:
    shown: dict[str, Any] = msgspec.to_builtins(job(found))
    del shown["found"]
    return msgspec.json.encode({"job": shown.pop("id"), **shown})


def _line(problem: RowProblem) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow((problem.number, problem.field, problem.code.value, problem.message))
    return buffer.getvalue()


def _conflict(received: int) -> RefusedError:
    message = "the next byte that is wanted is another one; ask for the offset and go on there"
    return RefusedError(409, message, "OFFSET_DIFFERS", upload_offset=str(received))


def _unknown() -> RefusedError:
    return RefusedError(404, "there is no such upload of yours, or no more", "NOT_FOUND")
