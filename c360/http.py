"""How a plugin talks HTTP: a small client over a transport that the host owns.

A plugin never holds an HTTP library's client. It calls ``ctx.http.get(...)`` and gets a
:class:`Response` of a 2xx answer, or one of the errors of :mod:`c360.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Hashable, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import urlencode, urlsplit

import msgspec

from c360.auth.base import Auth
from c360.auth.tokens import Tokens
from c360.errors import (
    ConnectorError,
    OutcomeUnknown,
    PartnerFault,
    ProblemCode,
    Reauthorise,
    Reconfigure,
    RetryLater,
    SkipCustomer,
)
from c360.ratelimit import RateLimit, rate_limit, retry_after

__all__ = ["Http", "Params", "Request", "Response", "Transport"]

T = TypeVar("T")

Form = Mapping[str, str | int | tuple[str, ...] | None]
"""Fields of a form; those that are ``None`` are left out, a tuple repeats the name."""

Params = Mapping[str, str | int | tuple[str, ...] | None]
"""Query parameters; those that are ``None`` are left out, a tuple repeats the name."""


class Request(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One request, complete but for its secrets, which :meth:`Auth.apply` adds on the way out."""

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


class Response(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A partner's answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes = b""
    url: str = ""
    """What was asked, without its parameters: what a link in the answer is relative to. Set by
    :class:`Http`."""
    changed: bool = False
    """Whether this is the 2xx answer to a request that changes something. Set by :class:`Http`."""

    @property
    def rate_limit(self) -> RateLimit:
        """What the partner says of its limits."""
        return rate_limit(self.headers)

    def decode(self, kind: type[T]) -> T:
        """The body as a typed value.

        Raises:
            PartnerFault: the body is not JSON or does not have that shape. The message names
                the place in the body, never a value.
            OutcomeUnknown: the same of a 2xx answer to a change, which took effect, or will.
        """
        try:
            return self._decoded(kind)
        except PartnerFault as fault:
            if self.changed:
                raise OutcomeUnknown(str(fault)) from None
            raise

    def _decoded(self, kind: type[T]) -> T:
        if (said := self.headers.get("content-type")) not in _SAID_OF_JSON:
            media = (said or "").partition(";")[0].strip().lower()
            if media and not media.endswith("json"):
                message = f"expected JSON, found content type {media!r}"
                raise PartnerFault(message)
        try:
            found: T = _decoder(cast(Hashable, kind)).decode(self.content)
        except msgspec.ValidationError as error:
            raise PartnerFault(_place(str(error))) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # the last: nested too deeply
            message = "the body is not valid JSON"
            raise PartnerFault(message) from None
        return found


@lru_cache(maxsize=1_024)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Made once for each type: for one with parameters that takes longer than decoding a small answer."""
    return msgspec.json.Decoder(kind)


class Transport(Protocol):
    """Sends requests. The host's own shares, limits and counts them; tests inject theirs."""

    async def send(self, request: Request) -> Response:
        """Send one request.

        Raises:
            RetryLater: no connection, no answer in time, or the connection broke.
            OutcomeUnknown: so it was, but a request that changes something may have got there.
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
        own = tuple((headers or {}).items())
        self._plain = (*_ACCEPT, *own)
        self._with_json = (*_ACCEPT, *_JSON, *own)
        self._with_form = (*_ACCEPT, *_FORM, *own)
        self._auth = auth
        self._timeout = timeout
        self.tokens = Tokens()
        """Access tokens fetched for this instance; see :class:`c360.auth.ClientCredentials`."""

    @property
    def base_url(self) -> str:
        """Where the partner's API starts, without a trailing slash."""
        return self._base_url

    def at(self, base_url: str) -> Http:
        """A client of another address that the settings name, such as an authorization server.

        It shares the transport and the tokens, and sends neither the instance's credential nor its
        headers. Never give it an address that came in an answer.
        """
        other = Http(self._transport, base_url=base_url, timeout=self._timeout)
        other.tokens = self.tokens
        return other

    def get(
        self,
        path: str,
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        accept: Collection[int] = (),
    ) -> Coroutine[Any, Any, Response]:
        """GET ``path`` below the base URL. See :meth:`request`."""
        return self.request("GET", path, params=params, headers=headers, auth=auth, accept=accept)

    def post(
        self,
        path: str,
        *,
        json: Any = None,  # anything msgspec encodes
        form: Form | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        accept: Collection[int] = (),
        safe: bool = False,
    ) -> Coroutine[Any, Any, Response]:
        """POST a JSON body or a form. Say ``safe=True`` where the partner only reads (a search, a batch)."""
        return self.request(
            "POST",
            path,
            json=json,
            form=form,
            params=params,
            headers=headers,
            auth=auth,
            accept=accept,
            safe=safe,
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,  # anything msgspec encodes
        form: Form | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Auth | None = None,
        accept: Collection[int] = (),
        safe: bool | None = None,
    ) -> Response:
        """Send a request and return its 2xx answer (or one whose status is in ``accept``).

        Of a request that changes something (``safe`` is false; by default all but GET and HEAD), what
        is known of its effect decides: 408, 425, 429, 501 and a 503 with ``Retry-After`` say that it
        was not taken; any other 5xx says nothing, nor does 301, 302 or 303. A 401 is tried once more
        where the credential can be renewed: it was not taken either.

        Args:
            method: in capitals.
            path: below the base URL, beginning with a slash; or a link of the partner's own, which
                may not lead away from the base URL's scheme, host and port.
            json: the body, anything msgspec encodes.
            form: the body as a form instead.
            params: query parameters.
            headers: further headers; they replace the instance's own.
            auth: a credential instead of the instance's own, such as a customer's grant.
            accept: statuses that are an answer here and no error.
            safe: whether the partner only reads, so that the request may be shared and repeated.

        Raises:
            RetryLater: 408, 425, 429, 5xx, or no answer.
            OutcomeUnknown: so it was, and a request that changes something may have taken effect.
            Reauthorise: 401 or 403 where the call carried a customer's grant.
            Reconfigure: 401 or 403 otherwise.
            SkipCustomer: 404 or 410.
            PartnerFault: any other status, or a link that leads elsewhere.
            ValueError: ``path`` is neither.
        """
        reads = method in _READING if safe is None else safe
        if json is None and form is None:
            content, fixed = b"", self._plain
        else:
            content, fixed = self._body(json, form)
        own = self._auth
        credential = auth or (own() if callable(own) else own)
        ready = credential
        if credential is not None and type(credential).ready is not Auth.ready:
            ready = await credential.ready(self)
        request = Request(
            method=method,
            url=self._url(path),
            params=_flat(params) if params else (),
            headers=(*fixed, *headers.items()) if headers else fixed,
            content=content,
            auth=ready,
            timeout=self._timeout,
            safe=reads,
        )
        response = await self._transport.send(request)
        if response.status == 401 and credential is not None and ready is not None:
            again = await credential.renewed(self, ready)
            if again is not None:
                response = await self._transport.send(msgspec.structs.replace(request, auth=again))
        status = response.status
        if 200 <= status < 300 or status in accept:
            if reads and response.url == request.url:  # as the host's own transport says it already
                return response
            changed = not reads and status < 300
            return msgspec.structs.replace(response, url=request.url, changed=changed)
        raise _error(response, by_grant=auth is not None, safe=reads)

    def _url(self, path: str) -> str:
        if path.startswith("/"):
            return f"{self._base_url}{path}"
        if "://" not in path:
            raise ValueError("a path begins with a slash; anything else could change the host")
        if origin(path) != origin(self._base_url):
            raise PartnerFault("a link leads away from the partner's own address")
        return path

    def _body(self, json: Any, form: Form | None) -> tuple[bytes, tuple[tuple[str, str], ...]]:
        if form is None:
            return msgspec.json.encode(json), self._with_json
        if json is not None:
            raise ValueError("a body is JSON or a form, not both")
        return urlencode(_flat(form)).encode(), self._with_form


_ACCEPT = (("accept", "application/json"),)
_JSON = (("content-type", "application/json"),)
_FORM = (("content-type", "application/x-www-form-urlencoded"),)
_READING = frozenset({"GET", "HEAD"})
_SAID_OF_JSON = frozenset(
    {"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"}
)
"""What most partners write; anything else is looked at closely."""


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address, each as the address means it.

    Raises:
        PartnerFault: it is no address, or one that names a user.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise PartnerFault("a link is no address") from None
    if parts.username is not None or "\\" in url:
        raise PartnerFault("a link is no plain address")
    standard = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port or standard


def _flat(params: Params) -> tuple[tuple[str, str], ...]:
    flat: list[tuple[str, str]] = []
    for name, value in params.items():
        if isinstance(value, str):
            flat.append((name, value))
        elif isinstance(value, tuple):
            flat.extend((name, item) for item in value)
        elif value is not None:
            flat.append((name, str(value)))
    return tuple(flat)


_NOT_TAKEN = frozenset({408, 425, 429, 501})
"""Statuses that say that a request had no effect and may have none if it is sent again later."""


def _error(response: Response, *, by_grant: bool, safe: bool) -> ConnectorError:
    status = response.status
    text = f"HTTP {status}"
    if status in _NOT_TAKEN or status >= 500:
        wait = retry_after(response.headers)
        if status == 429:
            return RetryLater(text, code=ProblemCode.RATE_LIMITED, retry_after=wait)
        taken = status not in _NOT_TAKEN and not (status == 503 and wait is not None)
        kind = OutcomeUnknown if taken and not safe else RetryLater
        return kind(text, retry_after=wait)
    if status in {401, 403}:
        return Reauthorise(text) if by_grant else Reconfigure(text)
    if status in {404, 410}:
        return SkipCustomer(text)
    # A change may be answered by a redirect to what it made; redirects are never followed.
    return OutcomeUnknown(text) if not safe and status in {301, 302, 303} else PartnerFault(text)


def _place(text: str) -> str:
    """Msgspec's message without the offending value, which could be personal."""
    what, _, path = text.partition(" - at `")
    if what.startswith("Invalid enum value"):
        what = "Invalid enum value"
    return f"{what} at {path.rstrip('`')}" if path else what
