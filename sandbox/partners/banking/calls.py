"""What every operation checks before it answers: token, headers, parameters; and how it answers."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.framework import World
from sandbox.framework.authorization import server_of
from sandbox.partners.banking.problems import (
    Error,
    Problem,
    Unauthorised,
    problem_answer,
    unauthorised_answer,
)
from sandbox.population.model import Presence

MAX_PAGE_SIZE = 1000
DEFAULT_PAGE_SIZE = 25

_POSITIVE = re.compile(r"[1-9][0-9]*")
_AMOUNT = re.compile(r"-?[0-9]{1,16}\.[0-9]{2,}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt].+([Zz]|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token and headers are in order."""

    world: World
    presence: Presence
    """The customer who granted the token."""
    request: Request

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        """A query parameter that has to be one of some values."""
        value = self.request.query_params.get(name)
        if value is not None and value not in allowed:
            raise Problem(Error.FIELD_INVALID, name)
        return value

    def amount(self, name: str) -> Decimal | None:
        """A query parameter that has to be an AmountString."""
        value = self.request.query_params.get(name)
        if value is None:
            return None
        if not _AMOUNT.fullmatch(value):
            raise Problem(Error.FIELD_INVALID, name)
        return Decimal(value)

    def moment(self, name: str) -> datetime | None:
        """A query parameter that has to be a DateTimeString."""
        value = self.request.query_params.get(name)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else None
        except ValueError:
            found = None
        if found is None:
            raise Problem(Error.DATE_INVALID, name)
        return found

    def positive(self, name: str, default: int) -> int:
        """A query parameter that has to be a PositiveInteger."""
        value = self.request.query_params.get(name)
        if value is None:
            return default
        if not _POSITIVE.fullmatch(value):
            raise Problem(Error.FIELD_INVALID, name)
        return int(value)

    def page(self, name: str, items: Sequence[Any]) -> dict[str, Any]:
        """The page of a list that was asked for, with its place in the list."""
        number, size = self.positive("page", 1), self.positive("page-size", DEFAULT_PAGE_SIZE)
        if size > MAX_PAGE_SIZE:
            raise Problem(Error.PAGE_SIZE_INVALID, f"page-size is at most {MAX_PAGE_SIZE}")
        pages = -(-len(items) // size)
        if number > max(pages, 1):
            raise Problem(Error.PAGE_INVALID, str(pages))
        links = {"self": str(self.request.url)}
        if number > 1:
            links |= {"first": self._link(1), "prev": self._link(number - 1)}
        if number < pages:
            links |= {"next": self._link(number + 1), "last": self._link(pages)}
        return {
            "data": {name: items[(number - 1) * size : number * size]},
            "links": links,
            "meta": {"totalRecords": len(items), "totalPages": pages},
        }

    def single(self, data: Any) -> dict[str, Any]:
        """An answer that is one thing."""
        return {"data": data, "links": {"self": str(self.request.url)}, "meta": {}}

    def _link(self, page: int) -> str:
        return str(self.request.url.include_query_params(page=page))


Handler = Callable[[Call], Awaitable[Mapping[str, Any]]]


def operation(version: int, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of an operation that this bank has in one version."""

    async def endpoint(request: Request) -> Response:
        interaction = _interaction(request)
        try:
            presence = _granted_by(request)
            _check_headers(request, version)
            call = Call(world=request.app.state.world, presence=presence, request=request)
            body = await handler(call)
        except Unauthorised:
            return unauthorised_answer(interaction)
        except Problem as problem:
            return problem_answer(problem, interaction)
        return JSONResponse(body, headers={"x-v": str(version), "x-fapi-interaction-id": interaction})

    return endpoint


def revoked_consents(world: World) -> set[str]:
    """Tokens whose customers took their consent back."""
    tokens: set[str] = world.state.setdefault("revoked_consents", set())
    return tokens


def _granted_by(request: Request) -> Presence:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    world: World = request.app.state.world
    presence = world.population.by_token("banking", token) if token else None
    party_id = server_of(world).party(token, world.now()) if presence is None else None
    if party_id is not None:
        presence = world.population.presence("banking", party_id)
    if scheme.lower() != "bearer" or presence is None:
        raise Unauthorised
    if token in revoked_consents(world):
        raise Problem(Error.CONSENT_REVOKED, "The consumer's consent is no longer authorised")
    return presence


def _interaction(request: Request) -> str:
    """The id to play back: the caller's, or a new one."""
    told = request.headers.get("x-fapi-interaction-id", "")
    return told if _is_uuid(told) else str(uuid.uuid4())


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _check_headers(request: Request, version: int) -> None:
    wanted = _version(request, "x-v")
    if wanted is None:
        raise Problem(Error.HEADER_MISSING, "x-v")
    lowest = _version(request, "x-min-v")
    lowest = wanted if lowest is None or lowest >= wanted else lowest
    if not lowest <= version <= wanted:
        raise Problem(Error.VERSION_UNSUPPORTED, f"minimum version: {version}, maximum version: {version}")
    if not _is_uuid(request.headers.get("x-fapi-interaction-id", str(uuid.uuid4()))):
        raise Problem(Error.HEADER_INVALID, "x-fapi-interaction-id")
    auth_date = request.headers.get("x-fapi-auth-date")
    if auth_date is None:
        raise Problem(Error.HEADER_MISSING, "x-fapi-auth-date")
    try:
        parsedate_to_datetime(auth_date)
    except ValueError:
        raise Problem(Error.HEADER_INVALID, "x-fapi-auth-date") from None


def _version(request: Request, name: str) -> int | None:
    value = request.headers.get(name)
    if value is None:
        return None
    if not _POSITIVE.fullmatch(value):
        raise Problem(Error.VERSION_INVALID, name)
    return int(value)
