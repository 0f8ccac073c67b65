"""How a plugin talks HTTP: a small client over a transport that the host owns.

A plugin never holds an HTTP library's client. It calls ``ctx.http.get(...)`` and gets a
:class:`Response` of a 2xx answer, or one of the errors of :mod:`c360.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar

import msgspec

from c360.auth import Auth
from c360.errors import (
    PartnerFault,
    ProblemCode,
    Reauthorise,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)

T = TypeVar("T")

Params = Mapping[str, str | int | tuple[str, ...] | None]
"""Query parameters; those that are ``None`` are left out, a tuple repeats the name."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, complete but for its secrets, which ``auth`` adds on the way out."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    auth: Auth | None = None
    timeout: float | None = None
    """Seconds at the most; the operation's deadline may leave less."""
    safe: bool = True
    """True where the request changes nothing at the partner (also a POST that only searches),
    so that it may be shared and repeated."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes = b""

    def decode(self, kind: type[T]) -> T:
        """The body as a typed value.

        Raises:
            PartnerFault: the body is not JSON or does not have that shape. The message names
                the place in the body, never a value.
        """
        media = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media and not media.endswith("json"):
            message = f"expected JSON, found content type {media!r}"
            raise PartnerFault(message)
        try:
            return msgspec.json.decode(self.content, type=kind)
        except msgspec.ValidationError as error:
            raise PartnerFault(_place(str(error))) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last: nested too deeply
            message = "the body is not valid JSON"
            raise PartnerFault(message) from None


class Transport(Protocol):
    """Sends requests. The host's own shares, limits and counts them; tests inject theirs."""

    async def send(self, request: Request) -> Response:
        """Send one request.

        Raises:
            RetryLater: no connection, no answer in time, or the connection broke.
        """
        ...


class Http:
    """The client of one connector instance.

    ``auth`` is the credential put on every request that brings none of its own, or a function
    that gives it, asked for each request.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        auth: Auth | Callable[[], Auth | None] | None = None,
        timeout: float | None = None,
    ) -> None:
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._headers = tuple((headers or {}).items())
        self._auth = auth
        self._timeout = timeout

    async def get(
        self,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        accept: Collection[int] = (),
    ) -> Response:
        """GET ``path`` below the base URL. See :meth:`request`."""
        return await self.request("GET", path, params=params, headers=headers, auth=auth, accept=accept)

    async def post(
        self,
        path: str,
        *,
        json: Any = None,  # anything msgspec encodes
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        accept: Collection[int] = (),
        safe: bool = False,
    ) -> Response:
        """POST a JSON body. Say ``safe=True`` where the partner only reads (a search, a batch)."""
        return await self.request(
            "POST", path, json=json, params=params, headers=headers, auth=auth, accept=accept, safe=safe
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,  # anything msgspec encodes
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        accept: Collection[int] = (),
        safe: bool | None = None,
    ) -> Response:
        """Send a request and return its 2xx answer (or one whose status is in ``accept``).

        Raises:
            RetryLater: 408, 425, 429, 5xx, or no answer.
            Reauthorise: 401 or 403 where the call carried a customer's grant.
            Reconfigure: 401 or 403 otherwise.
            SkipCustomer: 404 or 410.
            PartnerFault: any other status.
            ValueError: ``path`` does not begin with a slash.
        """
        if not path.startswith("/"):
            raise ValueError("a path begins with a slash; anything else could change the host")
        body = b"" if json is None else msgspec.json.encode(json)
        fixed = (
            ("accept", "application/json"),
            *(() if json is None else (("content-type", "application/json"),)),
        )
        response = await self._transport.send(
            Request(
                method=method,
                url=f"{self._base_url}{path}",
                params=_flat(params),
                headers=(*fixed, *self._headers, *((headers or {}).items())),
                content=body,
                auth=auth or self._own_auth(),
                timeout=self._timeout,
                safe=method in {"GET", "HEAD"} if safe is None else safe,
            )
        )
        if 200 <= response.status < 300 or response.status in accept:
            return response
        raise _error(response, by_grant=auth is not None)

    def _own_auth(self) -> Auth | None:
        return self._auth() if callable(self._auth) else self._auth


def _flat(params: Params | None) -> tuple[tuple[str, str], ...]:
    flat: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        if isinstance(value, tuple):
            flat.extend((name, item) for item in value)
        elif value is not None:
            flat.append((name, str(value)))
    return tuple(flat)


def _error(response: Response, *, by_grant: bool) -> Exception:
    status = response.status
    text = f"HTTP {status}"
    if status == 429:
        return RetryLater(text, code=ProblemCode.RATE_LIMITED, retry_after=_retry_after(response))
    if status in {408, 425} or status >= 500:
        return RetryLater(text, retry_after=_retry_after(response))
    if status in {401, 403}:
        return Reauthorise(text) if by_grant else Reconfigure(text)
    if status in {404, 410}:
        return SkipCustomer(text)
    return PartnerFault(text)


def _retry_after(response: Response) -> float | None:
    value = response.headers.get("retry-after")
    if not value:
        return None
    if value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return None
    return max(0.0, (at - sent).total_seconds())


def _place(text: str) -> str:
    """Msgspec's message without the offending value, which could be personal."""
    what, _, path = text.partition(" - at `")
    if what.startswith("Invalid enum value"):
        what = "Invalid enum value"
    return f"{what} at {path.rstrip('`')}" if path else what
