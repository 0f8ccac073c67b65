"""The parts of Square's answers that are used. Fields it adds are ignored."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

Timestamp = Annotated[datetime, Meta(tz=True)]
"""RFC 3339, always with a zone."""


class Error(msgspec.Struct, frozen=True, gc=False):
    """Why a request, or a part of it, failed."""

    category: str
    code: str


class Address(msgspec.Struct, frozen=True, gc=False):
    """A postal address."""

    address_line_1: str | None = None
    address_line_2: str | None = None
    address_line_3: str | None = None
    locality: str | None = None
    administrative_district_level_1: str | None = None
    postal_code: str | None = None
    country: str | None = None


class TaxIds(msgspec.Struct, frozen=True, gc=False):
    """Tax numbers of a customer."""

    eu_vat: str | None = None


class Customer(msgspec.Struct, frozen=True, gc=False):
    """A customer profile."""

    id: str
    updated_at: Timestamp | None = None
    given_name: str | None = None
    family_name: str | None = None
    company_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    address: Address | None = None
    birthday: str | None = None
    """``YYYY-MM-DD``; the year is ``0000`` where it is not known."""
    reference_id: str | None = None
    tax_ids: TaxIds | None = None


class RetrieveCustomerResponse(msgspec.Struct, frozen=True, gc=False):
    """One entry of a bulk answer: a customer, or why there is none."""

    customer: Customer | None = None
    errors: list[Error] | None = None


class BulkRetrieveCustomersResponse(msgspec.Struct, frozen=True, gc=False):
    """Answer of ``BulkRetrieveCustomers``, keyed by the customer ids asked for."""

    responses: dict[str, RetrieveCustomerResponse] | None = None
    errors: list[Error] | None = None


class SearchCustomersResponse(msgspec.Struct, frozen=True, gc=False):
    """Answer of ``SearchCustomers``."""

    customers: list[Customer] | None = None
    cursor: str | None = None
    errors: list[Error] | None = None


class Mapping(msgspec.Struct, frozen=True, gc=False):
    """What a loyalty account is found by."""

    phone_number: str | None = None


class ExpiringPointDeadline(msgspec.Struct, frozen=True, gc=False):
    """Points that lapse."""

    points: int
    expires_at: Timestamp


class LoyaltyAccount(msgspec.Struct, frozen=True, gc=False):
    """A loyalty account."""

    id: str
    program_id: str
    balance: int | None = None
    lifetime_points: int | None = None
    customer_id: str | None = None
    enrolled_at: Timestamp | None = None
    created_at: Timestamp | None = None
    updated_at: Timestamp | None = None
    mapping: Mapping | None = None
    expiring_point_deadlines: list[ExpiringPointDeadline] | None = None


class SearchLoyaltyAccountsResponse(msgspec.Struct, frozen=True, gc=False):
    """Answer of ``SearchLoyaltyAccounts``."""

    loyalty_accounts: list[LoyaltyAccount] | None = None
    cursor: str | None = None
    errors: list[Error] | None = None


class RetrieveLoyaltyAccountResponse(msgspec.Struct, frozen=True, gc=False):
    """Answer of ``RetrieveLoyaltyAccount``."""

    loyalty_account: LoyaltyAccount | None = None
    errors: list[Error] | None = None


class LoyaltyReward(msgspec.Struct, frozen=True, gc=False):
    """Points that were set aside."""

    loyalty_account_id: str


class RetrieveLoyaltyRewardResponse(msgspec.Struct, frozen=True, gc=False):
    """Answer of ``RetrieveLoyaltyReward``."""

    reward: LoyaltyReward | None = None
    errors: list[Error] | None = None


class EventDetail(msgspec.Struct, frozen=True, gc=False):
    """What an event's own part says; each type fills some of it."""

    points: int | None = None
    order_id: str | None = None
    reward_id: str | None = None
    loyalty_promotion_id: str | None = None
    reason: str | None = None


class LoyaltyEvent(msgspec.Struct, frozen=True, gc=False):
    """An entry of a loyalty account's ledger. The part named like its type is filled."""

    id: str
    type: str
    created_at: Timestamp
    loyalty_account_id: str
    source: str | None = None
    location_id: str | None = None
    accumulate_points: EventDetail | None = None
    accumulate_promotion_points: EventDetail | None = None
    create_reward: EventDetail | None = None
    redeem_reward: EventDetail | None = None
    delete_reward: EventDetail | None = None
    adjust_points: EventDetail | None = None
    expire_points: EventDetail | None = None
    other_event: EventDetail | None = None


class SearchLoyaltyEventsResponse(msgspec.Struct, frozen=True, gc=False):
    """Answer of ``SearchLoyaltyEvents``."""

    events: list[LoyaltyEvent] | None = None
    cursor: str | None = None
    errors: list[Error] | None = None


Page = SearchCustomersResponse | SearchLoyaltyAccountsResponse | SearchLoyaltyEventsResponse
"""An answer that a cursor continues."""


class Effect(msgspec.Struct, frozen=True, gc=False):
    """What a change made: an entry of the ledger, or a reward."""

    id: str


class EventObject(msgspec.Struct, frozen=True, gc=False):
    """What a webhook tells about; the part named like its type is filled."""

    customer: Customer | None = None
    loyalty_account: LoyaltyAccount | None = None


class EventData(msgspec.Struct, frozen=True, gc=False):
    """The data of a webhook."""

    id: str | None = None
    object: EventObject | None = None


class WebhookEvent(msgspec.Struct, frozen=True, gc=False):
    """A webhook."""

    event_id: str
    type: str
    data: EventData


class Changed(msgspec.Struct, frozen=True, gc=False):
    """The answer to a change."""

    event: Effect | None = None
    reward: Effect | None = None
    errors: list[Error] | None = None


class WebhookSubscription(msgspec.Struct, frozen=True, gc=False):
    """An address that Square calls."""

    id: str
    notification_url: str | None = None
    enabled: bool | None = None
    signature_key: str | None = None


class WantedSubscription(msgspec.Struct, frozen=True, gc=False):
    """What a subscription is to be."""

    name: str
    event_types: tuple[str, ...]
    notification_url: str
    api_version: str
    enabled: bool = True


class NewWebhookSubscription(msgspec.Struct, frozen=True, gc=False):
    """Body of ``CreateWebhookSubscription``."""

    idempotency_key: str
    subscription: WantedSubscription


class WebhookSubscriptionResponse(msgspec.Struct, frozen=True, gc=False):
    """Answer of ``CreateWebhookSubscription``."""

    subscription: WebhookSubscription | None = None
    errors: list[Error] | None = None


class ListWebhookSubscriptionsResponse(msgspec.Struct, frozen=True, gc=False):
    """Answer of ``ListWebhookSubscriptions``."""

    subscriptions: list[WebhookSubscription] | None = None
    cursor: str | None = None
    errors: list[Error] | None = None
