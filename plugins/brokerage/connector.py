"""Connector to custodians that speak OpenWealth Custody Services 3.2.0.

Read by customer id with the hub's own credential; the API has no batch and no search.

Not covered, and why:

- ``/customers`` and ``/customers/{id}``: a customer there is an id, a number and a currency, without
  a name or even whether it is a person. There is nothing for a ``party.profile``, and finding a
  customer number would mean to page through all customers in a request.
- ``/accounts/{id}/positions`` and the single-object operations: ``/customers/{id}/...`` holds the same.
- A transaction's movements (taxes, fees, one by one) and prices: the postings say what it came to.
- Terms of instruments (coupons, maturities, strikes, underlyings) and acquisition costs.
- A feed of changes: the API tells no changes, and one request per customer and day is too many to poll.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import date, timedelta
from functools import partial
from typing import ClassVar, TypeVar
from urllib.parse import quote
from uuid import uuid4

from c360.auth import Auth, credential_in
from c360.contract import (
    Connector,
    Description,
    Fetch,
    Fetched,
    Limits,
    Lookup,
    Need,
    Ref,
    as_completed,
    fetch_each,
)
from c360.errors import ConnectorError, PartnerFault, ProblemCode
from c360.records.brokerage import CustodyAccount, Position, TradeTransaction
from plugins.brokerage import mapping
from plugins.brokerage.config import CustodyConfig
from plugins.brokerage.payloads import WireAccount, WirePosition, WireTransaction

WireT = TypeVar("WireT", WireAccount, WirePosition, WireTransaction)

ACCOUNTS = "brokerage.accounts"
POSITIONS = "brokerage.positions"
TRANSACTIONS = "brokerage.transactions"


class OpenWealthCustody(Connector[CustodyConfig]):
    """A custodian, asked customer by customer."""

    description: ClassVar[Description] = Description(
        name="openwealth_custody",
        title="OpenWealth Custody",
        domain="brokerage",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind=ACCOUNTS), Fetch(kind=POSITIONS), Fetch(kind=TRANSACTIONS)),
        config=CustodyConfig,
        limits=Limits(concurrency=16),
        documentation="https://github.com/swissfintechinnovations/ca-wealth",
    )

    def auth(self) -> Auth:
        """The hub's credential, as a bearer token or in the custodian's own header."""
        return credential_in(self.config.credential_header, self.config.credential)

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """Accounts, positions and transactions, all at once."""
        return fetch_each(
            needs,
            refs,
            {ACCOUNTS: self._accounts, POSITIONS: self._positions, TRANSACTIONS: self._transactions},
        )

    async def _accounts(self, ref: Ref, _need: Need) -> list[CustodyAccount]:
        wires = await self._pages(f"{_customer(ref)}/accounts", {}, WireAccount)
        return [mapping.account(wire) for wire in wires]

    async def _positions(self, ref: Ref, _need: Need) -> list[Position]:
        day = self.ctx.now().date() - timedelta(days=self.config.position_lag_days)
        wires = await self._pages(f"{_customer(ref)}/positions", {"date": day.isoformat()}, WirePosition)
        return [mapping.position(wire) for wire in wires]

    async def _transactions(self, ref: Ref, need: Need) -> list[TradeTransaction]:
        """The window's transactions, oldest first.

        ``date`` names the one day of which transactions are shown, so every day is a request.
        """
        path = f"{_customer(ref)}/transactions"
        days = self._days(need)
        jobs = {day: partial(self._pages, path, {"date": day}, WireTransaction) for day in days}
        found: dict[str, TradeTransaction] = {}
        async with aclosing(as_completed(jobs)) as outcomes:
            async for _day, outcome in outcomes:
                if isinstance(outcome, ConnectorError):
                    raise outcome
                found.update((wire.id, mapping.transaction(wire)) for wire in outcome)
        return sorted(found.values(), key=lambda item: (item.transacted_on, item.transaction_id))

    def _days(self, need: Need) -> list[str]:
        today = self.ctx.now().date()
        last = min(need.until or today, today)
        first = need.since or _days_before(last, self.config.transaction_days - 1)
        count = (last - first).days + 1
        if count > self.config.max_transaction_days:
            raise ConnectorError(
                f"a window of {count} days is longer than max_transaction_days",
                code=ProblemCode.TOO_MUCH_DATA,
            )
        return [(first + timedelta(days=day)).isoformat() for day in range(count)]

    async def _pages(self, path: str, params: Mapping[str, str], kind: type[WireT]) -> list[WireT]:
        """All pages of a list.

        Raises:
            PartnerFault: the next cursor is one that was already followed.
        """
        items: list[WireT] = []
        cursor: str | None = None
        followed: set[str] = set()
        while True:
            response = await self.ctx.http.get(
                path,
                params={**params, "limit": self.config.page_size, "cursor": cursor},
                headers={"X-Correlation-ID": str(uuid4())},
            )
            items.extend(response.decode(list[kind]))  # type: ignore[valid-type]  # a type given at run time
            cursor = _next_cursor(response.headers)
            if not cursor:
                return items
            if cursor in followed:
                raise PartnerFault("the paging cursor repeats itself")
            followed.add(cursor)


def _customer(ref: Ref) -> str:
    return f"/customers/{quote(ref.party_id, safe='')}"


def _next_cursor(headers: Mapping[str, str]) -> str:
    """The cursor of the next page, empty at the end.

    The API's operations call the header ``nextCursor``; its definition is titled ``X-Next-Cursor``, and
    a custodian that reads only that must not lose its further pages.
    """
    return headers.get("nextcursor") or headers.get("x-next-cursor") or ""


def _days_before(day: date, days: int) -> date:
    return day - timedelta(days=min(days, day.toordinal() - 1))
