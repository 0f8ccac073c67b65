"""A loyalty programme in memory: small, complete, and strict about what it is asked."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from c360.http import Request, Response

BASE_URL = "https://api.club.example/v1"
KEY = "club-key-9f31c7d2"
WEBHOOK_SECRET = "club-hook-55e0aa17"
PAGE = 2

MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "M-1": {
        "id": "M-1",
        "first_name": "Margaret",
        "last_name": "Hollis",
        "email": "margaret@mail.example",
        "phone": "+61400000001",
        "born": "1980-05-17",
        "language": "en-AU",
        "address": {"street": "7 George Street", "city": "Sydney", "country": "AU"},
        "changed": "2026-05-01T08:00:00+10:00",
    },
    "M-2": {
        "id": "M-2",
        "first_name": "Bertram",
        "last_name": "Quince",
        "email": "bertram@mail.example",
        "phone": None,
        "born": None,
        "language": None,
        "address": None,
        "changed": "2026-06-01T08:00:00Z",
    },
}
TWIN = "twin@mail.example"
"""An address that both members gave as their second one."""

ACCOUNTS: Mapping[str, Mapping[str, Any]] = {
    "M-1": {"account_id": "A-1", "member_id": "M-1", "programme": "P-1", "points": 120, "status": "ACTIVE"},
    "M-2": {"account_id": "A-2", "member_id": "M-2", "programme": "P-1", "points": 7, "status": "ACTIVE"},
}


def _event(number: int, account: str, kind: str, at: str, points: int) -> dict[str, Any]:
    return {"id": f"E-{number}", "account_id": account, "type": kind, "at": at, "points": points}


EVENTS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "M-1": (
        _event(1, "A-1", "EARNED", "2026-01-10T09:00:00Z", 100),
        _event(2, "A-1", "EARNED", "2026-02-20T23:30:00Z", 50),
        _event(3, "A-1", "SPENT", "2026-03-30T12:00:00Z", 40),
        _event(4, "A-1", "EARNED", "2026-04-05T00:00:00Z", 5),
        _event(5, "A-1", "EARNED", "2026-06-01T10:00:00Z", 5),
    ),
    "M-2": (_event(6, "A-2", "EARNED", "2026-05-05T10:00:00Z", 7),),
}

CHANGES: tuple[Mapping[str, Any], ...] = (
    {"member": MEMBERS["M-1"]},
    {"deleted": "M-0"},
    {"member": MEMBERS["M-2"]},
)


class Club:
    """Answers like the club's API; a :class:`c360.http.Transport`."""

    def __init__(self) -> None:
        self.effects: dict[str, str] = {}
        """Adjustments made, by idempotency key."""
        self.redeemed: set[str] = set()
        """Rewards that were used."""
        self.hooks: dict[str, str] = {}
        """Addresses that are called, by the key under which they were registered."""

    async def send(self, request: Request) -> Response:
        credential = request.auth.headers() if request.auth else ()
        if ("x-club-key", KEY) not in {*request.headers, *credential}:
            return _json(401, {"error": "UNAUTHORISED"})
        parts = urlsplit(request.url)
        if not request.url.startswith(f"{BASE_URL}/"):
            return _json(404, {"error": "NOT_FOUND"})
        steps = [unquote(it) for it in parts.path.removeprefix("/v1/").split("/")]
        body = json.loads(request.content) if request.content else {}
        if steps[0] == "hooks":
            return self._hooks(request, steps[1:], body)
        return self._answer(request, steps, dict(request.params), body)

    def _answer(  # noqa: PLR0911  # a table of operations
        self, request: Request, steps: list[str], params: dict[str, str], body: Mapping[str, Any]
    ) -> Response:
        match (request.method, *steps):
            case ("GET", "members"):
                found = [it for it in MEMBERS.values() if params.get("email") in {it["email"], TWIN}]
                return _json(200, {"members": found[: int(params.get("limit", "20"))]})
            case ("GET", "members", member) if member in MEMBERS:
                return _json(200, MEMBERS[member])
            case ("GET", "members", member, "events") if member in MEMBERS:
                return _json(200, _events(member, params))
            case ("POST", "accounts", "search"):
                found = [ACCOUNTS[it] for it in body["member_ids"] if it in ACCOUNTS]
                return _json(200, {"accounts": found})
            case ("GET", "changes"):
                return _json(200, _changes(int(params.get("after", "0"))))
            case ("POST", "accounts", account, "adjustments"):
                return self._adjust(account, dict(request.headers)["idempotency-key"], body)
            case ("POST", "rewards", reward, "redemptions"):
                if reward in self.redeemed:
                    return _json(409, {"error": "ALREADY_USED"})
                self.redeemed.add(reward)
                return _json(200, {"event_id": f"R-{reward}"})
            case ("GET", "rewards", reward):
                return _json(200, {"used": reward in self.redeemed})
        return _json(404, {"error": "NOT_FOUND"})

    def _hooks(self, request: Request, rest: list[str], body: Mapping[str, Any]) -> Response:
        match (request.method, *rest):
            case ("POST",):
                self.hooks[dict(request.headers)["idempotency-key"]] = body["url"]
                return _json(200, {"secret": WEBHOOK_SECRET})
            case ("DELETE", key):
                return _json(200 if self.hooks.pop(key, None) else 404, {})
        return _json(200, {"hooks": self.hooks})

    def _adjust(self, account: str, key: str, body: Mapping[str, Any]) -> Response:
        if account not in {it["account_id"] for it in ACCOUNTS.values()}:
            return _json(404, {"error": "NOT_FOUND"})
        if body["points"] < -1000:
            return _json(409, {"error": "TOO_FEW_POINTS"})
        self.effects.setdefault(key, f"X-{len(self.effects) + 1}")
        return _json(200, {"event_id": self.effects[key]})


def _events(member: str, params: Mapping[str, str]) -> dict[str, Any]:
    since, until = params.get("from", "0"), params.get("to", "9")
    found = [it for it in EVENTS[member] if since <= it["at"][:10] <= until]
    start = int(params.get("cursor", "0"))
    more = start + PAGE < len(found)
    return {"events": found[start : start + PAGE], "next_cursor": str(start + PAGE) if more else None}


def _changes(after: int) -> dict[str, Any]:
    more = after + PAGE < len(CHANGES)
    return {"changes": CHANGES[after : after + PAGE], "upto": min(after + PAGE, len(CHANGES)), "more": more}


def _json(status: int, value: Any) -> Response:
    content = json.dumps(value).encode()
    return Response(status=status, headers={"content-type": "application/json"}, content=content)


def sign(content: bytes, at: int, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """Headers of a call as the club signs it."""
    mark = hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", "club-timestamp": str(at), "club-signature": mark}
