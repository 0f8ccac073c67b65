"""The back office's orders as records, and actions as orders."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from c360.auth import ApiKey, Auth
from c360.contract import (
    Action,
    ActionOutcome,
    ActionSpec,
    Change,
    Checkpoint,
    Connector,
    Description,
    Effect,
    Exemption,
    Feed,
    Fetch,
    Fetched,
    Limits,
    Lookup,
    Need,
    Receipt,
    Ref,
    Upsert,
    Webhook,
    WebhookSpec,
)
from c360.errors import ConnectorError, OutcomeUnknown, PartnerFault, RefusalCode, WebhookRefused
from c360.http import Params, Response
from c360.records.base import Record
from c360.records.workorders import CancelOrder
from plugins.workorders import mapping, payloads, signatures
from plugins.workorders.config import WorkOrdersConfig

ORDERS = "workorders.orders"
CUSTOMERS = 50
"""Customers that one list takes."""
_MAX_PAGES = 2_000
_OVERLAP = timedelta(minutes=5)
"""Orders that moved while a feed was read may show late, so each run looks back."""
_REFUSED = (404, 409, 422)
"""Statuses of a refusal, which is an answer."""


class WorkOrders(Connector[WorkOrdersConfig]):
    """One back office."""

    description = Description(
        name="workorders",
        title="Work orders (c360's own API)",
        domain="workorders",
        lookup=Lookup.BY_KEY,
        fetches=(Fetch(kind=ORDERS, batch=CUSTOMERS),),
        config=WorkOrdersConfig,
        feeds=(Feed(kind=ORDERS),),
        limits=Limits(concurrency=8, requests_per_second=50),
        actions=tuple(
            ActionSpec(kind=kind, effect=Effect.KEYED) for kind in (*mapping.TYPES, "workorders.cancel_order")
        ),
        webhooks=WebhookSpec(kinds=(ORDERS,), signed=True, replay_window=signatures.WINDOW),
        exemptions=(
            Exemption(
                rule="identify",
                reason="Customers are known by the company's own number, which the hub brings along.",
            ),
        ),
        # Each back office serves it at an address of its own; docs/workorders.openapi.yaml holds it.
        documentation="https://backoffice.example/workorders/openapi.yaml",
    )

    def auth(self) -> Auth:
        """The key of this hub."""
        return ApiKey("x-api-key", self.config.api_key)

    async def fetch(self, needs: Sequence[Need], refs: Sequence[Ref]) -> AsyncIterator[Fetched]:
        """One list over all customers."""
        if not needs or not refs:
            return
        found: dict[str, list[Record]] = {ref.party_id: [] for ref in refs}
        async for page in self._pages({"customerId": tuple(found)}):
            for each in page.orders:
                if each.customer_id not in found:
                    raise PartnerFault("the list has an order of a customer that was not asked for")
                found[each.customer_id].append(mapping.order(each))
        for ref in refs:
            yield Fetched(ref=ref, kind=ORDERS, records=tuple(found[ref.party_id]))

    async def changes(self, kind: str, since: str | None) -> AsyncIterator[Change]:
        """Orders in the order of their moving, from a little before the cursor on."""
        last = _moment(since)
        start = None if last is None else (last - _OVERLAP).isoformat()
        async for page in self._pages({"movedSince": start}):
            for each in page.orders:
                yield _upsert(each)
                last = each.moved_at if last is None else max(last, each.moved_at)
            if page.next is not None and last is not None:
                yield Checkpoint(cursor=last.isoformat())
        yield Checkpoint(cursor=(last or self.ctx.now()).isoformat(), progress=1.0)

    async def act(self, action: Action) -> ActionOutcome:
        """Place an order, or withdraw one."""
        if isinstance(action.input, CancelOrder):
            path = f"/orders/{quote(action.input.order_id, safe='')}/cancel"
            answer = await self._post(path, {"customerId": action.ref.party_id}, action)
            return _read(answer, withdraws=True)
        kind = mapping.TYPES.get(action.kind)
        if kind is None:
            raise ConnectorError(f"{action.kind} is not an action of this connector")
        body = {
            "customerId": action.ref.party_id,
            "type": kind.value,
            "details": mapping.details(action.input),
        }
        return _read(await self._post("/orders", body, action), withdraws=False)

    async def trace(self, action: Action) -> ActionOutcome | None:
        """The order that the action's key placed or withdrew, as it stands now."""
        page = await self._page({"idempotencyKey": action.idempotency_key})
        for each in page.orders:
            return _outcome(each, withdraws=isinstance(action.input, CancelOrder))
        return None

    def receive(self, webhook: Webhook) -> Receipt:
        """An order that moved."""
        signatures.verify(webhook, self.config.webhook_secret)
        try:
            event = msgspec.json.decode(webhook.content, type=payloads.Event)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise WebhookRefused("the call is not an event of the API", code=RefusalCode.MALFORMED) from None
        changes = (_upsert(event.order),) if event.type == "order.moved" else ()
        return Receipt(event_id=event.id, changes=changes)

    async def _post(self, path: str, body: object, action: Action) -> Response:
        headers = {"idempotency-key": action.idempotency_key}
        return await self.ctx.http.post(path, json=body, headers=headers, accept=_REFUSED)

    async def _page(self, params: Params) -> payloads.Page:
        answer = await self.ctx.http.get("/orders", params=params, accept=(404,))
        if answer.status == 404:  # a list may be empty, but it is there
            raise PartnerFault("there is no list of orders at this address")
        return answer.decode(payloads.Page)

    async def _pages(self, params: Params) -> AsyncIterator[payloads.Page]:
        cursor: str | None = None
        seen: set[str] = set()
        for _ in range(_MAX_PAGES):
            page = await self._page({**params, "limit": self.config.page_size, "cursor": cursor})
            yield page
            cursor = page.next
            if not cursor:
                return
            if cursor in seen:
                raise PartnerFault("the list's cursor goes in a circle")
            seen.add(cursor)
        raise PartnerFault("the list does not end")


def _read(answer: Response, *, withdraws: bool) -> ActionOutcome:
    if answer.status in _REFUSED:
        return mapping.refused(answer.decode(payloads.Refusal))
    try:
        return _outcome(answer.decode(payloads.Order), withdraws=withdraws)
    except PartnerFault as fault:
        raise OutcomeUnknown(f"it was taken, but the answer cannot be read: {fault}") from None


def _outcome(order: payloads.Order, *, withdraws: bool) -> ActionOutcome:
    return mapping.withdrawn(order) if withdraws else mapping.outcome(order)


def _upsert(order: payloads.Order) -> Upsert:
    return Upsert(kind=ORDERS, party_id=order.customer_id, object_id=order.id, record=mapping.order(order))


def _moment(cursor: str | None) -> datetime | None:
    if cursor is None:
        return None
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise PartnerFault("the feed's cursor cannot be read; read the feed from its beginning")
    return moment
