"""Refusals of what never becomes a request, written to the connection with what every answer has."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from http import HTTPStatus

from api.browsers import safe_headers
from api.http import JSON, refusal
from api.observing.asking import Asking
from api.observing.requests import HEADER

Headers = Iterable[tuple[bytes, bytes]]
_log = logging.getLogger(__name__)


def written(status: HTTPStatus, message: str, code: str, more: Headers = (), *, tls: bool) -> bytes:
    """An answer after which the connection is closed.

    Args:
        status: of the answer.
        message: what is wrong, without anything that was sent.
        code: for programs.
        more: headers beside those that every answer has.
        tls: whether browsers come by TLS.
    """
    made = Asking.of({}).id
    _log.info("a connection was refused: %d %s", status, code, extra={"request": made})
    body = refusal(message, code)
    headers = (
        *more,
        (b"content-type", f"{JSON}; charset=utf-8".encode()),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        (HEADER.encode(), made.encode()),
        *safe_headers(tls=tls),
    )
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode(), *(b"%s: %s" % each for each in headers)]
    return b"\r\n".join((*lines, b"", body))
