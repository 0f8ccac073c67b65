"""A connector to the club without a fault: what the broken ones are made of."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

import msgspec
from msgspec import Meta

from c360.auth import ApiKey, Auth
from c360.config import ConnectorConfig
from c360.contract import (
    Action,
    ActionOutcome,
    ActionSpec,
    ActionState,
    Change,
    Checkpoint,
    Connector,
    Deletion,
    Description,
    Effect,
    Exemption,
    Feed,
    Fetch,
    Fetched,
    KeyKind,
    Limits,
    Lookup,
    Need,
    Outdated,
    PartyQuery,
    Receipt,
    Ref,
    Registration,
    RejectionCode,
    Subscription,
    Upsert,
    Webhook,
    WebhookSpec,
    fetch_each,
)
from c360.countries import country_code
from c360.errors import (
    ConnectorError,
    OutcomeUnknown,
    PartnerFault,
    RefusalCode,
    RetryLater,
    SkipCustomer,
    WebhookRefused,
)
from c360.hooks import hookimpl
from c360.http import Response
from c360.records.base import Record
from c360.records.loyalty import AdjustPoints, LoyaltyEvent, LoyaltyEventKind, Membership, RedeemReward
from c360.records.party import Party
from c360.values import LanguageTag, PostalAddress, Secret

PROFILE, ACCOUNTS, EVENTS = "party.profile", "loyalty.memberships", "loyalty.activity"

Moment = Annotated[datetime, Meta(tz=True)]
Text = Annotated[str, Meta(min_length=1)]


class WireAddress(msgspec.Struct):
    street: Text | None = None
    city: Text | None = None
    country: str | None = None


class WireMember(msgspec.Struct):
    id: Text
    first_name: Text | None = None
    last_name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    born: date | None = None
    language: str | None = None
    address: WireAddress | None = None
    changed: Moment | None = None


class WireMembers(msgspec.Struct):
    members: list[WireMember]


class WireAccount(msgspec.Struct):
    account_id: Text
    member_id: Text
    programme: Text
    points: int | None = None
    status: str | None = None


class WireAccounts(msgspec.Struct):
    accounts: list[WireAccount]


class WireEvent(msgspec.Struct):
    id: Text
    account_id: Text
    type: str
    at: Moment
    points: int | None = None


class WireEvents(msgspec.Struct):
    events: list[WireEvent]
    next_cursor: str | None = None


class WireChange(msgspec.Struct):
    member: WireMember | None = None
    deleted: str | None = None


class WireChanges(msgspec.Struct):
    changes: list[WireChange]
    upto: int
    more: bool


class WireEffect(msgspec.Struct):
    event_id: Text


class WireReward(msgspec.Struct):
    used: bool


class WireCall(msgspec.Struct):
    event_id: Text
    member_id: Text


class WireHook(msgspec.Struct):
    secret: Text


class WireHooks(msgspec.Struct):
    hooks: dict[str, str]


class ClubConfig(ConnectorConfig, frozen=True, kw_only=True):
    """Settings of one club."""

    api_key: Annotated[Secret, Meta(description="Key that the club issued.")]
    webhook_secret: Annotated[Secret, Meta(description="What the club signs its calls with.")]
    page_size: Annotated[int, Meta(description="Events in one page.", ge=1, le=100)] = 50


_TYPES = {"EARNED": LoyaltyEventKind.ACCUMULATE, "SPENT": LoyaltyEventKind.CREATE_REWARD}
_REPLAY_WINDOW = 300.0


class GoodClub(Connector[ClubConfig]):
    """One club."""

    description: ClassVar[Description] = Description(
        name="good_club",
        title="Good Club",
        domain="loyalty",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind=PROFILE), Fetch(kind=ACCOUNTS, batch=10), Fetch(kind=EVENTS)),
        identifies=(KeyKind.EMAIL,),
        feeds=(Feed(kind=PROFILE, deletions=True),),
        actions=(
            ActionSpec(kind="loyalty.adjust_points", effect=Effect.KEYED),
            ActionSpec(kind="loyalty.redeem_reward", effect=Effect.TRACEABLE),
        ),
        webhooks=WebhookSpec(
            kinds=(PROFILE,), signed=True, replay_window=_REPLAY_WINDOW, registers=Effect.KEYED
        ),
        config=ClubConfig,
        limits=Limits(concurrency=4, requests_per_second=20),
        documentation="https://developer.club.example/api",
        exemptions=(Exemption(rule="fuzz", reason="the club publishes no OpenAPI file"),),
    )

    def auth(self) -> Auth | None:
        return ApiKey("x-club-key", self.config.api_key)

    # --- reading ---

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        if any(need.kind == ACCOUNTS for need in needs):
            return self.memberships(refs)
        return fetch_each(needs, refs, {PROFILE: self.profile, EVENTS: self.events})

    async def profile(self, ref: Ref, _: Need) -> Sequence[Record]:
        return [self.party(await self.member(ref))]

    async def member(self, ref: Ref) -> WireMember:
        return (await self.ctx.http.get(self.path(ref))).decode(WireMember)

    def path(self, ref: Ref) -> str:
        return f"/members/{quote(ref.party_id, safe='')}"

    async def memberships(self, refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        if not refs:
            return
        wire = await self.accounts([ref.party_id for ref in refs])
        for ref in refs:
            records = tuple(self.membership(it) for it in wire if it.member_id == ref.party_id)
            yield Fetched(ref=ref, kind=ACCOUNTS, records=records)

    async def accounts(self, ids: Sequence[str]) -> list[WireAccount]:
        return (await self.search(ids)).decode(WireAccounts).accounts

    async def search(self, ids: Sequence[str]) -> Response:
        try:
            return await self.ctx.http.post("/accounts/search", json={"member_ids": ids}, safe=True)
        except SkipCustomer:  # of a whole batch, 404 says nothing of one customer
            raise PartnerFault("the club has no search") from None

    async def events(self, ref: Ref, need: Need) -> Sequence[Record]:
        return [self.event(it) for it in await self.pages(ref, need)]

    async def pages(self, ref: Ref, need: Need) -> list[WireEvent]:
        found: list[WireEvent] = []
        cursor: str | None = None
        seen = {cursor}
        while True:
            page = await self.page(ref, need, cursor)
            found += page.events
            cursor = page.next_cursor
            if not cursor:
                return found
            if cursor in seen or len(seen) > 1000:
                raise PartnerFault("the club's cursor repeats")
            seen.add(cursor)

    async def page(self, ref: Ref, need: Need, cursor: str | None) -> WireEvents:
        path = f"{self.path(ref)}/events"
        params = {"from": str(need.since), "to": str(need.until), "cursor": cursor}
        return (await self.ctx.http.get(path, params=params)).decode(WireEvents)

    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        answer = await self.ctx.http.get("/members", params={"email": query.value, "limit": query.limit})
        return [self.party(it) for it in answer.decode(WireMembers).members][: query.limit]

    async def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        after = int(since) if since and since.isdigit() and len(since) < 10 else 0
        more = True
        for _ in range(1000):
            page = await self.changed(after)
            for change in page.changes:
                if told := self.change(change):
                    yield told
            more, before, after = page.more, after, page.upto
            if more and after <= before:
                raise PartnerFault("the club's changes go in a circle")
            yield Checkpoint(cursor=str(after))
            if not more:
                return
        raise PartnerFault("the club's changes do not end")

    async def changed(self, after: int) -> WireChanges:
        return (await self.ctx.http.get("/changes", params={"after": after})).decode(WireChanges)

    # --- mapping ---

    def change(self, wire: WireChange) -> Change | None:
        if wire.member is not None:
            party = self.party(wire.member)
            return Upsert(kind=PROFILE, party_id=party.party_id, object_id=party.party_id, record=party)
        if wire.deleted is not None:
            return Deletion(kind=PROFILE, party_id=wire.deleted, object_id=wire.deleted)
        return None

    def party(self, wire: WireMember) -> Party:
        address = wire.address
        return Party(
            party_id=wire.id,
            given_name=wire.first_name,
            family_name=wire.last_name,
            birth_date=wire.born,
            emails=(wire.email,) if wire.email else (),
            phones=(wire.phone,) if wire.phone else (),
            addresses=(
                PostalAddress(
                    lines=(address.street,) if address.street else (),
                    city=address.city,
                    country=country_code(address.country),
                ),
            )
            if address
            else (),
            language=LanguageTag(wire.language) if wire.language and len(wire.language) == 5 else None,
            updated_at=wire.changed,
        )

    def membership(self, wire: WireAccount) -> Membership:
        return Membership(membership_id=wire.account_id, program_id=wire.programme, points=wire.points)

    def event(self, wire: WireEvent) -> LoyaltyEvent:
        return LoyaltyEvent(
            event_id=wire.id,
            membership_id=wire.account_id,
            kind=_TYPES.get(wire.type, LoyaltyEventKind.OTHER),
            occurred_at=wire.at,
            points=wire.points,
        )

    # --- changing ---

    async def act(self, action: Action) -> ActionOutcome:
        match action.input:
            case AdjustPoints(membership_id=account, points=points):
                path = f"/accounts/{quote(account, safe='')}/adjustments"
                return await self.send(path, {"points": points}, self.headers(action))
            case RedeemReward(reward_id=reward):
                return await self.send(f"/rewards/{quote(reward, safe='')}/redemptions", {}, {})
        raise ConnectorError(f"{action.kind} is not an action of this connector")

    def headers(self, action: Action) -> dict[str, str]:
        return {"idempotency-key": action.idempotency_key}

    async def send(self, path: str, body: Any, headers: dict[str, str]) -> ActionOutcome:
        try:
            answer = await self.ctx.http.post(path, json=body, headers=headers, accept=(404, 409))
        except RetryLater as error:
            if str(error).startswith("HTTP 5") and not isinstance(error, OutcomeUnknown):
                raise OutcomeUnknown(str(error)) from None
            raise
        if answer.status != 200:
            code = RejectionCode.CONFLICT if answer.status == 409 else RejectionCode.NOT_FOUND
            return ActionOutcome(state=ActionState.REJECTED, rejection=code)
        return ActionOutcome(state=ActionState.CONFIRMED, reference=answer.decode(WireEffect).event_id)

    async def trace(self, action: Action) -> ActionOutcome | None:
        if not isinstance(action.input, RedeemReward):
            return None
        path = f"/rewards/{quote(action.input.reward_id, safe='')}"
        used = (await self.ctx.http.get(path)).decode(WireReward).used
        return ActionOutcome(state=ActionState.CONFIRMED) if used else None

    # --- being told ---

    def receive(self, webhook: Webhook) -> Receipt:
        self.verify(webhook)
        try:
            call = msgspec.json.decode(webhook.content, type=WireCall)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise WebhookRefused("not the club's form", code=RefusalCode.MALFORMED) from None
        return Receipt(event_id=call.event_id, changes=(Outdated(kind=PROFILE, party_id=call.member_id),))

    async def register(self, subscription: Subscription) -> Registration:
        headers = {"idempotency-key": subscription.idempotency_key}
        answer = await self.ctx.http.post("/hooks", json={"url": subscription.url}, headers=headers)
        made = answer.decode(WireHook)
        return Registration(
            url=subscription.url,
            references=(subscription.idempotency_key,),
            secret=Secret(made.secret),
        )

    async def registrations(self) -> Sequence[Registration]:
        found = (await self.ctx.http.get("/hooks")).decode(WireHooks).hooks
        return [Registration(url=url, references=(key,)) for key, url in found.items()]

    async def deregister(self, references: Sequence[str]) -> None:
        for key in references:
            await self.ctx.http.request("DELETE", f"/hooks/{quote(key, safe='')}", accept=(404,))

    def verify(self, webhook: Webhook) -> None:
        at = webhook.headers.get("club-timestamp", "")
        secret = self.config.webhook_secret.reveal().encode()
        mark = hmac.new(secret, f"{at}.".encode() + webhook.content, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mark.encode(), webhook.headers.get("club-signature", "").encode()):
            raise WebhookRefused("the signature is another", code=RefusalCode.SIGNATURE)
        self.not_replayed(webhook, at)

    def not_replayed(self, webhook: Webhook, at: str) -> None:
        if abs(webhook.received_at.timestamp() - int(at)) > _REPLAY_WINDOW:
            raise WebhookRefused("the call is too old", code=RefusalCode.REPLAYED)


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    return (GoodClub,)
