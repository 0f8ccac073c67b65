"""The transport between a connector under test and its partner: listens, and can misbehave."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import NewType
from urllib.parse import urlsplit

import msgspec

from c360.auth import Auth
from c360.errors import ConnectorError, PartnerFault, ProblemCode
from c360.http import Request, Response, Transport
from c360.testing.recording import UnrecordedError, value_of

Fingerprint = NewType("Fingerprint", str)
"""What makes a request the same as another: method, address, parameters, body and credential."""

MOST_REQUESTS = 2_000
"""Requests of one run after which it counts as endless."""


def fingerprint(request: Request) -> Fingerprint:
    """What a request asks, and with whose credential: by grant, the same request is another customer's."""
    params = sorted(request.params)
    who = request.auth.fingerprint() if request.auth else ""
    body = request.content.decode("utf-8", "replace")
    return Fingerprint(f"{request.method} {request.url} {params} {who} {body}")


_TOKEN_PATHS = ("token", "oauth")


def for_token(request: Request) -> bool:
    """Whether a request fetches a token: neither a reading of the connector's nor a change.

    It authenticates in its own way, and may have an address of its own.
    """
    path = urlsplit(request.url).path.lower()
    form = any(name == "content-type" and "form" in value for name, value in request.headers)
    return form and any(word in path for word in _TOKEN_PATHS)


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange."""

    request: Request
    key: Fingerprint
    nth: int
    """How many like it came before."""
    by_grant: bool = False
    """Whether it carried a customer's grant rather than the instance's own credential."""
    response: Response | None = None
    """``None`` where none came."""


Misbehave = Callable[[Heard], Awaitable[Response] | Response]
"""What happens instead of an answer: another answer, or an error as a transport raises it."""


class Wire:
    """A :class:`~c360.http.Transport` around the partner's.

    Args:
        partner: who answers.
        tape: answers that are known already, so that the partner need not be asked again.
        max_bytes: size of an answer beyond which it is refused, as the host refuses it.
        fault: asked for each exchange; what it returns happens instead of the answer, ``None``: nothing.
        rewrite: what the partner is asked instead.
    """

    def __init__(
        self,
        partner: Transport,
        *,
        tape: Mapping[Fingerprint, list[Response]] | None = None,
        max_bytes: int | None = None,
        fault: Callable[[Heard], Misbehave | None] | None = None,
        rewrite: Callable[[Request], Request] | None = None,
    ) -> None:
        self.partner = partner
        """Who answers."""
        self._tape = tape or {}
        self._max_bytes = max_bytes
        self._fault = fault
        self._rewrite = rewrite
        self._counts: Counter[Fingerprint] = Counter()
        self.own: Callable[[], Auth | None] = lambda: None
        """The instance's own credential: tells a customer's grant from it."""
        self.heard: list[Heard] = []
        """Exchanges, in the order in which they ended."""
        self.sent: list[Request] = []
        """Requests, in the order in which they were sent."""
        self.faults = 0
        """How often a fault happened."""
        self.unrecorded: list[str] = []
        """What a recording had no answer to."""
        self.endless = asyncio.Event()
        """Set once there were more requests than any partner should get."""
        self.cut = False
        """True from when the caller stopped listening; what is sent then should not have been."""
        self.late = 0
        """Requests sent after that."""

    async def send(self, request: Request) -> Response:
        """See :class:`c360.http.Transport`."""
        if self.cut:
            self.late += 1
        self.sent.append(request)
        if len(self.sent) > MOST_REQUESTS:
            self.endless.set()
            await asyncio.Event().wait()
        key = fingerprint(request)
        nth = self._counts[key]
        self._counts[key] += 1
        if self._rewrite is not None:
            request = self._rewrite(request)
            key = fingerprint(request)
        await asyncio.sleep(0)  # a network never answers in the same turn
        heard = Heard(request=request, key=key, nth=nth, by_grant=self._by_grant(request))
        misbehave = self._fault(heard) if self._fault else None
        try:
            response = await self._answer(heard, misbehave)
        except UnrecordedError as error:
            self.unrecorded.append(str(error))
            raise
        except ConnectorError:
            self.heard.append(heard)
            raise
        self.heard.append(msgspec.structs.replace(heard, response=response))
        return response

    def _by_grant(self, request: Request) -> bool:
        own = self.own()
        if request.auth is None:
            return False
        return own is None or own.fingerprint() != request.auth.fingerprint()

    async def _answer(self, heard: Heard, misbehave: Misbehave | None) -> Response:
        if misbehave is not None:
            self.faults += 1
            response = misbehave(heard)
            if isinstance(response, Response):
                return self._measured(response)
            return self._measured(await response)
        return self._measured(await self.genuine(heard))

    async def genuine(self, heard: Heard) -> Response:
        """What the partner answers."""
        known = self._tape.get(heard.key)
        if known:
            return known[min(heard.nth, len(known) - 1)]
        return await self.partner.send(heard.request)

    def _measured(self, response: Response) -> Response:
        if self._max_bytes is not None and len(response.content) > self._max_bytes:
            raise PartnerFault("the answer is larger than allowed", code=ProblemCode.TOO_MUCH_DATA)
        return response


def tape(heard: list[Heard]) -> Mapping[Fingerprint, list[Response]]:
    """Answers by request, in the order in which they came."""
    answers: dict[Fingerprint, list[Response]] = {}
    for it in heard:
        if it.response is not None:
            answers.setdefault(it.key, []).append(it.response)
    return answers


def body_of(response: Response) -> object:
    """The JSON of an answer; a text where it is none."""
    return value_of(response.content)
