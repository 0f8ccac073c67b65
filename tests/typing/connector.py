"""A connector with every building block, as a partner would write it: type-checked, never run.

mypy reads it with the rest of the project. What stops being accepted here stops being accepted in
partners' plugins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, timedelta
from typing import Annotated, Any, assert_type

import msgspec
from msgspec import Meta

from c360 import verifying
from c360.auth import (
    ApiKey,
    Auth,
    Basic,
    Client,
    ClientCredentials,
    CodeFlow,
    Ed25519Key,
    HmacKey,
    HmacSigned,
    MessageSigned,
    QueryKey,
    Token,
)
from c360.config import ConnectorConfig, read_config, schema
from c360.contract import (
    Action,
    ActionOutcome,
    ActionSpec,
    ActionState,
    Change,
    Connector,
    Context,
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
    Upsert,
    Webhook,
    WebhookSpec,
    fetch_each,
)
from c360.converters import day, decimal, minor_money, moment, one_of, text
from c360.errors import ConnectorError
from c360.hooks import hookimpl
from c360.http import Http, Response
from c360.lookups import details, segment, together
from c360.mapping import Mapping, constant, field, given, many, nested
from c360.paging import (
    Cursor,
    HeaderCursor,
    LinkHeader,
    NextLink,
    Offset,
    OnePage,
    PageNumber,
    Step,
    every,
    pages,
)
from c360.records.base import Record
from c360.records.loyalty import LoyaltyEvent, LoyaltyEventKind, Membership
from c360.records.party import Party
from c360.values import Secret
from c360.windows import Plan, Scan, days


class Member(msgspec.Struct):
    id: str
    surname: str | None = None
    points: int | None = None


class Event(msgspec.Struct):
    id: str
    type: str
    at: str
    member: Member


class Events(msgspec.Struct):
    events: list[Event]
    cursor: str | None = None
    next: str | None = None


class AcmeConfig(ConnectorConfig, frozen=True, kw_only=True):
    """Settings of one programme."""

    key: Annotated[Secret, Meta(description="Key that Acme issued.")]
    page_size: int = 100


EVENT = Mapping(
    Event,
    LoyaltyEvent,
    event_id="id",
    membership_id="member.id",
    kind=field("type", to=one_of(LoyaltyEventKind, {"earn": LoyaltyEventKind.ACCUMULATE})),
    occurred_at=field("at", to=moment(UTC)),
)
PARTY = Mapping(Member, Party, party_id="id", family_name=field("surname", to=text))
MEMBERSHIP = Mapping(Member, Membership, membership_id="id", program_id=constant("acme"), points="points")
CONVERTERS = (day, decimal, minor_money, given, many, nested)


class Acme(Connector[AcmeConfig]):
    """One programme."""

    description = Description(
        name="acme",
        title="Acme",
        domain="loyalty",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind="party.profile"), Fetch(kind="loyalty.activity", batch=1)),
        identifies=(KeyKind.EMAIL,),
        feeds=(Feed(kind="loyalty.activity", deletions=False),),
        actions=(ActionSpec(kind="loyalty.adjust_points", effect=Effect.KEYED),),
        webhooks=WebhookSpec(kinds=("loyalty.activity",), signed=True, replay_window=300),
        exemptions=(Exemption(rule="batch", reason="The API answers for one member at a time."),),
        limits=Limits(concurrency=4, requests_per_second=20),
        config=AcmeConfig,
        contract=1,
    )

    def __init__(self, config: AcmeConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        assert_type(self.config, AcmeConfig)

    def auth(self) -> Auth:
        return ApiKey("x-key", self.config.key)

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        return fetch_each(needs, refs, {"party.profile": self._profile, "loyalty.activity": self._activity})

    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        found = await self.ctx.http.get("/members", params={"email": query.value, "limit": query.limit})
        return [PARTY(member) for member in found.decode(list[Member])]

    async def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        plan = Plan(history=timedelta(365), again=timedelta(7), step=timedelta(1))
        scan = Scan.begin(since, self.ctx.now(), plan)
        for start, end, checkpoint in scan.windows(plan.step):
            found = await self.ctx.http.get(
                "/events", params={"from": start.isoformat(), "to": end.isoformat()}
            )
            for event in found.decode(Events).events:
                yield Upsert(kind=kind, party_id=event.member.id, object_id=event.id, record=EVENT(event))
            yield checkpoint
        yield scan.finished()

    async def act(self, action: Action) -> ActionOutcome:
        response = await self.ctx.http.post(
            f"/members/{segment(action.ref.party_id)}/adjustments",
            json=action.input,
            headers={"idempotency-key": action.idempotency_key},
            accept=(409,),
        )
        state = ActionState.REJECTED if response.status == 409 else ActionState.CONFIRMED
        return ActionOutcome(state=state)

    def receive(self, webhook: Webhook) -> Receipt:
        verifying.timestamped(webhook, "acme-signature", [self.config.key], window=300)
        event = verifying.read_json(webhook, Event)
        return Receipt(
            event_id=event.id, changes=[Outdated(kind="loyalty.activity", party_id=event.member.id)]
        )

    async def _profile(self, ref: Ref, _: Need) -> Sequence[Record]:
        response = await self.ctx.http.get(f"/members/{segment(ref.party_id)}")
        assert_type(response.rate_limit.pause, float)
        return [PARTY(response.decode(Member))]

    async def _activity(self, ref: Ref, window: Need) -> Sequence[Record]:
        async def ask(step: Step) -> Response:
            return await self.ctx.http.get(step.path("/events"), params=step.params({"member": ref.party_id}))

        read = pages(ask, lambda answer: answer.decode(Events), Cursor(lambda page: page.cursor))
        return [EVENT(event) for event in await every(read, lambda page: page.events)]


async def combined(http: Http) -> None:
    """Look-ups and windows."""
    found = await together([lambda: http.get("/a"), lambda: http.get("/b")], at_once=2)
    assert_type(found, list[Response])
    async for key, outcome in details(["a", "b"], lambda key: http.get(f"/{segment(key)}")):
        assert_type(key, str)
        assert_type(outcome, Response | ConnectorError)
    for window in days(date(2026, 1, 1), date(2026, 2, 1), 7, most=366):
        assert_type(window.first, date)


PAGING = (
    PageNumber[Events](items=lambda page: page.events, size=("size", 100), fills=True),
    Offset[Events](items=lambda page: page.events, size=("limit", 100)),
    Cursor[Events](lambda page: page.cursor, in_body=True),
    HeaderCursor[Events](("x-next",)),
    NextLink[Events](lambda page: page.next, only=("page",)),
    LinkHeader[Events](),
    OnePage[Events](),
)


async def authenticated(ctx: Context, secret: Secret) -> Sequence[Auth]:
    """Every way to authenticate."""
    client = Client(client_id="hub", client_secret=secret, token_url="https://login.acme.example/token")
    flow = CodeFlow(
        client=client,
        authorize_url="https://login.acme.example/authorize",
        redirect_uri="https://hub.example/granted",
    )
    token = await flow.finish(ctx.http, flow.begin(), {"state": "…", "code": "…"})
    assert_type(await flow.refresh(ctx.http, token), Token)
    return (
        QueryKey("key", secret),
        Basic("hub", secret),
        ClientCredentials(client, scopes=("read",)),
        HmacSigned("k1", secret, now=ctx.now),
        MessageSigned("k1", HmacKey(secret), now=ctx.now),
        MessageSigned("k2", Ed25519Key(secret), now=ctx.now, components=("@method", "@path")),
    )


def configured(values: dict[str, object]) -> AcmeConfig:
    """Settings, typed."""
    assert_type(schema(AcmeConfig), dict[str, Any])
    return read_config(AcmeConfig, values, where="connectors.acme")


@hookimpl
def c360_connectors() -> Sequence[type[Connector[Any]]]:
    """The connectors of this plugin."""
    return (Acme,)
