"""The request bodies that are served, with the limits of the published API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(min_length=1)]


class _Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class BulkRetrieveCustomers(_Body, frozen=True):
    """``POST /v2/customers/bulk-retrieve``."""

    customer_ids: Annotated[list[str], Meta(min_length=1, max_length=100)]


class TextFilter(_Body, frozen=True):
    """Exactly a text, or one that contains all words of it."""

    exact: str | None = None
    fuzzy: str | None = None


class TimeRange(_Body, frozen=True):
    """From and to, either of which may be missing."""

    start_at: Moment | None = None
    end_at: Moment | None = None


class CustomerFilter(_Body, frozen=True):
    """The filters that are served; the others are refused as unknown."""

    email_address: TextFilter | None = None
    phone_number: TextFilter | None = None
    reference_id: TextFilter | None = None
    created_at: TimeRange | None = None
    updated_at: TimeRange | None = None


class CustomerSort(_Body, frozen=True):
    """Order of the result."""

    field: Literal["DEFAULT", "CREATED_AT"] = "DEFAULT"
    order: Literal["ASC", "DESC"] = "ASC"


class CustomerQuery(_Body, frozen=True):
    """What is searched for, and in which order."""

    filter: CustomerFilter = CustomerFilter()
    sort: CustomerSort = CustomerSort()


class SearchCustomers(_Body, frozen=True):
    """``POST /v2/customers/search``."""

    query: CustomerQuery = CustomerQuery()
    limit: Annotated[int, Meta(ge=1, le=100)] = 100
    cursor: str | None = None
    count: bool = False


class PhoneMapping(_Body, frozen=True):
    """A phone number that accounts are searched by."""

    phone_number: str


class AccountQuery(_Body, frozen=True):
    """Whose accounts are searched for; nobody named means all."""

    customer_ids: Annotated[list[str], Meta(max_length=30)] | None = None
    mappings: Annotated[list[PhoneMapping], Meta(max_length=30)] | None = None


class SearchLoyaltyAccounts(_Body, frozen=True):
    """``POST /v2/loyalty/accounts/search``."""

    query: AccountQuery = AccountQuery()
    limit: Annotated[int, Meta(ge=1, le=200)] = 30
    cursor: str | None = None


class AccountFilter(_Body, frozen=True):
    """Events of one account."""

    loyalty_account_id: Id


class DateTimeFilter(_Body, frozen=True):
    """Events made in a range; its end is exclusive."""

    created_at: TimeRange


class TypeFilter(_Body, frozen=True):
    """Events of some types."""

    types: Annotated[list[str], Meta(min_length=1)]


class EventFilter(_Body, frozen=True):
    """The filters that are served; the others are refused as unknown."""

    loyalty_account_filter: AccountFilter | None = None
    date_time_filter: DateTimeFilter | None = None
    type_filter: TypeFilter | None = None


class EventQuery(_Body, frozen=True):
    """What is searched for."""

    filter: EventFilter = EventFilter()


class SearchLoyaltyEvents(_Body, frozen=True):
    """``POST /v2/loyalty/events/search``."""

    query: EventQuery = EventQuery()
    limit: Annotated[int, Meta(ge=1, le=30)] = 30
    cursor: str | None = None


class Points(_Body, frozen=True):
    """A change of an account's points by hand."""

    points: int
    reason: str | None = None
    loyalty_program_id: str | None = None


class AdjustLoyaltyPoints(_Body, frozen=True):
    """``POST /v2/loyalty/accounts/{account_id}/adjust``."""

    idempotency_key: Annotated[str, Meta(min_length=1, max_length=128)]
    adjust_points: Points
    allow_negative_balance: bool = False


class NewReward(_Body, frozen=True):
    """The reward to be made."""

    loyalty_account_id: Id
    reward_tier_id: Id


class CreateLoyaltyReward(_Body, frozen=True):
    """``POST /v2/loyalty/rewards``."""

    idempotency_key: Annotated[str, Meta(min_length=1, max_length=128)]
    reward: NewReward


class RedeemLoyaltyReward(_Body, frozen=True):
    """``POST /v2/loyalty/rewards/{reward_id}/redeem``."""

    idempotency_key: Annotated[str, Meta(min_length=1, max_length=128)]
    location_id: Id


class WantedSubscription(_Body, frozen=True):
    """The subscription to be made."""

    notification_url: Annotated[str, Meta(pattern="^https?://")]
    """Square itself takes no ``http``; the sandbox is on one machine with its clients."""
    event_types: Annotated[list[str], Meta(min_length=1)]
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    enabled: bool = True
    api_version: str | None = None


class CreateWebhookSubscription(_Body, frozen=True):
    """``POST /v2/webhooks/subscriptions``."""

    subscription: WantedSubscription
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=45)]
