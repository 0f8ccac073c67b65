"""Who calls, and may they: tokens, permissions, required headers, versions."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sandbox.framework import World
from sandbox.partners.insurance import answers
from sandbox.partners.insurance.consents import CLIENT_TOKEN, ledger
from sandbox.population.model import Life, Presence

UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
INTERACTION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,99}")
VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True)
class Visit:
    """A request of a customer who let it happen."""

    request: Request
    world: World
    presence: Presence

    @property
    def life(self) -> Life:
        """What the customer holds and did."""
        return self.world.population.life(self.presence.member_id)


Handler = Callable[[Visit], answers.Answer]
Endpoint = Callable[[Request], Awaitable[Response]]


def customer_operation(version: str, permission: str, handler: Handler, *, uuid: bool = False) -> Endpoint:
    """An endpoint that reads a customer's data under a consent with that permission."""

    async def endpoint(request: Request) -> Response:
        world: World = request.app.state.world
        consent = ledger(world).of_token(bearer(request))
        if consent is None:
            raise HTTPException(401, "Token inválido ou consentimento revogado")
        require_headers(request, version, uuid=uuid)
        if permission not in consent.permissions or consent.presence is None:
            raise HTTPException(403, "O consentimento não inclui esta permissão")
        answer = handler(Visit(request, world, consent.presence))
        return answers.success(request, version, answer)

    return endpoint


def client_operation(version: str, handler: Callable[[Request], Awaitable[Response]]) -> Endpoint:
    """An endpoint that an authorised receiver calls in its own name."""

    async def endpoint(request: Request) -> Response:
        if bearer(request) != CLIENT_TOKEN:
            raise HTTPException(401, "Token inválido")
        require_headers(request, version, uuid=True)
        response = await handler(request)
        answers.identify(request, version, response)
        return response

    return endpoint


def bearer(request: Request) -> str:
    """The bearer token of a request.

    Raises:
        HTTPException: 401, there is none.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise HTTPException(401, "Cabeçalho de autenticação ausente")
    return token


def require_headers(request: Request, version: str, *, uuid: bool) -> None:
    """Check the headers that every operation has.

    Raises:
        HTTPException: 400, one is missing or malformed; 406, what is asked for is not served.
    """
    pattern = UUID if uuid else INTERACTION
    if not pattern.fullmatch(request.headers.get("x-fapi-interaction-id", "")):
        raise HTTPException(400, "Cabeçalho x-fapi-interaction-id ausente ou inválido")
    accepted = request.headers.get("accept", "*/*")
    if not any(media in accepted for media in ("*/*", "application/*", "application/json")):
        raise HTTPException(406, "Somente application/json é oferecido")
    wanted, least = (_version(request, name) for name in ("x-v", "x-min-v"))
    if wanted is None:
        return
    served = _numbers(version)
    if served > wanted or (least is not None and least < wanted and served < least):
        raise HTTPException(406, "A versão solicitada não é suportada")


def _version(request: Request, name: str) -> tuple[int, ...] | None:
    text = request.headers.get(name)
    if text is None:
        return None
    if not VERSION.fullmatch(text):
        raise HTTPException(400, f"Cabeçalho {name} inválido")
    return _numbers(text)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))
