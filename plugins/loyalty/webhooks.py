"""What Square's calls tell, the events of customers and of the loyalty programme; and having it call."""

from __future__ import annotations

from collections.abc import Sequence

from c360 import verifying
from c360.changes import Change, Deletion, Outdated, Upsert
from c360.errors import OutcomeUnknown, RefusalCode, WebhookRefused
from c360.kinds import PARTY
from c360.values import Secret
from c360.webhooks import Receipt, Registration, Subscription, Webhook
from plugins.loyalty import mapping, payloads
from plugins.loyalty.client import SquareClient
from plugins.loyalty.feeds import ACTIVITY

MEMBERSHIPS = "loyalty.memberships"
SIGNATURE = "x-square-hmacsha256-signature"

_PROFILES = frozenset({"customer.created", "customer.updated"})


EVENTS = (
    "customer.created",
    "customer.updated",
    "customer.deleted",
    "loyalty.account.created",
    "loyalty.account.updated",
    "loyalty.account.deleted",
)
"""What the hub is told of."""


def receive(webhook: Webhook, key: Secret | None, url: str | None) -> Receipt:
    """Verify a call and read it.

    Args:
        webhook: the call; what came of registering the address at Square is valid.
        key: signature key of a subscription that was made by hand, valid as well.
        url: the notification URL as registered, where it is not the address that the hub sees.

    Raises:
        WebhookRefused: it is not Square's, or not in its form.
    """
    keys = webhook.secrets if key is None else (key, *webhook.secrets)
    verifying.url_and_body(webhook, SIGNATURE, keys, url=url)
    event = verifying.read_json(webhook, payloads.WebhookEvent)
    return Receipt(event_id=event.event_id, changes=_changes(event))


async def register(client: SquareClient, subscription: Subscription, version: str) -> Registration:
    """Have Square call an address, once under its key.

    Args:
        client: the operations.
        subscription: the address.
        version: version of the API in which events are told.

    Raises:
        OutcomeUnknown: it was sent, and no answer tells what became of it.
        ConnectorError: Square does not call.
    """
    made = await client.subscribe(
        payloads.NewWebhookSubscription(
            idempotency_key=subscription.idempotency_key,
            subscription=payloads.WantedSubscription(
                name="c360",
                event_types=EVENTS,
                notification_url=subscription.url,
                api_version=version,
            ),
        )
    )
    if made.signature_key is None:
        raise OutcomeUnknown("a subscription was made without a key, so that no call can be believed")
    return Registration(url=subscription.url, references=(made.id,), secret=Secret(made.signature_key))


async def registrations(client: SquareClient) -> list[Registration]:
    """The addresses that Square calls."""
    return [
        Registration(url=each.notification_url or "", references=(each.id,))
        async for page in client.subscriptions()
        for each in page.subscriptions or ()
        if each.enabled is not False
    ]


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
