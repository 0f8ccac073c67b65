"""What one customer's consent lets the hub read at a bank: the requests of the CDR, typed and paged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Protocol, TypeVar
from urllib.parse import parse_qs, urlsplit

from c360.auth import Auth
from c360.contract import Context, Need, Ref
from c360.correlation import correlation_id
from c360.errors import PartnerFault, RetryLater
from c360.http import Params, Response
from c360.lookups import Once, segment
from plugins.banking import payloads as wire

# The version of each operation's payload, by Banking 1.36.0 and Common 1.36.0.
_CUSTOMER_DETAIL = "2"
_ACCOUNTS = "3"
_ACCOUNT_DETAIL = "5"
_BALANCES_OF_ACCOUNTS = "1"
_DIRECT_DEBITS = "2"
_TRANSACTIONS = "2"

_CUSTOMER = wire.Answer[wire.Customer]
_ACCOUNTS_PAGE = wire.Answer[wire.Accounts]
_DETAIL = wire.Answer[wire.AccountDetail]
_BALANCES_PAGE = wire.Answer[wire.Balances]
_DEBITS_PAGE = wire.Answer[wire.DirectDebits]


class Movement(Protocol):
    """What every movement that is decoded has, however much of it is wanted."""

    @property
    def transaction_id(self) -> str | None:
        """By which it is told from others, where the bank gives it."""
        ...


PageT = TypeVar("PageT")
ItemT = TypeVar("ItemT")
MovementT = TypeVar("MovementT", bound=Movement)


class Consent:
    """Reads with one customer's token. Made for one fetch.

    All its requests carry one interaction id, as the FAPI profile asks for. The list of accounts, which
    several kinds of record need, is asked for once.
    """

    def __init__(self, ref: Ref, ctx: Context, *, page_size: int, max_records: int) -> None:
        self.party_id = ref.party_id
        self._ref = ref
        self._http = ctx.http
        self._page_size = str(page_size)
        self._max_records = max_records
        self._interaction = correlation_id()
        # Every resource call has to say when the customer last logged in with the recipient. Customers
        # do not log in with the hub, which acts on their standing consent: its own moment stands in.
        self._auth_date = _http_date(ctx.now().replace(microsecond=0))
        self._auth: Auth | None = None
        self.accounts = Once(self._accounts)
        """The accounts the consent covers, open and closed."""

    async def customer(self) -> wire.Customer:
        """Who granted the consent."""
        response = await self._get("/common/customer/detail", _CUSTOMER_DETAIL)
        return response.decode(_CUSTOMER).data

    async def _accounts(self) -> tuple[wire.Account, ...]:
        async def ask(page: int) -> wire.Answer[wire.Accounts] | None:
            response = await self._get(
                "/banking/accounts", _ACCOUNTS, params=self._paged(page), accept=(422,)
            )
            return None if _past_the_end(response) else response.decode(_ACCOUNTS_PAGE)

        return await self._all(ask, lambda data: data.accounts, lambda account: account.account_id)

    async def balances(self, account_ids: Sequence[str]) -> tuple[wire.Balance, ...]:
        """The balances of those accounts, all in one request per page."""

        async def ask(page: int) -> wire.Answer[wire.Balances] | None:
            response = await self._http.post(
                "/banking/accounts/balances",
                json={"data": {"accountIds": account_ids}, "meta": {}},
                params=self._paged(page),
                headers=self._versioned(_BALANCES_OF_ACCOUNTS),
                auth=self._grant(),
                accept=(422,),
                safe=True,
            )
            return None if _past_the_end(response) else response.decode(_BALANCES_PAGE)

        return await self._all(ask, lambda data: data.balances, lambda balance: balance.account_id)

    async def account(self, account_id: str) -> wire.AccountDetail | None:
        """The detail of an account; ``None`` where the bank has withdrawn it for good."""
        response = await self._get(f"/banking/accounts/{segment(account_id)}", _ACCOUNT_DETAIL, accept=(404,))
        return None if _withdrawn(response) else response.decode(_DETAIL).data

    async def direct_debits(self) -> tuple[wire.DirectDebit, ...]:
        """The authorisations to debit any account of the consent."""

        async def ask(page: int) -> wire.Answer[wire.DirectDebits] | None:
            response = await self._get(
                "/banking/accounts/direct-debits", _DIRECT_DEBITS, params=self._paged(page), accept=(422,)
            )
            return None if _past_the_end(response) else response.decode(_DEBITS_PAGE)

        return await self._all(ask, lambda data: data.direct_debit_authorisations, lambda debit: debit)

    async def transactions(
        self, account_id: str, window: Need, kind: type[MovementT]
    ) -> tuple[MovementT, ...]:
        """The movements of an account on the days of a window, which are days in UTC.

        Args:
            account_id: whose.
            window: the days.
            kind: what each is decoded to, whole or in part.
        """
        path = f"/banking/accounts/{segment(account_id)}/transactions"

        answer = wire.Answer[wire.Transactions[kind]]  # type: ignore[valid-type]  # made at run time

        async def ask(page: int) -> wire.Answer[wire.Transactions[MovementT]] | None:
            params = {**self._paged(page), **_times(window)}
            response = await self._get(path, _TRANSACTIONS, params=params, accept=(404, 422))
            if _withdrawn(response) or _past_the_end(response):
                return None
            return response.decode(answer)

        return await self._all(ask, lambda data: data.transactions, lambda it: it.transaction_id)

    async def _get(
        self, path: str, version: str, *, params: Params | None = None, accept: Collection[int] = ()
    ) -> Response:
        return await self._http.get(
            path, params=params, headers=self._versioned(version), auth=self._grant(), accept=accept
        )

    def _grant(self) -> Auth:
        """The customer's consent token, made a credential once for all requests."""
        if self._auth is None:
            self._auth = self._ref.auth()
        return self._auth

    def _versioned(self, version: str) -> Mapping[str, str]:
        return {
            "x-v": version,
            "x-fapi-interaction-id": self._interaction,
            "x-fapi-auth-date": self._auth_date,
        }

    def _paged(self, page: int) -> dict[str, str]:
        return {"page": str(page), "page-size": self._page_size}

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
            following = _next_page(answer, page)
            if following is None and page == 1:
                return records
            if following is not None and (not records or records == last):
                raise PartnerFault("paging does not advance")
            page = following
            keys = [key(record) for record in records]
            found.extend(
                record for record, mark in zip(records, keys, strict=True) if mark is None or mark not in seen
            )
            seen.update(keys)
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


@lru_cache(maxsize=4)
def _http_date(moment: datetime) -> str:
    """A moment, in whole seconds, as HTTP writes it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


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
