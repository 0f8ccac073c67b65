"""A partner that does what partners do on their worst days, for a connector that should bear it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from c360.http import Request, Response
from tests.c360.testing.club import Club

ODD = (
    "O'Neil; DROP TABLE members;--",
    "名前 🙂",
    "\u202etxet desrever",
    "a" * 5000,
    "<script>alert(1)</script>",
    "${jndi:ldap://x}",
    "%s %d {0}",
)
"""Names that people, or those who play with forms, have."""


class HostileClub(Club):
    """The club with odd names, slow answers, and a list of events that never ends."""

    def __init__(self, *, delay: float = 0.05, pages: int = 1_000_000) -> None:
        super().__init__()
        self._delay = delay
        self._page = 0
        self._pages = pages

    async def send(self, request: Request) -> Response:
        await asyncio.sleep(self._delay)
        answer = await super().send(request)
        if answer.status != 200 or answer.headers["content-type"] != "application/json":
            return answer
        value = json.loads(answer.content)
        if "events" in value and self._page < self._pages:
            self._page += 1
            value = {"events": value["events"], "next_cursor": f"0{self._page}"}
        return Response(status=200, headers=answer.headers, content=json.dumps(_odd(value)).encode())


def _odd(value: Any) -> Any:
    if isinstance(value, dict):
        odd = {name: _odd(inner) for name, inner in value.items()}
        for number, name in enumerate(("first_name", "last_name")):
            if name in odd:
                odd[name] = ODD[(len(str(odd["id"])) + number) % len(ODD)]
        return {**odd, "": None, "__proto__": {"x": 1}, "ключ": [[[]]]}
    return [_odd(it) for it in value] if isinstance(value, list) else value
