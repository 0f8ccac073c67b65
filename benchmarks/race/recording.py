"""What partners answered once, to be answered again: by request, and batches by customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

KEPT_HEADERS = ("content-type", "link", "nextcursor", "x-next-cursor", "x-v", "retry-after")
"""Headers of an answer by which a connector is guided."""
BULK_RETRIEVE = "/customers/bulk-retrieve"
ACCOUNTS_SEARCH = "/loyalty/accounts/search"


class Request(msgspec.Struct, frozen=True):
    """What tells one request from another; headers that are new each time do not."""

    partner: str
    method: str
    path: str
    query: bytes = b""
    body: bytes = b""
    authorization: str = ""
    """By it a bank or insurer knows whom the request is about."""


class Answer(msgspec.Struct, frozen=True):
    """An answer ready to be sent."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A recording as a file holds it."""

    answers: tuple[tuple[Request, Answer], ...] = ()
    profiles: Mapping[str, bytes] = {}
    accounts: Mapping[str, tuple[bytes, ...]] = {}


class UnknownRequestError(Exception):
    """A request that was never recorded; the message says which, without what it carries."""


class Recording:
    """Answers by request. Batches of customers are taken apart, and put together for any others.

    Two operations take several customers at once: profiles (``bulk-retrieve``) and loyalty accounts
    (``accounts/search``). Which customers meet in one request depends on what runs at the same time, so
    that no recording could hold all of them.
    """

    def __init__(self, kept: Kept | None = None) -> None:
        kept = kept or Kept()
        self._answers: dict[Request, Answer] = dict(kept.answers)
        self._profiles: dict[str, bytes] = dict(kept.profiles)
        self._accounts: dict[str, tuple[bytes, ...]] = dict(kept.accounts)

    def __len__(self) -> int:
        return len(self._answers) + len(self._profiles) + len(self._accounts)

    def kept(self) -> Kept:
        """All that is remembered."""
        answers = tuple(self._answers.items())
        return Kept(answers=answers, profiles=self._profiles, accounts=self._accounts)

    def keep(self, request: Request, answer: Answer) -> None:
        """Remember an answer."""
        if answer.status == 200 and request.path.endswith(BULK_RETRIEVE):
            found = msgspec.json.decode(answer.body, type=dict[str, dict[str, msgspec.Raw]])
            self._profiles.update(
                {customer: bytes(entry) for customer, entry in found.get("responses", {}).items()}
            )
        elif answer.status == 200 and (wanted := _searched(request)) is not None:
            self._keep_accounts(wanted, answer.body)
        else:
            self._answers[request] = answer

    def find(self, request: Request) -> Answer:
        """The answer to a request.

        Raises:
            UnknownRequestError: there is none.
        """
        answer = self._answers.get(request)
        if answer is None:
            answer = self._batch(request)
        if answer is None:
            raise UnknownRequestError(f"{request.partner}: {request.method} {request.path}")
        return answer

    def _keep_accounts(self, wanted: Sequence[str], body: bytes) -> None:
        found: dict[str, list[bytes]] = {customer: [] for customer in wanted}
        decoded = msgspec.json.decode(body, type=dict[str, list[msgspec.Raw]])
        for entry in decoded.get("loyalty_accounts", []):
            owner = msgspec.json.decode(entry, type=dict[str, Any])["customer_id"]
            found[owner].append(bytes(entry))
        self._accounts.update({customer: tuple(entries) for customer, entries in found.items()})

    def _batch(self, request: Request) -> Answer | None:
        try:
            if request.path.endswith(BULK_RETRIEVE):
                ids = msgspec.json.decode(request.body, type=dict[str, list[str]])["customer_ids"]
                parts = (b'"%b":%b' % (each.encode(), self._profiles[each]) for each in ids)
                return _ok(b'{"responses":{%b}}' % b",".join(parts))
            wanted = _searched(request)
            if wanted is None:
                return None
            entries = [entry for each in wanted for entry in self._accounts[each]]
        except (KeyError, msgspec.MsgspecError):
            return None
        return _ok(b'{"loyalty_accounts":[%b]}' % b",".join(entries) if entries else b"{}")


def _searched(request: Request) -> Sequence[str] | None:
    """Customers whose accounts are searched; ``None`` where it is another request, or a further page."""
    if not request.path.endswith(ACCOUNTS_SEARCH):
        return None
    body: Mapping[str, Any] = msgspec.json.decode(request.body)
    if "cursor" in body:
        return None
    wanted: Sequence[str] | None = body.get("query", {}).get("customer_ids")
    return wanted


def _ok(body: bytes) -> Answer:
    return Answer(200, ((b"content-type", b"application/json"), length(body)), body)


def length(body: bytes) -> tuple[bytes, bytes]:
    """The header that says how long a body is."""
    return b"content-length", b"%d" % len(body)
