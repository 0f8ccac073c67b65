"""What one customer's consent lets the hub read at a bank: the requests of the CDR, typed and paged."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from datetime import UTC
from email.utils import format_datetime
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from c360.contract import Context, Need, Ref
from c360.errors import PartnerFault, RetryLater
from c360.http import Params, Response
from c360.lookups import segment
from plugins.banking import payloads as wire

# The version of each operation's payload, by Banking 1.36.0 and Common 1.36.0.
_CUSTOMER_DETAIL = "2"
_ACCOUNTS = "3"
_ACCOUNT_DETAIL = "5"
_BALANCES_OF_ACCOUNTS = "1"
_DIRECT_DEBITS = "2"
_TRANSACTIONS = "2"

PageT = TypeVar("PageT")
ItemT = TypeVar("ItemT")


class Consent:
    """Reads with one customer's token. Made for one fetch.

    But for the correlation id, which is new on every request, the headers stay the same, so that the
    host recognises a repeated request (several kinds of record need the list of accounts).
    """

    def __init__(self, ref: Ref, ctx: Context, *, page_size: int, max_records: int) -> None:
        self.party_id = ref.party_id
        self._ref = ref
        self._http = ctx.http
        self._page_size = page_size
        self._max_records = max_records
        # Every resource call has to say when the customer last logged in with the recipient. Customers
        # do not log in with the hub, which acts on their standing consent: its own moment stands in.
        self._auth_date = format_datetime(ctx.now().astimezone(UTC), usegmt=True)

    async def customer(self) -> wire.Customer:
        """Who granted the consent."""
        response = await self._get("/common/customer/detail", _CUSTOMER_DETAIL)
        return response.decode(wire.Answer[wire.Customer]).data

    async def accounts(self) -> tuple[wire.Account, ...]:
        """The accounts the consent covers, open and closed."""

        async def ask(page: int) -> wire.Answer[wire.Accounts] | None:
            response = await self._get(
                "/banking/accounts", _ACCOUNTS, params=self._paged(page), accept=(422,)
            )
            return None if _past_the_end(response) else response.decode(wire.Answer[wire.Accounts])

        return await self._all(ask, lambda data: data.accounts, lambda account: account.account_id)

    async def balances(self, account_ids: Sequence[str]) -> tuple[wire.Balance, ...]:
        """The balances of those accounts, all in one request per page."""

        async def ask(page: int) -> wire.Answer[wire.Balances] | None:
            response = await self._http.post(
                "/banking/accounts/balances",
                json={"data": {"accountIds": account_ids}, "meta": {}},
                params=self._paged(page),
                headers=self._versioned(_BALANCES_OF_ACCOUNTS),
                auth=self._ref.auth(),
                accept=(422,),
                safe=True,
            )
            return None if _past_the_end(response) else response.decode(wire.Answer[wire.Balances])

        return await self._all(ask, lambda data: data.balances, lambda balance: balance.account_id)

    async def account(self, account_id: str) -> wire.AccountDetail | None:
        """The detail of an account; ``None`` where the bank has withdrawn it for good."""
        response = await self._get(f"/banking/accounts/{segment(account_id)}", _ACCOUNT_DETAIL, accept=(404,))
        return None if _withdrawn(response) else response.decode(wire.Answer[wire.AccountDetail]).data

    async def direct_debits(self) -> tuple[wire.DirectDebit, ...]:
        """The authorisations to debit any account of the consent."""

        async def ask(page: int) -> wire.Answer[wire.DirectDebits] | None:
            response = await self._get(
                "/banking/accounts/direct-debits", _DIRECT_DEBITS, params=self._paged(page), accept=(422,)
            )
            return None if _past_the_end(response) else response.decode(wire.Answer[wire.DirectDebits])

        return await self._all(ask, lambda data: data.direct_debit_authorisations, lambda debit: debit)

    async def transactions(self, account_id: str, window: Need) -> tuple[wire.Transaction, ...]:
        """The movements of an account on the days of a window, which are days in UTC."""
        path = f"/banking/accounts/{segment(account_id)}/transactions"

        async def ask(page: int) -> wire.Answer[wire.Transactions] | None:
            params = {**self._paged(page), **_times(window)}
            response = await self._get(path, _TRANSACTIONS, params=params, accept=(404, 422))
            if _withdrawn(response) or _past_the_end(response):
                return None
            return response.decode(wire.Answer[wire.Transactions])

        return await self._all(ask, lambda data: data.transactions, lambda movement: movement.transaction_id)

    async def _get(
        self, path: str, version: str, *, params: Params | None = None, accept: Collection[int] = ()
    ) -> Response:
        return await self._http.get(
            path, params=params, headers=self._versioned(version), auth=self._ref.auth(), accept=accept
        )

    def _versioned(self, version: str) -> Mapping[str, str]:
        return {
            "x-v": version,
            "x-fapi-interaction-id": str(uuid.uuid4()),
            "x-fapi-auth-date": self._auth_date,
        }

    def _paged(self, page: int) -> dict[str, str]:
        return {"page": str(page), "page-size": str(self._page_size)}

    async def _all(
        self,
        ask: Callable[[int], Awaitable[wire.Answer[PageT] | None]],
        items: Callable[[PageT], tuple[ItemT, ...]],
        key: Callable[[ItemT], Hashable | None],
    ) -> tuple[ItemT, ...]:
        """Page to the end, or to where the host cuts off anyway.

        A bank may page without isolation and repeat on a later page what moved there meanwhile:
        ``key`` tells it. ``None`` keys are all different.
        """
        found: list[ItemT] = []
        seen: set[Hashable] = set()
        last: tuple[ItemT, ...] = ()
        page: int | None = 1
        while page is not None and len(found) <= self._max_records:
            answer = await ask(page)
            if answer is None:
                break
            records = items(answer.data)
            page = _next_page(answer, page)
            if page is not None and (not records or records == last):
                raise PartnerFault("paging does not advance")
            found.extend(record for record in records if key(record) is None or key(record) not in seen)
            seen.update(key(record) for record in records)
            last = records
        return tuple(found)


def _next_page(answer: wire.Answer[PageT], page: int) -> int | None:
    """Number of the page that the answer says is next.

    The link itself is not followed: a token goes to the configured address alone.
    """
    if not answer.links.next:
        return None
    try:
        following = int(parse_qs(urlsplit(answer.links.next).query)["page"][0])
    except (KeyError, ValueError):
        raise PartnerFault("the link to the next page names no page") from None
    if following <= page:
        raise PartnerFault("paging leads in a circle")
    return following


def _times(window: Need) -> dict[str, str]:
    times: dict[str, str] = {}
    if window.since is not None:
        times["oldest-time"] = f"{window.since.isoformat()}T00:00:00Z"
    if window.until is not None:
        times["newest-time"] = f"{window.until.isoformat()}T23:59:59.999999Z"
    return times


def _withdrawn(response: Response) -> bool:
    """Whether an account of the list is gone for good by now.

    Raises:
        RetryLater: it is unavailable for the moment.
    """
    if response.status != 404:
        return False
    if _codes(response) & {"InvalidBankingAccount", "Invalid"}:
        return True
    raise RetryLater("HTTP 404 for an account of the list")


def _past_the_end(response: Response) -> bool:
    """Whether the list became shorter while it was paged through.

    Raises:
        RetryLater: accounts of the list are not available, any more or for the moment.
        PartnerFault: any other refusal.
    """
    if response.status < 400:
        return False
    codes = _codes(response)
    if "InvalidPage" in codes:
        return True
    if codes & {"InvalidBankingAccount", "UnavailableBankingAccount"}:
        raise RetryLater(f"HTTP {response.status} for an account of the list")
    raise PartnerFault(f"HTTP {response.status}")


def _codes(response: Response) -> frozenset[str]:
    """Last parts of the standard error codes of an answer, without the texts beside them."""
    try:
        faults = response.decode(wire.Faults).errors
    except PartnerFault:
        return frozenset()
    codes = (code for fault in faults for code in (fault.code, fault.meta.urn if fault.meta else None))
    return frozenset(
        code.rpartition("/")[2] for code in codes if code and code.startswith("urn:au-cds:error:")
    )
