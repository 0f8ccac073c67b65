"""The consents API, and the page on which a customer says yes."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from urllib.parse import parse_qs

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.framework import World
from sandbox.partners.insurance import answers
from sandbox.partners.insurance.access import client_operation
from sandbox.partners.insurance.consents import (
    CLIENT_ID,
    CLIENT_SECRET,
    CLIENT_TOKEN,
    LONGEST,
    SERVED,
    Consent,
    ledger,
)
from sandbox.partners.insurance.products import JsonObject

VERSION = "3.0.0"
PATH = "/open-insurance/consents/v3/consents"


class Document(msgspec.Struct, forbid_unknown_fields=True):
    """A CPF or CNPJ with its kind."""

    identification: str
    rel: str


class Holder(msgspec.Struct, forbid_unknown_fields=True):
    """Who consents, or for whom."""

    document: Document


class Wanted(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """What a new consent is to allow. The parts for changes of contracts are not served."""

    logged_user: Holder
    permissions: tuple[str, ...]
    expiration_date_time: datetime
    business_entity: Holder | None = None


class CreateConsent(msgspec.Struct, forbid_unknown_fields=True):
    """Body of the request for a new consent."""

    data: Wanted


def routes() -> list[Route]:
    """Create, read, revoke; and the customer's yes, which is no part of the API."""
    return [
        Route(PATH, client_operation(VERSION, create), methods=["POST"]),
        Route(f"{PATH}/{{consentId}}", client_operation(VERSION, read), methods=["GET"]),
        Route(f"{PATH}/{{consentId}}", client_operation(VERSION, revoke), methods=["DELETE"]),
        Route("/open-insurance/oauth/token", token, methods=["POST"]),
        Route("/_sandbox/consents", authorise, methods=["POST"]),
    ]


async def create(request: Request) -> Response:
    """POST a consent; the same idempotency key and body give the same answer again."""
    world: World = request.app.state.world
    key = request.headers.get("x-idempotency-key", "").strip()
    if not 1 <= len(key) <= 40:
        raise HTTPException(400, "Cabeçalho x-idempotency-key ausente ou inválido")
    body = await request.body()
    mark, kept = hashlib.sha256(body).digest(), ledger(world).processed
    if key in kept:
        known, answer = kept[key]
        if known != mark:
            return answers.error(
                world, 422, "Tentativa de alteração de requisição já processada", code="ERRO_IDEMPOTENCIA"
            )
        return JSONResponse(answer, status_code=201)
    wanted = _wanted(body)
    _check(wanted, world.now())
    holder = wanted.business_entity or wanted.logged_user
    consent = ledger(world).create(
        holder.document.identification, wanted.permissions, wanted.expiration_date_time
    )
    answer = _envelope(request, consent)
    kept[key] = (mark, answer)
    return JSONResponse(answer, status_code=201)


async def read(request: Request) -> Response:
    """GET a consent."""
    return JSONResponse(_envelope(request, _named(request)))


async def revoke(request: Request) -> Response:
    """DELETE a consent: revoke it."""
    ledger(request.app.state.world).revoke(_named(request))
    return Response(status_code=204)


async def token(request: Request) -> Response:
    """POST for a token in the receiver's own name (RFC 6749, section 4.4)."""
    form = parse_qs((await request.body()).decode("latin-1"))
    proof = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    if request.headers.get("authorization") != f"Basic {proof}":
        return JSONResponse({"error": "invalid_client"}, status_code=401)
    if form.get("grant_type") != ["client_credentials"]:
        return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
    return JSONResponse({"access_token": CLIENT_TOKEN, "token_type": "Bearer", "expires_in": 900})


async def authorise(request: Request) -> Response:
    """The customer's yes; answers with the token that a redirect would bring."""
    book = ledger(request.app.state.world)
    asked = (await request.json()).get("consentId", "")
    consent = book.get(str(asked))
    if consent is None:
        raise HTTPException(404, "Consentimento não encontrado")
    return JSONResponse({"token": book.authorise(consent).token})


def _named(request: Request) -> Consent:
    consent = ledger(request.app.state.world).get(request.path_params["consentId"])
    if consent is None:
        raise HTTPException(404, "Consentimento não encontrado")
    return consent


def _envelope(request: Request, consent: Consent) -> JsonObject:
    here = answers.address(request)
    link = here if here.endswith(consent.id) else f"{here}/{consent.id}"
    return {
        "data": consent.json(),
        "links": {"self": link},
        "meta": {"totalRecords": 1, "totalPages": 1},
    }


def _wanted(body: bytes) -> Wanted:
    try:
        return msgspec.json.decode(body, type=CreateConsent).data
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HTTPException(400, "O corpo da requisição é inválido") from None


def _check(wanted: Wanted, now: datetime) -> None:
    """The rules that the shape does not hold.

    Raises:
        HTTPException: 400, a malformed document; 422, what this insurer cannot agree to.
    """
    holders = [(wanted.logged_user, "CPF", 11)]
    if wanted.business_entity:
        holders.append((wanted.business_entity, "CNPJ", 14))
    for holder, kind, length in holders:
        number = holder.document.identification
        if holder.document.rel != kind or len(number) != length or not number.isalnum():
            raise HTTPException(400, f"Documento {kind} inválido")
    permissions = set(wanted.permissions)
    if not permissions or not permissions <= SERVED:
        raise HTTPException(422, "Permissões vazias ou não oferecidas")
    of_business = any(permission.startswith("CUSTOMERS_BUSINESS") for permission in permissions)
    of_person = any(permission.startswith("CUSTOMERS_PERSONAL") for permission in permissions)
    if of_business and of_person:
        raise HTTPException(422, "Permissões de pessoa natural e jurídica não se combinam")
    expires = wanted.expiration_date_time
    if expires.tzinfo is None or not now < expires.astimezone(UTC) <= now + LONGEST:
        raise HTTPException(422, "Data de expiração fora dos limites")
