"""An authorization server for a partner: a consent page for its customers, tokens, renewal, revocation.

Authorization code with PKCE (RFC 6749, RFC 7636), refresh tokens that are exchanged for new ones and whose
second use ends the grant (RFC 9700), revocation (RFC 7009), ``iss`` in redirects (RFC 9207), and an ID token
that says who granted. A customer signs in with their number at the partner alone: this is a sandbox.

``PUT /_sandbox/authorization`` with ``{"access_token_life": 2}`` makes access tokens live for two seconds;
``DELETE`` ends every grant, as customers do in the partner's own dashboard.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.framework.world import World

CLIENT_ID = "c360"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105  # of a made-up partner
CODE_LIFE = timedelta(minutes=1)
AUTHORIZE, TOKEN, REVOKE = "/oauth/authorize", "/oauth/token", "/oauth/revoke"
_STATE = "authorization"

SETTINGS: Mapping[str, str | int] = {
    "authorize_url": f"{{origin}}{AUTHORIZE}",
    "token_url": f"{{origin}}{TOKEN}",
    "revoke_url": f"{{origin}}{REVOKE}",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "issuer": "{origin}",
}
"""What a connector's settings carry; ``{origin}`` is where the partner listens."""


@dataclass
class Code:
    """A code that a customer brings to the hub."""

    party_id: str
    redirect_uri: str
    challenge: str
    scope: str
    ends: datetime
    grant: str | None = None
    """Of what it was exchanged for: a second exchange ends it."""


@dataclass
class Granted:
    """What a customer granted."""

    party_id: str
    scope: str
    refresh: str
    spent: set[str] = field(default_factory=set)
    """Refresh tokens that were exchanged: whoever sends one again stole it, or was stolen from."""
    access: dict[str, datetime] = field(default_factory=dict)
    """Access tokens with their ends."""


@dataclass
class Server:
    """What one partner's authorization server knows."""

    access_token_life: float = 600.0
    """Seconds."""
    codes: dict[str, Code] = field(default_factory=dict)
    grants: dict[str, Granted] = field(default_factory=dict)

    def party(self, access_token: str, now: datetime) -> str | None:
        """Who granted an access token, while it lasts."""
        for grant in self.grants.values():
            ends = grant.access.get(access_token)
            if ends is not None:
                return grant.party_id if now < ends else None
        return None


def server_of(world: World) -> Server:
    """The authorization server of a partner."""
    found: Server = world.state.setdefault(_STATE, Server())
    return found


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    access_token_life: float


def authorization_routes(domain: str) -> list[Route]:
    """The server's routes, beside those of the partner's API.

    Args:
        domain: of the partner.
    """

    async def authorize(request: Request) -> Response:
        asked = _asked(request.query_params)
        return _refused(asked) if isinstance(asked, str) else _page(domain, asked)

    async def decide(request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = _asked(form)
        if isinstance(asked, str):
            return _refused(asked)
        world: World = request.app.state.world
        origin = f"{request.url.scheme}://{request.url.netloc}"
        if form.get("decision") != "approve":
            return _back(asked, origin, error="access_denied")
        presence = world.population.presence(domain, form.get("customer", "").strip())
        if presence is None:
            return _page(domain, asked, "Nobody here has this customer number.")
        code = secrets.token_urlsafe(24)
        server_of(world).codes[code] = Code(
            party_id=presence.party_id,
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            scope=asked.get("scope", ""),
            ends=world.now() + CODE_LIFE,
        )
        return _back(asked, origin, code=code)

    return [
        Route(AUTHORIZE, authorize, methods=["GET"]),
        Route(AUTHORIZE, decide, methods=["POST"]),
        Route(TOKEN, _token, methods=["POST"]),
        Route(REVOKE, _revoke, methods=["POST"]),
        Route("/_sandbox/authorization", _set, methods=["PUT"]),
        Route("/_sandbox/authorization", _end, methods=["DELETE"]),
    ]


async def _set(request: Request) -> Response:
    try:
        told = msgspec.json.decode(await request.body(), type=_Told)
    except msgspec.DecodeError as error:
        return JSONResponse({"error": str(error)}, status_code=400)
    server_of(request.app.state.world).access_token_life = told.access_token_life
    return Response(status_code=204)


async def _end(request: Request) -> Response:
    server_of(request.app.state.world).grants.clear()
    return Response(status_code=204)


def _asked(given: Mapping[str, str]) -> Mapping[str, str] | str:
    """The parameters of a request for a code, or what is wrong with them."""
    redirect = given.get("redirect_uri", "")
    if given.get("client_id") != CLIENT_ID:
        return "unknown client_id"
    if urlsplit(redirect).hostname not in {"127.0.0.1", "localhost"}:
        return "redirect_uri is not registered"
    if given.get("response_type") != "code":
        return "response_type has to be code"
    if given.get("code_challenge_method") != "S256" or len(given.get("code_challenge", "")) != 43:
        return "a code_challenge by S256 is needed"
    return dict(given)


def _refused(why: str) -> Response:
    return HTMLResponse(f"<!doctype html><title>Not possible</title><p>{escape(why)}", status_code=400)


def _page(domain: str, asked: Mapping[str, str], problem: str = "") -> Response:
    """The consent page: who is asked for what, and two buttons."""
    names = ("client_id", "redirect_uri", "response_type", "state", "scope", "code_challenge")
    hidden = "".join(
        f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">'
        for name in (*names, "code_challenge_method")
    )
    wanted = "".join(f"<li>{escape(scope)}" for scope in asked.get("scope", "").split())
    warning = f'<p role="alert">{escape(problem)}' if problem else ""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox {domain}: grant access</title>'
        f"<h1>{escape(asked['client_id'])} asks for access to your data</h1><ul>{wanted}</ul>{warning}"
        f'<form method="post" action="{AUTHORIZE}">{hidden}'
        '<label>Your customer number <input name="customer" autocomplete="off"></label>'
        '<button name="decision" value="approve">Approve</button>'
        '<button name="decision" value="deny">Deny</button></form></html>',
        status_code=400 if problem else 200,
        headers={"cache-control": "no-store", "content-security-policy": "default-src 'none'"},
    )


def _back(asked: Mapping[str, str], origin: str, **answer: str) -> Response:
    query = {**answer, "state": asked.get("state", ""), "iss": origin}
    return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(query)}", status_code=303)


async def _token(request: Request) -> Response:
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if not _client(request):
        return _error("invalid_client", 401)
    world: World = request.app.state.world
    server = server_of(world)
    match form.get("grant_type"):
        case "authorization_code":
            return _exchange(world, server, form, request)
        case "refresh_token":
            return _refresh(world, server, form, request)
    return _error("unsupported_grant_type")


def _exchange(world: World, server: Server, form: Mapping[str, str], request: Request) -> Response:
    code = server.codes.get(form.get("code", ""))
    if code is None:
        return _error("invalid_grant")
    if code.grant is not None:
        server.grants.pop(code.grant, None)  # exchanged twice: somebody else has it
        return _error("invalid_grant")
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    fits = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == code.challenge
    if not fits or form.get("redirect_uri") != code.redirect_uri or world.now() >= code.ends:
        return _error("invalid_grant")
    code.grant = secrets.token_hex(8)
    granted = Granted(party_id=code.party_id, scope=code.scope, refresh=secrets.token_urlsafe(32))
    server.grants[code.grant] = granted
    return _given(world, server, granted, request)


def _refresh(world: World, server: Server, form: Mapping[str, str], request: Request) -> Response:
    token = form.get("refresh_token", "")
    for grant_id, granted in list(server.grants.items()):
        if token in granted.spent:
            del server.grants[grant_id]
            return _error("invalid_grant")
        if token == granted.refresh:
            granted.spent.add(token)
            granted.refresh = secrets.token_urlsafe(32)
            return _given(world, server, granted, request)
    return _error("invalid_grant")


def _given(world: World, server: Server, granted: Granted, request: Request) -> Response:
    access = secrets.token_urlsafe(32)
    granted.access[access] = world.now() + timedelta(seconds=server.access_token_life)
    issuer = f"{request.url.scheme}://{request.url.netloc}"
    answer = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": server.access_token_life,
        "refresh_token": granted.refresh,
        "scope": granted.scope,
    }
    if "openid" in granted.scope.split():
        answer["id_token"] = _unsigned({"iss": issuer, "sub": granted.party_id, "aud": CLIENT_ID})
    return JSONResponse(answer, headers={"cache-control": "no-store"})


def _unsigned(claims: Mapping[str, str]) -> str:
    """An ID token. Its signature is nothing: who gets it from this endpoint need not check it."""
    parts: Sequence[Mapping[str, str]] = ({"alg": "none"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts)
        + "."
    )


async def _revoke(request: Request) -> Response:
    form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
    if not _client(request):
        return _error("invalid_client", 401)
    server = server_of(request.app.state.world)
    token = form.get("token", "")
    for grant_id, granted in list(server.grants.items()):
        if token == granted.refresh or token in granted.access:
            del server.grants[grant_id]
    return Response(status_code=200)  # also for a token that is not known (RFC 7009, section 2.2)


def _client(request: Request) -> bool:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, secret = base64.b64decode(value).decode().partition(":")
    except ValueError:
        return False
    return scheme.lower() == "basic" and (unquote(name), unquote(secret)) == (CLIENT_ID, CLIENT_SECRET)


def _error(code: str, status: int = 400) -> Response:
    return JSONResponse({"error": code}, status_code=status, headers={"cache-control": "no-store"})
