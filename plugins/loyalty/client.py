"""Square's searches and batches, read to the end of their cursors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from c360.errors import OutcomeUnknown, PartnerFault
from c360.http import Http, Response
from c360.paging import Cursor, Step, pages
from plugins.loyalty import payloads
from plugins.loyalty.errors import check, check_batch

BULK_CUSTOMERS = 100
"""Customers that ``BulkRetrieveCustomers`` takes."""
SEARCHED_CUSTOMERS = 30
"""Customers that one search for loyalty accounts takes."""
CUSTOMER_PAGE = 100
_ACCOUNT_PAGE = 200
_EVENT_PAGE = 30
REFUSALS = (400, 404, 409)
"""Statuses with which Square says no to a change for good."""
_MAX_PAGES = 5_000
"""More is no answer but a fault: the host lets no customer have that many records."""

_CURSOR = Cursor[Any](lambda page: page.cursor, in_body=True)

AnswerT = TypeVar("AnswerT", bound=payloads.Page | payloads.BulkRetrieveCustomersResponse)
PageT = TypeVar("PageT", bound=payloads.Page)
Json = dict[str, Any]


class SquareClient:
    """The operations that are used.

    All but :meth:`change`, :meth:`subscribe` and :meth:`unsubscribe` only read, also those that are POSTed.
    """

    def __init__(self, http: Http, version: str) -> None:
        self._http = http
        self._headers = {"square-version": version}

    async def customers(self, ids: Collection[str]) -> dict[str, payloads.RetrieveCustomerResponse]:
        """Customer profiles by id, or why there is none; at most :data:`BULK_CUSTOMERS`."""
        answer = await self._post(
            "/customers/bulk-retrieve", {"customer_ids": list(ids)}, payloads.BulkRetrieveCustomersResponse
        )
        check_batch(answer.errors)
        return answer.responses or {}

    def search_customers(
        self, query: Json, *, limit: int = CUSTOMER_PAGE
    ) -> AsyncIterator[payloads.SearchCustomersResponse]:
        """Pages of customer profiles."""
        body = {"limit": min(limit, CUSTOMER_PAGE), "query": query}
        return self._pages("/customers/search", body, payloads.SearchCustomersResponse)

    def search_accounts(self, query: Json) -> AsyncIterator[payloads.SearchLoyaltyAccountsResponse]:
        """Pages of loyalty accounts; all there are for an empty query."""
        body = {"limit": _ACCOUNT_PAGE, "query": query}
        return self._pages("/loyalty/accounts/search", body, payloads.SearchLoyaltyAccountsResponse)

    def search_events(self, only: Json) -> AsyncIterator[payloads.SearchLoyaltyEventsResponse]:
        """Pages of ledger entries that pass a filter, the newest first."""
        body: Json = {"limit": _EVENT_PAGE}
        if only:
            body["query"] = {"filter": only}
        return self._pages("/loyalty/events/search", body, payloads.SearchLoyaltyEventsResponse)

    async def account(self, account_id: str) -> payloads.LoyaltyAccount:
        """One loyalty account.

        Raises:
            SkipCustomer: it is gone.
        """
        path = f"/loyalty/accounts/{quote(account_id, safe='')}"
        response = await self._http.get(path, headers=self._headers)
        answer = response.decode(payloads.RetrieveLoyaltyAccountResponse)
        check(answer.errors)
        if answer.loyalty_account is None:
            raise PartnerFault("an account is missing in its own answer")
        return answer.loyalty_account

    async def reward(self, reward_id: str) -> payloads.LoyaltyReward:
        """One reward.

        Raises:
            SkipCustomer: it is gone.
        """
        path = f"/loyalty/rewards/{quote(reward_id, safe='')}"
        response = await self._http.get(path, headers=self._headers)
        answer = response.decode(payloads.RetrieveLoyaltyRewardResponse)
        check(answer.errors)
        if answer.reward is None:
            raise PartnerFault("a reward is missing in its own answer")
        return answer.reward

    async def change(self, path: str, body: Json) -> payloads.Changed:
        """Change something; also an answer that says no for good is an answer.

        Raises:
            OutcomeUnknown: it was sent, and no answer came.
            ConnectorError: it has no effect.
        """
        response = await self._http.post(path, json=body, headers=self._headers, accept=REFUSALS)
        try:
            return response.decode(payloads.Changed)
        except PartnerFault as fault:
            raise OutcomeUnknown(f"the answer to a change cannot be read: {fault}") from None

    async def subscribe(self, subscription: payloads.NewWebhookSubscription) -> payloads.WebhookSubscription:
        """Have events sent to an address, once under its key.

        Raises:
            OutcomeUnknown: it was sent, and no answer tells what became of it.
            ConnectorError: it has no effect.
        """
        response = await self._http.post("/webhooks/subscriptions", json=subscription, headers=self._headers)
        answer = response.decode(payloads.WebhookSubscriptionResponse)
        check(answer.errors)
        if answer.subscription is None:
            raise OutcomeUnknown("a subscription is missing in its own answer")
        return answer.subscription

    def subscriptions(self) -> AsyncIterator[payloads.ListWebhookSubscriptionsResponse]:
        """Pages of the addresses that events are sent to."""

        async def ask(step: Step) -> Response:
            path = "/webhooks/subscriptions"
            return await self._http.get(path, params=step.params(), headers=self._headers)

        def read(response: Response) -> payloads.ListWebhookSubscriptionsResponse:
            page = response.decode(payloads.ListWebhookSubscriptionsResponse)
            check_batch(page.errors)
            return page

        following = Cursor[payloads.ListWebhookSubscriptionsResponse](lambda page: page.cursor)
        return pages(ask, read, following, max_pages=_MAX_PAGES)

    async def unsubscribe(self, subscription_id: str) -> None:
        """Have no more events sent by a subscription; one that Square does not know is gone already.

        Raises:
            ConnectorError: it may be there still.
        """
        path = f"/webhooks/subscriptions/{quote(subscription_id, safe='')}"
        await self._http.request("DELETE", path, headers=self._headers, accept=(404,))

    def _pages(self, path: str, body: Json, kind: type[PageT]) -> AsyncIterator[PageT]:
        async def ask(step: Step) -> Response:
            return await self._search(path, step.body(body))

        def read(response: Response) -> PageT:
            page = _answer(response, kind)
            check_batch(page.errors)
            return page

        return pages(ask, read, _CURSOR, max_pages=_MAX_PAGES)

    async def _post(self, path: str, body: Json, kind: type[AnswerT]) -> AnswerT:
        return _answer(await self._search(path, body), kind)

    async def _search(self, path: str, body: Any) -> Response:
        response = await self._http.post(path, json=body, headers=self._headers, safe=True, accept=(404,))
        if response.status == 404:  # a search may find nothing, but it is there
            raise PartnerFault("there is no such search or batch at this address")
        return response


def _answer(response: Response, kind: type[AnswerT]) -> AnswerT:
    answer = response.decode(kind)
    if answer == kind() and response.decode(dict[str, msgspec.Raw]):
        # ``{}`` is how Square says that nothing was found; something else entirely is not that.
        raise PartnerFault("the answer has nothing of what the operation defines")
    return answer
