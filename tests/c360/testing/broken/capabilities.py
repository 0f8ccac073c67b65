"""Connectors that search, follow, receive or act wrongly."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from c360.access import IdempotencyKey
from c360.contract import (
    Action,
    ActionOutcome,
    ActionState,
    Change,
    Checkpoint,
    Connector,
    Feed,
    PartyQuery,
    Receipt,
    Upsert,
    Webhook,
)
from c360.errors import OutcomeUnknown, PartnerFault, RefusalCode, RetryLater, WebhookRefused
from c360.hooks import hookimpl
from c360.records.loyalty import AdjustPoints, RedeemReward
from c360.records.party import Party
from tests.c360.testing.broken.case import Broken, described
from tests.c360.testing.club import WEBHOOK_SECRET
from tests.c360.testing.good import PROFILE, GoodClub, WireChange, WireEffect, WireMembers

replace = msgspec.structs.replace


class FindsNobody(GoodClub):
    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        return await super().identify(replace(query, value=query.value.upper()))


class FindsEverybody(GoodClub):
    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        found = await super().identify(query)
        return found or [Party(party_id="M-1")]


class FindsTooMany(GoodClub):
    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        answer = await self.ctx.http.get("/members", params={"email": query.value, "limit": 20})
        found = [self.party(it) for it in answer.decode(WireMembers).members]
        return [*found, *(replace(it, party_id=f"{it.party_id}-2") for it in found)]


class FindsHalfMapped(GoodClub):
    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        return [replace(it, full_name=" ") for it in await super().identify(query)]


class NoLastWord(GoodClub):
    async def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        async for change in super().changes(kind, since):
            if not isinstance(change, Checkpoint):
                yield change


class OtherObjectIds(GoodClub):
    def change(self, wire: WireChange) -> Change | None:
        told = super().change(wire)
        return replace(told, object_id=f"member/{told.object_id}") if isinstance(told, Upsert) else told


class LeavesOutChanges(GoodClub):
    def change(self, wire: WireChange) -> Change | None:
        return None if wire.member and wire.member.id == "M-2" else super().change(wire)


class CheckpointsEarly(GoodClub):
    async def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        waiting: list[Change] = []
        async for change in super().changes(kind, since):
            if isinstance(change, Checkpoint):
                yield change
                for it in waiting:
                    yield it
                waiting = []
            else:
                waiting.append(change)
        yield Checkpoint(cursor="3")


class SilentDeletions(GoodClub):
    description = described(feeds=(Feed(kind=PROFILE),))


class NumbersOnly(GoodClub):
    async def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        int(since or 0)
        async for change in super().changes(kind, since):
            yield change


class NewEventIds(GoodClub):
    def receive(self, webhook: Webhook) -> Receipt:
        return replace(super().receive(webhook), event_id=uuid.uuid4().hex)


class SignsTrimmed(GoodClub):
    def verify(self, webhook: Webhook) -> None:
        super().verify(replace(webhook, content=webhook.content.strip()))


class SignatureOptional(GoodClub):
    def verify(self, webhook: Webhook) -> None:
        if "club-signature" in webhook.headers:
            super().verify(webhook)


class BuiltInSecret(GoodClub):
    def verify(self, webhook: Webhook) -> None:
        at = webhook.headers.get("club-timestamp", "")
        mark = hmac.new(WEBHOOK_SECRET.encode(), f"{at}.".encode() + webhook.content, hashlib.sha256)
        if not hmac.compare_digest(mark.hexdigest(), webhook.headers.get("club-signature", "")):
            raise WebhookRefused("the signature is another", code=RefusalCode.SIGNATURE)
        self.not_replayed(webhook, at)


class NeverTooOld(GoodClub):
    def not_replayed(self, webhook: Webhook, at: str) -> None:
        """Believes calls of any age."""


class ReadsFirst(GoodClub):
    def receive(self, webhook: Webhook) -> Receipt:
        if webhook.content != webhook.content.strip(b"[") or len(webhook.content) < 3:
            json.loads(webhook.content)["event_id"]
        return super().receive(webhook)


class NeverRemoves(GoodClub):
    async def deregister(self, references: Sequence[str]) -> None:
        """Says that it is done, and does nothing."""


class NeverSure(GoodClub):
    async def act(self, action: Action) -> ActionOutcome:
        outcome = await super().act(action)
        return replace(outcome, state=ActionState.PENDING) if outcome.rejection is None else outcome


class ClaimsSafety(GoodClub):
    async def send(self, path: str, body: Any, headers: dict[str, str]) -> ActionOutcome:
        answer = await self.ctx.http.post(path, json=body, headers=headers, safe=True)
        return ActionOutcome(state=ActionState.CONFIRMED, reference=answer.decode(WireEffect).event_id)


class PerformsAnything(GoodClub):
    async def act(self, action: Action) -> ActionOutcome:
        if not isinstance(action.input, AdjustPoints | RedeemReward):
            action = replace(action, input=AdjustPoints(membership_id="A-1", points=1))
        return await super().act(action)


class RefusalIsDone(GoodClub):
    async def send(self, path: str, body: Any, headers: dict[str, str]) -> ActionOutcome:
        try:
            return await super().send(path, body, headers)
        except PartnerFault:
            return ActionOutcome(state=ActionState.CONFIRMED)


class LostIsBusy(GoodClub):
    async def send(self, path: str, body: Any, headers: dict[str, str]) -> ActionOutcome:
        try:
            return await super().send(path, body, headers)
        except OutcomeUnknown:
            raise RetryLater("busy") from None


class FreshKeys(GoodClub):
    def headers(self, action: Action) -> dict[str, str]:
        return {"idempotency-key": uuid.uuid4().hex}


class OneKey(GoodClub):
    def headers(self, action: Action) -> dict[str, str]:
        return {"idempotency-key": IdempotencyKey("club")}


class TracesNothing(GoodClub):
    async def trace(self, action: Action) -> ActionOutcome | None:
        return None


class TracesAnything(GoodClub):
    async def trace(self, action: Action) -> ActionOutcome | None:
        return ActionOutcome(state=ActionState.CONFIRMED)


CASES = (
    Broken(FindsNobody, "identify-finds-known"),
    Broken(FindsEverybody, "identify-finds-nobody"),
    Broken(FindsTooMany, "identify-limit"),
    Broken(FindsHalfMapped, "identify-typed"),
    Broken(NoLastWord, "feed-ends"),
    Broken(OtherObjectIds, "feed-typed"),
    Broken(LeavesOutChanges, "feed-tells-known"),
    Broken(CheckpointsEarly, "feed-resumes"),
    Broken(SilentDeletions, "feed-deletions"),
    Broken(NumbersOnly, "feed-odd-cursor"),
    Broken(NewEventIds, "webhook-read"),
    Broken(SignsTrimmed, "webhook-tampered"),
    Broken(SignatureOptional, "webhook-unsigned"),
    Broken(BuiltInSecret, "webhook-other-secret"),
    Broken(NeverTooOld, "webhook-replayed"),
    Broken(ReadsFirst, "webhook-malformed"),
    Broken(NeverRemoves, "webhook-registered"),
    Broken(NeverSure, "action-performed"),
    Broken(ClaimsSafety, "actions-declared-unsafe"),
    Broken(PerformsAnything, "action-refused-undeclared"),
    Broken(RefusalIsDone, "action-errors-typed"),
    Broken(LostIsBusy, "action-lost-answer"),
    Broken(FreshKeys, "action-same-key"),
    Broken(OneKey, "action-key-passed"),
    Broken(TracesNothing, "action-traced"),
    Broken(TracesAnything, "action-traced"),
)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return tuple(case.connector for case in CASES)
