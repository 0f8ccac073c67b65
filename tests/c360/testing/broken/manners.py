"""Connectors that send what they should not, say too much, run wild, or break when an API grows."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from c360.auth import Auth
from c360.contract import Connector, Context, Fetched, Need, Ref, fetch_each
from c360.errors import PartnerFault
from c360.hooks import hookimpl
from c360.http import Http
from c360.records.base import Record
from c360.records.loyalty import Membership
from tests.c360.testing.broken.case import Broken
from tests.c360.testing.club import BASE_URL
from tests.c360.testing.good import (
    ACCOUNTS,
    EVENTS,
    PROFILE,
    ClubConfig,
    GoodClub,
    WireAccount,
    WireAccounts,
    WireMember,
)

_log = logging.getLogger("club")


class OwnHeader(GoodClub):
    def auth(self) -> Auth | None:
        return None

    def __init__(self, config: ClubConfig, ctx: Context) -> None:
        headers = {"x-club-key": config.api_key.reveal()}
        http = Http(ctx.http._transport, base_url=config.base_url, headers=headers)
        super().__init__(config, msgspec.structs.replace(ctx, http=http))


class OwnAddress(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        http = Http(self.ctx.http._transport, base_url=BASE_URL, auth=self.auth())
        return (await http.get(self.path(ref))).decode(WireMember)


class RawIds(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        return (await self.ctx.http.get(f"/members/{ref.party_id}")).decode(WireMember)


class OwnAgent(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        return (await self.ctx.http.get(self.path(ref), headers={"User-Agent": "club/1"})).decode(WireMember)


class UnsafeSearch(GoodClub):
    async def accounts(self, ids: Sequence[str]) -> list[WireAccount]:
        answer = await self.ctx.http.post("/accounts/search", json={"member_ids": ids}, accept=(404,))
        if answer.status == 404:
            raise PartnerFault("the club has no search")
        return answer.decode(WireAccounts).accounts


class AsksAgain(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        for _ in range(4):
            await super().member(ref)
        return await super().member(ref)


class StrictMember(WireMember, forbid_unknown_fields=True):
    """Takes no field that it does not know."""


class Strict(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        return (await self.ctx.http.get(self.path(ref))).decode(StrictMember)


class ByHand(GoodClub):
    """Reads a field of an answer that may not be there."""

    async def accounts(self, ids: Sequence[str]) -> list[WireAccount]:
        answer = await self.ctx.http.post(
            "/accounts/search", json={"member_ids": ids}, accept=(404,), safe=True
        )
        if answer.status == 404:
            raise PartnerFault("the club has no search")
        found = answer.decode(WireAccounts).accounts
        raw = answer.decode(dict[str, list[dict[str, Any]]])
        for it in raw["accounts"]:
            it["status"]
        return found


class LooseAccount(WireAccount):
    """Takes anything for points."""

    points: Any = None


class LooseAccounts(msgspec.Struct):
    accounts: list[LooseAccount]


class Computes(GoodClub):
    async def accounts(self, ids: Sequence[str]) -> list[WireAccount]:
        answer = await self.ctx.http.post(
            "/accounts/search", json={"member_ids": ids}, accept=(404,), safe=True
        )
        if answer.status == 404:
            raise PartnerFault("the club has no search")
        return list(answer.decode(LooseAccounts).accounts)

    def membership(self, wire: WireAccount) -> Membership:
        points = None if wire.points is None else wire.points + 0
        return Membership(membership_id=wire.account_id, program_id=wire.programme, points=points)


class LogsItsKey(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        _log.debug("asking with %s", self.config.api_key.reveal())
        return await super().member(ref)


class KeyInErrors(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        try:
            return await super().member(ref)
        except PartnerFault as error:
            raise PartnerFault(f"asked with {self.config.api_key.reveal()}", code=error.code) from None


class LogsPeople(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        member = await super().member(ref)
        _log.info("fetched %s", member.email)
        return member


class QuotesThePartner(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        answer = await self.ctx.http.get(self.path(ref), accept=(422,))
        if answer.status == 422:
            raise PartnerFault(answer.content.decode())
        return answer.decode(WireMember)


class Prints(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        print("asking")  # noqa: T201  # what is wrong with it
        return await super().member(ref)


class HoldsItsKey(GoodClub):
    def __init__(self, config: ClubConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._headers = {"x-club-key": config.api_key.reveal()}


class LeavesTasks(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        self._after = asyncio.ensure_future(asyncio.sleep(3600))
        return await super().member(ref)


class Unstoppable(GoodClub):
    async def member(self, ref: Ref) -> WireMember:
        return await asyncio.shield(asyncio.ensure_future(super().member(ref)))


class OneAfterAnother(GoodClub):
    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        if any(need.kind == ACCOUNTS for need in needs):
            return self.memberships(refs)
        return self.slowly(needs, refs)

    async def slowly(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        for need in needs:
            async for fetched in fetch_each([need], refs, {PROFILE: self.profile, EVENTS: self.events}):
                yield fetched


class OwnClock(GoodClub):
    async def profile(self, ref: Ref, need: Need) -> Sequence[Record]:
        datetime.now(UTC)
        return await super().profile(ref, need)


class Environment(GoodClub):
    async def profile(self, ref: Ref, need: Need) -> Sequence[Record]:
        os.environ.get("CLUB_REGION")
        return await super().profile(ref, need)


class Sleeps(GoodClub):
    async def profile(self, ref: Ref, need: Need) -> Sequence[Record]:
        time.sleep(0.0001)  # noqa: ASYNC251  # what is wrong with it
        return await super().profile(ref, need)


class Busy(GoodClub):
    async def profile(self, ref: Ref, need: Need) -> Sequence[Record]:
        until = time.thread_time() + 0.06
        while time.thread_time() < until:
            pass
        return await super().profile(ref, need)


class Threads(GoodClub):
    async def profile(self, ref: Ref, need: Need) -> Sequence[Record]:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        return await super().profile(ref, need)


class SharedClient(GoodClub):
    shared: ClassVar[Http]

    def __init__(self, config: ClubConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        SharedClient.shared = ctx.http

    async def member(self, ref: Ref) -> WireMember:
        self.ctx = msgspec.structs.replace(self.ctx, http=SharedClient.shared)
        return await super().member(ref)


_A_THOUSAND_CALLS = frozenset(
    {
        "drift-missing-fields",
        "drift-retyped-fields",
        "nothing-printed",
        "personal-data-not-in-errors",
        "personal-data-not-logged",
        "secrets-not-in-errors",
        "secrets-not-logged",
    }
)
_A_FAILING_PARTNER = frozenset(
    {
        *(f"status-{code}" for code in (401, 403, 404, 409, 422, 429, 500, 503)),
        *("not-json", "empty-body", "wrong-content-type", "truncated", "reset", "deep-json"),
        *("unexpected-json", "oversized", "slow"),
    }
)
"""What every call is answered with in turn."""

CASES = (
    Broken(OwnHeader, "credentials-by-auth", frozenset({"auth-on-every-request"})),
    Broken(OwnAddress, "base-url-respected"),
    Broken(RawIds, "ids-quoted"),
    Broken(OwnAgent, "user-agent-untouched"),
    Broken(UnsafeSearch, "reads-declared-safe"),
    Broken(AsksAgain, "no-needless-requests"),
    Broken(Strict, "drift-new-fields"),
    Broken(ByHand, "drift-missing-fields"),
    Broken(Computes, "drift-retyped-fields"),
    Broken(LogsItsKey, "secrets-not-logged"),
    Broken(KeyInErrors, "secrets-not-in-errors"),
    Broken(LogsPeople, "personal-data-not-logged"),
    Broken(QuotesThePartner, "personal-data-not-in-errors"),
    Broken(Prints, "nothing-printed"),
    Broken(HoldsItsKey, "reprs-hide-secrets"),
    Broken(LeavesTasks, "nothing-left-running", frozenset({"cancellation-clean"})),
    Broken(Unstoppable, "cancellation-clean"),
    Broken(OneAfterAnother, "deadline-keeps-ready"),
    Broken(OwnClock, "clock-from-context"),
    Broken(Environment, "no-environment-reads"),
    Broken(Sleeps, "loop-not-blocked"),
    Broken(Busy, "loop-not-blocked", without=_A_THOUSAND_CALLS | _A_FAILING_PARTNER),
    Broken(Threads, "no-own-threads"),
    Broken(SharedClient, "instances-independent"),
)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return tuple(case.connector for case in CASES)
