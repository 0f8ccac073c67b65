"""What changed at Square since the last time: profiles and ledger entries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from c360.contract import Change, Checkpoint, Upsert
from c360.errors import PartnerFault, SkipCustomer
from c360.kinds import PARTY
from plugins.loyalty import mapping
from plugins.loyalty.client import SquareClient

ACTIVITY = "loyalty.activity"

OVERLAP = timedelta(minutes=10)
"""Square's searches may see a change a minute or more after it was made, so each run looks back."""


async def profiles(client: SquareClient, since: str | None, now: datetime) -> AsyncIterator[Change]:
    """Profiles updated since the cursor, which is the moment the last run began."""
    updated = {"end_at": now.isoformat()}
    if since is not None:
        updated["start_at"] = (_instant(since) - OVERLAP).isoformat()
    query = {"filter": {"updated_at": updated}, "sort": {"field": "CREATED_AT", "order": "ASC"}}
    async for page in client.search_customers(query):
        for customer in page.customers or ():
            yield Upsert(
                kind=PARTY, party_id=customer.id, object_id=customer.id, record=mapping.party(customer)
            )
    yield Checkpoint(cursor=now.isoformat(), progress=1.0)


async def activity(client: SquareClient, since: str | None, now: datetime) -> AsyncIterator[Change]:
    """Ledger entries made since the cursor.

    They come newest first. While a run is under way its cursor is ``FROM/UNTIL/BEGAN``, and what
    lies between FROM (empty: the beginning) and UNTIL is still to be read; when it is done the
    cursor is BEGAN, the moment from which the next run continues.
    """
    start, until, began = _resume(since, now)
    owners = _Owners(client)
    if since is None:
        await owners.load()
    created = {"end_at": until} if start is None else {"start_at": start, "end_at": until}
    async for page in client.search_events({"date_time_filter": {"created_at": created}}):
        for event in page.events or ():
            owner = await owners.of(event.loyalty_account_id)
            if owner is not None:
                yield Upsert(kind=ACTIVITY, party_id=owner, object_id=event.id, record=mapping.event(event))
        if page.events and page.cursor:
            # The end is exclusive, and more of that very instant may be on the next page.
            rest = (page.events[-1].created_at + timedelta(milliseconds=1)).isoformat()
            yield Checkpoint(cursor=f"{start or ''}/{rest}/{began}")
    yield Checkpoint(cursor=began, progress=1.0)


class _Owners:
    """Whose account an event is in: events name the account alone."""

    def __init__(self, client: SquareClient) -> None:
        self._client = client
        self._known: dict[str, str | None] = {}

    async def load(self) -> None:
        """Learn all accounts at once, which is cheaper than one by one when all events are read."""
        async for page in self._client.search_accounts({}):
            self._known.update({it.id: it.customer_id for it in page.loyalty_accounts or ()})

    async def of(self, account_id: str) -> str | None:
        """The customer of an account; ``None`` for one that is mapped to a phone number alone or gone."""
        if account_id not in self._known:
            try:
                self._known[account_id] = (await self._client.account(account_id)).customer_id
            except SkipCustomer:
                self._known[account_id] = None
        return self._known[account_id]


def _resume(since: str | None, now: datetime) -> tuple[str | None, str, str]:
    began = now.isoformat()
    if since is None:
        return None, began, began
    start, slash, rest = since.partition("/")
    if not slash:
        return (_instant(since) - OVERLAP).isoformat(), began, began
    until, _, first_began = rest.partition("/")
    return start or None, until, first_began


def _instant(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise PartnerFault("the feed's cursor cannot be read") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
