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
from datetime import date, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar

from c360.auth import Auth, credential_in
from c360.contract import (
    Connector,
    Context,
    Description,
    Exemption,
    Fetch,
    Fetched,
    Limits,
    Lookup,
    Need,
    Ref,
    fetch_each,
)
from c360.correlation import correlation_id
from c360.errors import ConnectorError, ProblemCode
from c360.http import Response
from c360.lookups import segment, together
from c360.paging import HeaderCursor, Step, every, pages
from c360.records.brokerage import CustodyAccount, Position, TradeTransaction
from plugins.brokerage import mapping
from plugins.brokerage.config import CustodyConfig
from plugins.brokerage.payloads import WireAccount, WirePosition, WireTransaction

WireT = TypeVar("WireT", WireAccount, WirePosition, WireTransaction)

ACCOUNTS = "brokerage.accounts"
POSITIONS = "brokerage.positions"
TRANSACTIONS = "brokerage.transactions"

_ACCOUNTS = list[WireAccount]
_POSITIONS = list[WirePosition]
_TRANSACTIONS = list[WireTransaction]


class OpenWealthCustody(Connector[CustodyConfig]):
    """A custodian, asked customer by customer."""

    description: ClassVar[Description] = Description(
        name="openwealth_custody",
        title="OpenWealth Custody",
        domain="brokerage",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind=ACCOUNTS), Fetch(kind=POSITIONS), Fetch(kind=TRANSACTIONS, cheap_days=31)),
        config=CustodyConfig,
        limits=Limits(concurrency=16),
        exemptions=(
            Exemption(
                rule="identify", reason="The API searches by no key, and a customer there has no name."
            ),
            Exemption(rule="feeds", reason="The API tells no changes, but the state of a customer on a day."),
            Exemption(rule="webhooks", reason="Custodians do not call when a customer's data change."),
            Exemption(
                rule="actions", reason="Custody services are there to read alone; they take no orders."
            ),
            Exemption(rule="rate-limit", reason="The API states no rate: each custodian sets its own."),
        ),
        documentation="https://github.com/swissfintechinnovations/ca-wealth",
    )

    def __init__(self, config: CustodyConfig, ctx: Context) -> None:
        super().__init__(config, ctx)
        self._auth = credential_in(config.credential_header, config.credential)
        # The API's operations call the header of the next cursor ``nextCursor``; its definition is titled
        # ``X-Next-Cursor``, and a custodian that reads only that must not lose its further pages.
        self._paging = HeaderCursor[Any](("nextcursor", "x-next-cursor"), size=("limit", config.page_size))

    def auth(self) -> Auth:
        """The hub's credential, as a bearer token or in the custodian's own header."""
        return self._auth

    def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """Accounts, positions and transactions, all at once."""
        return fetch_each(
            needs,
            refs,
            {ACCOUNTS: self._accounts, POSITIONS: self._positions, TRANSACTIONS: self._transactions},
        )

    async def _accounts(self, ref: Ref, _need: Need) -> list[CustodyAccount]:
        wires = await self._pages(f"{_customer(ref)}/accounts", {}, _ACCOUNTS)
        return [mapping.account(wire) for wire in wires]

    async def _positions(self, ref: Ref, _need: Need) -> list[Position]:
        day = self.ctx.now().date() - timedelta(days=self.config.position_lag_days)
        wires = await self._pages(f"{_customer(ref)}/positions", {"date": day.isoformat()}, _POSITIONS)
        return [mapping.position(wire) for wire in wires]

    async def _transactions(self, ref: Ref, need: Need) -> list[TradeTransaction]:
        """The window's transactions, oldest first.

        ``date`` names the one day of which transactions are shown, so every day is a request.
        """
        path = f"{_customer(ref)}/transactions"
        days = self._days(need)
        jobs = [partial(self._pages, path, {"date": day}, _TRANSACTIONS) for day in days]
        found = {wire.id: mapping.transaction(wire) for wires in await together(jobs) for wire in wires}
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

    async def _pages(self, path: str, params: Mapping[str, str], kind: type[list[WireT]]) -> list[WireT]:
        """All pages of a list."""

        async def ask(step: Step) -> Response:
            return await self.ctx.http.get(
                path, params=step.params(params), headers={"X-Correlation-ID": correlation_id()}
            )

        def read(response: Response) -> list[WireT]:
            return response.decode(kind)

        return await every(pages(ask, read, self._paging), _themselves)


def _themselves(page: list[WireT]) -> list[WireT]:
    """The items of a page, which is nothing but a list of them."""
    return page


def _customer(ref: Ref) -> str:
    return f"/customers/{segment(ref.party_id)}"


def _days_before(day: date, days: int) -> date:
    return day - timedelta(days=min(days, day.toordinal() - 1))
