"""What Square's calls tell: the events of customers and of the loyalty programme."""

from __future__ import annotations

from collections.abc import Sequence

from c360 import verifying
from c360.changes import Change, Deletion, Outdated, Upsert
from c360.errors import RefusalCode, WebhookRefused
from c360.kinds import PARTY
from c360.values import Secret
from c360.webhooks import Receipt, Webhook
from plugins.loyalty import mapping, payloads
from plugins.loyalty.feeds import ACTIVITY

MEMBERSHIPS = "loyalty.memberships"
SIGNATURE = "x-square-hmacsha256-signature"

_PROFILES = frozenset({"customer.created", "customer.updated"})


def receive(webhook: Webhook, key: Secret | None, url: str | None) -> Receipt:
    """Verify a call and read it.

    Args:
        webhook: the call.
        key: signature key of the subscription; ``None`` refuses every call.
        url: the notification URL as registered, where it is not the address that the hub sees.

    Raises:
        WebhookRefused: it is not Square's, or not in its form.
    """
    verifying.url_and_body(webhook, SIGNATURE, () if key is None else (key,), url=url)
    event = verifying.read_json(webhook, payloads.WebhookEvent)
    return Receipt(event_id=event.event_id, changes=_changes(event))


def _changes(event: payloads.WebhookEvent) -> Sequence[Change]:
    told = event.data.object or payloads.EventObject()
    if event.type in _PROFILES:
        if told.customer is None:
            raise _malformed()
        party_id = told.customer.id
        record = mapping.party(told.customer)
        return (Upsert(kind=PARTY, party_id=party_id, object_id=party_id, record=record),)
    if event.type == "customer.deleted":
        gone = told.customer.id if told.customer else event.data.id
        if not gone:
            raise _malformed()
        return (Deletion(kind=PARTY, party_id=gone, object_id=gone),)
    if event.type.startswith("loyalty.account."):
        # An account changes with each entry of its ledger, whose own event does not name the customer.
        owner = told.loyalty_account.customer_id if told.loyalty_account else None
        return tuple(Outdated(kind=kind, party_id=owner) for kind in (MEMBERSHIPS, ACTIVITY) if owner)
    return ()


def _malformed() -> WebhookRefused:
    return WebhookRefused("the event does not say whom it is about", code=RefusalCode.MALFORMED)
