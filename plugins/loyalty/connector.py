"""Square Customers and Loyalty as the hub's loyalty partner."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, date, datetime, time, timedelta

from c360.auth import Auth, Bearer
from c360.contract import (
    Action,
    ActionOutcome,
    ActionSpec,
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
    PartyQuery,
    Receipt,
    Ref,
    Registration,
    Subscription,
    Webhook,
    WebhookSpec,
    as_completed,
)
from c360.errors import ConnectorError, PartnerFault, ProblemCode
from c360.kinds import PARTY
from c360.records.base import Record
from c360.records.party import Party
from plugins.loyalty import actions, feeds, mapping, payloads, webhooks
from plugins.loyalty.client import BULK_CUSTOMERS, SEARCHED_CUSTOMERS, Json, SquareClient
from plugins.loyalty.config import SquareConfig
from plugins.loyalty.errors import explain

MEMBERSHIPS = webhooks.MEMBERSHIPS
ACTIVITY = feeds.ACTIVITY

Accounts = Mapping[str, Sequence[payloads.LoyaltyAccount]]
"""Loyalty accounts by customer."""

_SEARCH_FIELDS = {KeyKind.EMAIL: "email_address", KeyKind.PHONE: "phone_number"}


class SquareLoyalty(Connector[SquareConfig]):
    """One Square seller: its customer directory and its loyalty programme."""

    description = Description(
        name="square_loyalty",
        title="Square Loyalty",
        domain="loyalty",
        lookup=Lookup.BY_KEY,
        fetches=(
            Fetch(kind=PARTY, batch=BULK_CUSTOMERS),
            Fetch(kind=MEMBERSHIPS, batch=SEARCHED_CUSTOMERS),
            Fetch(kind=ACTIVITY, batch=SEARCHED_CUSTOMERS),
        ),
        config=SquareConfig,
        identifies=tuple(_SEARCH_FIELDS),
        feeds=(Feed(kind=PARTY), Feed(kind=ACTIVITY)),
        actions=(
            ActionSpec(kind="loyalty.adjust_points", effect=Effect.KEYED),
            ActionSpec(kind="loyalty.create_reward", effect=Effect.KEYED),
            ActionSpec(kind="loyalty.redeem_reward", effect=Effect.KEYED),
        ),
        webhooks=WebhookSpec(kinds=(PARTY, MEMBERSHIPS, ACTIVITY), signed=True, registers=Effect.KEYED),
        limits=Limits(concurrency=8),
        exemptions=(
            Exemption(
                rule="rate-limit", reason="Square publishes no figure; it answers 429 when it is too much."
            ),
        ),
        documentation="https://developer.squareup.com/reference/square",
    )

    def __init__(self, config: SquareConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._auth = Bearer(config.access_token)
        self.client = SquareClient(ctx.http, config.square_version)
        """Square's operations with this instance's settings."""

    def auth(self) -> Auth:
        """The seller's access token."""
        return self._auth

    async def identify(self, query: PartyQuery) -> Sequence[Party]:
        """Customers whose e-mail address or phone number is exactly the one asked for."""
        field = _SEARCH_FIELDS.get(query.key)
        if field is None:
            raise PartnerFault(f"not searched by {query.key.value}", code=ProblemCode.NOT_SEARCHABLE)
        found: list[Party] = []
        pages = self.client.search_customers({"filter": {field: {"exact": query.value}}}, limit=query.limit)
        async for page in pages:
            found.extend(mapping.party(customer) for customer in page.customers or ())
            if len(found) >= query.limit:
                break
        return found[: query.limit]

    async def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """See :meth:`c360.contract.Connector.fetch`."""
        if not refs:
            return
        wanted = {need.kind: need for need in needs}
        if PARTY in wanted:
            profiles = await self.client.customers([ref.party_id for ref in refs])
            for ref in refs:
                yield _profile(ref, profiles.get(ref.party_id))
        if MEMBERSHIPS not in wanted and ACTIVITY not in wanted:
            return
        accounts = await self._accounts(refs)
        if MEMBERSHIPS in wanted:
            for ref in refs:
                records = tuple(mapping.membership(account) for account in accounts[ref.party_id])
                yield Fetched(ref=ref, kind=MEMBERSHIPS, records=records)
        if ACTIVITY in wanted:
            async for fetched in self._activity(wanted[ACTIVITY], refs, accounts):
                yield fetched

    def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        """Profiles that were updated, or ledger entries that were made, since the cursor."""
        feed = feeds.profiles if kind == PARTY else feeds.activity
        return feed(self.client, since, self.ctx.now())

    async def act(self, action: Action) -> ActionOutcome:
        """Points by hand, and rewards."""
        return await actions.perform(self.client, action)

    def receive(self, webhook: Webhook) -> Receipt:
        """Profiles and loyalty accounts that changed."""
        return webhooks.receive(webhook, self.config.webhook_signature_key, self.config.webhook_url)

    async def register(self, subscription: Subscription) -> Registration:
        """Have Square call the hub, once under its key."""
        return await webhooks.register(self.client, subscription, self.config.square_version)

    async def registrations(self) -> Sequence[Registration]:
        """The addresses that Square calls."""
        return await webhooks.registrations(self.client)

    async def deregister(self, references: Sequence[str]) -> None:
        """Have Square call no more."""
        for subscription_id in references:
            await self.client.unsubscribe(subscription_id)

    async def _accounts(self, refs: Sequence[Ref]) -> Accounts:
        """The accounts of every customer asked for; none for who never joined the programme."""
        found: dict[str, list[payloads.LoyaltyAccount]] = {ref.party_id: [] for ref in refs}
        async for page in self.client.search_accounts({"customer_ids": list(found)}):
            for account in page.loyalty_accounts or ():
                if account.customer_id in found:
                    found[account.customer_id].append(account)
        return found

    async def _activity(self, need: Need, refs: Sequence[Ref], accounts: Accounts) -> AsyncIterator[Fetched]:
        def job(ref: Ref) -> Callable[[], Awaitable[list[Record]]]:
            return lambda: self._history(need, accounts[ref.party_id])

        async with aclosing(as_completed({ref: job(ref) for ref in refs})) as outcomes:
            async for ref, outcome in outcomes:
                if isinstance(outcome, ConnectorError):
                    yield Fetched(ref=ref, kind=ACTIVITY, error=outcome)
                else:
                    yield Fetched(ref=ref, kind=ACTIVITY, records=tuple(outcome))

    async def _history(self, need: Need, accounts: Sequence[payloads.LoyaltyAccount]) -> list[Record]:
        records: list[Record] = []
        for account in accounts:
            only = {"loyalty_account_filter": {"loyalty_account_id": account.id}}
            async for page in self.client.search_events({**only, **window(need.since, need.until)}):
                records.extend(mapping.event(event) for event in page.events or ())
        return records


def window(since: date | None, until: date | None) -> Json:
    """The filter for a window of days in UTC, both included. Square's own end is exclusive."""
    created: dict[str, str] = {}
    if since is not None:
        created["start_at"] = _midnight(since)
    if until is not None and until < date.max:
        created["end_at"] = _midnight(until + timedelta(days=1))
    return {"date_time_filter": {"created_at": created}} if created else {}


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat()


def _profile(ref: Ref, entry: payloads.RetrieveCustomerResponse | None) -> Fetched:
    if entry is not None and entry.customer is not None:
        return Fetched(ref=ref, kind=PARTY, records=(mapping.party(entry.customer),))
    if entry is not None and entry.errors:
        return Fetched(ref=ref, kind=PARTY, error=explain(entry.errors))
    return Fetched(ref=ref, kind=PARTY, error=PartnerFault("a customer is missing in the bulk answer"))
